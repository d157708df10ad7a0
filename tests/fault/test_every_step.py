"""The daemon is killed at, or failed by, every single call that changes what is on disk.

A preloaded library (step_shim.c) counts the calls and strikes at the n-th. The download replaces a
file that is there, so that at every moment the target must be the old file or the whole new one.
"""

import errno
import pathlib
import signal

import pytest
from support import preloaded, processes
from support.body import check_file
from support.box import ENDED
from support.deadline import until

SIZE, OLD = 300_000, b"the file that was there before"
PARTS = 4  # so that several workers share the steps


@pytest.fixture(scope="session")
def preload(tmp_path_factory, build_dir):
    source = pathlib.Path(__file__).with_name("step_shim.c")
    return preloaded.build(source, tmp_path_factory.mktemp("shim"), build_dir)


class Trial:
    """One download with the n-th step struck."""

    def __init__(self, box, preload, fault, number, action):
        self.box = box
        self.url = fault.url(
            "target.bin", size=SIZE, seed="step", etag="strong", break_at=SIZE // 2
        )
        self.target = box.downloads / "target.bin"
        self.target.write_bytes(OLD)
        self.marker, self.log = box.root / "struck", box.root / "steps"
        box.config({"retry": {"delays_s": [0]}})
        box.env.update(
            LD_PRELOAD=preload,
            LONGHAUL_STEP_LOG=str(self.log),
            LONGHAUL_STEP_AT=str(number),
            LONGHAUL_STEP_ONCE=str(self.marker),
            LONGHAUL_STEP_ACTION=str(action),
        )

    @property
    def struck(self):
        """Name of the call that was struck, or None."""
        return self.marker.read_text() if self.marker.exists() else None

    def get(self):
        return self.box.run("get", self.url, "-o", "target.bin")

    def check_target(self):
        if self.target.read_bytes() != OLD:
            check_file(self.target, "step", SIZE)


def close(box, where, *excused):
    """Ends the box; a daemon that has ended with one of the `excused` statuses is nobody's fault."""
    for pid, code in processes.adopted_ends(box.own_children).items():
        box.ends[pid] = code
        if code in excused:
            box.expected_ends[pid] = code
    if -signal.SIGKILL in excused:  # it may also strike while the daemon leaves
        for pid in box.seen_daemons:
            box.expected_ends.setdefault(pid, -signal.SIGKILL)
    wrong = box.close()
    box.remove()
    assert not wrong, f"{where}: {wrong}"


def rest(box, transfer):
    """Waits until it has ended or waits for room; a daemon that cannot say so is asked again."""

    def status():
        shown = box.run("show", transfer, "--json")
        if shown.code != 0:  # its store has failed: it leaves, and the next one knows
            return None
        now = shown.json_lines()[0]["status"]
        return now if now in (*ENDED, "PausedSystemPolicy") else None

    return until(status, 30, "a rest", pause=0.05)


def steps_of(part, trial):
    """Runs `trial(n)` for this part's n until a whole run has had fewer steps."""
    number = part + 1
    while trial(number):
        number += PARTS
    assert number > PARTS, "no step was ever struck"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("action", ["before", "after"])
def test_R83_kill_9_at_every_step_on_disk_loses_nothing_and_breaks_nothing(
    make_box, preload, fault, action, part
):
    def trial(number):
        box = make_box()
        processes.adopt_orphans()
        run = Trial(box, preload, fault, number, action)
        got = run.get()
        assert got.code in (0, 3), got
        box.daemon_pids()
        known = box.list()
        struck = run.struck
        where = f"kill {action} step {number} ({struck})"
        if got.code == 0:
            assert [each["id"] for each in known] == got.lines, where
        assert len(known) <= 1, where
        for each in known:
            box.run("wait", each["id"])
            box.daemon_pids()
            run.check_target()
            shown = box.show(each["id"])
            assert shown["status"] == "Completed", f"{where}: {shown}"
            check_file(run.target, "step", SIZE)
        struck = run.struck
        where = f"kill {action} step {number} ({struck})"
        assert got.code == 0 or struck, where
        assert [path.name for path in box.downloads.iterdir()] == ["target.bin"], where
        close(box, where, -signal.SIGKILL)
        return struck

    steps_of(part, trial)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC], ids=["EIO", "ENOSPC"])
def test_a_failure_of_any_step_on_disk_never_gives_a_wrong_file_or_a_lost_download(
    make_box, preload, fault, error, part
):
    waited_for_room = False

    def trial(number):
        nonlocal waited_for_room
        box = make_box()
        run = Trial(box, preload, fault, number, error)
        got = run.get()
        box.daemon_pids()
        full = got.code == 0 and rest(box, got.lines[0]) == "PausedSystemPolicy"
        run.check_target()
        struck = run.struck
        where = f"{errno.errorcode[error]} at step {number} ({struck})"
        # Whatever happened: a daemon without faults finds everything in order.
        for pid in box.daemon_pids():
            box.expected_ends[pid] = -signal.SIGKILL
            processes.kill9(pid)
        box.env["LONGHAUL_STEP_AT"] = "0"
        known = box.list()
        if got.code == 0:
            assert [each["id"] for each in known] == got.lines, where
        wait_for_it = not full or not waited_for_room  # half a minute is waited out only once
        waited_for_room = waited_for_room or full
        for each in known if wait_for_it else []:
            box.run("wait", each["id"])
            run.check_target()
            shown = box.show(each["id"])
            assert shown["status"] in ENDED, where
            if shown["status"] == "Completed":
                check_file(run.target, "step", SIZE)
            else:
                assert shown["error"]["kind"] in ("file", "disk"), f"{where}: {shown}"
        if wait_for_it:
            left = [path.name for path in box.downloads.iterdir()]
            assert left == ["target.bin"], f"{where}: {left}"
        # A store that fails ends the daemon: it promises nothing that it cannot keep.
        close(box, where, -signal.SIGKILL, 1)
        return struck

    steps_of(part, trial)
