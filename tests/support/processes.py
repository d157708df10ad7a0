"""Finding, ending and judging the processes that a test's programs leave running."""

import contextlib
import ctypes
import os
import select
import signal

from support.deadline import STRETCH

PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans():
    """From now on orphaned daemons become children of this process, which can judge their end."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def with_mark(mark):
    """{pid: program} of the processes that have `mark` ("NAME=value") in their environment."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            with open(f"/proc/{entry}/environ", "rb") as file:
                if mark.encode() not in file.read().split(b"\0"):
                    continue
            found[int(entry)] = os.path.basename(os.readlink(f"/proc/{entry}/exe")).removesuffix(
                " (deleted)"
            )
    return found


def is_alive(pid):
    """True unless it has ended; a zombie has."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False


def wait_gone(pid, timeout=20):
    """Waits for the end of any process; false if it is still there after `timeout`."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([fd], [], [], timeout * STRETCH)[0])
    finally:
        os.close(fd)


def kill9(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    assert wait_gone(pid), f"process {pid} survives SIGKILL"


def adopted_ends(own):
    """Reaps adopted processes (not those in `own`) that have ended: {pid: Popen.returncode}."""
    ends = {}
    for task in os.listdir("/proc/self/task"):
        with contextlib.suppress(OSError):
            with open(f"/proc/self/task/{task}/children") as file:
                for pid in map(int, file.read().split()):
                    if pid in own:
                        continue
                    with contextlib.suppress(ChildProcessError):
                        reaped, status = os.waitpid(pid, os.WNOHANG)
                        if reaped:
                            ends[pid] = os.waitstatus_to_exitcode(status)
    return ends


def voluntary_switches(pid):
    """How often the threads of a process have gone to sleep so far: {thread: count}."""
    counts = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status") as file:
            for line in file:
                if line.startswith("voluntary_ctxt_switches:"):
                    counts[int(task)] = int(line.split()[1])
    return counts
