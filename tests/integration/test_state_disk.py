"""The disk of the state folder is full: nothing ends, nothing is lost, nothing is told too early."""

import os
import signal
import subprocess
import time

import pytest
from support.body import check_file
from support.deadline import STRETCH, until

SIZE = 3_000_000
# A row so long that the database has to grow for it, which a full disk does not allow.
LONG = "x" * 20_000


class SmallDisk:
    """A file system that can be filled to its last page."""

    def __init__(self, folder):
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self):
        with open(self._filler, "wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"\0" * 4096)
            except OSError:
                pass

    def make_room(self):
        self._filler.unlink(missing_ok=True)


@pytest.fixture
def small_disk(box):
    """What the state folder of the box lies on."""
    folder = box.root / "state"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr}")
    disk = SmallDisk(folder)
    yield disk
    disk.make_room()
    for pid in box.daemon_pids():
        os.kill(pid, signal.SIGTERM)
    box.wait_no_daemon()
    subprocess.run(["umount", folder], check=True)


def started(box, fault, disk):
    """A download whose server has not answered yet when the disk becomes full."""
    url = fault.url(size=SIZE, etag="strong", gate_head=True, unused=LONG)
    transfer = box.get(url, "-o", "first.bin")
    fault.wait_requests(url, 1)
    disk.fill()
    fault.release(url)
    # Now what the answer tells waits to be recorded.
    until(lambda: "is full" in box.logs(), 20, "the daemon to say so")
    return url, transfer


def test_a_transfer_waits_while_the_disk_is_full_and_goes_on_by_itself(box, fault, small_disk):
    _, transfer = started(box, fault, small_disk)
    daemon = box.daemon_pid()
    assert box.show(transfer)["status"] == "Running"
    assert len(box.list()) == 1

    small_disk.make_room()
    box.wait_status(transfer, "Completed")
    check_file(box.downloads / "first.bin", "0", SIZE)
    assert box.daemon_pid() == daemon
    assert box.logs().count("is full") == 1
    assert box.logs().count("has room again") == 1


def test_nothing_new_is_taken_while_the_disk_is_full(box, fault, small_disk):
    _, transfer = started(box, fault, small_disk)
    url = fault.url(size=1000)
    refused = box.run("get", url, "-o", "second.bin").fails(2)
    assert "state folder" in refused.err and "is full" in refused.err, refused.err
    assert str(box.state) in refused.err
    assert [each["id"] for each in box.list()] == [transfer]

    small_disk.make_room()
    box.wait_status(box.get(url, "-o", "second.bin"), "Completed")
    box.wait_status(transfer, "Completed")
    assert len(fault.requests(url)) == 1


def test_the_daemon_leaves_at_once_although_something_waits(box, fault, small_disk):
    _, transfer = started(box, fault, small_disk)
    began = time.monotonic()
    os.kill(box.daemon_pid(), signal.SIGTERM)
    box.wait_no_daemon()
    assert time.monotonic() - began < 10 * STRETCH, "it has waited for room"

    small_disk.make_room()
    box.wait_status(transfer, "Completed")
    check_file(box.downloads / "first.bin", "0", SIZE)


def test_a_killed_daemon_has_lost_nothing_that_was_told(box, fault, small_disk):
    url, transfer = started(box, fault, small_disk)
    box.kill9_daemon()
    small_disk.make_room()
    box.wait_status(transfer, "Completed")
    check_file(box.downloads / "first.bin", "0", SIZE)
    assert len(fault.requests(url)) == 2


def test_where_there_is_no_room_to_start_it_says_so(box, fault, small_disk):
    small_disk.fill()
    refused = box.run("get", fault.url(size=10)).fails(3)
    assert "No space left on device" in refused.err, refused.err
    assert str(box.state) in refused.err
    small_disk.make_room()
    box.wait_status(box.get(fault.url(size=10)), "Completed")
