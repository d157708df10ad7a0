"""R85 as amended: uploads that go on where they were, with the servers that can do that."""

import base64
import hashlib

import pytest
from support import processes
from support.body import body_sha256, write_body
from support.deadline import until
from support.draft_server import DraftServer
from support.tus_server import TusServer

MIB = 1024 * 1024
SIZE = 24 * MIB


@pytest.fixture(scope="session")
def draft():
    with DraftServer() as server:
        yield server


@pytest.fixture
def tus():
    with TusServer() as server:
        yield server


def source(box, size=SIZE):
    path = box.root / "holiday.mp4"
    write_body(path, "v", size)
    return path


def put(box, *arguments):
    return box.run("put", *arguments).ok().lines[-1].strip()


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


# ---- the IETF draft, which a server offers by itself ---------------------------------------------


@pytest.mark.parametrize("version", [8, 6, 0])
def test_a_server_that_knows_the_draft_gets_the_rest_only(quick_retries, draft, version):
    """The version that the server speaks is offered at the latest with the third request."""
    box = quick_retries
    url = draft.url(version=version, drop_after=5 * MIB, times=4)
    shown = box.wait_status(put(box, source(box), url), "Completed", timeout=60)
    assert draft.finished(url) == [(SIZE, body_sha256("v", SIZE))]
    offers = [request.headers.get("upload-draft-interop-version") for request in draft.requests(url)]
    before = {8: 0, 0: 1, 6: 2}[version]  # requests that offered another one, and were cut
    assert draft.received(url) <= SIZE + (before + 1) * 5 * MIB + MIB, offers
    assert shown["bytes_sent"] == SIZE
    assert shown["has_restarted"] is (before > 0)


def test_after_a_kill_of_the_service_the_offset_is_asked_for(box, draft):
    url = draft.url(version=8, stall_after=10 * MIB, times=1)
    transfer = put(box, source(box), url)
    draft.wait_stalled(url)
    until(lambda: box.show(transfer)["upload_url"], what="its resource to be recorded")
    box.kill9_daemon()
    draft.release(url)
    shown = box.wait_status(transfer, "Completed", timeout=60)
    assert shown["has_restarted"] is False
    assert draft.finished(url) == [(SIZE, body_sha256("v", SIZE))]
    assert draft.received(url) <= SIZE + 8 * MIB
    methods = [request.method for request in draft.requests(url)]
    assert methods[0] == "PUT" and "HEAD" in methods and methods[-1] == "PATCH"


def test_R86_a_post_goes_on_unseen_where_the_server_keeps_it(quick_retries, draft):
    box = quick_retries
    url = draft.url(version=8, drop_after=5 * MIB, times=2)
    transfer = put(box, "--method", "POST", source(box), url)
    until(lambda: box.show(transfer)["status"] == "Completed", timeout=60, what="its end")
    assert draft.finished(url) == [(SIZE, body_sha256("v", SIZE))]


def test_progress_is_what_the_server_has(box, draft):
    url = draft.url(version=8, interim_every=MIB, stall_after=10 * MIB, times=1)
    transfer = put(box, source(box), url)
    draft.wait_stalled(url)
    shown = box.wait_show(transfer, lambda now: now["bytes_sent"] >= 9 * MIB)
    assert shown["bytes_sent"] <= 10 * MIB
    draft.release(url)
    box.wait_status(transfer, "Completed", timeout=60)


def test_appends_are_as_large_as_the_server_takes(quick_retries, draft):
    box = quick_retries
    url = draft.url(version=8, max_append_size=3 * MIB)
    box.wait_status(put(box, source(box), url), "Completed", timeout=60)
    assert draft.finished(url) == [(SIZE, body_sha256("v", SIZE))]
    appends = [request for request in draft.requests(url) if request.method == "PATCH"]
    assert appends and max(request.received for request in appends) <= 3 * MIB


@pytest.mark.parametrize("fault", [{"shift": -1000}, {"shift": 1000}, {"conflict": True}])
def test_a_server_that_does_not_know_its_own_offsets_ends_it(quick_retries, draft, fault):
    box = quick_retries
    url = draft.url(version=8, drop_after=5 * MIB, **fault)
    box.run("put", "--wait", source(box), url, timeout=120)
    (shown,) = box.list()
    finished = draft.finished(url)
    assert finished in ([], [(SIZE, body_sha256("v", SIZE))])
    assert shown["status"] == ("Completed" if finished else "Error")


def test_a_resource_that_is_gone_starts_over_visibly(quick_retries, draft):
    box = quick_retries
    url = draft.url(version=8, drop_after=5 * MIB, gone_after=1, times=1)
    shown = box.wait_status(put(box, source(box), url), "Completed", timeout=60)
    assert shown["has_restarted"] is True
    assert draft.finished(url) == [(SIZE, body_sha256("v", SIZE))]


@pytest.mark.parametrize("status", [500, 503, 422, 413])
def test_R100_an_error_that_is_the_last_word_is_no_success(quick_retries, draft, status):
    """The server has it all, says no, and says afterwards only that it is complete."""
    box = quick_retries
    url = draft.url(version=8, status=status)
    box.run("put", "--wait", source(box), url).fails(1)
    (shown,) = box.list()
    assert (shown["status"], shown["error"]["code"]) == ("Error", status)
    assert len(draft.finished(url)) == 1


def test_R86_a_resource_that_is_gone_with_the_answer_is_no_reason_to_post_again(
    quick_retries, draft
):
    box = quick_retries
    url = draft.url(version=8, drop_answer=True, gone_after=1)
    transfer = put(box, "--method", "POST", source(box), url)
    shown = until(
        lambda: (now := box.show(transfer))["status"] not in ("Idle", "Running") and now,
        timeout=40,
        what="its end",
    )
    assert shown["status"] == "Canceled"
    assert len(draft.finished(url)) == 1


def test_progress_that_is_told_often_is_no_flood(box, draft):
    size = 48 * MIB
    url = draft.url(version=8, interim_every=64 * 1024)
    box.run("put", "--wait", source(box, size), url).ok()
    assert draft.finished(url) == [(size, body_sha256("v", size))]


def test_cancel_removes_what_the_server_has(box, draft):
    url = draft.url(version=8, stall_after=10 * MIB)
    transfer = put(box, source(box), url)
    draft.wait_stalled(url)
    box.wait_show(transfer, lambda now: now["upload_url"])
    box.run("cancel", transfer).ok()
    draft.release(url)
    until(
        lambda: any(request.method == "DELETE" for request in draft.requests(url)),
        what="the server to be told",
    )


def test_the_digest_is_told(box, draft):
    url = draft.url(version=8)
    box.run("put", "--wait", "--digest", source(box), url).ok()
    told = draft.requests(url)[0].headers["repr-digest"]
    wanted = base64.b64encode(bytes.fromhex(body_sha256("v", SIZE))).decode()
    assert told == f"sha-256=:{wanted}:"


# ---- tus -----------------------------------------------------------------------------------------


def test_tus_brings_a_file_with_its_name(box, tus):
    shown = box.wait_status(put(box, "--tus", source(box), tus.url), "Completed", timeout=60)
    (path,) = tus.finished()
    assert sha256(path) == body_sha256("v", SIZE)
    assert tus.metadata(path)["filename"] == "holiday.mp4"
    assert (shown["bytes_sent"], shown["has_restarted"]) == (SIZE, False)


def test_tus_goes_on_after_kills_of_service_and_server(quick_retries, tus):
    box = quick_retries
    box.config({"retry": {"delays_s": [0.1], "count": 50}})
    size = 64 * MIB
    transfer = put(box, "--tus", source(box, size), tus.url)
    for part in (1, 2, 3):
        box.wait_show(transfer, lambda now, part=part: now["bytes_sent"] >= part * 16 * MIB, 60)
        box.kill9_daemon()
        if part == 2:
            tus.kill()
            tus.restart()
    shown = box.wait_status(transfer, "Completed", timeout=120)
    (path,) = tus.finished()
    assert sha256(path) == body_sha256("v", size)
    assert shown["has_restarted"] is False
    assert tus.received() <= size + 4 * 8 * MIB


def test_tus_of_an_empty_file_and_of_standard_input(box, tus):
    box.run("put", "--wait", "--tus", source(box, 0), tus.url).ok()
    box.run("put", "--wait", "--tus", "-", tus.url, input=b"from a pipe").ok()
    assert sorted(path.read_bytes() for path in tus.finished()) == [b"", b"from a pipe"]


def test_tus_a_lost_upload_starts_over_visibly(quick_retries, tus):
    box = quick_retries
    box.config({"retry": {"delays_s": [0.1], "count": 50}})
    transfer = put(box, "--tus", source(box, 256 * MIB), tus.url)
    box.wait_show(transfer, lambda now: now["bytes_sent"] >= 16 * MIB, 60)
    pid = box.kill9_daemon()
    assert processes.wait_gone(pid, 20)
    for path in tus.uploads.iterdir():
        path.unlink()
    shown = box.wait_status(transfer, "Completed", timeout=120)
    assert shown["has_restarted"] is True
    assert [sha256(path) for path in tus.finished()] == [body_sha256("v", 256 * MIB)]


def test_tus_cancel_removes_what_the_server_has(box, tus):
    transfer = put(box, "--tus", source(box, 256 * MIB), tus.url)
    box.wait_show(transfer, lambda now: now["bytes_sent"] >= 8 * MIB, 60)
    box.run("cancel", transfer).ok()
    until(lambda: not tus.infos(), timeout=20, what="the server to forget it")


def test_a_url_that_is_no_tus_server_is_an_error(box, draft):
    box.run("put", "--wait", "--tus", source(box, 10), draft.url()).fails(1)
    (shown,) = box.list()
    assert shown["status"] == "Error"
