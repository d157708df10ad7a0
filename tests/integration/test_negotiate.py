"""R64, R65, R68: the user's Kerberos ticket as the login (Negotiate), at a real Apache and KDC."""

import pytest
from support import kerberos
from support.body import check_file
from support.deadline import until
from support.kerberos import REALM, STRANGER, USER, DeafKdc, Kdc, KerberosApache, KerberosSquid

pytestmark = pytest.mark.skipif(
    bool(kerberos.missing()),
    reason=f"not installed, see scripts/setup: {' '.join(kerberos.missing())}",
)

SIZE = 50_000


@pytest.fixture(scope="module")
def kdc():
    with Kdc() as realm:
        yield realm


@pytest.fixture(scope="module")
def apache(kdc):
    """In place of the one for everybody: this one asks for tickets."""
    with KerberosApache(kdc) as server:
        yield server


@pytest.fixture
def member(box, kdc):
    """A machine of the realm. Its user has logged in once the file `member.ticket` is there."""
    box.env.update(kdc.environment())
    box.ticket = box.root / "ticket"
    box.env["KRB5CCNAME"] = f"FILE:{box.ticket}"
    return box


def document(box, apache):
    """A document of this test's own."""
    name = f"{box.root.name}.bin"
    apache.add(name, SIZE)
    return name


def logged(apache, name):
    """What Apache says of the requests for a document, once it says anything."""
    return until(lambda: apache.requests(f"negotiate/{name}"), what=f"requests for {name}")


def check_unauthorized(shown):
    error = shown["error"]
    said = (error["status"], error["code"], error["kind"], error["hresult"].lower())
    assert said == ("Unauthorized", 401, "http", "0x80190191"), shown
    assert shown["attempts"] == 1, shown


def test_R64_a_ticket_is_a_login(member, apache, kdc):
    kdc.log_in(member.ticket)
    name = document(member, apache)
    member.run("get", "--wait", "--user", ":", apache.url(name)).ok()
    check_file(member.downloads / name, name, SIZE)
    (served,) = logged(apache, name)  # libcurl does not wait to be asked
    assert (served.status, served.scheme, served.user) == (200, "Negotiate", f"{USER}@{REALM}")


def test_R65_no_ticket_is_unauthorized_at_once(member, apache):
    name = document(member, apache)
    said = member.run("get", "--wait", "--user", ":", apache.url(name)).fails(1)
    assert "Unauthorized" in said.err
    (shown,) = member.list()
    check_unauthorized(shown)
    assert list(member.downloads.iterdir()) == []
    (asked,) = logged(apache, name)
    assert asked.scheme == "-"


def test_R65_a_ticket_without_a_login_is_not_used(member, apache, kdc):
    kdc.log_in(member.ticket)
    name = document(member, apache)
    check_unauthorized(member.wait_status(member.get(apache.url(name)), "Error"))
    (asked,) = logged(apache, name)
    assert asked.scheme == "-"


def test_R65_the_ticket_of_somebody_else_is_shown_once(member, apache, kdc):
    kdc.log_in(member.ticket, STRANGER)
    name = document(member, apache)
    check_unauthorized(member.wait_status(member.get("--user", ":", apache.url(name)), "Error"))
    assert [(each.status, each.scheme) for each in logged(apache, name)] == [(401, "Negotiate")]


def test_R64_a_ticket_that_comes_after_the_daemon_is_found(member, apache, kdc):
    name = document(member, apache)
    check_unauthorized(member.wait_status(member.get("--user", ":", apache.url(name)), "Error"))
    daemon = member.daemon_pid()
    kdc.log_in(member.ticket)
    member.run("get", "--wait", "--user", ":", apache.url(name)).ok()
    check_file(member.downloads / name, name, SIZE)
    assert member.daemon_pid() == daemon


def test_R64_the_ticket_is_looked_for_where_the_daemons_environment_says(member, apache, kdc):
    """The caller's KRB5CCNAME does not go along with the transfer."""
    elsewhere = member.root / "elsewhere"
    kdc.log_in(elsewhere)
    name = document(member, apache)
    member.list()  # starts the daemon
    transfer = member.get("--user", ":", apache.url(name), env={"KRB5CCNAME": f"FILE:{elsewhere}"})
    check_unauthorized(member.wait_status(transfer, "Error"))


def test_R64_that_it_is_the_ticket_outlives_kill_9(member, apache, kdc):
    kdc.log_in(member.ticket)
    name = document(member, apache)
    transfer = member.get("--paused", "--user", ":", apache.url(name))
    member.kill9_daemon()
    member.run("resume", transfer).ok()
    member.wait_status(transfer, "Completed")
    check_file(member.downloads / name, name, SIZE)


def test_R64_what_one_transfer_has_shown_does_not_serve_the_next(member, apache, kdc):
    """Where the server knows a connection by its first login, others must not go by it."""
    kdc.log_in(member.ticket)
    name = document(member, apache)
    url = apache.url(name, "bound")
    member.run("get", "--wait", "--user", ":", url).ok()
    check_unauthorized(member.wait_status(member.get(url), "Error"))


def test_a_kdc_that_does_not_answer_holds_up_nobody_else(member, fault, kdc):
    kdc.log_in(member.ticket)
    with DeafKdc(kdc) as deaf:
        member.env.update(deaf.environment)
        login = fault.url(size=10, host="localhost")
        waiting = member.get("-o", "waiting", "--user", ":", login)
        assert deaf.asked.wait(20)
        other = member.get("-o", "other", fault.url(size=10))
        member.wait_status(other, "Completed")
        assert member.show(waiting)["status"] == "Running", "it still waits for the KDC"
    member.run("wait", waiting)


def test_R68_another_origin_that_asks_gets_no_ticket(member, apache, fault, kdc):
    kdc.log_in(member.ticket)
    away = fault.url(status=401, header="WWW-Authenticate: Negotiate", host="localhost")
    transfer = member.get("--user", ":", apache.url("away", to=away))
    check_unauthorized(member.wait_status(transfer, "Error"))
    assert [each.header("Authorization") for each in fault.requests(away)] == [None]


BOTH = 'WWW-Authenticate: Negotiate, Basic realm="r"'


@pytest.mark.parametrize(
    "login, sent", [(":", [None]), ("a:b", [None, "Basic YTpi"])], ids=["ticket", "password"]
)
def test_R64_a_ticket_is_no_password_and_a_password_no_ticket(member, fault, kdc, login, sent):
    """A server that knows both; as its name is another, no ticket can be had for it."""
    kdc.log_in(member.ticket)
    url = fault.url(status=401, header=BOTH)
    check_unauthorized(member.wait_status(member.get("--user", login, url), "Error"))
    assert [each.header("Authorization") for each in fault.requests(url)] == sent


# ---- proxies -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def squid(kdc):
    with KerberosSquid(kdc) as proxy:
        yield proxy


def test_R64_a_ticket_is_a_login_for_a_proxy(member, fault, squid, kdc):
    kdc.log_in(member.ticket)
    url = fault.url(size=SIZE, seed="p")
    member.run("get", "--wait", "--proxy", squid.url(), "--proxy-user", ":", url).ok()
    check_file(member.downloads / "file.bin", "p", SIZE)
    (served,) = squid.wait_requests(url)
    assert (served.door, served.user) == ("guarded", f"{USER}@{REALM}")
    (request,) = fault.requests(url)
    assert request.header("Proxy-Authorization") is None
    assert request.header("Authorization") is None


def test_R65_no_ticket_for_a_proxy(member, fault, squid):
    url = fault.url(size=SIZE)
    transfer = member.get("--proxy", squid.url(), "--proxy-user", ":", url)
    shown = member.wait_status(transfer, "Error")
    error = shown["error"]
    assert (error["status"], error["code"]) == ("ProxyAuthenticationRequired", 407), shown
    assert shown["attempts"] == 1, shown
    assert fault.requests(url) == []
