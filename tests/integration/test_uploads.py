"""R84 to R101: one file, or what standard input gave, goes to a server."""

import hashlib
import os

import pytest
from support.body import body, write_body
from support.deadline import until
from support.upload_server import UploadServer

MIB = 1024 * 1024
LARGE = 3 * MIB  # asked about before it is sent
CANCELED = "0x800704C7"


@pytest.fixture(scope="session")
def upload():
    with UploadServer() as server:
        yield server


def source(box, size=LARGE, name="source"):
    path = box.root / name
    write_body(path, "u", size)
    return path


def put(box, *arguments, **options):
    """The id of an upload of a file of LARGE bytes."""
    return box.run("put", *arguments, **options).ok().lines[-1].strip()


def canceled_unseen(box, transfer):
    """Waits without attaching to it: nobody of its app is there."""
    shown = until(
        lambda: (now := box.show(transfer))["status"] not in ("Idle", "Running") and now,
        timeout=40,
        what="its end",
        pause=0.1,
    )
    assert shown["status"] == "Canceled", shown
    assert shown["error"]["hresult"].lower() == CANCELED.lower()
    return shown


def answers(box):
    folder = box.state / "responses"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def arrived(server, url, size=LARGE):
    """The last request for `url`, which must have brought everything."""
    last = server.requests(url)[-1]
    assert last.whole
    assert last.content == body("u", 0, size)
    return last


# ---- one file ------------------------------------------------------------------------------------


def test_R84_the_files_bytes_are_the_body_and_nothing_else_is_said(box, upload):
    url = upload.url()
    shown = box.wait_status(put(box, source(box), url), "Completed")
    request = arrived(upload, url)
    assert request.method == "PUT"
    assert request.header("Content-Length") == str(LARGE)
    assert request.header("Content-Type") is None
    assert (shown["kind"], shown["file"]) == ("upload", str(box.root / "source"))
    assert (shown["bytes_sent"], shown["total_bytes_to_send"]) == (LARGE, LARGE)
    assert (shown["http_status"], shown["attempts"], shown["has_restarted"]) == (201, 1, False)


@pytest.mark.parametrize("size", [0, 1, 65_536, 1_000_001])
def test_R84_any_length_is_sent_whole(box, upload, size):
    url = upload.url()
    box.run("put", "--wait", source(box, size), url).ok()
    arrived(upload, url, size)


def test_R56_any_method_with_any_header(box, upload):
    url = upload.url()
    options = ("--method", "POST", "-H", "Filename: holiday.mp4", "-H", "Content-Type: video/mp4")
    box.run("put", "--wait", *options, source(box), url).ok()
    request = arrived(upload, url)
    assert request.method == "POST"
    assert request.header("Filename") == "holiday.mp4"
    assert request.header("Content-Type") == "video/mp4"


def test_R97_standard_input_is_kept_and_goes_when_it_was_sent(box, upload):
    url = upload.url(stall_at=1)
    transfer = put(box, "-", url, input=body("u", 0, LARGE))
    assert [path.name for path in (box.state / "spool").iterdir()] == [f"{transfer}.body"]
    upload.release(url)
    shown = box.wait_status(transfer, "Completed")
    arrived(upload, url)
    assert shown["file"] is None
    until(lambda: not list((box.state / "spool").iterdir()), what="the copy to go")


def test_R101_ftp_takes_no_uploads(box):
    box.run("put", source(box, 1), "ftp://127.0.0.1/x").fails(2)
    assert box.list() == []


@pytest.mark.parametrize("name", ["none", "folder", "unreadable/x"])
def test_a_source_that_cannot_be_read_is_told_at_once(box, upload, name):
    (box.root / "folder").mkdir()
    url = upload.url()
    box.run("put", box.root / name, url).fails(2)
    assert box.list() == [] and upload.requests(url) == []


# ---- the answer ----------------------------------------------------------------------------------


def test_R99_the_answer_is_kept_until_it_is_forgotten(box, upload):
    url = upload.url(answer=300_000)
    transfer = put(box, "--wait", source(box), url)
    shown = box.show(transfer)
    assert (shown["bytes_received"], shown["total_bytes_to_receive"]) == (300_000, 300_000)
    for _ in range(2):
        assert box.run("cat", transfer).ok().raw == body("answer", 0, 300_000)
    assert answers(box) == [transfer]
    box.kill9_daemon()
    assert box.run("cat", transfer).ok().raw == body("answer", 0, 300_000)
    box.run("forget", transfer).ok()
    until(lambda: answers(box) == [], what="the answer to go")


def test_answers_of_which_nobody_knows_are_swept_away(box, upload):
    kept = put(box, "--wait", source(box, 10), upload.url())
    box.kill9_daemon()
    unknown = "0f9d7a52-3c1b-4a57-9a43-0123456789ab"
    (box.state / "responses" / unknown).write_bytes(b"left")
    (box.state / "responses" / f".longhaul-{unknown}.part").write_bytes(b"left")
    box.list()
    until(lambda: answers(box) == [kept], what="what is left to go")


@pytest.mark.parametrize("status", [400, 404, 409, 501])
def test_R100_R99_an_error_status_ends_it_and_its_answer_can_be_read(box, upload, status):
    url = upload.url(status=status, answer=5_000)
    transfer = box.run("put", "--wait", source(box), url)
    transfer.fails(1)
    (shown,) = box.list()
    assert (shown["status"], shown["error"]["code"], shown["http_status"]) == (
        "Error",
        status,
        status,
    )
    assert (shown["bytes_received"], shown["total_bytes_to_receive"]) == (5_000, 5_000)
    assert box.run("cat", shown["id"]).ok().raw == body("answer", 0, 5_000)
    box.kill9_daemon()
    assert box.run("cat", shown["id"]).ok().raw == body("answer", 0, 5_000)
    assert len(upload.requests(url)) == 1
    box.run("forget", shown["id"]).ok()
    until(lambda: answers(box) == [], what="the answer to go")


@pytest.mark.parametrize("status", [413, 401, 507])
def test_an_answer_in_the_middle_of_the_body_is_read_and_reported(quick_retries, upload, status):
    url = upload.url(early=status, at=500_000)
    quick_retries.run("put", "--wait", source(quick_retries, 64 * MIB), url).fails(1)
    (shown,) = quick_retries.list()
    assert shown["error"]["code"] == status
    assert quick_retries.run("cat", shown["id"]).ok().raw == b"too much\n"
    assert shown["bytes_sent"] < 64 * MIB


def test_a_refusal_costs_nothing(box, upload):
    url = upload.url(refuse=417, times=0)
    refusing = upload.url(refuse=403)
    box.run("put", "--wait", source(box), refusing).fails(1)
    (request,) = upload.requests(refusing)
    assert request.header("Expect") == "100-continue"
    assert request.content == b""
    assert upload.requests(url) == []


def test_a_server_that_does_not_say_continue_gets_it_all_the_same(box, upload):
    url = upload.url(silent=True)
    box.run("put", "--wait", source(box), url).ok()
    arrived(upload, url)


# ---- interruptions -------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["reset_at", "close_at"])
def test_R85_R44_it_begins_anew_when_the_connection_breaks(quick_retries, upload, fault):
    url = upload.url(**{fault: 1_000_000, "times": 2})
    shown = quick_retries.wait_status(put(quick_retries, source(quick_retries), url), "Completed")
    arrived(upload, url)
    assert (shown["attempts"], shown["has_restarted"]) == (3, True)
    assert shown["bytes_sent"] == LARGE


def test_R39_the_retries_end(quick_retries, upload):
    url = upload.url(reset_at=100_000)
    quick_retries.run("put", "--wait", source(quick_retries), url).fails(1)
    assert len(upload.requests(url)) == 4
    (shown,) = quick_retries.list()
    assert shown["error"]["kind"] == "network"


def test_R42_a_busy_server_is_asked_again(quick_retries, upload):
    url = upload.url(status=503, times=2, answer=5_000)
    shown = quick_retries.wait_status(put(quick_retries, source(quick_retries), url), "Completed")
    assert (shown["attempts"], shown["http_status"]) == (3, 201)
    assert shown["bytes_received"] == 5_000


def test_R28_R25_counters_go_back_and_a_restart_is_told(quick_retries, upload):
    box = quick_retries
    url = upload.url(reset_at=1_000_000, times=1)
    transfer = put(box, "--paused", source(box), url)
    events = box.start("events", "--json")
    until(lambda: box.show(transfer)["status"] == "Idle", what="it to be there")
    box.run("resume", transfer).ok()
    box.wait_status(transfer, "Completed")
    restarts = []
    while True:
        event = events.wait_json(lambda seen: seen["id"] == transfer)
        if event["transfer"]["has_restarted"] and event["event"] != "ended":
            restarts.append(event["transfer"]["bytes_sent"])
        if event["event"] == "ended":
            break
    assert restarts[:1] == [0]
    assert len(upload.requests(url)) == 2


def test_R86_a_put_goes_on_after_the_service_was_killed(box, upload):
    url = upload.url(stall_at=1_000_000, times=1)
    transfer = put(box, source(box), url)
    upload.wait(url, lambda seen: seen and len(seen[0].content) >= 1_000_000)
    box.kill9_daemon()
    upload.release(url)
    assert box.wait_status(transfer, "Completed")["has_restarted"] is True
    arrived(upload, url)


def test_R86_R87_a_post_is_not_sent_twice_unseen_when_its_request_breaks(quick_retries, upload):
    box = quick_retries
    url = upload.url(reset_at=1_000_000, times=1)
    transfer = put(box, "--method", "POST", source(box), url)
    shown = canceled_unseen(box, transfer)
    assert shown["error"]["status"] == "Unknown"
    assert "not sent again" in shown["error"]["message"]
    assert len(upload.requests(url)) == 1


def test_R86_nor_when_the_service_was_killed(box, upload):
    url = upload.url(stall_at=1_000_000, times=1)
    transfer = put(box, "--method", "POST", source(box), url)
    upload.wait(url, lambda seen: seen and len(seen[0].content) >= 1_000_000)
    box.kill9_daemon()
    upload.release(url)
    waiting = box.show(transfer)
    assert waiting["reason"]["blockers"][0]["kind"] == "app"
    canceled_unseen(box, transfer)
    assert len(upload.requests(url)) == 1


def test_R44_with_somebody_there_a_post_is_sent_again(quick_retries, upload):
    url = upload.url(reset_at=1_000_000, times=2)
    quick_retries.run(
        "put", "--wait", "--method", "POST", source(quick_retries), url
    ).ok()
    arrived(upload, url)
    assert len(upload.requests(url)) == 3


def test_R86_with_somebody_there_also_after_a_kill(box, upload):
    url = upload.url(stall_at=1_000_000, times=1)
    waiting = box.start("put", "--wait", "--method", "POST", source(box), url)
    upload.wait(url, lambda seen: seen and len(seen[0].content) >= 1_000_000)
    box.kill9_daemon()
    upload.release(url)
    waiting.wait().ok()
    arrived(upload, url)
    assert len(upload.requests(url)) == 2


def test_R86_a_post_that_never_reached_its_server_is_tried_again(quick_retries, upload):
    """Nothing was sent: nothing can be sent twice."""
    box = quick_retries
    box.config({"retry": {"delays_s": [0], "count": 2}})
    transfer = put(box, "--method", "POST", source(box), "http://127.0.0.1:1/x")
    shown = box.wait_status(transfer, "Error")
    assert shown["attempts"] == 3


def test_a_post_whose_answer_was_cut_after_success_says_so(quick_retries, upload):
    url = upload.url(cut_answer=True)
    quick_retries.run("put", "--wait", "--method", "POST", source(quick_retries), url).fails(1)
    (shown,) = quick_retries.list()
    assert (shown["http_status"], shown["error"]["status"]) == (201, "Disconnected")
    assert len(upload.requests(url)) == 1


def test_R36_it_cannot_be_paused(box, upload):
    url = upload.url(stall_at=1)
    transfer = put(box, source(box), url)
    box.wait_status(transfer, "Running")
    box.run("pause", transfer).fails(2)
    box.run("cancel", transfer).ok()
    assert box.show(transfer)["status"] == "Canceled"
    upload.release(url)


def test_cancel_leaves_nothing(box, upload):
    url = upload.url(stall_at=1)
    transfer = put(box, "-", url, input=body("u", 0, LARGE))
    box.wait_status(transfer, "Running")
    box.run("cancel", transfer).ok()
    until(lambda: not list((box.state / "spool").iterdir()), what="the copy to go")
    assert answers(box) == []
    upload.release(url)


# ---- the source ----------------------------------------------------------------------------------


def changed(path):
    with open(path, "r+b") as file:
        file.seek(10)
        file.write(b"changed")


def shrunk(path):
    os.truncate(path, 500_000)


def vanished(path):
    path.unlink()


def replaced(path):
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    os.replace(other, path)


@pytest.mark.parametrize("change", [changed, shrunk, vanished, replaced])
def test_R98_a_source_that_is_not_the_same_when_its_request_begins(box, upload, change):
    url = upload.url()
    path = source(box)
    transfer = put(box, "--paused", path, url)
    change(path)
    box.run("resume", transfer).ok()
    shown = box.wait_status(transfer, "Error")
    assert (shown["error"]["kind"], shown["error"]["status"]) == ("file", "Unknown")
    assert str(path) in shown["error"]["message"]
    assert upload.requests(url) == []


@pytest.mark.parametrize("change", [changed, shrunk])
def test_R98_a_source_that_changes_on_the_way_is_never_sent_to_its_end(box, upload, change):
    url = upload.url(stall_at=1_000_000)
    path = source(box, 64 * MIB)
    transfer = put(box, path, url)
    upload.wait(url, lambda seen: seen and len(seen[0].content) >= 1_000_000)
    change(path)
    upload.release(url)
    shown = box.wait_status(transfer, "Error")
    assert shown["error"]["kind"] == "file"
    assert str(path) in shown["error"]["message"]
    assert not upload.requests(url)[0].whole


# ---- redirects, logins ---------------------------------------------------------------------------


@pytest.mark.parametrize("status", [307, 308, 301, 302])
def test_R68_these_redirects_keep_method_and_body(box, upload, status):
    there = upload.url()
    url = upload.url(redirect=status, location=there)
    box.run("put", "--wait", source(box), url).ok()
    assert arrived(upload, there).method == "PUT"


def test_R68_after_303_the_answer_is_fetched(box, upload):
    there = upload.url(answer=100)
    url = upload.url(redirect=303, location=there)
    transfer = put(box, "--wait", source(box), url)
    (request,) = upload.requests(there)
    assert (request.method, request.content) == ("GET", b"")
    assert box.run("cat", transfer).ok().raw == body("answer", 0, 100)


def test_the_daemon_stays_small_and_the_bytes_right(box, upload):
    """R84: it is sent from the file."""
    size = 200 * MIB
    url = upload.url()
    path = source(box, size)
    transfer = put(box, path, url)
    peak = 0

    def done():
        nonlocal peak
        with open(f"/proc/{box.daemon_pid()}/status") as status:
            for line in status:
                if line.startswith("VmHWM"):
                    peak = int(line.split()[1])
        return box.show(transfer)["status"] == "Completed"

    until(done, what="the upload", timeout=120)
    want = hashlib.sha256(path.read_bytes()).hexdigest()
    assert hashlib.sha256(upload.requests(url)[-1].content).hexdigest() == want
    assert peak == 0 or peak < 64 * 1024 or "san" in str(box.build)

