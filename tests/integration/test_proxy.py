"""Proxies: HTTP, HTTPS and SOCKS, named by an option or by the environment."""

import socket
import urllib.parse

import pytest
from support import apache as origin
from support import socks
from support.body import check_file
from support.deadline import until
from support.fault_server import FaultServer
from support.squid import PASSWORD, USER, Squid

ACCOUNT = f"{USER}:{PASSWORD}"
QUOTED = f"{USER}:{urllib.parse.quote(PASSWORD, safe='')}"


@pytest.fixture
def trusting(box, certificates):
    box.config({"tls": {"ca_file": str(certificates.ca)}, "retry": {"delays_s": [0]}})
    return box


@pytest.fixture
def dead():
    """The address of a proxy that is down: taken, and nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{unused.getsockname()[1]}"


@pytest.fixture
def server():
    """A server of the test's own, so that all connections to its port are the test's."""
    with FaultServer() as server:
        yield server


def document(box, server, size=30_000):
    """The name of a document of this test's own."""
    name = f"{box.root.name}.bin"
    server.add(name, size)
    return name


def doors(squid, url, count=1):
    """Through which ports of squid requests for the URL came, and for whom."""
    return [(each.door, each.user) for each in squid.wait_requests(url, count)]


# ---- HTTP proxies --------------------------------------------------------------------------------


def test_http_goes_through_the_proxy(box, nginx, squid):
    name = document(box, nginx)
    box.run("get", "--wait", "--proxy", squid.url(), nginx.url(name)).ok()
    check_file(box.downloads / name, name, 30_000)
    assert doors(squid, nginx.url(name)) == [("open", "-")]


def test_a_proxy_without_a_scheme_is_an_http_proxy(box, nginx, squid):
    name = document(box, nginx)
    host = squid.url().removeprefix("http://")
    box.run("get", "--wait", "--proxy", host, nginx.url(name)).ok()
    assert doors(squid, nginx.url(name)) == [("open", "-")]


def test_https_goes_through_a_tunnel(trusting, squid, certificates):
    with origin.Apache(certificates.servers["good"]) as server:
        name = document(trusting, server)
        url = server.url(name, tls=True)
        trusting.run("get", "--wait", "--proxy", squid.url(), url).ok()
        check_file(trusting.downloads / name, name, 30_000)
        # squid writes a line when the tunnel is closed, which the daemon does at its end.
        trusting.kill9_daemon()
        (tunnel,) = squid.wait_requests(url)
        assert (tunnel.method, tunnel.status, tunnel.door) == ("CONNECT", 200, "open")


def test_the_proxy_itself_is_spoken_to_by_tls(trusting, nginx, squid):
    name = document(trusting, nginx)
    trusting.run("get", "--wait", "--proxy", squid.url("secure"), nginx.url(name)).ok()
    check_file(trusting.downloads / name, name, 30_000)
    assert doors(squid, nginx.url(name)) == [("secure", "-")]


def test_a_proxy_with_a_certificate_that_is_not_trusted_is_refused(box, nginx, squid):
    name = document(box, nginx)
    transfer = box.get("--proxy", squid.url("secure"), nginx.url(name))
    error = box.wait_status(transfer, "Error")["error"]
    assert (error["status"], error["kind"]) == ("CertificateIsInvalid", "tls")
    assert nginx.requests(name) == []


def test_an_https_server_behind_a_proxy_that_is_spoken_to_by_tls(trusting, nginx, squid):
    name = document(trusting, nginx)
    url = nginx.url(name, tls="good")
    trusting.run("get", "--wait", "--proxy", squid.url("secure"), url).ok()
    check_file(trusting.downloads / name, name, 30_000)


def test_R64_the_proxys_challenge_is_answered(box, fault, squid):
    url = fault.url(size=30_000, seed="p")
    box.run("get", "--wait", "--proxy", squid.url("guarded"), "--proxy-user", ACCOUNT, url).ok()
    check_file(box.downloads / "file.bin", "p", 30_000)
    assert doors(squid, url)[-1] == ("guarded", USER)
    (request,) = fault.requests(url)
    assert request.header("Proxy-Authorization") is None  # that is between us and the proxy
    assert request.header("Authorization") is None


def test_R64_user_and_password_in_the_url_of_the_proxy_are_credentials(box, nginx, squid):
    name = document(box, nginx)
    proxy = squid.url("guarded", user=QUOTED)
    transfer = box.get("--proxy", proxy, nginx.url(name))
    box.wait_status(transfer, "Completed")
    assert doors(squid, nginx.url(name))[-1] == ("guarded", USER)


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("scheme", ["digest", "ntlm"])
def test_R64_the_proxy_may_ask_in_other_ways_too(trusting, nginx, scheme, tls):
    name = document(trusting, nginx)
    url = nginx.url(name, tls="good" if tls else None)
    with Squid(scheme=scheme) as proxy:
        asked = ["--proxy", proxy.url("guarded"), "--proxy-user", ACCOUNT]
        trusting.run("get", "--wait", *asked, url).ok()
        check_file(trusting.downloads / name, name, 30_000)
        trusting.kill9_daemon()  # what keeps a tunnel open
        until(
            lambda: any(each.user != "-" for each in proxy.requests(url)),
            what="a request of somebody that squid knows",
        )


def test_R64_the_servers_and_the_proxys_credentials_go_together(box, apache, squid):
    name = document(box, apache)
    box.run(
        *("get", "--wait", "--proxy", squid.url("guarded"), "--proxy-user", ACCOUNT),
        *("--user", f"{origin.USER}:{origin.PASSWORD}", apache.url(name, "digest")),
    ).ok()
    check_file(box.downloads / name, name, 30_000)
    last = apache.wait_served(name)[-1]
    assert (last.user, last.scheme) == (origin.USER, "Digest")


@pytest.mark.parametrize("account", [None, f"{USER}:wrong"], ids=["missing", "wrong"])
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_R65_missing_or_wrong_proxy_credentials(trusting, nginx, squid, tls, account):
    name = document(trusting, nginx)
    asked = ["--proxy", squid.url("guarded")] + (["--proxy-user", account] if account else [])
    url = nginx.url(name, tls="good" if tls else None)
    said = trusting.run("get", "--wait", *asked, url).fails(1)
    assert "ProxyAuthenticationRequired" in said.err
    (listed,) = trusting.list()
    error = listed["error"]
    assert (error["status"], error["code"], error["hresult"].lower()) == (
        "ProxyAuthenticationRequired",
        407,
        "0x80190197",
    )
    assert listed["attempts"] == 1  # the same question has the same answer
    assert nginx.requests(name) == []


def test_R68_a_redirect_to_another_origin_goes_through_the_proxy_too(box, fault, server, squid):
    away = server.url(size=1000, seed="away")
    url = fault.url(location=away)
    asked = ["--proxy", squid.url("guarded"), "--proxy-user", ACCOUNT]
    box.run("get", "--wait", *asked, url).ok()
    check_file(box.downloads / "file.bin", "away", 1000)
    assert doors(squid, away)[-1] == ("guarded", USER)


def test_R64_a_download_goes_on_through_the_proxy_after_kill_9(box, fault, squid):
    url = fault.url(size=500_000, seed="k", etag="strong", stall_after=300_000, times=1)
    transfer = box.get("--proxy", squid.url("guarded"), "--proxy-user", ACCOUNT, url)
    fault.wait_stalled(url)
    box.wait_show(transfer, lambda now: now["bytes_received"] == 300_000)
    box.kill9_daemon()
    box.wait_status(transfer, "Completed")
    check_file(box.downloads / "file.bin", "k", 500_000)
    assert len(fault.requests(url)) == 2
    served = [each for each in squid.requests(url) if each.status < 300]
    assert served[-1].user == USER


def test_R31_pause_and_resume_through_a_proxy(box, fault, squid):
    url = fault.url(size=500_000, seed="s", etag="strong", stall_after=300_000, times=1)
    transfer = box.get("--proxy", squid.url("guarded"), "--proxy-user", ACCOUNT, url)
    box.wait_show(transfer, lambda now: now["bytes_received"] == 300_000)
    box.run("pause", transfer).ok()
    box.wait_status(transfer, "PausedByApplication")
    box.run("resume", transfer).ok()
    box.wait_status(transfer, "Completed")
    check_file(box.downloads / "file.bin", "s", 500_000)
    assert fault.requests(url)[-1].header("Range") == "bytes=300000-"


# ---- SOCKS ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks4"])
def test_socks_proxies(box, server, dante, scheme):
    url = server.url(size=30_000, seed="s")
    box.run("get", "--wait", "--proxy", dante.url(scheme), url).ok()
    check_file(box.downloads / "file.bin", "s", 30_000)
    dante.wait_connections(server.port)


def test_https_through_socks(trusting, nginx, dante):
    name = document(trusting, nginx)
    url = nginx.url(name, tls="good")
    before = dante.connections(nginx.tls_ports["good"])
    trusting.run("get", "--wait", "--proxy", dante.url(), url).ok()
    check_file(trusting.downloads / name, name, 30_000)
    dante.wait_connections(nginx.tls_ports["good"], before + 1)


def test_a_download_goes_on_through_socks_after_kill_9(box, server, dante):
    url = server.url(size=500_000, seed="s", etag="strong", stall_after=300_000, times=1)
    transfer = box.get("--proxy", dante.url(), url)
    box.wait_show(transfer, lambda now: now["bytes_received"] == 300_000)
    box.kill9_daemon()
    box.wait_status(transfer, "Completed")
    check_file(box.downloads / "file.bin", "s", 500_000)
    dante.wait_connections(server.port, 2)


@pytest.mark.parametrize(
    "scheme, by_name",
    [("socks5", False), ("socks5h", True), ("socks4", False), ("socks4a", True)],
)
def test_who_resolves_the_name_is_said_by_the_scheme(box, fault, scheme, by_name):
    with socks.SocksServer() as proxy:
        url = fault.url(size=10, host="localhost")
        box.run("get", "--wait", "--proxy", proxy.url(scheme), url).ok()
        (connection,) = proxy.connections
        assert connection.by_name is by_name


@pytest.mark.parametrize("place", ["option", "url"])
def test_R64_socks_with_a_password(box, fault, place):
    quoted = f"{socks.USER}:{urllib.parse.quote(socks.PASSWORD, safe='')}"
    with socks.SocksServer(socks.USER, socks.PASSWORD) as proxy:
        if place == "url":
            asked = ["--proxy", proxy.url(user=quoted)]
        else:
            asked = ["--proxy", proxy.url(), "--proxy-user", f"{socks.USER}:{socks.PASSWORD}"]
        box.run("get", "--wait", *asked, fault.url(size=10)).ok()
        assert [(each.user, each.accepted) for each in proxy.connections] == [(socks.USER, True)]


@pytest.mark.parametrize("account", [None, f"{socks.USER}:wrong"], ids=["missing", "wrong"])
def test_R65_missing_or_wrong_credentials_for_socks(quick_retries, fault, account):
    url = fault.url(size=10)
    with socks.SocksServer(socks.USER, socks.PASSWORD) as proxy:
        asked = ["--proxy", proxy.url()] + (["--proxy-user", account] if account else [])
        transfer = quick_retries.get(*asked, url)
        error = quick_retries.wait_status(transfer, "Error")["error"]
        assert error["status"] == "ProxyAuthenticationRequired"
        assert len(proxy.connections) == 1
    assert fault.requests(url) == []


# ---- the environment -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["http_proxy", "all_proxy"])
def test_the_environments_proxy_is_used(box, nginx, squid, name):
    document_name = document(box, nginx)
    url = nginx.url(document_name)
    box.run("get", "--wait", url, env={name: squid.url()}).ok()
    assert doors(squid, url) == [("open", "-")]


def test_the_environments_proxy_for_https(trusting, certificates, squid, dead):
    with origin.Apache(certificates.servers["good"]) as secure:
        name = document(trusting, secure)
        url = secure.url(name, tls=True)
        env = {"https_proxy": squid.url(), "http_proxy": dead, "all_proxy": dead}
        trusting.run("get", "--wait", url, env=env).ok()
        trusting.kill9_daemon()  # what keeps a tunnel open
        assert doors(squid, url) == [("open", "-")]


def test_the_environments_proxy_may_have_credentials_and_no_scheme(box, nginx, squid):
    name = document(box, nginx)
    env = {"http_proxy": squid.url("guarded", user=QUOTED).removeprefix("http://")}
    box.run("get", "--wait", nginx.url(name), env=env).ok()
    assert doors(squid, nginx.url(name))[-1] == ("guarded", USER)


@pytest.mark.parametrize("hosts", ["127.0.0.1", "elsewhere.example,127.0.0.1", "*"])
def test_no_proxy_names_hosts_that_are_reached_directly(box, nginx, dead, hosts):
    name = document(box, nginx)
    env = {"http_proxy": dead, "no_proxy": hosts}
    box.run("get", "--wait", nginx.url(name), env=env).ok()
    check_file(box.downloads / name, name, 30_000)


def test_no_proxy_speaks_of_the_environments_only(box, nginx, squid):
    name = document(box, nginx)
    url = nginx.url(name)
    box.run("get", "--wait", "--proxy", squid.url(), url, env={"no_proxy": "*"}).ok()
    assert doors(squid, url) == [("open", "-")]


def test_proxy_goes_before_the_environments(box, nginx, squid, dead):
    name = document(box, nginx)
    url = nginx.url(name)
    env = {"http_proxy": dead, "all_proxy": dead}
    box.run("get", "--wait", "--proxy", squid.url(), url, env=env).ok()
    assert doors(squid, url) == [("open", "-")]


def test_the_environment_is_that_of_the_creation(box, fault, squid, dead):
    """Not of the client that is there when the daemon starts again."""
    url = fault.url(size=500_000, seed="e", etag="strong", stall_after=300_000, times=1)
    transfer = box.get(url, env={"http_proxy": squid.url()})
    fault.wait_stalled(url)
    box.wait_show(transfer, lambda now: now["bytes_received"] > 0)
    box.kill9_daemon()
    box.run("wait", transfer, env={"http_proxy": dead}).ok()
    check_file(box.downloads / "file.bin", "e", 500_000)
    assert doors(squid, url, 2)[-1] == ("open", "-")


def test_the_daemons_own_environment_does_not_matter(box, nginx, dead):
    """It has that of whoever happened to start it."""
    name = document(box, nginx)
    box.run("list", env={"http_proxy": dead, "https_proxy": dead, "all_proxy": dead}).ok()
    box.daemon_pid()
    box.run("get", "--wait", nginx.url(name)).ok()
    check_file(box.downloads / name, name, 30_000)


def test_neither_does_its_no_proxy(box, nginx, squid):
    name = document(box, nginx)
    url = nginx.url(name)
    box.run("list", env={"no_proxy": "*", "NO_PROXY": "*"}).ok()
    box.run("get", "--wait", url, env={"http_proxy": squid.url()}).ok()
    assert doors(squid, url) == [("open", "-")]


# ---- what is wrong -------------------------------------------------------------------------------


def test_a_proxy_that_is_down_is_named_as_what_cannot_be_reached(quick_retries, fault, dead):
    url = fault.url(size=10)
    transfer = quick_retries.get("--proxy", dead, url)
    error = quick_retries.wait_status(transfer, "Error")["error"]
    assert (error["status"], error["kind"]) == ("CannotConnect", "network")
    assert "proxy" in error["message"].lower(), error["message"]
    assert fault.requests(url) == []


def test_a_proxy_that_refuses_the_tunnel(trusting, nginx):
    """What answers here is no proxy at all."""
    proxy = f"http://127.0.0.1:{nginx.port}"
    transfer = trusting.get("--proxy", proxy, "https://127.0.0.1:9/x")
    error = trusting.wait_status(transfer, "Error")["error"]
    assert (error["status"], error["kind"]) == ("CannotConnect", "network")
    assert "proxy" in error["message"].lower(), error["message"]


@pytest.mark.parametrize(
    "proxy", ["gopher://127.0.0.1:1", "http://", "http://127.0.0.1:99999", "http://a b:1"]
)
def test_a_bad_proxy_is_told_before_anything_is_created(box, fault, proxy):
    box.run("get", "--proxy", proxy, fault.url(size=10)).fails(2)
    assert box.list() == []
