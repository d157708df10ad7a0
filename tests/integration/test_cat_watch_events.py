"""cat, watch and events: seeing what goes on."""

import json
import os
import pty
import re
import select
import time

from support.body import check_bytes
from support.deadline import STRETCH, until
from support.events import events_started


def half_done(box, fault, **more):
    url = fault.url(
        **{
            "size": 400_000,
            "seed": "e",
            "etag": "strong",
            "stall_after": 250_000,
            "times": 1,
            **more,
        }
    )
    transfer = box.get(url)
    fault.wait_stalled(url)
    box.wait_show(transfer, lambda now: now["bytes_received"] == 250_000)
    return transfer, url


def test_R81_cat_prints_what_is_there_and_ends(box, fault):
    transfer, url = half_done(box, fault)
    data = box.run("cat", transfer).ok().raw
    assert len(data) == 250_000
    check_bytes(data, "e")
    fault.release(url)


def test_cat_takes_an_offset_and_a_length(box, fault):
    transfer, url = half_done(box, fault)
    data = box.run("cat", transfer, "--offset", 100_000, "--length", 50_000).ok().raw
    assert len(data) == 50_000
    check_bytes(data, "e", 100_000)
    data = box.run("cat", transfer, "--offset", 240_000, "--length", 50_000).ok().raw
    assert len(data) == 10_000
    check_bytes(data, "e", 240_000)
    assert box.run("cat", transfer, "--offset", 300_000).raw == b""
    fault.release(url)


def test_cat_of_a_complete_one_prints_the_file(box, fault):
    transfer = box.get(fault.url(size=300_000, seed="e"))
    box.wait_status(transfer, "Completed")
    data = box.run("cat", transfer).ok().raw
    assert len(data) == 300_000
    check_bytes(data, "e")


def test_R81_cat_follow_waits_for_what_is_missing(box, fault):
    transfer, url = half_done(box, fault)
    following = box.start("cat", transfer, "--follow")
    until(lambda: len(following.out) == 250_000, what="what is there already")
    assert following.process.poll() is None
    fault.release(url)
    result = following.wait()
    assert result.code == 0
    assert len(following.out) == 400_000
    check_bytes(following.out, "e")


def test_cat_follow_fails_with_the_transfer(box, fault):
    box.config({"retry": {"count": 0}})
    transfer, url = half_done(box, fault, truncate=300_000)
    following = box.start("cat", transfer, "--follow")
    fault.release(url)
    assert following.wait().code == 1
    check_bytes(following.out, "e")


def test_cat_follow_outlives_the_daemon(box, fault):
    # Large enough to be recorded as soon as its bytes can be proven.
    url = fault.url(size=3_000_000, seed="e", etag="strong", stall_after=2_000_000, times=1)
    transfer = box.get(url)
    fault.wait_stalled(url)
    following = box.start("cat", transfer, "--follow")
    until(lambda: len(following.out) == 2_000_000, what="the first part to be printed")
    box.kill9_daemon()
    fault.release(url)
    assert following.wait().code == 0
    assert len(following.out) == 3_000_000
    check_bytes(following.out, "e")
    assert not box.show(transfer)["has_restarted"]


def test_R82_cat_follow_never_joins_bytes_of_two_beginnings(box, fault):
    # Nothing tells one version from another: the next daemon begins anew.
    url = fault.url(size=400_000, seed="e", stall_after=250_000, times=1)
    transfer = box.get(url)
    fault.wait_stalled(url)
    following = box.start("cat", transfer, "--follow")
    until(lambda: len(following.out) == 250_000, what="the first part to be printed")
    box.kill9_daemon()
    fault.release(url)
    ended = following.wait().fails(1)
    assert "restarted" in ended.err
    check_bytes(following.out, "e")
    assert box.wait_status(transfer, "Completed")["has_restarted"]


def test_events_tell_the_life_of_a_download_in_order(box, fault):
    events = box.start("events", "--json")
    events_started(box, fault, events)
    url = fault.url(size=400_000, seed="e", etag="strong", stall_after=250_000)
    transfer = box.get(url)
    fault.wait_stalled(url)
    events.wait_json(
        lambda event: event["id"] == transfer and event["transfer"]["bytes_received"] == 250_000
    )
    fault.release(url)
    events.wait_json(lambda event: event["id"] == transfer and event["event"] == "ended")
    box.run("forget", transfer).ok()
    events.wait_json(lambda event: event["id"] == transfer and event["event"] == "forgotten")
    told = [
        event
        for event in map(json.loads, events.out.decode().splitlines())
        if event["id"] == transfer
    ]
    assert all(list(event) == ["time", "event", "id", "transfer"] for event in told)
    assert all(event["transfer"]["id"] == transfer for event in told)
    kinds = [event["event"] for event in told]
    assert kinds[0] == "created" and kinds[-2:] == ["ended", "forgotten"]
    assert (
        kinds.count("created")
        == kinds.count("ended")
        == kinds.count("forgotten")
        == kinds.count("response")
        == 1
    )
    assert kinds.index("response") < kinds.index("progress") if "progress" in kinds else True
    statuses = [event["transfer"]["status"] for event in told]
    assert [s for i, s in enumerate(statuses) if i == 0 or s != statuses[i - 1]] == [
        "Idle",
        "Running",
        "Completed",
    ]
    received = [event["transfer"]["bytes_received"] for event in told]
    assert received == sorted(received)
    times = [event["time"] for event in told]
    assert times == sorted(times)


def test_R25_byte_progress_comes_at_most_ten_times_a_second(box, fault):
    events = box.start("events", "--json")
    events_started(box, fault, events)
    transfer = box.get(fault.url(size=600_000, rate=300_000))
    events.wait_json(lambda event: event["id"] == transfer and event["event"] == "ended")
    told = [
        event
        for event in map(json.loads, events.out.decode().splitlines())
        if event["id"] == transfer
    ]
    progress = [event for event in told if event["event"] == "progress"]
    assert 3 <= len(progress) <= 26


def test_R28_a_restart_is_told_in_exactly_one_event(box, fault):
    box.config({"retry": {"delays_s": [0]}})
    events = box.start("events", "--json")
    events_started(box, fault, events)
    transfer = box.get(fault.url(size=400_000, seed="e", break_at=250_000))
    events.wait_json(lambda event: event["id"] == transfer and event["event"] == "ended")
    told = [
        event
        for event in map(json.loads, events.out.decode().splitlines())
        if event["id"] == transfer
    ]
    assert [event["transfer"]["has_restarted"] for event in told].count(True) == 1


def test_R27_every_response_is_told_in_exactly_one_event(box, fault):
    box.config({"retry": {"delays_s": [0]}})
    events = box.start("events", "--json")
    events_started(box, fault, events)
    transfer = box.get(fault.url(size=400_000, seed="e", etag="strong", break_at=250_000))
    events.wait_json(lambda event: event["id"] == transfer and event["event"] == "ended")
    told = [
        event
        for event in map(json.loads, events.out.decode().splitlines())
        if event["id"] == transfer
    ]
    assert [event["transfer"]["has_response_changed"] for event in told].count(True) == 2


def test_events_without_json_are_lines_for_people(box, fault):
    events = box.start("events")
    for _ in range(40):
        transfer = box.get(fault.url(size=10))
        box.wait_status(transfer, "Completed")
        if transfer[:8].encode() in events.out:
            break
    events.wait_line(lambda line: transfer[:8] in line and "Completed" in line)
    assert not any(line.startswith("{") for line in events.out.decode().splitlines())
    result = events.interrupt()
    assert result.code in (0, 130) or result.code == -2


def test_watch_prints_plain_lines_when_it_is_no_terminal(box, fault):
    transfer, url = half_done(box, fault)
    watching = box.start("watch", transfer)
    watching.wait_line(lambda line: transfer[:8] in line or "file.bin" in line)
    fault.release(url)
    result = watching.wait()
    assert result.code == 0
    assert "\x1b" not in result.out and "\r" not in result.out
    assert "Completed" in result.out


def test_watch_draws_bars_on_a_terminal(box, fault):
    transfer, url = half_done(box, fault)
    master, slave = pty.openpty()
    try:
        import subprocess

        watching = subprocess.Popen(
            [box.program, "watch", transfer],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=box.env,
            cwd=box.downloads,
        )
        box.own_children.add(watching.pid)
        os.close(slave)
        screen = read_terminal(master, lambda text: "62" in text and "%" in text)
        assert "file.bin" in screen or transfer[:8] in screen
        fault.release(url)
        screen += read_terminal(master, None)
        assert watching.wait(30 * STRETCH) == 0
        assert "100" in screen or "Completed" in screen
    finally:
        os.close(master)


def read_terminal(master, enough):
    """What is written to the terminal until `enough` likes it (None: until it is closed)."""
    text, end = "", time.monotonic() + 20 * STRETCH
    while time.monotonic() < end:
        if not select.select([master], [], [], 0.2)[0]:
            continue
        try:
            text += os.read(master, 65536).decode(errors="replace")
        except OSError:
            return text
        if enough and enough(text):
            return text
    raise AssertionError(f"the terminal shows only {text[-2000:]!r}")


def test_watch_says_why_a_download_waits(box, fault):
    transfer = box.get(fault.url(status=503, retry_after=600))
    box.wait_show(transfer, lambda now: now["reason"] is not None)
    watching = box.start("watch", transfer)
    watching.wait_line(lambda line: re.search(r"503|server|retry", line, re.I) is not None)
    box.run("cancel", transfer).ok()
    assert watching.wait().code == 1


def test_get_wait_shows_progress_on_standard_error_or_output_and_ends(box, fault):
    url = fault.url(size=100_000, seed="e", stall_after=50_000)
    client = box.start("get", "--wait", url)
    fault.wait_stalled(url)
    fault.release(url)
    assert client.wait().code == 0
