"""Whatever happens to the client, the daemon or both: the file arrives, byte for byte."""

import json
import os
import pathlib
import random
import re
import shutil
import signal

import pytest
from support import processes
from support.body import check_file
from support.deadline import until
from support.events import events_started

MIB = 1 << 20


def refetched(requests):
    """How many bytes each request after the first fetched that had been sent before."""
    reached, again = 0, []
    for request in requests:
        if request.status in (200, 206):
            again.append(max(0, reached - request.start))
            reached = max(reached, request.start + request.body_bytes)
    return again[1:]


def test_R2_the_download_goes_on_after_kill_9_of_the_client(box, fault):
    url = fault.url(size=500_000, seed="c", stall_after=100_000)
    client = box.start("get", "--wait", url)
    fault.wait_stalled(url)
    client.kill9()
    fault.release(url)
    (transfer,) = box.list()
    box.wait_status(transfer["id"], "Completed")
    check_file(box.downloads / "file.bin", "c", 500_000)
    assert len(fault.requests(url)) == 1


def test_R5_the_download_goes_on_by_itself_after_kill_9_of_the_daemon(box, fault):
    size, rate = 9_000_000, 1_500_000
    url = fault.url(size=size, seed="c", etag="strong", rate=rate, times=1)
    transfer = box.get(url)
    shown = box.wait_show(transfer, lambda now: now["bytes_received"] >= 6_000_000)
    box.kill9_daemon()
    box.run("status").ok()  # any call starts it again; nothing is asked of the transfer
    fault.wait_requests(url, 2)
    box.wait_status(transfer, "Completed")
    check_file(box.downloads / "file.bin", "c", size)
    second = fault.requests(url)[1]
    assert second.status == 206
    assert second.first_byte >= shown["bytes_received"] - 2 * rate, "more than 2 s fetched again"


def test_a_waiting_client_outlives_the_daemon_and_learns_the_outcome(box, fault):
    url = fault.url(size=500_000, seed="c", etag="strong", stall_after=300_000, times=1)
    client = box.start("get", "--wait", url)
    fault.wait_stalled(url)
    box.kill9_daemon()
    assert client.wait().code == 0
    check_file(box.downloads / "file.bin", "c", 500_000)


def test_ten_kill_9s_at_random_moments_during_four_downloads_end_in_four_right_files(box, nginx):
    seed = random.randrange(1 << 32)
    dice = random.Random(seed)
    # nginx gives a second's worth at once at the start of each response.
    size, rate = 32 * MIB, 3 * MIB // 2
    names = [f"{box.root.name}/ten-{i}.bin" for i in range(4)]
    for name in names:
        nginx.add(name, size)
    ids = box.get(*[nginx.url(name, rate=rate) for name in names])
    events = box.start("events", "--json")  # stays attached, so it also brings the daemon back
    for _ in range(10):
        # A random moment, told by what the daemon does: after so many more reports.
        for _ in range(dice.randrange(1, 13)):
            events.wait_line(
                lambda line: json.loads(line)["event"] in ("progress", "state", "response"), 30
            )
        box.kill9_daemon()
        box.run("status").ok()
    box.run("wait", *ids, timeout=120).ok()
    for name in names:
        check_file(box.downloads / os.path.basename(name), name, size)
        requests = nginx.wait_finished(name)
        assert len(requests) > 1, f"no kill met {name} (dice {seed})"
        for again in refetched(requests):
            assert again <= max(
                8 * MIB, 2 * rate
            ), f"{name}: {again} bytes were fetched twice (dice {seed}): {requests}"
    assert box.partial_files() == []


def test_a_kill_9_between_start_and_first_byte_loses_nothing(box, fault):
    url = fault.url(size=1000, seed="c", gate_head=True, times=1)
    transfer = box.get(url)
    fault.wait_stalled(url)
    box.kill9_daemon()
    box.wait_status(transfer, "Completed")
    check_file(box.downloads / "file.bin", "c", 1000)


def test_R3_an_id_that_was_printed_is_never_forgotten(box, fault):
    for _ in range(5):
        ids = box.get("--paused", *[fault.url(size=1) for _ in range(20)])
        box.kill9_daemon()
        listed = [each["id"] for each in box.list()]
        assert listed[-20:] == ids
    assert len(listed) == 100


def test_a_finished_download_is_not_fetched_again_after_kill_9(box, fault):
    url = fault.url(size=1000, seed="c")
    transfer = box.get(url)
    box.wait_status(transfer, "Completed")
    box.kill9_daemon()
    assert box.show(transfer)["status"] == "Completed"
    assert len(fault.requests(url)) == 1


def test_a_partial_file_whose_bytes_were_lost_is_fetched_again(box, fault):
    url = fault.url(size=5_000_000, seed="c", etag="strong", stall_after=3_000_000, times=1)
    transfer = box.get(url)
    fault.wait_stalled(url)
    box.wait_show(transfer, lambda now: now["bytes_received"] == 3_000_000)
    box.run("pause", transfer).ok()
    box.wait_status(transfer, "PausedByApplication")
    box.kill9_daemon()
    (partial,) = box.partial_files()
    os.truncate(partial, 1_000_000)
    box.run("resume", transfer).ok()
    box.wait_status(transfer, "Completed")
    check_file(box.downloads / "file.bin", "c", 5_000_000)


def test_a_partial_file_that_was_removed_is_fetched_again(box, fault):
    url = fault.url(size=5_000_000, seed="c", etag="strong", stall_after=3_000_000, times=1)
    transfer = box.get(url)
    fault.wait_stalled(url)
    box.kill9_daemon()
    for partial in box.partial_files():
        partial.unlink()
    box.wait_status(transfer, "Completed")
    check_file(box.downloads / "file.bin", "c", 5_000_000)


def test_sigterm_drains_and_the_next_daemon_goes_on_where_it_was(box, fault):
    url = fault.url(size=5_000_000, seed="c", etag="strong", stall_after=3_000_000, times=1)
    transfer = box.get(url)
    fault.wait_stalled(url)
    box.wait_show(transfer, lambda now: now["bytes_received"] == 3_000_000)
    pid = box.daemon_pid()
    os.kill(pid, signal.SIGTERM)
    assert processes.wait_gone(pid, 10)
    assert fault.wait_ended(url).ended == "peer"
    box.wait_status(transfer, "Completed")
    second = fault.requests(url)[1]
    assert second.header("Range") == "bytes=3000000-"
    check_file(box.downloads / "file.bin", "c", 5_000_000)


def test_an_idle_daemon_leaves_after_the_configured_time(box, nginx):
    box.config({"limits": {"idle_exit_s": 1}})
    box.run("get", "--wait", nginx.add("idle-exit.bin", 1000)).ok()
    box.wait_no_daemon()
    assert len(box.list()) == 1  # and comes back when it is asked


def test_a_daemon_with_work_does_not_leave(box, fault):
    box.config({"limits": {"idle_exit_s": 1}})
    url = fault.url(size=200_000, rate=50_000)
    transfer = box.get(url)
    box.wait_status(transfer, "Completed")
    assert len(fault.requests(url)) == 1, "another daemon would have asked again"


def test_a_daemon_that_is_watched_does_not_leave(box, fault):
    box.config({"limits": {"idle_exit_s": 1}})
    events = box.start("events", "--json")
    events_started(box, fault, events)
    pid = box.daemon_pid()
    assert not processes.wait_gone(pid, 2.5)
    events.interrupt()
    box.run("cancel", "--all").ok()
    assert processes.wait_gone(pid, 20)


def test_ten_clients_at_once_on_a_bare_machine_share_one_daemon(box, nginx):
    urls = [nginx.add(f"{box.root.name}/at-once-{i}.bin", 10_000) for i in range(10)]
    clients = [box.start("get", "--wait", url) for url in urls]
    for client in clients:
        assert client.wait().code == 0, client.err
    for i in range(10):
        check_file(box.downloads / f"at-once-{i}.bin", f"{box.root.name}/at-once-{i}.bin", 10_000)
    box.daemon_pid()
    assert list(processes.with_mark(box.mark).values()).count("dbus-daemon") == 1


def test_a_second_daemon_on_the_same_state_says_so_and_exits(box, fault):
    box.run("list").ok()
    first = box.daemon_pid()
    second = box.start_daemon(
        env={
            "LONGHAUL_BUS_ADDRESS": box.bus_address(),
            "DBUS_SESSION_BUS_ADDRESS": box.bus_address(),
        }
    )
    _, err = second.communicate(timeout=30)
    assert second.returncode not in (0, None) and second.returncode > 0
    assert str(first) in err or "already" in err
    assert box.daemon_pid() == first
    box.run("list").ok()


def test_two_state_folders_never_see_each_other(box, fault):
    other = {"XDG_STATE_HOME": str(box.root / "state2"), "XDG_RUNTIME_DIR": str(box.root / "run2")}
    (box.root / "run2").mkdir(mode=0o700)
    mine = box.get("--paused", fault.url(size=1))
    theirs = box.get("--paused", fault.url(size=1), env=other)
    assert [each["id"] for each in box.list("--all-apps")] == [mine]
    assert [
        each["id"] for each in box.run("list", "--all-apps", "--json", env=other).ok().json_lines()
    ] == [theirs]
    assert len(box.daemon_pids()) == 2


def test_without_a_runtime_folder_the_user_still_finds_the_daemon_again(box, fault):
    del box.env["XDG_RUNTIME_DIR"]
    transfer = box.get("--paused", fault.url(size=1))
    folder = private_bus_folder(box)
    try:
        assert folder.stat().st_mode & 0o077 == 0 and folder.stat().st_uid == os.geteuid()
        assert [each["id"] for each in box.list()] == [transfer]
        assert private_bus_folder(box) == folder
    finally:
        shutil.rmtree(folder)  # it is outside of the box


def private_bus_folder(box):
    """Where the socket of the bus that the daemon serves on is."""
    environment = pathlib.Path(f"/proc/{box.daemon_pid()}/environ").read_bytes().decode()
    (address,) = re.findall("DBUS_STARTER_ADDRESS=unix:path=([^,\0]*)", environment)
    return pathlib.Path(address).parent


def test_a_stale_socket_of_a_dead_bus_is_no_obstacle(box, fault):
    transfer = box.get("--paused", fault.url(size=1))
    for pid, program in processes.with_mark(box.mark).items():
        if program == "longhauld":
            box.expected_ends[pid] = -signal.SIGKILL
        processes.kill9(pid)
    assert [each["id"] for each in box.list()] == [transfer]


def test_the_daemon_does_not_outlive_its_bus_unusable(box, fault):
    transfer = box.get("--paused", fault.url(size=1))
    buses = [
        pid for pid, program in processes.with_mark(box.mark).items() if program == "dbus-daemon"
    ]
    assert len(buses) == 1
    old = box.daemon_pid()
    processes.kill9(buses[0])
    assert [each["id"] for each in box.list()] == [transfer]
    until(
        lambda: box.daemon_pids() and old not in box.daemon_pids() or len(box.daemon_pids()) == 1,
        what="one daemon",
    )


@pytest.mark.parametrize("signal_number", [signal.SIGHUP, signal.SIGPIPE])
def test_a_stray_signal_does_not_end_the_daemon(box, signal_number):
    box.run("list").ok()
    pid = box.daemon_pid()
    os.kill(pid, signal_number)
    box.run("list").ok()
    assert box.daemon_pid() == pid
