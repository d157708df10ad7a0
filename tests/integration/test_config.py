"""longhaul.toml: every key optional, a wrong one refused with file, line and what is allowed."""

import os
import signal

import pytest
from support.deadline import until

GOOD = """\
[limits]
running = 64
running_per_origin = 6
max_operations_per_app = 0
retention_days = 30
idle_exit_s = 30
spool_max_mib = 4096
[timeouts]
connect_s = 300
response_s = 120
stall_s = 120
[retry]
count = 3
delays_s = [1, 5, 30]
retry_after_min_s = 1
retry_after_max_s = 86400
[policy]
pause_on_exit = []
battery_percent_min = 20
power_saver = true
[politeness]
class = "background"
[log]
level = "info"
"""


def test_every_documented_key_is_known(box):
    box.config(GOOD)
    box.run("status").ok()


WRONG = [
    ("[limits]\nrunning = 64\nruning = 3\n", 3, "runing", "running"),
    ("[limit]\nrunning = 64\n", 1, "limit", "limits"),
    ('[limits]\nrunning = "many"\n', 2, "running", ""),
    ("[limits]\n\nrunning = 0\n", 3, "running", ""),
    ("[limits]\nrunning = -4\n", 2, "running", ""),
    ("[retry]\ncount = 3\ndelays_s = [1, 'x']\n", 3, "delays_s", ""),
    ('[log]\nlevel = "loud"\n', 2, "level", "info"),
    ("[limits]\nrunning = = 3\n", 2, "", ""),
    ("top = 1\n", 1, "top", ""),
]


@pytest.mark.parametrize("text, line, key, allowed", WRONG)
def test_a_daemon_does_not_start_with_a_wrong_key_or_value(box, text, line, key, allowed):
    box.config(text)
    daemon = box.start_daemon(env={"LONGHAUL_BUS_ADDRESS": f"unix:path={box.root}/nobody"})
    _, err = daemon.communicate(timeout=30)
    assert daemon.returncode > 0
    assert f"{box.config_file}:{line}" in err, err
    assert key in err and allowed in err, err


def test_a_client_says_why_the_daemon_does_not_start(box):
    box.config("[limits]\nruning = 3\n")
    result = box.run("list").fails(3)
    assert "longhaul.toml:2" in result.err and "runing" in result.err, result.err


def test_a_running_daemon_keeps_its_configuration_when_the_new_one_is_wrong(box, fault):
    box.config({"retry": {"count": 1, "delays_s": [0]}})
    box.run("list").ok()
    pid = box.daemon_pid()
    box.config("[retry]\ncount = 0\ncuont = 5\n")
    os.kill(pid, signal.SIGHUP)
    url = fault.url(status=500)
    box.wait_status(box.get(url), "Error")
    assert len(fault.requests(url)) == 2
    assert box.daemon_pid() == pid


def test_sighup_takes_up_a_new_configuration(box, fault):
    box.config({"retry": {"count": 1, "delays_s": [0]}})
    box.run("list").ok()
    pid = box.daemon_pid()
    box.config({"retry": {"count": 0, "delays_s": [0]}})
    os.kill(pid, signal.SIGHUP)

    def taken_up():
        url = fault.url(status=500)
        box.wait_status(box.get(url), "Error")
        return len(fault.requests(url)) == 1

    until(taken_up, what="the new configuration")
    assert box.daemon_pid() == pid


def test_no_more_run_at_once_than_configured(box, fault):
    box.config({"limits": {"running": 3, "running_per_origin": 2}})
    urls = [fault.url(f"{i}", size=10, gate_head=True) for i in range(5)]
    ids = box.get(*urls)
    for url in urls[:2]:
        fault.wait_stalled(url)
    assert sorted(each["status"] for each in box.list()) == ["Idle"] * 3 + ["Running"] * 2
    assert sum(len(fault.requests(url)) for url in urls) == 2
    for url in urls:
        fault.release(url)
    box.run("wait", *ids).ok()


def test_R16_over_the_quota_creation_fails_and_nothing_breaks(box, fault):
    box.config({"limits": {"max_operations_per_app": 2}})
    ids = box.get("--paused", fault.url(size=1), fault.url(size=1))
    box.run("get", "--paused", fault.url(size=1)).fails(2)
    assert [each["id"] for each in box.list()] == ids
    box.run("cancel", ids[0]).ok()
    box.run("forget", ids[0]).ok()
    box.get("--paused", fault.url(size=1))
