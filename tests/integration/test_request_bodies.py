"""R57: requests that carry a file, or what the app gave as a stream."""

import contextlib
import os
import sqlite3
import uuid

import pytest
from support import apache as origin
from support.body import body, write_body
from support.deadline import until

ACCOUNT = f"{origin.USER}:{origin.PASSWORD}"
MIB = 1024 * 1024


def spool(box):
    """{id: content} of the copies that the service keeps."""
    folder = box.state / "spool"
    if not folder.exists():
        return {}
    return {path.name.removesuffix(".body"): path.read_bytes() for path in folder.iterdir()}


def wait_spool(box, *left):
    """Until there are copies for these transfers only: they go a moment after what needs them."""
    until(
        lambda: spool(box).keys() == set(left), what=f"the spool to hold {left}, not {spool(box)}"
    )


def name_of(box):
    """A name that no other test uses."""
    return f"{box.root.name}.bin"


def file_of(box, content, name="content"):
    """A file to send."""
    path = box.root / name
    path.write_bytes(content)
    return path


def post(*arguments):
    return ("--method", "POST", *arguments)


def headers_of(shown):
    return dict(shown["response"]["headers"])


def damage(box, text):
    """Writes something else into a column of the only row; what was there before."""
    with contextlib.closing(sqlite3.connect(box.state / "transfers.db")) as connection, connection:
        ((was,),) = connection.execute("select recoverable from transfer")
        connection.execute("update transfer set recoverable = ?", (text,))
    return was


def nothing_is_there(box):
    return box.list() == [] and spool(box) == {} and list(box.downloads.iterdir()) == []


# ---- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("guard", [None, "basic", "digest"])
def test_R57_a_large_file_comes_back_byte_for_byte(box, apache, guard):
    size, name = 5 * MIB, name_of(box)
    sent = box.root / "content"
    write_body(sent, name, size)
    login = ("--user", ACCOUNT) if guard else ()
    transfer = box.get(*post(*login, "--body-file", sent, apache.echo(name, guard)))
    shown = box.wait_status(transfer, "Completed")
    assert (box.downloads / name).read_bytes() == sent.read_bytes()
    assert headers_of(shown)["X-Method"] == "POST"
    last = apache.wait_served(f"echo/{name}")[-1]
    assert (last.method, last.scheme) == ("POST", guard.capitalize() if guard else "-")
    assert spool(box) == {}, "a file needs no copy"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_R57_the_method_stays_and_nothing_is_said_of_the_type(box, apache, method):
    name = name_of(box)
    sent = file_of(box, b"what is asked")
    transfer = box.get("--method", method, "--body-file", sent, apache.echo(name))
    headers = headers_of(box.wait_status(transfer, "Completed"))
    assert (headers["X-Method"], headers["X-Type"]) == (method, "none")
    assert (box.downloads / name).read_bytes() == b"what is asked"


def test_R57_the_type_is_what_the_user_says(box, apache):
    asked = ["-H", "Content-Type: application/json", "--body-file", file_of(box, b"{}")]
    transfer = box.get(*post(*asked, apache.echo(name_of(box))))
    assert headers_of(box.wait_status(transfer, "Completed"))["X-Type"] == "application/json"


def test_R57_an_empty_file_is_sent_too(box, apache):
    name = name_of(box)
    transfer = box.get(*post("--body-file", file_of(box, b""), apache.echo(name)))
    box.wait_status(transfer, "Completed")
    assert (box.downloads / name).read_bytes() == b""


def test_R57_a_relative_path_is_that_of_whoever_asks(box, apache):
    (box.root / "here").mkdir()
    file_of(box, b"from here", "here/content")
    url = apache.echo(name_of(box))
    transfer = box.get(
        *post("-d", box.downloads, "--body-file", "content", url), cwd=box.root / "here"
    )
    box.wait_status(transfer, "Completed")
    assert (box.downloads / name_of(box)).read_bytes() == b"from here"


def test_R57_several_urls_send_the_same_file(box, apache):
    names = [f"{number}-{name_of(box)}" for number in range(3)]
    sent = file_of(box, body("several", 0, 100_000))
    transfers = box.get(*post("--body-file", sent, *map(apache.echo, names)))
    for name, transfer in zip(names, transfers, strict=True):
        box.wait_status(transfer, "Completed")
        assert (box.downloads / name).read_bytes() == sent.read_bytes()
        assert [each.method for each in apache.requests(f"echo/{name}")] == ["POST"]


def test_R57_a_file_of_the_user_stays_whatever_the_end(box, apache):
    sent = file_of(box, b"mine")
    done = box.get(*post("--body-file", sent, apache.echo(name_of(box))))
    box.wait_status(done, "Completed")
    canceled = box.get(*post("--paused", "--body-file", sent, "-o", "x", apache.echo("x")))
    box.run("cancel", canceled).ok()
    box.wait_status(canceled, "Canceled")
    box.run("forget", done, canceled).ok()
    box.kill9_daemon()
    assert box.list() == []
    assert sent.read_bytes() == b"mine"


# ---- what cannot be sent -------------------------------------------------------------------------


def make_missing(path):
    pass


def make_folder(path):
    path.mkdir()


def make_pipe(path):
    os.mkfifo(path)


def make_link_to_nowhere(path):
    path.symlink_to("nowhere")


@pytest.mark.parametrize(
    "make, says",
    [
        (make_missing, "No such file or directory"),
        (make_folder, "no regular file"),
        (make_pipe, "no regular file"),
        (make_link_to_nowhere, "No such file or directory"),
    ],
)
def test_R57_what_is_no_file_is_refused_before_anything_is_created(box, apache, make, says):
    path = box.root / "content"
    make(path)
    said = box.run("get", *post("--body-file", path, apache.echo(name_of(box)))).fails(2).err
    assert str(path) in said and says in said
    assert nothing_is_there(box)


def test_R57_a_head_request_has_no_body(box, apache):
    sent = file_of(box, b"what")
    asked = ["--method", "HEAD", apache.echo(name_of(box))]
    assert "HEAD" in box.run("get", "--body-file", sent, *asked).fails(2).err
    assert "HEAD" in box.run("get", "--body-file", "-", *asked, input="what").fails(2).err
    assert nothing_is_there(box)


def test_R57_nor_has_an_ftp_request(box):
    sent = file_of(box, b"what")
    url = "ftp://127.0.0.1:1/file"
    assert "FTP" in box.run("get", "--body-file", sent, url).fails(2).err
    assert "FTP" in box.run("get", "--body-file", "-", url, input="what").fails(2).err
    assert nothing_is_there(box)


def test_R57_standard_input_is_the_body_of_one_request(box, apache):
    urls = [apache.echo(f"{number}-{name_of(box)}") for number in range(2)]
    said = box.run("get", *post("--body-file", "-", *urls), input="what").fails(2).err
    assert "one request" in said
    assert nothing_is_there(box)


def test_standard_input_is_not_both_the_list_and_the_body(box, apache):
    url = apache.echo(name_of(box))
    said = box.run("get", *post("-i", "-", "--body-file", "-"), input=f"{url}\n").fails(2).err
    assert "standard input" in said
    assert nothing_is_there(box)


# ---- files that change ---------------------------------------------------------------------------


def append(path):
    with path.open("ab") as file:
        file.write(b"more")


def truncate(path):
    path.write_bytes(b"")


def replace(path):
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.rename(path)


def touch(path):
    os.utime(path, (1_700_000_000, 1_700_000_000))


@pytest.mark.parametrize("change", [append, truncate, replace, touch])
def test_R57_a_file_that_has_changed_is_an_error_and_not_sent(box, apache, change):
    name, sent = name_of(box), file_of(box, b"what it was")
    transfer = box.get(*post("--paused", "--body-file", sent, apache.echo(name)))
    change(sent)
    box.run("resume", transfer).ok()
    error = box.wait_status(transfer, "Error")["error"]
    assert (error["kind"], error["status"]) == ("file", "Unknown")
    assert f"{sent}: the file has changed since the transfer was created" in error["message"]
    assert apache.requests(f"echo/{name}") == []


def test_R57_a_file_that_is_gone_is_an_error(box, apache):
    name, sent = name_of(box), file_of(box, b"what it was")
    transfer = box.get(*post("--paused", "--body-file", sent, apache.echo(name)))
    sent.unlink()
    box.run("resume", transfer).ok()
    error = box.wait_status(transfer, "Error")["error"]
    assert error["kind"] == "file"
    assert str(sent) in error["message"] and "No such file" in error["message"]
    assert apache.requests(f"echo/{name}") == []


# ---- streams -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 300_000, 5 * MIB])
def test_R57_standard_input_comes_back_byte_for_byte(box, apache, size):
    name = name_of(box)
    sent = body(name, 0, size)
    transfer = box.get(*post("--body-file", "-", apache.echo(name)), input=sent)
    box.wait_status(transfer, "Completed")
    assert (box.downloads / name).read_bytes() == sent
    wait_spool(box)


def test_R57_a_stream_is_kept_while_it_may_be_needed_and_survives_kill_9(box, apache):
    name = name_of(box)
    sent = body(name, 0, 700_001)
    url = apache.echo(name, "digest")
    asked = post("--paused", "--user", ACCOUNT, "--body-file", "-", url)
    transfer = box.get(*asked, input=sent)
    assert spool(box) == {transfer: sent}
    box.kill9_daemon()
    assert box.show(transfer)["status"] == "Idle"
    assert spool(box) == {transfer: sent}
    box.kill9_daemon()
    box.run("resume", transfer).ok()
    box.wait_status(transfer, "Completed")
    assert (box.downloads / name).read_bytes() == sent
    wait_spool(box)


def test_R57_only_its_owner_may_read_it(box, apache):
    transfer = box.get(*post("--paused", "--body-file", "-", apache.echo("x")), input="secret")
    folder = box.state / "spool"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / f"{transfer}.body").stat().st_mode & 0o777 == 0o600
    box.run("cancel", transfer).ok()


def test_R57_it_is_there_for_every_retry(box, fault):
    box.config({"retry": {"delays_s": [0], "retry_after_min_s": 0}})
    url = fault.url(size=1000, seed="again", status=503, times=3)
    transfer = box.get(*post("--body-file", "-", url), input="what")
    box.wait_status(transfer, "Completed")
    sent = fault.requests(url)
    assert [each.header("Content-Length") for each in sent] == ["4"] * 4
    wait_spool(box)


@pytest.mark.parametrize("end", ["cancel", "error", "restart"])
def test_R57_a_copy_goes_with_the_end_of_its_transfer(box, apache, end):
    url = f"{apache.url('')}no-such-document" if end == "error" else apache.echo(name_of(box))
    transfer = box.get(*post("--paused", "-o", "x", "--body-file", "-", url), input="what")
    assert spool(box) == {transfer: b"what"}
    if end == "error":
        box.run("resume", transfer).ok()
        box.wait_status(transfer, "Error")
    else:
        if end == "restart":
            box.kill9_daemon()
        box.run("cancel", transfer).ok()
        box.wait_status(transfer, "Canceled")
    wait_spool(box)
    box.run("forget", transfer).ok()
    assert spool(box) == {}


def test_R57_a_refused_creation_leaves_no_copy_and_takes_none(box, apache):
    url = apache.echo(name_of(box))
    first = box.get(*post("--paused", "-o", "same", "--body-file", "-", url), input="the first")
    asked = post("-o", "same", "--body-file", "-", url)
    said = box.run("get", *asked, input="the second").fails(2).err
    assert "same" in said
    wait_spool(box, first)
    assert spool(box) == {first: b"the first"}
    assert [each["id"] for each in box.list()] == [first]
    box.run("get", *asked, "--folder-that-is-no-option", input="x").fails(2)
    box.run("resume", first).ok()
    box.wait_status(first, "Completed")
    assert (box.downloads / "same").read_bytes() == b"the first"


def test_R57_a_creation_refused_for_its_folder_leaves_no_copy(box, apache):
    asked = post("-d", box.root / "none", "--body-file", "-", apache.echo("x"))
    box.run("get", *asked, input="what").fails(2)
    assert nothing_is_there(box)


# ---- the limit -----------------------------------------------------------------------------------


def test_R57_a_stream_longer_than_the_limit_is_refused_and_leaves_nothing(box, apache):
    box.config({"limits": {"spool_max_mib": 1}})
    url = apache.echo(name_of(box))
    for more in (1, 3 * MIB):
        asked = post("--body-file", "-", url)
        said = box.run("get", *asked, input=bytes(MIB + more)).fails(2).err
        assert "limits.spool_max_mib" in said and "1 MiB" in said
        assert nothing_is_there(box)


def test_R57_the_limit_is_that_of_all_of_them(box, apache):
    box.config({"limits": {"spool_max_mib": 1}})
    large, rest = bytes(MIB - 1000), bytes(1000)
    first = box.get(*post("--paused", "-o", "1", "--body-file", "-", apache.echo("1")), input=large)
    asked = post("--paused", "-o", "2", "--body-file", "-", apache.echo("2"))
    said = box.run("get", *asked, input=rest + b"x").fails(2).err
    assert "limits.spool_max_mib" in said
    wait_spool(box, first)
    second = box.get(*asked, input=rest)
    assert spool(box) == {first: large, second: rest}
    box.run("cancel", first, second).ok()
    wait_spool(box)
    third = box.get(*post("-o", "3", "--body-file", "-", apache.echo("3")), input=bytes(MIB))
    box.wait_status(third, "Completed")
    assert (box.downloads / "3").read_bytes() == bytes(MIB)


def test_R57_files_have_no_such_limit(box, apache):
    box.config({"limits": {"spool_max_mib": 1}})
    name, sent = name_of(box), file_of(box, bytes(2 * MIB))
    box.wait_status(box.get(*post("--body-file", sent, apache.echo(name))), "Completed")
    assert (box.downloads / name).stat().st_size == 2 * MIB


# ---- what a crash leaves behind ------------------------------------------------------------------


def test_R57_a_start_sweeps_copies_that_nobody_needs_and_no_other(box, apache):
    name = name_of(box)
    live = box.get(*post("--paused", "--body-file", "-", apache.echo(name)), input="alive")
    ended = box.get(*post("--body-file", "-", "-o", "ended", apache.echo("x")), input="done")
    box.wait_status(ended, "Completed")
    wait_spool(box, live)
    box.kill9_daemon()
    # As a crash leaves them: of a creation whose row was not written, and of an end.
    unknown = str(uuid.uuid4())
    for transfer in (unknown, ended):
        (box.state / "spool" / f"{transfer}.body").write_bytes(b"left behind")
    other = box.state / "spool" / "something else"
    other.write_bytes(b"not ours")
    assert {each["id"] for each in box.list()} == {live, ended}
    wait_spool(box, live, "something else")
    box.run("resume", live).ok()
    box.wait_status(live, "Completed")
    assert (box.downloads / name).read_bytes() == b"alive"
    wait_spool(box, "something else")
    assert other.read_bytes() == b"not ours"


def test_R57_a_store_that_cannot_be_read_proves_nothing_of_what_is_needed(box, apache):
    name = name_of(box)
    live = box.get(*post("--paused", "--body-file", "-", apache.echo(name)), input="alive")
    box.kill9_daemon()
    was = damage(box, "x")
    assert box.run("list").code != 0
    assert spool(box) == {live: b"alive"}
    damage(box, was)
    box.run("resume", live).ok()
    box.wait_status(live, "Completed")
    assert (box.downloads / name).read_bytes() == b"alive"
