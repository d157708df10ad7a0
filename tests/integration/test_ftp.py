"""R175 to R178: downloads by FTP."""

import socket
import urllib.parse

import pytest
from support import leaks
from support.body import body_sha256, check_file
from support.vsftpd import PASSWORD, USER

QUOTED = f"{USER}:{urllib.parse.quote(PASSWORD, safe='')}"
SIZE = 400_000
OVERLAP = 64 * 1024  # is asked for again, and compared
RATE = 4_000_000  # vsftpd's, a second (conftest.py)


def name_of(box):
    """A file of this test's own."""
    return f"{box.root.name}.bin"


def stalled(box, ftp, after=250_000, **more):
    """A download that stands still in the middle: (id, name)."""
    name = name_of(box)
    ftp.add(name, SIZE, **more)
    ftp.stall(name, after)
    transfer = box.get(ftp.url(name, user=QUOTED))
    ftp.wait_stalled(name)
    box.wait_show(transfer, lambda now: now["bytes_received"] > 0)
    return transfer, name


def test_R175_a_whole_file_from_a_real_server(box, vsftpd):
    name = name_of(box)
    box.run("get", "--wait", vsftpd.add(name, 3_000_000)).ok()
    check_file(box.downloads / name, name, 3_000_000)
    assert [each.start for each in vsftpd.retrievals(name)] == [0]


def test_R56_R176_its_method_is_retr_and_it_has_no_response(box, vsftpd):
    name = name_of(box)
    transfer = box.get(vsftpd.add(name, 1000))
    shown = box.wait_status(transfer, "Completed")
    assert shown["method"] == "RETR"
    assert shown["response"] is None and shown["http_status"] is None
    assert (shown["bytes_received"], shown["total_bytes_to_receive"]) == (1000, 1000)
    assert shown["file"] == str(box.downloads / name)


def test_R176_nor_has_it_one_in_mid_transfer(box, ftp):
    transfer, name = stalled(box, ftp)
    shown = box.show(transfer)
    assert shown["response"] is None and shown["total_bytes_to_receive"] == SIZE
    ftp.release(name)
    box.wait_status(transfer, "Completed")


def test_an_empty_file_by_ftp(box, vsftpd):
    name = name_of(box)
    box.run("get", "--wait", vsftpd.add(name, 0)).ok()
    assert (box.downloads / name).stat().st_size == 0


def test_folders_and_odd_names_by_ftp(box, vsftpd):
    name = f"{box.root.name}/two words %41.bin"
    box.run("get", "--wait", vsftpd.add(name, 1000)).ok()
    check_file(box.downloads / "two words %41.bin", name, 1000)


def test_several_files_by_ftp_at_once(box, vsftpd):
    names = [f"{box.root.name}-{number}.bin" for number in range(8)]
    urls = [vsftpd.add(name, 200_000) for name in names]
    box.run("get", "--wait", *urls).ok()
    for name in names:
        check_file(box.downloads / name, name, 200_000)


def test_a_checksum_goes_with_ftp(box, vsftpd):
    name = name_of(box)
    url = vsftpd.add(name, 1000)
    box.run("get", "--wait", "--checksum", f"sha256:{body_sha256(name, 1000)}", url).ok()
    transfer = box.get("--checksum", f"sha256:{'0' * 64}", url)
    assert box.wait_status(transfer, "Error")["error"]["kind"] == "checksum"


# ---- going on ------------------------------------------------------------------------------------


def test_R177_a_download_goes_on_by_rest_after_kill_9(box, vsftpd):
    name = name_of(box)
    transfer = box.get(vsftpd.add(name, 16_000_000))
    box.wait_show(transfer, lambda now: now["bytes_received"] > 6_000_000)
    box.kill9_daemon()
    shown = box.wait_status(transfer, "Completed")
    check_file(box.downloads / name, name, 16_000_000)
    first, second = vsftpd.retrievals(name)
    assert first.start == 0
    assert second.start > 6_000_000 - 2 * RATE, "more than 2 s fetched again"
    assert shown["has_restarted"] is False


def test_R177_pause_and_resume_go_on_by_rest(box, ftp):
    transfer, name = stalled(box, ftp)
    box.run("pause", transfer).ok()
    have = box.wait_status(transfer, "PausedByApplication")["bytes_received"]
    ftp.release(name)
    box.run("resume", transfer).ok()
    shown = box.wait_status(transfer, "Completed")
    check_file(box.downloads / name, name, SIZE)
    assert [each.start for each in ftp.retrievals(name)] == [0, have - OVERLAP]
    assert shown["has_restarted"] is False


def test_R177_a_lost_connection_is_retried_by_rest(quick_retries, ftp):
    box = quick_retries
    name = name_of(box)
    ftp.add(name, SIZE)
    ftp.cut(name, 250_000)
    transfer = box.get(ftp.url(name, user=QUOTED))
    box.wait_status(transfer, "Completed")
    check_file(box.downloads / name, name, SIZE)
    first, second = ftp.retrievals(name)
    assert first.start == 0 and 0 < second.start <= 250_000


def test_R177_a_server_that_ignores_rest_is_noticed_at_once(quick_retries, ftp):
    box, name = quick_retries, name_of(quick_retries)
    ftp.add(name, SIZE)
    ftp.cut(name, 250_000)
    ftp.ignore_rest(name)
    transfer = box.get(ftp.url(name, user=QUOTED))
    shown = box.wait_status(transfer, "Completed")
    assert shown["has_restarted"] is True
    check_file(box.downloads / name, name, SIZE)
    assert [each.start > 0 for each in ftp.retrievals(name)] == [False, True, False]


@pytest.mark.parametrize(
    "size, modified",
    [(SIZE, 1_700_000_001), (SIZE + 1, 1_700_000_000), (SIZE // 2, 1_700_000_000)],
    ids=["time", "longer", "shorter"],
)
@pytest.mark.parametrize("killed", [False, True], ids=["paused", "killed"])
def test_R177_a_changed_file_is_fetched_from_its_beginning(box, ftp, killed, size, modified):
    transfer, name = stalled(box, ftp)
    box.run("pause", transfer).ok()
    box.wait_status(transfer, "PausedByApplication")
    if killed:
        box.kill9_daemon()
    ftp.add(name, size, seed="another", modified=modified)
    ftp.release(name)
    box.run("resume", transfer).ok()
    shown = box.wait_status(transfer, "Completed")
    check_file(box.downloads / name, "another", size)
    assert shown["has_restarted"] is True
    assert ftp.retrievals(name)[-1].start == 0


def test_R177_cancel_removes_what_came_by_ftp(box, ftp):
    transfer, _ = stalled(box, ftp)
    box.run("cancel", transfer).ok()
    box.wait_status(transfer, "Canceled")
    assert list(box.downloads.iterdir()) == []


# ---- names and passwords -------------------------------------------------------------------------


def test_R175_credentials_are_part_of_the_url(box, ftp):
    name = name_of(box)
    ftp.add(name, 1000)
    transfer = box.get(ftp.url(name, user=QUOTED))
    box.wait_status(transfer, "Completed")
    check_file(box.downloads / name, name, 1000)
    assert ftp.logins == [(USER, True)]


def test_R178_the_password_is_told_nowhere(box, ftp):
    box.config({"log": {"level": "trace"}})
    secrets = leaks.forms(USER, PASSWORD)
    transfer, name = stalled(box, ftp)
    leaks.check_unsaid(leaks.said(box, transfer) + leaks.logged(box), secrets)
    box.kill9_daemon()
    ftp.release(name)
    box.wait_status(transfer, "Completed")
    check_file(box.downloads / name, name, SIZE)
    assert ftp.logins == [(USER, True)] * 2  # it goes on with its password
    leaks.check_unsaid(leaks.said(box, transfer), secrets)
    assert leaks.files_with(box.root, secrets) == []


def test_R65_a_wrong_password_by_ftp_is_unauthorized_and_not_tried_again(quick_retries, ftp):
    """An account may be locked after a few."""
    name = name_of(quick_retries)
    ftp.add(name, 1000)
    url = ftp.url(name, user=f"{USER}:wr0ng-w%C3%B6rd")
    said = quick_retries.run("get", "--wait", url).fails(1)
    assert "Unauthorized" in said.err
    (listed,) = quick_retries.list()
    assert (listed["error"]["status"], listed["error"]["hresult"].lower()) == (
        "Unauthorized",
        "0x80190191",
    )
    assert ftp.logins == [(USER, False)]
    leaks.check_unsaid(said.err + leaks.said(quick_retries), {b"wr0ng"})


def test_R65_so_is_a_missing_one(quick_retries, ftp):
    name = name_of(quick_retries)
    ftp.add(name, 1000)
    error = quick_retries.wait_status(quick_retries.get(ftp.url(name)), "Error")["error"]
    assert error["status"] == "Unauthorized"


# ---- what is wrong -------------------------------------------------------------------------------


def test_R175_a_file_that_is_not_there_is_not_found(quick_retries, vsftpd):
    name = name_of(quick_retries)
    said = quick_retries.run("get", "--wait", vsftpd.url(name)).fails(1)
    assert "NotFound" in said.err
    (listed,) = quick_retries.list()
    assert (listed["error"]["status"], listed["error"]["hresult"].lower()) == (
        "NotFound",
        "0x80190194",
    )
    assert listed["attempts"] == 1
    assert list(quick_retries.downloads.iterdir()) == []


@pytest.mark.parametrize("path", ["", "folder/", "folder%2F", "folder%2f"])
def test_a_folder_is_no_file(box, vsftpd, path):
    said = box.run("get", vsftpd.url("") + path).fails(2)
    assert "fold" in said.err or "director" in said.err, said.err
    assert box.list() == []
    assert list(box.downloads.iterdir()) == []


def test_a_folder_that_does_not_look_like_one_gives_an_error_and_no_listing(quick_retries, vsftpd):
    name = name_of(quick_retries)
    vsftpd.add(f"{name}/inside", 10)
    quick_retries.wait_status(quick_retries.get(vsftpd.url(name)), "Error")
    assert list(quick_retries.downloads.iterdir()) == []


@pytest.mark.parametrize("odd", ["%0d%0aDELE%20x", "a%0aDELE%20x", "a%00b"])
def test_nothing_in_a_url_becomes_a_command(box, vsftpd, odd):
    assert box.run("get", "--wait", vsftpd.url("") + odd).code in (1, 2)
    assert "DELE" not in [verb for _, verb, _ in vsftpd.commands()]
    assert list(box.downloads.iterdir()) == []


def test_R41_a_server_that_is_not_there_is_retried_then_cannot_connect(quick_retries):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        transfer = quick_retries.get(f"ftp://127.0.0.1:{unused.getsockname()[1]}/x")
        shown = quick_retries.wait_status(transfer, "Error")
    assert (shown["error"]["status"], shown["attempts"]) == ("CannotConnect", 4)


@pytest.mark.parametrize("kind", ["a", "d", "a;type=i", "A"])
def test_the_bytes_of_a_file_are_never_asked_for_as_text_or_list(box, vsftpd, kind):
    said = box.run("get", vsftpd.add(name_of(box), 10) + f";type={kind}").fails(2)
    assert ";type=" in said.err
    assert box.list() == []


def test_for_binary_it_may_be_said(box, vsftpd):
    name = name_of(box)
    box.run("get", "--wait", "-o", "x.bin", vsftpd.add(name, 10) + ";type=i").ok()
    check_file(box.downloads / "x.bin", name, 10)


@pytest.mark.parametrize("login", ["a\r\nDELE x:p", "a:p\r\nDELE x"])
def test_nothing_in_a_login_becomes_a_command(box, vsftpd, login):
    said = box.run("get", "--user", login, vsftpd.add(name_of(box), 10)).fails(2)
    assert "control characters" in said.err
