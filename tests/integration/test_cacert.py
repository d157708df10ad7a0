"""--cacert: an authority for one transfer."""

from support.body import check_file


def test_cacert_is_trusted_for_this_transfer(box, nginx, certificates):
    name = f"{box.root.name}.bin"
    nginx.add(name, 10_000)
    (box.downloads / "ca.pem").write_bytes(certificates.ca.read_bytes())
    box.run("get", "--wait", "--cacert", "ca.pem", nginx.url(name, tls="good")).ok()
    check_file(box.downloads / name, name, 10_000)


def test_cacert_is_trusted_for_no_other_transfer(box, nginx, certificates):
    """Not even over a connection that is still open."""
    name = f"{box.root.name}.bin"
    nginx.add(name, 10_000)
    url = nginx.url(name, tls="good")
    box.run("get", "--wait", "--cacert", certificates.ca, url).ok()
    error = box.wait_status(box.get(url), "Error")["error"]
    assert (error["status"], error["kind"]) == ("CertificateIsInvalid", "tls")


def test_cacert_goes_before_the_configured_authority(box, nginx, certificates):
    name = f"{box.root.name}.bin"
    nginx.add(name, 10_000)
    box.config({"tls": {"ca_file": str(certificates.ca)}})
    other = certificates.servers["self_signed"][0]
    transfer = box.get("--cacert", other, nginx.url(name, tls="good"))
    assert box.wait_status(transfer, "Error")["error"]["kind"] == "tls"
    box.run("get", "--wait", "--cacert", other, nginx.url(name, tls="self_signed")).ok()


def test_cacert_is_kept_over_kill_9(box, nginx, certificates):
    name = f"{box.root.name}.bin"
    nginx.add(name, 10_000)
    transfer = box.get("--paused", "--cacert", certificates.ca, nginx.url(name, tls="good"))
    box.kill9_daemon()
    box.run("resume", transfer).ok()
    box.wait_status(transfer, "Completed")


def test_a_cacert_that_is_not_there_is_told_before_anything_is_created(box, nginx):
    box.run("get", "--cacert", "none.pem", nginx.url("x", tls="good")).fails(2)
    assert box.list() == []
