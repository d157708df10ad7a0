"""The JSON that scripts rely on, to the letter of its description."""

import re

from support.body import check_file

TRANSFER_KEYS = (
    "id kind app group url method file status reason priority cost_policy bytes_received "
    "total_bytes_to_receive bytes_sent total_bytes_to_send has_restarted has_response_changed "
    "attempts error http_status created started ended"
).split()
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
STATUSES = (
    "Idle Running PausedByApplication PausedCostedNetwork PausedNoNetwork Completed Canceled Error "
    "PausedRecoverableWebErrorStatus PausedSystemPolicy"
).split()


def check_types(transfer):
    optional = {
        "group": str,
        "file": str,
        "reason": dict,
        "total_bytes_to_receive": int,
        "total_bytes_to_send": int,
        "error": dict,
        "http_status": int,
        "started": str,
        "ended": str,
    }
    always = {
        "id": str,
        "kind": str,
        "app": str,
        "url": str,
        "method": str,
        "status": str,
        "priority": str,
        "cost_policy": str,
        "bytes_received": int,
        "bytes_sent": int,
        "has_restarted": bool,
        "has_response_changed": bool,
        "attempts": int,
        "created": str,
    }
    for key, kind in always.items():
        assert type(transfer[key]) is kind, (key, transfer[key])
    for key, kind in optional.items():
        assert transfer[key] is None or type(transfer[key]) is kind, (key, transfer[key])
    for key in ("created", "started", "ended"):
        assert transfer[key] is None or TIME.fullmatch(transfer[key]), transfer[key]
    assert transfer["status"] in STATUSES


def check_reason(reason):
    assert list(reason) == ["blockers", "next_attempt"]
    assert reason["next_attempt"] is None or TIME.fullmatch(reason["next_attempt"])
    assert reason["blockers"]
    for blocker in reason["blockers"]:
        assert list(blocker) == ["kind", "since", "until", "text"]
        assert (
            blocker["kind"]
            in "no-network cost power server host-limit queue disk app retry".split()
        )
        assert TIME.fullmatch(blocker["since"])
        assert blocker["until"] is None or TIME.fullmatch(blocker["until"])
        assert blocker["text"]


def test_a_completed_transfer_has_every_key_in_order(box, fault):
    url = fault.url(size=4000, seed="j", etag="strong")
    transfer = box.get(url)
    box.wait_status(transfer, "Completed")
    (listed,) = box.list()
    assert list(listed) == TRANSFER_KEYS
    check_types(listed)
    times = {key: listed.pop(key) for key in ("created", "started", "ended")}
    assert times["created"] <= times["started"] <= times["ended"]
    assert listed == {
        "id": transfer,
        "kind": "download",
        "app": "org.longhaul.cli",
        "group": None,
        "url": url,
        "method": "GET",
        "file": str(box.downloads / "file.bin"),
        "status": "Completed",
        "reason": None,
        "priority": "Default",
        "cost_policy": "Default",
        "bytes_received": 4000,
        "total_bytes_to_receive": 4000,
        "bytes_sent": 0,
        "total_bytes_to_send": 0,
        "has_restarted": False,
        "has_response_changed": listed["has_response_changed"],
        "attempts": 1,
        "error": None,
        "http_status": 200,
    }


def test_show_adds_response_and_ranges(box, fault):
    url = fault.url(size=4000, seed="j", etag="strong")
    transfer = box.get(url)
    shown = box.wait_status(transfer, "Completed")
    assert [
        key for key in shown if key not in ("response", "upload_url", "ranges")
    ] == TRANSFER_KEYS
    response = shown["response"]
    assert list(response) == ["status", "url", "headers", "resumable"]
    assert (response["status"], response["url"], response["resumable"]) == (200, url, True)
    assert ["ETag", '"j-4000"'] in [
        [n if n.lower() != "etag" else "ETag", v] for n, v in response["headers"]
    ]
    assert shown["ranges"] == [{"offset": 0, "length": 4000}]


def test_before_the_start_there_is_no_response_no_range_and_no_total(box, fault):
    shown = box.show(box.get("--paused", fault.url(size=4000)))
    check_types(shown)
    assert shown["response"] is None and shown["ranges"] == []
    assert shown["total_bytes_to_receive"] is None and shown["bytes_received"] == 0
    assert shown["http_status"] is None and shown["started"] is None and shown["ended"] is None


def test_a_name_that_the_server_will_give_is_null_until_it_is_known(box, fault):
    url = fault.url(
        "u.bin", size=10, gate_head=True, disposition='attachment; filename="known.bin"'
    )
    transfer = box.get(url)
    fault.wait_stalled(url)
    assert box.show(transfer)["file"] is None
    fault.release(url)
    assert box.wait_status(transfer, "Completed")["file"] == str(box.downloads / "known.bin")


def test_an_unknown_total_is_null_while_it_runs_and_what_was_received_after(box, fault):
    url = fault.url(size=200_000, seed="t", chunked="yes", stall_after=100_000)
    transfer = box.get(url)
    fault.wait_stalled(url)
    shown = box.wait_show(transfer, lambda now: now["bytes_received"] > 0)
    assert shown["total_bytes_to_receive"] is None
    fault.release(url)
    assert box.wait_status(transfer, "Completed")["total_bytes_to_receive"] == 200_000
    check_file(box.downloads / "file.bin", "t", 200_000)


def test_a_failed_transfer_says_why_in_an_object(box, fault):
    transfer = box.get(fault.url(status=404))
    shown = box.wait_status(transfer, "Error")
    check_types(shown)
    error = shown["error"]
    assert list(error) == ["status", "hresult", "code", "kind", "message"]
    message = error.pop("message")
    assert error == {"status": "NotFound", "hresult": "0x80190194", "code": 404, "kind": "http"}
    assert isinstance(message, str) and message
    assert shown["http_status"] == 404 and shown["reason"] is None
    assert shown["response"]["status"] == 404


def test_an_attempt_that_waits_says_for_what_and_until_when(box, fault):
    transfer = box.get(fault.url(status=503, retry_after=600))
    shown = box.wait_show(transfer, lambda now: now["reason"] is not None)
    check_types(shown)
    check_reason(shown["reason"])
    assert shown["status"] == "Running"
    assert shown["reason"]["next_attempt"] is not None
    assert {blocker["kind"] for blocker in shown["reason"]["blockers"]} <= {"server", "retry"}
    box.run("cancel", transfer).ok()


def test_a_pause_by_the_user_is_a_reason(box, fault):
    url = fault.url(size=100_000, etag="strong", stall_after=50_000)
    transfer = box.get(url)
    fault.wait_stalled(url)
    box.run("pause", transfer).ok()
    shown = box.wait_status(transfer, "PausedByApplication")
    check_reason(shown["reason"])
    assert [blocker["kind"] for blocker in shown["reason"]["blockers"]] == ["app"]
    box.run("cancel", transfer).ok()


def test_waiting_in_the_queue_is_a_reason(box, fault):
    box.config({"limits": {"running": 1}})
    first = fault.url(size=100, gate_head=True)
    box.get(first)
    fault.wait_stalled(first)
    second = box.get(fault.url("second.bin", size=100))
    shown = box.show(second)
    assert shown["status"] == "Idle"
    check_reason(shown["reason"])
    assert [blocker["kind"] for blocker in shown["reason"]["blockers"]] == ["queue"]
    fault.release(first)
    box.wait_status(second, "Completed")


def test_the_limit_of_an_origin_is_a_reason(box, fault):
    box.config({"limits": {"running_per_origin": 1}})
    first = fault.url(size=100, gate_head=True)
    box.get(first)
    fault.wait_stalled(first)
    second = box.get(fault.url("second.bin", size=100))
    assert [blocker["kind"] for blocker in box.show(second)["reason"]["blockers"]] == ["host-limit"]
    fault.release(first)
    box.wait_status(second, "Completed")


def test_status_is_one_object_with_every_part(box):
    (status,) = box.run("status", "--json").ok().json_lines()
    assert list(status) == ["daemon", "network", "power", "transfers", "policy"]
    assert list(status["daemon"]) == ["version", "pid", "since", "secrets"]
    assert status["daemon"]["pid"] == box.daemon_pid()
    assert TIME.fullmatch(status["daemon"]["since"])
    assert (
        list(status["network"])
        == (
            "connected internet cost roaming approaching_limit over_limit restricted "
            "connection interface"
        ).split()
    )
    assert list(status["power"]) == ["on_battery", "percent", "saver"]
    assert sorted(status["transfers"]) == sorted(STATUSES)
    assert all(type(count) is int for count in status["transfers"].values())


def test_status_counts_transfers_by_status(box, fault):
    box.get("--paused", fault.url(size=1), fault.url(size=2))
    box.wait_status(box.get(fault.url("done", size=1)), "Completed")
    (status,) = box.run("status", "--json").ok().json_lines()
    assert {name: count for name, count in status["transfers"].items() if count} == {
        "Idle": 2,
        "Completed": 1,
    }


def test_list_filters_by_status(box, fault):
    paused = box.get("--paused", fault.url(size=1))
    done = box.get(fault.url(size=1))
    box.wait_status(done, "Completed")
    assert [each["id"] for each in box.list("--status", "Idle")] == [paused]
    assert [each["id"] for each in box.list("--status", "Completed")] == [done]
    assert box.list("--status", "Error") == []


def test_an_app_sees_its_own_transfers_and_the_user_sees_all(box, fault):
    other = {"LONGHAUL_APP_ID": "org.example.other"}
    mine = box.get("--paused", fault.url(size=1))
    theirs = box.get("--paused", fault.url(size=1), env=other)
    assert [each["id"] for each in box.list()] == [mine]
    assert [(each["id"], each["app"]) for each in box.list("--all-apps")] == [
        (mine, "org.longhaul.cli"),
        (theirs, "org.example.other"),
    ]
