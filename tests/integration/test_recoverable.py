"""R155 to R164: errors that a download can recover from, and another URL for it."""

import socket

import pytest
from support.body import check_bytes, check_file
from support.events import events_started
from support.fault_server import OLD_DATE

PAUSED = "PausedRecoverableWebErrorStatus"
SIZE, BREAK = 400_000, 250_000
MEANWHILE = {"break_at": BREAK, "status": 403, "from_request": 2}  # a link that expires midway


def link(fault, name, more):
    given = {"size": SIZE, "seed": "r", "etag": "strong", **more}
    return fault.url(name, **{key: value for key, value in given.items() if value is not None})


def expiring(fault, **more):
    """R163: the server breaks off midway, then answers 403."""
    return link(fault, "file.bin", {**MEANWHILE, **more})


def fresh(fault, **more):
    """The same thing under another URL."""
    return link(fault, "file.bin", more)


def paused(box, fault, *options, **more):
    """A download whose link has expired: (id, url)."""
    url = expiring(fault, **more)
    transfer = box.get("--recoverable", "Forbidden", *options, url)
    box.wait_status(transfer, PAUSED)
    return transfer, url


def go_on(box, transfer, *changes):
    box.run("set", transfer, *changes).ok()
    box.run("resume", transfer).ok()
    return box.wait_status(transfer, "Completed")


# ---- the pause -----------------------------------------------------------------------------------


def test_R156_R163_an_expired_link_pauses_and_keeps_the_bytes(quick_retries, fault):
    box = quick_retries
    transfer, url = paused(box, fault)
    shown = box.show(transfer)
    assert shown["bytes_received"] == BREAK
    assert (shown["error"]["status"], shown["error"]["code"]) == ("Forbidden", 403)
    assert shown["ended"] is None
    second = fault.requests(url)[1]
    assert (len(fault.requests(url)), second.header("Range")) == (2, f"bytes={BREAK}-")
    (partial,) = box.partial_files()
    check_bytes(partial.read_bytes()[:BREAK], "r")


def test_R156_its_bytes_can_be_read_meanwhile(quick_retries, fault):
    transfer, _ = paused(quick_retries, fault)
    check_bytes(quick_retries.run("cat", transfer).ok().raw, "r")
    assert len(quick_retries.run("cat", transfer).ok().raw) == BREAK


def test_R156_the_change_is_told(quick_retries, fault):
    events = quick_retries.start("events", "--json")
    events_started(quick_retries, fault, events)
    transfer, _ = paused(quick_retries, fault)
    told = events.wait_json(
        lambda event: event["id"] == transfer and event["transfer"]["status"] == PAUSED
    )
    assert told["transfer"]["bytes_received"] == BREAK


def test_R155_without_recoverable_it_is_the_end(quick_retries, fault):
    transfer = quick_retries.get(expiring(fault))
    said = quick_retries.run("wait", transfer).fails(1)
    assert "Forbidden" in said.err
    assert quick_retries.show(transfer)["error"]["code"] == 403
    assert list(quick_retries.downloads.iterdir()) == []


def test_R156_an_error_that_is_not_listed_ends_it_as_usual(quick_retries, fault):
    transfer = quick_retries.get("--recoverable", "Forbidden", fault.url(status=404))
    assert quick_retries.wait_status(transfer, "Error")["error"]["status"] == "NotFound"


@pytest.mark.parametrize("status", [403, 404, 410])
def test_R155_several_may_be_listed(quick_retries, fault, status):
    url = fault.url(status=status)
    transfer = quick_retries.get("--recoverable", "Forbidden,NotFound,Gone", url)
    assert quick_retries.wait_status(transfer, PAUSED)["error"]["code"] == status


@pytest.mark.parametrize(
    "name, status", [("UnexpectedClientError", 418), ("UnexpectedServerError", 507)]
)
def test_R155_a_name_that_stands_for_many_codes(quick_retries, fault, name, status):
    transfer = quick_retries.get("--recoverable", name, fault.url(status=status))
    assert quick_retries.wait_status(transfer, PAUSED)["error"]["code"] == status


def test_R157_a_transient_status_uses_up_its_retries_first(quick_retries, fault):
    url = fault.url(status=503)
    transfer = quick_retries.get("--recoverable", "ServiceUnavailable", url)
    quick_retries.wait_status(transfer, PAUSED)
    assert len(fault.requests(url)) == 4


def test_R157_so_does_an_error_of_the_network(quick_retries, fault):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/x"
        transfer = quick_retries.get("--recoverable", "CannotConnect", url)
        shown = quick_retries.wait_status(transfer, PAUSED)
    assert (shown["error"]["status"], shown["attempts"]) == ("CannotConnect", 4)
    go_on(quick_retries, transfer, "--url", fault.url(size=10))


def test_R157_an_error_of_a_certificate_does_so_at_once(box, nginx, certificates):
    box.config({"tls": {"ca_file": str(certificates.ca)}})
    name = f"{box.root.name}.bin"
    nginx.add(name, 1000)
    url = nginx.url(name, tls="expired")
    transfer = box.get("--recoverable", "CertificateExpired", url)
    shown = box.wait_status(transfer, PAUSED)
    assert (shown["error"]["kind"], shown["attempts"]) == ("tls", 1)
    go_on(box, transfer, "--url", nginx.url(name, tls="good"))
    check_file(box.downloads / name, name, 1000)


def test_R157_the_budget_is_whole_again_after_resume(quick_retries, fault):
    url = fault.url(status=503)
    transfer = quick_retries.get("--recoverable", "ServiceUnavailable", url)
    quick_retries.wait_status(transfer, PAUSED)
    quick_retries.run("resume", transfer).ok()
    fault.wait_requests(url, 8)
    quick_retries.wait_status(transfer, PAUSED)


@pytest.mark.parametrize("names", ["Nonsense", "Forbidden,Nonsense", ","])
def test_a_name_that_is_none_is_told_before_anything_is_created(box, fault, names):
    box.run("get", "--recoverable", names, fault.url(size=1)).fails(2)
    assert box.list() == []


def test_R163_the_pause_outlives_the_daemon(quick_retries, fault):
    box = quick_retries
    transfer, url = paused(box, fault)
    box.kill9_daemon()
    shown = box.show(transfer)
    assert (shown["status"], shown["bytes_received"]) == (PAUSED, BREAK)
    assert shown["error"]["status"] == "Forbidden"
    new = fresh(fault)
    go_on(box, transfer, "--url", new)
    check_file(box.downloads / "file.bin", "r", SIZE)
    assert fault.requests(new)[0].header("Range") == f"bytes={BREAK}-"
    assert len(fault.requests(url)) == 2  # the old one was left in peace


def test_R158_it_may_be_canceled(quick_retries, fault):
    transfer, _ = paused(quick_retries, fault)
    quick_retries.run("cancel", transfer).ok()
    quick_retries.wait_status(transfer, "Canceled")
    assert list(quick_retries.downloads.iterdir()) == []


# ---- another URL ---------------------------------------------------------------------------------


def test_R158_R160_a_fresh_link_to_the_same_thing_goes_on_where_it_was(quick_retries, fault):
    box = quick_retries
    transfer, _ = paused(box, fault)
    new = fresh(fault)
    shown = go_on(box, transfer, "--url", new)
    check_file(box.downloads / "file.bin", "r", SIZE)
    (request,) = fault.requests(new)
    assert (request.status, request.header("Range"), request.header("If-Range")) == (
        206,
        f"bytes={BREAK}-",
        f'"r-{SIZE}"',
    )
    assert request.sent == SIZE - BREAK  # no byte twice
    assert shown["url"] == new
    assert shown["has_restarted"] is False
    assert shown["error"] is None  # R164


def test_R160_last_modified_and_length_may_prove_it_too(quick_retries, fault):
    box = quick_retries
    transfer, _ = paused(box, fault, etag=None, modified="old")
    new = fresh(fault, etag=None, modified="old")
    assert go_on(box, transfer, "--url", new)["has_restarted"] is False
    check_file(box.downloads / "file.bin", "r", SIZE)
    (request,) = fault.requests(new)
    assert (request.header("If-Range"), request.first_byte) == (OLD_DATE, BREAK)


@pytest.mark.parametrize(
    "old, new",
    [
        ({}, {"seed": "another"}),
        ({}, {"seed": "another", "size": SIZE + 1000}),
        ({}, {"seed": "another", "size": BREAK // 2}),
        ({"etag": "weak"}, {"etag": "weak", "seed": "another"}),
        (
            {"etag": None, "modified": "old"},
            {"etag": None, "modified": "old", "seed": "another", "size": SIZE + 1000},
        ),
        ({"etag": None}, {"etag": None, "seed": "another"}),
        ({}, {"seed": "another", "ranges": "ignore"}),
    ],
    ids=["etag", "longer", "shorter", "weak", "length", "nothing", "no_ranges"],
)
def test_R160_another_thing_is_fetched_from_its_beginning(quick_retries, fault, old, new):
    box = quick_retries
    url = expiring(fault, **old)
    transfer = box.get("--recoverable", "Forbidden", url)
    box.wait_status(transfer, PAUSED)
    shown = go_on(box, transfer, "--url", fresh(fault, **new))
    check_file(box.downloads / "file.bin", "another", new.get("size", SIZE))
    assert shown["has_restarted"] is True


@pytest.mark.parametrize("same", [{"etag": '"1"'}, {"etag": None, "modified": "old"}])
def test_R160_what_another_server_gives_the_same_tag_is_compared(quick_retries, fault, same):
    box = quick_retries
    transfer, _ = paused(box, fault, **same)
    new = fresh(fault, host="localhost", seed="another", **same)
    shown = go_on(box, transfer, "--url", new)
    check_file(box.downloads / "file.bin", "another", SIZE)
    assert shown["has_restarted"] is True


def test_R73_a_mirror_that_is_redirected_to_is_another_server(quick_retries, fault):
    """Its tags say nothing of what the front calls the same."""
    box = quick_retries
    same = {"size": SIZE, "etag": '"1"'}
    mirror = fault.url("file.bin", host="localhost", seed="r", break_at=BREAK, **same)
    transfer = box.get(fault.url("file.bin", location=mirror, times=1, seed="another", **same))
    assert box.wait_status(transfer, "Completed")["has_restarted"] is True
    check_file(box.downloads / "file.bin", "another", SIZE)


def test_R160_another_server_with_the_same_file_sends_the_rest(quick_retries, fault):
    box = quick_retries
    transfer, _ = paused(box, fault)
    new = fresh(fault, host="localhost")
    assert go_on(box, transfer, "--url", new)["has_restarted"] is False
    check_file(box.downloads / "file.bin", "r", SIZE)
    (request,) = fault.requests(new)
    assert request.first_byte == BREAK - 64 * 1024


def test_R163_a_link_may_expire_again_and_again(quick_retries, fault):
    box = quick_retries
    transfer, _ = paused(box, fault, break_at=100_000)
    second = expiring(fault, break_at=100_000)
    box.run("set", transfer, "--url", second).ok()
    box.run("resume", transfer).ok()
    fault.wait_requests(second, 2)
    assert box.wait_status(transfer, PAUSED)["bytes_received"] == 200_000
    go_on(box, transfer, "--url", fresh(fault))
    check_file(box.downloads / "file.bin", "r", SIZE)


def test_R158_resume_alone_repeats_the_request(quick_retries, fault):
    box = quick_retries
    transfer, url = paused(box, fault, times=1)
    box.run("resume", transfer).ok()
    box.wait_status(transfer, "Completed")
    check_file(box.downloads / "file.bin", "r", SIZE)
    assert [each.status for each in fault.requests(url)] == [200, 403, 206]


def test_R158_R60_headers_may_be_set_for_the_next_request(quick_retries, fault):
    box = quick_retries
    transfer, url = paused(box, fault, "-H", "X-Kept: yes", times=1)
    go_on(box, transfer, "-H", "Authorization: Bearer new", "-H", "X-New: 1")
    last = fault.requests(url)[-1]
    assert last.header("Authorization") == "Bearer new"
    assert (last.header("X-New"), last.header("X-Kept")) == ("1", "yes")
    check_file(box.downloads / "file.bin", "r", SIZE)


def test_R68_secrets_of_the_old_origin_do_not_go_to_the_new_one(quick_retries, fault):
    box = quick_retries
    transfer, url = paused(box, fault, "-H", "Authorization: Bearer old", "-H", "X-Kept: yes")
    assert fault.requests(url)[0].header("Authorization") == "Bearer old"
    new = fresh(fault, host="localhost")
    go_on(box, transfer, "--url", new)
    (request,) = fault.requests(new)
    assert (request.header("Authorization"), request.header("X-Kept")) == (None, "yes")


def test_R159_the_url_may_be_set_while_the_application_has_paused_it(box, fault):
    url = fault.url(size=SIZE, seed="r", etag="strong", stall_after=BREAK)
    transfer = box.get(url)
    box.wait_show(transfer, lambda now: now["bytes_received"] == BREAK)
    box.run("pause", transfer).ok()
    box.wait_status(transfer, "PausedByApplication")
    new = fresh(fault)
    go_on(box, transfer, "--url", new)
    check_file(box.downloads / "file.bin", "r", SIZE)
    assert fault.requests(new)[0].header("Range") == f"bytes={BREAK}-"


def test_R159_but_not_while_it_runs(box, fault):
    url = fault.url(size=SIZE, seed="r", stall_after=BREAK)
    transfer = box.get(url)
    fault.wait_stalled(url)
    box.run("set", transfer, "--url", fresh(fault)).fails(2)
    assert box.show(transfer)["url"] == url
    fault.release(url)
    box.wait_status(transfer, "Completed")
    box.run("set", transfer, "--url", fresh(fault)).fails(2)
    assert box.show(transfer)["url"] == url


def test_R60_headers_cannot_be_set_when_it_has_ended(box, fault):
    transfer = box.get(fault.url(size=1))
    box.wait_status(transfer, "Completed")
    box.run("set", transfer, "-H", "X: y").fails(2)


@pytest.mark.parametrize("url", ["nonsense", "gopher://127.0.0.1/x", "http://", ""])
def test_R159_a_bad_url_changes_nothing(quick_retries, fault, url):
    transfer, old = paused(quick_retries, fault)
    quick_retries.run("set", transfer, "--url", url, "--priority", "high").fails(2)
    shown = quick_retries.show(transfer)
    assert (shown["url"], shown["status"], shown["priority"]) == (old, PAUSED, "Default")


@pytest.mark.parametrize("header", ["Range: bytes=0-", "If-Range: x", "No colon", "X: a\r\nY: b"])
def test_R62_a_bad_header_changes_nothing(quick_retries, fault, header):
    transfer, _ = paused(quick_retries, fault)
    quick_retries.run("set", transfer, "-H", header).fails(2)
    assert quick_retries.show(transfer)["status"] == PAUSED
