"""HTTPS against a real server with certificates good and bad."""

import os
import signal

import pytest
from support.body import check_file
from support.deadline import until


@pytest.fixture
def trusting(box, certificates):
    box.config({"tls": {"ca_file": str(certificates.ca)}, "retry": {"delays_s": [0]}})
    return box


def test_a_good_certificate_of_the_configured_authority_is_trusted(trusting, nginx):
    nginx.add("tls.bin", 2_000_000)
    trusting.run("get", "--wait", nginx.url("tls.bin", tls="good")).ok()
    check_file(trusting.downloads / "tls.bin", "tls.bin", 2_000_000)


def test_http_2_is_spoken_where_the_server_can(trusting, nginx):
    name = f"{trusting.root.name}/h2.bin"
    nginx.add(name, 100_000)
    trusting.run("get", "--wait", nginx.url(name, tls="good")).ok()
    assert nginx.wait_finished(name)[0].protocol == "HTTP/2.0"


def test_a_download_over_http_2_is_resumed_after_kill_9(trusting, nginx):
    name = f"{trusting.root.name}/h2-resume.bin"
    nginx.add(name, 12_000_000)
    transfer = trusting.get(nginx.url(name, tls="good", rate=4_000_000))
    trusting.wait_show(transfer, lambda now: now["bytes_received"] > 4_000_000)
    trusting.kill9_daemon()
    trusting.wait_status(transfer, "Completed")
    check_file(trusting.downloads / "h2-resume.bin", name, 12_000_000)
    assert nginx.wait_finished(name)[-1].status == 206


def test_many_at_once_share_a_connection_of_http_2(trusting, nginx):
    """Each takes up the libcurl handle of one that has ended on a connection still in use."""
    names = [f"{trusting.root.name}/shared-{number}.bin" for number in range(24)]
    for name in names:
        nginx.add(name, 200_000)
    slow = f"{trusting.root.name}/slow.bin"
    nginx.add(slow, 3_000_000)
    urls = [nginx.url(slow, tls="good", rate=1_500_000)]
    urls += [nginx.url(f"moved/{name}", tls="good") for name in names]
    trusting.run("get", "--wait", *urls).ok()
    for name in [slow, *names]:
        size = 3_000_000 if name == slow else 200_000
        check_file(trusting.downloads / name.rsplit("/", 1)[1], name, size)
    assert nginx.wait_finished(slow)[0].protocol == "HTTP/2.0"


@pytest.mark.parametrize(
    "certificate, status, hresult",
    [
        ("self_signed", "CertificateIsInvalid", "0x80072f89"),
        ("expired", "CertificateExpired", "0x80072f05"),
        ("other_name", "CertificateCommonNameIsIncorrect", "0x80072f06"),
    ],
)
def test_R42_a_bad_certificate_is_refused_at_once(trusting, nginx, certificate, status, hresult):
    nginx.add("secret.bin", 1000)
    transfer = trusting.get(nginx.url("secret.bin", tls=certificate))
    shown = trusting.wait_status(transfer, "Error")
    error = shown["error"]
    assert (error["status"], error["hresult"].lower(), error["kind"], error["code"]) == (
        status,
        hresult,
        "tls",
        None,
    )
    assert shown["attempts"] == 1
    assert list(trusting.downloads.iterdir()) == []


def test_an_unknown_authority_is_refused(box, nginx):
    nginx.add("secret.bin", 1000)
    error = box.wait_status(box.get(nginx.url("secret.bin", tls="good")), "Error")["error"]
    assert (error["status"], error["kind"]) == ("CertificateIsInvalid", "tls")


def test_R68_a_redirect_from_https_to_http_is_refused(trusting, nginx):
    name = f"{trusting.root.name}/down.bin"
    nginx.add(name, 1000)
    transfer = trusting.get(nginx.url("to-plain/" + name, tls="good"))
    assert trusting.wait_status(transfer, "Error")["error"]["status"] == "HttpsToHttpOnRedirection"
    assert nginx.requests(name) == []


def test_R68_a_redirect_from_http_to_https_is_followed(trusting, nginx, fault):
    nginx.add("up.bin", 1000)
    trusting.run("get", "--wait", fault.url(location=nginx.url("up.bin", tls="good"))).ok()


def test_sighup_takes_up_another_authority(box, certificates, nginx):
    box.config({"retry": {"delays_s": [0]}})
    nginx.add("ca.bin", 1000)
    url = nginx.url("ca.bin", tls="good")
    box.wait_status(box.get(url), "Error")
    pid = box.daemon_pid()
    box.config({"tls": {"ca_file": str(certificates.ca)}, "retry": {"delays_s": [0]}})
    os.kill(pid, signal.SIGHUP)
    until(lambda: box.run("get", "--wait", url).code == 0, what="the new authority to be trusted")
    assert box.daemon_pid() == pid


# ---- revoked, and one's own ----------------------------------------------------------------------


def test_a_revoked_certificate_is_refused_as_such(box, certificates, nginx):
    box.config({"tls": {"ca_file": str(certificates.ca), "crl_file": str(certificates.crl)}})
    nginx.add("crl.bin", 1000)
    box.run("get", "--wait", nginx.url("crl.bin", tls="good")).ok()
    shown = box.wait_status(box.get(nginx.url("crl.bin", tls="revoked")), "Error")
    assert (shown["error"]["status"], shown["error"]["hresult"].lower(), shown["attempts"]) == (
        "CertificateRevoked",
        "0x80072f8a",
        1,
    )


def test_without_a_list_nobody_knows_that_it_is_revoked(trusting, nginx):
    nginx.add("crl.bin", 1000)
    trusting.run("get", "--wait", nginx.url("crl.bin", tls="revoked")).ok()


def with_client_certificate(box, certificates, **entry):
    box.config(
        {
            "tls": {"ca_file": str(certificates.ca)},
            "retry": {"delays_s": [0]},
            "client_certificate": [entry],
        }
    )


def test_a_certificate_of_ones_own_is_shown_to_the_server_that_is_named(box, certificates, nginx):
    certificate, key = certificates.client
    with_client_certificate(
        box, certificates, host="127.0.0.*", certificate=str(certificate), key=str(key)
    )
    nginx.add("mine.bin", 1000)
    box.run("get", "--wait", nginx.url("mine.bin", tls="asking")).ok()


def test_and_to_no_other(box, certificates, nginx):
    certificate, key = certificates.client
    with_client_certificate(
        box, certificates, host="*.example.org", certificate=str(certificate), key=str(key)
    )
    nginx.add("mine.bin", 1000)
    error = box.wait_status(box.get(nginx.url("mine.bin", tls="asking")), "Error")["error"]
    assert (error["status"], error["code"]) == ("BadRequest", 400)


def test_one_that_cannot_be_read_is_an_error_of_its_own(box, certificates, nginx):
    with_client_certificate(
        box, certificates, host="*", certificate="/nowhere/me.pem", key="/nowhere/me.key"
    )
    nginx.add("mine.bin", 1000)
    shown = box.wait_status(box.get(nginx.url("mine.bin", tls="asking")), "Error")
    assert (shown["error"]["status"], shown["error"]["kind"]) == ("UnexpectedClientError", "tls")
    assert "/nowhere/me.pem" in shown["error"]["message"]
    assert shown["attempts"] == 1
