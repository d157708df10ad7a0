"""Bad input: a clear error, the right exit status, nothing left behind."""

import os

import pytest
from support.body import check_file


def nothing_was_made(box):
    assert box.list() == []
    assert list(box.downloads.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "no url",
        "http://",
        "http:///path",
        "http://exa mple.org/",
        "http://127.0.0.1:99999/",
        "http://[::1/",
        "http://127.0.0.1/\r\nX-Injected: 1",
        "",
        "127.0.0.1/file",
    ],
)
def test_a_url_that_cannot_be_parsed_is_refused(box, url):
    box.run("get", url).fails(2)
    nothing_was_made(box)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "mailto:a@example.org",
        "scp://127.0.0.1/x",
        "javascript:1",
    ],
)
def test_R69_a_scheme_that_is_not_supported_is_refused(box, url):
    box.run("get", url).fails(2)
    nothing_was_made(box)


def test_one_bad_url_among_good_ones_creates_none(box, fault):
    good = fault.url(size=1)
    box.run("get", good, "no url", good).fails(2)
    nothing_was_made(box)
    assert fault.requests(good) == []


def test_a_folder_that_is_missing_is_refused(box, fault):
    result = box.run("get", fault.url(size=1), "-d", box.root / "missing").fails(2)
    assert "missing" in result.err and "No such file or directory" in result.err
    box.run("get", fault.url(size=1), "-o", box.root / "missing" / "x").fails(2)
    nothing_was_made(box)
    assert not (box.root / "missing").exists()


def test_a_file_in_the_place_of_the_folder_is_refused(box, fault):
    (box.root / "plain").write_text("")
    result = box.run("get", fault.url(size=1), "-d", box.root / "plain").fails(2)
    assert "Not a directory" in result.err
    nothing_was_made(box)


def test_a_folder_nobody_can_write_to_is_refused(box, fault):
    box.run("get", fault.url(size=1), "-d", "/proc/self").fails(2)
    nothing_was_made(box)


def test_a_folder_in_the_place_of_the_file_is_refused(box, fault):
    (box.downloads / "folder").mkdir()
    box.run("get", fault.url(size=1), "-o", "folder").fails(2)
    assert box.list() == []
    assert list((box.downloads / "folder").iterdir()) == []


@pytest.mark.parametrize(
    "header",
    [
        "X-Bad: one\r\nX-Injected: two",
        "X-Bad: one\nX-Injected: two",
        "X Bad: one",
        "X-Bad\n: one",
        ": one",
        "no colon",
        "Range: bytes=5-",
        "if-range: x",
        "Content-Length: 5",
        "Transfer-Encoding: chunked",
        "connection: close",
    ],
)
def test_R62_a_header_that_would_break_the_request_is_refused(box, fault, header):
    url = fault.url(size=1)
    box.run("get", url, "-H", header).fails(2)
    nothing_was_made(box)
    assert fault.requests(url) == []


@pytest.mark.parametrize(
    "line, says",
    [
        (b"http://h/\0x", "'http://h/?x' is not a URL"),
        (b"http://h/x\ta\0b", "a?b has a NUL in it"),
        (b"http://h/x\ta\tb", "there is a second tab behind the file 'a'"),
        (b"http://h/x\ta\xffb", "the file name is not UTF-8"),
        (b"gopher://h/x", "only http, https and ftp"),
    ],
)
def test_a_bad_line_of_a_list_is_named_and_nothing_is_made(box, fault, line, says):
    good = fault.url(size=1).encode()
    (box.root / "lines").write_bytes(good + b"\n" + line + b"\n" + good + b"\tgood\n")
    error = box.run("get", "-i", box.root / "lines").fails(2).err
    assert "lines:2: " in error and says in error
    nothing_was_made(box)


@pytest.mark.parametrize("more", [0, 1500])
def test_R17_two_lines_for_one_file_behind_links_are_named(box, fault, more):
    (box.downloads / "real").mkdir()
    (box.downloads / "link").symlink_to("real")
    url = fault.url(size=1)
    lines = [f"{url}\tx{i}" for i in range(more)] + [f"{url}\treal/f", f"{url}\tlink/f"]
    (box.root / "lines").write_text("\n".join(lines))
    error = box.run("get", "-i", box.root / "lines").fails(2).err
    assert f"lines:{more + 2}: " in error and "an earlier one of the same call" in error
    assert box.list() == []


def test_a_url_longer_than_any_server_takes_is_refused(box, fault):
    url = fault.url(size=1) + "?" + "x" * 33_000
    (box.root / "lines").write_text(fault.url(size=1) + "\n" + url + "\n")
    error = box.run("get", "-i", box.root / "lines").fails(2).err
    assert "lines:2: " in error and "longer than 32768 bytes" in error and len(error) < 500
    nothing_was_made(box)


def test_R17_a_file_that_another_pending_download_owns_is_refused(box, fault):
    first = fault.url(size=100, seed="first", gate_head=True)
    owner = box.get(first, "-o", "owned.bin")
    fault.wait_stalled(first)
    box.run("get", fault.url(size=100), "-o", "owned.bin").fails(2)
    box.run("get", fault.url(size=100), "-o", box.downloads / "." / "owned.bin").fails(2)
    assert [each["id"] for each in box.list()] == [owner]
    fault.release(first)
    box.wait_status(owner, "Completed")
    check_file(box.downloads / "owned.bin", "first", 100)


def test_R17_a_file_is_owned_under_every_name_of_its_folder(box, fault):
    (box.root / "alias").symlink_to(box.downloads)
    box.get("--paused", fault.url(size=100), "-o", "owned.bin")
    box.run("get", fault.url(size=100), "-o", box.root / "alias" / "owned.bin").fails(2)
    assert len(box.list()) == 1


def test_R17_two_of_one_call_for_the_same_file_are_refused(box, fault):
    url = fault.url(size=1)
    box.run("get", "-i", "-", input=f"{url}\tsame\n{url}\tsame\n").fails(2)
    nothing_was_made(box)


def test_R17_the_file_of_an_ended_download_is_free_again(box, fault):
    box.run("get", "--wait", fault.url(status=404), "-o", "again.bin").fails(1)
    box.run("get", "--wait", fault.url(size=100, seed="again"), "-o", "again.bin").ok()
    check_file(box.downloads / "again.bin", "again", 100)


def test_R80_a_404_fails_at_once_and_leaves_the_target_untouched(box, fault):
    (box.downloads / "target").write_text("as it was")
    url = fault.url(status=404)
    result = box.run("get", "--wait", url, "-o", "target").fails(1)
    assert "NotFound" in result.err
    assert (box.downloads / "target").read_text() == "as it was"
    assert [path.name for path in box.downloads.iterdir()] == ["target"]
    assert len(fault.requests(url)) == 1


def test_R80_a_404_leaves_no_file_where_there_was_none(box, fault):
    box.run("get", "--wait", fault.url(status=404)).fails(1)
    assert list(box.downloads.iterdir()) == []


def test_a_target_folder_that_vanishes_ends_the_download_with_its_path(box, fault):
    folder = box.root / "vanishing"
    folder.mkdir()
    url = fault.url(size=1000, gate_head=True)
    transfer = box.get(url, "-d", folder)
    fault.wait_stalled(url)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    fault.release(url)
    error = box.wait_status(transfer, "Error")["error"]
    assert error["kind"] == "file" and error["status"] == "Unknown"
    assert "vanishing" in error["message"]
    assert not folder.exists()


def test_an_id_too_short_or_malformed_is_no_transfer(box, fault):
    box.get("--paused", fault.url(size=1))
    for bad in ("x", "../../..", "zzzz", "' or 1=1 --", "%%%%"):
        assert box.run("show", bad).code in (2, 4)
    assert len(box.list()) == 1


def test_a_path_of_bytes_that_are_no_utf8_does_not_break_the_list(box, fault):
    folder = os.fsencode(box.downloads) + b"/caf\xe9"
    os.mkdir(folder)
    result = box.run("get", fault.url(size=1), cwd=folder).fails(2)
    assert "the folder is not UTF-8" in result.err, result.err
    assert box.list() == []


def test_a_header_that_is_no_utf8_is_refused_by_name(box, fault):
    result = box.run("get", fault.url(size=1), "-H", b"X-Name: caf\xe9").fails(2)
    assert "X-Name is not UTF-8" in result.err and "caf" not in result.err, result.err
    assert box.list() == []
    result = box.run("list", "--group", b"caf\xe9").fails(2)
    assert "the group is not UTF-8" in result.err, result.err
    result = box.run("list", env={"LONGHAUL_APP_ID": b"caf\xe9"}).fails(2)
    assert "the app id is not UTF-8" in result.err, result.err


@pytest.mark.parametrize("kind", ["device", "pipe"])
def test_what_is_no_file_is_never_replaced(box, fault, kind):
    target = "/dev/null" if kind == "device" else box.downloads / "pipe"
    if kind == "pipe":
        os.mkfifo(target)
    result = box.run("get", fault.url(size=1), "-o", target).fails(2)
    assert "device" in result.err and str(target) in result.err, result.err
    assert box.list() == []


def test_a_reason_is_given_once(box, fault):
    result = box.run("get", fault.url(size=1), "-d", box.root / "none" / "at" / "all").fails(2)
    assert result.err.count("No such file or directory") == 1, result.err
