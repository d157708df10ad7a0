"""Striking the n-th call of some kind that longhauld makes (call_shim.c)."""

import pathlib
import signal

from support import preloaded, processes


def build(folder, build_dir):
    """What LD_PRELOAD must be."""
    return preloaded.build(pathlib.Path(__file__).with_name("call_shim.c"), folder, build_dir)


class Strike:
    """The n-th call of the daemons of a box is struck, once."""

    def __init__(self, box, preload, number, action, **what):
        """`what`: bus=PATH or folder=PATH, and thread=NAME if it is only that one's."""
        self._box = box
        self._number = number
        self._action = action
        self._marker = box.root / "struck"
        box.env.update(
            LD_PRELOAD=preload,
            LONGHAUL_CALL_AT=str(number),
            LONGHAUL_CALL_ONCE=str(self._marker),
            LONGHAUL_CALL_ACTION=str(action),
            **{f"LONGHAUL_CALL_{name.upper()}": str(path) for name, path in what.items()},
        )

    @property
    def struck(self):
        """Name of the call, or None as long as there were fewer."""
        return self._marker.read_text() if self._marker.exists() else None

    @property
    def kills(self):
        return self._action in ("before", "after")

    def stop(self):
        """Daemons that are started from now on are left alone."""
        self._box.env["LONGHAUL_CALL_AT"] = "0"

    def __str__(self):
        return f"{self._action} at call {self._number} ({self.struck})"

    def end(self, *excused):
        """Ends what is in the box, and returns what was wrong.

        The end of a daemon with one of the `excused` statuses is nobody's fault.
        """
        box = self._box
        for pid, code in processes.adopted_ends(box.own_children).items():
            box.ends[pid] = code
            if code in excused:
                box.expected_ends[pid] = code
        if -signal.SIGKILL in excused:  # it may also strike while the daemon leaves
            for pid in box.seen_daemons:
                box.expected_ends.setdefault(pid, -signal.SIGKILL)
        return box.close()

    def close(self, *excused):
        """Ends the box and removes it; fails if something was wrong."""
        wrong = self.end(*excused)
        logs = self._box.logs() if wrong else ""
        self._box.remove()
        assert not wrong, f"{self}: {wrong}\n{logs}"
