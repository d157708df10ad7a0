"""R64 to R66, R68: user names and passwords for servers."""

import base64
import urllib.parse

import pytest
from support.apache import PASSWORD, USER
from support.body import check_file
from support.deadline import until
from support.fault_server import FaultServer

ACCOUNT = f"{USER}:{PASSWORD}"
QUOTED = f"{USER}:{urllib.parse.quote(PASSWORD, safe='')}"


def document(box, apache, size=50_000):
    """A document of this test's own."""
    name = f"{box.root.name}.bin"
    apache.add(name, size)
    return name


def unauthorized(error):
    return (error["status"], error["code"], error["kind"], error["hresult"].lower()) == (
        "Unauthorized",
        401,
        "http",
        "0x80190191",
    )


@pytest.mark.parametrize("guard, scheme", [("basic", "Basic"), ("digest", "Digest")])
def test_R64_the_servers_challenge_is_answered(box, apache, guard, scheme):
    name = document(box, apache)
    box.run("get", "--wait", "--user", ACCOUNT, apache.url(name, guard)).ok()
    check_file(box.downloads / name, name, 50_000)
    last = apache.wait_served(name)[-1]
    assert (last.user, last.scheme) == (USER, scheme)


@pytest.mark.parametrize("guard", ["basic", "digest"])
def test_R64_over_tls_too(box, apache, certificates, guard):
    box.config({"tls": {"ca_file": str(certificates.ca)}})
    name = document(box, apache)
    box.run("get", "--wait", "--user", ACCOUNT, apache.url(name, guard, tls=True)).ok()
    check_file(box.downloads / name, name, 50_000)


@pytest.mark.parametrize("guard", ["basic", "digest"])
def test_R64_user_and_password_in_the_url_are_credentials_and_not_shown(box, apache, guard):
    name = document(box, apache)
    transfer = box.get(apache.url(name, guard, user=QUOTED))
    assert box.wait_status(transfer, "Completed")["url"] == apache.url(name, guard)
    assert apache.wait_served(name)[-1].user == USER
    assert (box.downloads / name).exists()


def test_R64_user_file_holds_them_on_its_first_line(box, apache):
    name = document(box, apache)
    (box.downloads / "account").write_text(f"{ACCOUNT}\nwhat follows does not matter\n")
    box.run("get", "--wait", "--user-file", "account", apache.url(name, "basic")).ok()
    check_file(box.downloads / name, name, 50_000)


def test_a_user_file_that_is_not_there_is_told_before_anything_is_created(box, apache):
    name = document(box, apache)
    box.run("get", "--user-file", "account", apache.url(name, "basic")).fails(2)
    assert box.list() == []


def test_R64_names_and_passwords_are_utf_8(box, fault):
    url = fault.url(size=10, status=401, times=1, header='WWW-Authenticate: Basic realm="r"')
    box.run("get", "--wait", "--user", "jürgen:schlüssel", url).ok()
    sent = fault.requests(url)[-1].header("Authorization")
    assert base64.b64decode(sent.removeprefix("Basic ")).decode() == "jürgen:schlüssel"


@pytest.mark.parametrize("guard", ["basic", "digest"])
def test_R65_a_wrong_password_is_unauthorized(box, apache, guard):
    url = apache.url(document(box, apache), guard)
    said = box.run("get", "--wait", "--user", f"{USER}:wrong", url).fails(1)
    assert "Unauthorized" in said.err
    (listed,) = box.list()
    assert listed["status"] == "Error" and unauthorized(listed["error"]), listed
    assert list(box.downloads.iterdir()) == []


@pytest.mark.parametrize("guard", ["basic", "digest"])
def test_R65_a_missing_password_is_unauthorized(box, apache, guard):
    transfer = box.get(apache.url(document(box, apache), guard))
    shown = box.wait_status(transfer, "Error")
    assert unauthorized(shown["error"]) and shown["attempts"] == 1, shown


def test_R64_credentials_are_those_of_one_transfer_only(box, apache):
    """Connections and libcurl's handles are used again; who was let in must not be."""
    name = document(box, apache)
    url = apache.url(name, "basic")
    box.run("get", "--wait", "--user", ACCOUNT, url).ok()
    assert unauthorized(box.wait_status(box.get(url), "Error")["error"])
    assert apache.requests(name)[-1].scheme == "-"


@pytest.mark.parametrize("guard, scheme", [("basic", "Basic"), ("digest", "Digest")])
def test_R64_a_download_goes_on_with_its_credentials_after_kill_9(box, apache, guard, scheme):
    size, rate = 9_000_000, 2_000  # KiB a second
    name = document(box, apache, size)
    transfer = box.get("--user", ACCOUNT, apache.url(name, guard, rate=rate))
    box.wait_show(transfer, lambda now: now["bytes_received"] > 6_000_000)
    box.kill9_daemon()
    box.wait_status(transfer, "Completed")
    check_file(box.downloads / name, name, size)
    # A request is logged at its end, and that of the one that was cut off may come later.
    rest = until(
        lambda: [each for each in apache.requests(name) if each.status == 206], what="the rest"
    )[0]
    assert (rest.user, rest.scheme) == (USER, scheme)
    assert rest.start > 6_000_000 - 2 * rate * 1024, "more than 2 s fetched again"


def test_R64_a_pause_keeps_them_over_a_restart_of_the_daemon(box, apache):
    name = document(box, apache)
    transfer = box.get("--paused", "--user", ACCOUNT, apache.url(name, "digest"))
    box.kill9_daemon()
    box.run("resume", transfer).ok()
    box.wait_status(transfer, "Completed")
    check_file(box.downloads / name, name, 50_000)


# ---- R68: nobody else gets them ------------------------------------------------------------------


@pytest.fixture
def elsewhere():
    """Another server on the same host."""
    with FaultServer() as server:
        yield server


@pytest.mark.parametrize("guard", ["basic", "digest"])
def test_R68_credentials_do_not_follow_a_redirect_to_another_origin(box, apache, fault, guard):
    url = fault.url(size=1000, seed="away")
    first = f"{box.root.name}-away"
    asked = ["-o", "file.bin", "--user", ACCOUNT, apache.url(first, guard, to=url)]
    box.run("get", "--wait", *asked).ok()
    (request,) = fault.requests(url)
    assert request.header("Authorization") is None
    assert apache.requests(first)[-1].user == USER
    check_file(box.downloads / "file.bin", "away", 1000)


def test_R68_nor_are_they_given_when_the_other_origin_asks(box, apache, fault):
    url = fault.url(status=401, header='WWW-Authenticate: Basic realm="give it to me"')
    first = f"{box.root.name}-asks"
    transfer = box.get("--user", ACCOUNT, apache.url(first, "basic", to=url))
    assert unauthorized(box.wait_status(transfer, "Error")["error"])
    assert [each.header("Authorization") for each in fault.requests(url)] == [None]


def test_R68_they_do_follow_a_redirect_within_the_origin(box, apache):
    name = document(box, apache)
    url = apache.url("here", "basic", to=apache.url(name, "basic"))
    box.run("get", "--wait", "-o", name, "--user", ACCOUNT, url).ok()
    assert apache.wait_served(name)[-1].user == USER
    check_file(box.downloads / name, name, 50_000)


@pytest.mark.parametrize("name", ["Authorization", "Cookie"])
@pytest.mark.parametrize("kind", ["host", "port"])
def test_R68_headers_that_are_secrets_do_not_follow_to_another_origin(
    box, fault, elsewhere, name, kind
):
    if kind == "host":
        away = fault.url(size=10, host="localhost")
        server = fault
    else:
        away = elsewhere.url(size=10)
        server = elsewhere
    url = fault.url(location=away)
    box.run("get", "--wait", "-H", f"{name}: t0ken=secret", "-H", "X-Plain: yes", url).ok()
    assert fault.requests(url)[0].header(name) == "t0ken=secret"
    (request,) = server.requests(away)
    assert request.header(name) is None
    assert request.header("X-Plain") == "yes"


def test_R66_a_token_in_a_header_is_sent_with_every_request(box, fault):
    url = fault.url(size=300_000, seed="t", etag="strong", reset_after=100_000, times=1)
    box.config({"retry": {"delays_s": [0]}})
    box.run("get", "--wait", "-H", "Authorization: Bearer t0ken", url).ok()
    sent = [request.header("Authorization") for request in fault.requests(url)]
    assert sent == ["Bearer t0ken"] * 2


def test_R68_a_url_with_credentials_in_a_redirect_is_not_a_way_to_others_secrets(box, fault):
    """What stands before the host in a Location is the server's word, not the user's."""
    away = fault.url(size=10, host="localhost")
    named = away.replace("http://", "http://mallory:password@")
    transfer = box.get("--user", ACCOUNT, fault.url(location=named))
    box.run("wait", transfer)
    for request in fault.requests(away):
        assert ACCOUNT.encode() not in base64.b64decode(
            (request.header("Authorization") or "").removeprefix("Basic ")
        )
    response = box.show(transfer)["response"]
    assert response is None or urllib.parse.urlsplit(response["url"]).username is None
