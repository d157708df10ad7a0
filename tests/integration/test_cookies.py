"""R67: cookies of the app's, and cookies within one operation."""

import pytest
from support.fault_server import FaultServer

SET = "Set-Cookie: session=abc123; Path=/"


@pytest.fixture
def server():
    """A server of the test's own: no other test's cookies can come from it."""
    with FaultServer() as server:
        yield server


def cookies(server, url):
    return [request.header("Cookie") for request in server.requests(url)]


def pairs(header):
    return set((header or "").split("; "))


def test_R67_a_cookie_header_of_the_apps_is_sent_with_every_request(quick_retries, server):
    url = server.url(size=300_000, etag="strong", reset_after=100_000, times=1)
    quick_retries.run("get", "--wait", "-H", "Cookie: a=1; b=2", url).ok()
    assert cookies(server, url) == ["a=1; b=2"] * 2


def test_R67_a_cookie_that_a_redirect_sets_is_kept_for_the_next_request(box, server):
    away = server.url(size=10)
    url = server.url(location=away, header=SET)
    box.run("get", "--wait", url).ok()
    assert cookies(server, url) == [None]
    assert cookies(server, away) == ["session=abc123"]


def test_R67_a_cookie_that_a_redirect_sets_goes_along_with_the_apps(box, server):
    away = server.url(size=10)
    url = server.url(location=away, header=SET)
    box.run("get", "--wait", "-H", "Cookie: mine=1", url).ok()
    assert pairs(cookies(server, away)[0]) == {"mine=1", "session=abc123"}


def test_R67_a_cookie_that_a_challenge_sets_is_sent_with_the_answer(box, server):
    # The header line of the URL is one; a second one in it is a second line.
    challenge = 'WWW-Authenticate: Basic realm="r"\r\n' + SET
    url = server.url(size=10, status=401, times=1, header=challenge)
    box.run("get", "--wait", "--user", "u:p", url).ok()
    last = server.requests(url)[-1]
    assert last.header("Authorization") == "Basic dTpw"
    assert last.header("Cookie") == "session=abc123"


def test_R67_cookies_are_kept_for_a_retry(quick_retries, server):
    url = server.url(
        size=300_000, seed="c", etag="strong", reset_after=100_000, times=1, header=SET
    )
    quick_retries.run("get", "--wait", url).ok()
    assert cookies(server, url) == [None, "session=abc123"]


def test_R67_cookies_are_kept_over_a_pause(box, server):
    url = server.url(
        size=300_000, seed="c", etag="strong", stall_after=100_000, times=1, header=SET
    )
    transfer = box.get(url)
    box.wait_show(transfer, lambda now: now["bytes_received"] == 100_000)
    box.run("pause", transfer).ok()
    box.wait_status(transfer, "PausedByApplication")
    box.run("resume", transfer).ok()
    box.wait_status(transfer, "Completed")
    assert cookies(server, url) == [None, "session=abc123"]


def test_R67_a_server_may_take_its_cookie_back(box, server):
    last = server.url(size=10)
    gone = "Set-Cookie: session=; Path=/; Max-Age=0"
    middle = server.url("middle", location=last, header=gone)
    url = server.url("first", location=middle, header=SET)
    box.run("get", "--wait", url).ok()
    assert cookies(server, middle) == ["session=abc123"]
    assert cookies(server, last) == [None]


@pytest.mark.parametrize(
    "attributes, sent",
    [
        ("; Path=/", True),
        ("; Path=/elsewhere", False),
        ("; Path=/; Domain=example.org", False),
    ],
)
def test_R67_the_attributes_of_a_cookie_are_obeyed(box, server, attributes, sent):
    away = server.url(size=10)
    url = server.url(location=away, header="Set-Cookie: session=abc123" + attributes)
    box.run("get", "--wait", url).ok()
    assert cookies(server, away) == ["session=abc123" if sent else None]


def test_R67_cookies_of_one_host_are_not_sent_to_another(box, server):
    away = server.url(size=10, host="localhost")
    url = server.url(location=away, header=SET)
    box.run("get", "--wait", url).ok()
    assert cookies(server, away) == [None]


def test_R67_another_operation_has_no_part_in_them(box, server):
    """Not even one that takes up the connection, one after the other or at the same time."""
    url = server.url(size=10, header=SET)
    box.run("get", "--wait", url, url).ok()
    box.run("get", "--wait", url).ok()
    box.run("get", "--wait", url, env={"LONGHAUL_APP_ID": "org.example.other"}).ok()
    assert cookies(server, url) == [None] * 4


def test_R67_the_cookies_of_a_redirect_are_not_the_next_operations(box, server):
    away = server.url(size=10)
    box.run("get", "--wait", server.url(location=away, header=SET)).ok()
    box.run("get", "--wait", away).ok()
    assert cookies(server, away) == ["session=abc123", None]
