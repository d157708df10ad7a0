"""R64, R65: NTLM at an origin, which lets in connections (support/ntlm.py)."""

import pytest
from support import ntlm
from support.body import check_file
from support.ntlm import DOMAIN, PASSWORD, USER, NtlmServer

ACCOUNT = f"{USER}:{PASSWORD}"
SIZE = 50_000
HANDSHAKE = [("-", 0, 401), ("NTLM", 1, 401), ("NTLM", 3, 200)]
REFUSED = [*HANDSHAKE[:2], ("NTLM", 3, 401)]


# ---- the server's arithmetic ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, digest",
    [  # RFC 1320, A.5
        ("", "31d6cfe0d16ae931b73c59d7e0c089c0"),
        ("a", "bde52cb31de33e46245e05fbdbd6fb24"),
        ("abc", "a448017aaf21d8525fc10ae87aa6729d"),
        ("message digest", "d9130a8164549fe818874806e1c7014b"),
        ("abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"),
        (
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            "043f8582f241db351ce627e153e7f0e4",
        ),
        ("1234567890" * 8, "e33b4ddc9c38f2199c3e7b164fcc0536"),
    ],
)
def test_the_servers_md4_is_that_of_the_rfc(text, digest):
    assert ntlm.md4(text.encode()).hex() == digest


def test_the_servers_key_is_that_of_the_specification():
    """MS-NLMP, 4.2.2.1.2 and 4.2.4.1.1."""
    assert ntlm.md4("Password".encode("utf-16le")).hex() == "a4f49c406510bdcab6824ee7c30fd852"
    assert ntlm.response_key("User", "Domain", "Password").hex() == (
        "0c868a403bfd7a93a3001ef22ef02e3f"
    )


# ---- downloads -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server():
    with NtlmServer() as server:
        yield server


def name_of(box):
    """A name that no other test uses."""
    return f"{box.root.name}.bin"


def steps(server, name):
    return [(each.scheme, each.message, each.status) for each in server.requests(name)]


def connections(server, name):
    return {each.connection for each in server.requests(name)}


def check_unauthorized(shown):
    error = shown["error"]
    said = (error["status"], error["code"], error["kind"], error["hresult"].lower())
    assert said == ("Unauthorized", 401, "http", "0x80190191"), shown
    assert shown["attempts"] == 1, shown


def test_R64_the_servers_challenge_is_answered_on_its_connection(box, server):
    name = name_of(box)
    box.run("get", "--wait", "--user", ACCOUNT, server.url(name, SIZE)).ok()
    check_file(box.downloads / name, name, SIZE)
    assert steps(server, name) == HANDSHAKE
    assert len(connections(server, name)) == 1
    answer = server.requests(name)[-1].answer
    assert (answer.domain, answer.user) == ("", USER)


def test_R64_a_user_may_have_a_domain(box, server):
    name = name_of(box)
    box.run("get", "--wait", "--user", f"{DOMAIN}\\{ACCOUNT}", server.url(name, SIZE)).ok()
    check_file(box.downloads / name, name, SIZE)
    answer = server.requests(name)[-1].answer
    assert (answer.domain, answer.user) == (DOMAIN, USER)


@pytest.mark.parametrize("account", [f"{USER}:wrong", f"ELSEWHERE\\{ACCOUNT}"])
def test_R65_a_wrong_answer_is_unauthorized_after_one_try(box, server, account):
    name = name_of(box)
    said = box.run("get", "--wait", "--user", account, server.url(name, SIZE)).fails(1)
    assert "Unauthorized" in said.err
    (shown,) = box.list()
    check_unauthorized(shown)
    assert steps(server, name) == REFUSED
    assert list(box.downloads.iterdir()) == []


def test_R65_a_missing_password_is_unauthorized(box, server):
    name = name_of(box)
    check_unauthorized(box.wait_status(box.get(server.url(name, SIZE)), "Error"))
    assert steps(server, name) == HANDSHAKE[:1]


def test_R64_a_server_may_hang_up_before_the_handshake(box, server):
    name = name_of(box)
    box.run("get", "--wait", "--user", ACCOUNT, server.url(name, SIZE, hang_up=True)).ok()
    check_file(box.downloads / name, name, SIZE)
    assert steps(server, name) == HANDSHAKE
    asked, *handshake = [each.connection for each in server.requests(name)]
    assert handshake == [asked + 1] * 2


@pytest.mark.parametrize("offers", ["Basic+NTLM", "Negotiate+NTLM"])
def test_R64_of_what_the_server_offers_ntlm_is_safer_than_basic(box, server, offers):
    """And a password is none for Negotiate."""
    name = name_of(box)
    box.run("get", "--wait", "--user", ACCOUNT, server.url(name, SIZE, offers)).ok()
    check_file(box.downloads / name, name, SIZE)
    assert steps(server, name) == HANDSHAKE


def test_R64_who_is_known_on_a_connection_may_use_it_again(box, server):
    """With a handshake of its own or without: the server takes both."""
    name = name_of(box)
    box.run("get", "--wait", "--user", ACCOUNT, server.url(name, SIZE)).ok()
    box.run("get", "--wait", "-o", "again", "--user", ACCOUNT, server.url(name, SIZE)).ok()
    check_file(box.downloads / "again", name, SIZE)
    assert [each.status for each in server.requests(name)].count(200) == 2


@pytest.mark.parametrize("login", [[], ["--user", f"{USER}:wrong"]], ids=["none", "wrong"])
def test_R64_but_nobody_else_may(box, server, login):
    """Connections are kept for the next transfer; who was let in on one must not be."""
    name = name_of(box)
    url = server.url(name, SIZE)
    box.run("get", "--wait", "--user", ACCOUNT, url).ok()
    check_unauthorized(box.wait_status(box.get(*login, url), "Error"))
    assert [each.status for each in server.requests(name)].count(200) == 1
