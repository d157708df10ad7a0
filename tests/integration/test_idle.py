"""A daemon that has nothing to do does nothing."""

import time

from support import processes
from support.deadline import until


def test_an_idle_daemon_wakes_up_not_once(box, fault):
    box.get("--paused", *[fault.url(size=1) for _ in range(3)])
    box.wait_status(box.get(fault.url(size=1000)), "Completed")
    pid = box.daemon_pid()

    def settled():
        """True once nothing has moved for a second: what the last command caused is over."""
        before = processes.voluntary_switches(pid)
        time.sleep(1)
        return processes.voluntary_switches(pid) == before

    until(settled, 20, "the daemon to come to rest")
    before = processes.voluntary_switches(pid)
    time.sleep(4)  # the time that is measured
    assert processes.voluntary_switches(pid) == before


def test_a_paused_download_costs_no_wake_up(box, fault):
    url = fault.url(size=400_000, etag="strong", stall_after=100_000)
    transfer = box.get(url)
    fault.wait_stalled(url)
    box.run("pause", transfer).ok()
    box.wait_status(transfer, "PausedByApplication")
    pid = box.daemon_pid()

    def at_rest():
        before = processes.voluntary_switches(pid)
        time.sleep(2)
        return processes.voluntary_switches(pid) == before

    until(at_rest, 20, "two seconds without a wake-up")
    box.run("cancel", transfer).ok()
