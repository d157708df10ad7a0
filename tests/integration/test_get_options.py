"""The options of `longhaul get`."""

import base64
import hashlib

import pytest
from support.body import body, body_sha256, check_file


def test_o_names_the_file_and_replaces_it_only_when_complete(box, fault):
    target = box.downloads / "named.bin"
    target.write_text("old")
    url = fault.url(size=300_000, seed="o", stall_after=100_000)
    transfer = box.get(url, "-o", "named.bin")
    fault.wait_stalled(url)
    assert target.read_text() == "old"
    fault.release(url)
    assert box.wait_status(transfer, "Completed")["file"] == str(target)
    check_file(target, "o", 300_000)


def test_o_takes_an_absolute_path(box, nginx):
    target = box.root / "home" / "x.bin"
    box.run("get", "--wait", nginx.add("abs.bin", 100), "-o", target).ok()
    check_file(target, "abs.bin", 100)


def test_o_with_two_urls_is_refused(box, nginx):
    url = nginx.add("o-two.bin", 10)
    box.run("get", url, url, "-o", "x").fails(2)
    assert box.list() == []


def test_d_names_the_folder(box, nginx):
    folder = box.downloads / "sub"
    folder.mkdir()
    box.run("get", "--wait", nginx.add("d.bin", 100), "-d", "sub").ok()
    check_file(folder / "d.bin", "d.bin", 100)


def test_i_reads_a_download_a_line(box, nginx):
    urls = [nginx.add(f"i-{n}.bin", 100 + n) for n in range(3)]
    (box.downloads / "list").write_text(
        f"# a comment\n{urls[0]}\n\n{urls[1]}\tother.bin\n{urls[2]}\t{box.root}/home/abs.bin\n"
    )
    ids = box.run("get", "-i", "list").ok().lines
    assert len(ids) == 3
    box.run("wait", *ids).ok()
    check_file(box.downloads / "i-0.bin", "i-0.bin", 100)
    check_file(box.downloads / "other.bin", "i-1.bin", 101)
    check_file(box.root / "home" / "abs.bin", "i-2.bin", 102)


def test_i_with_d_puts_relative_files_into_that_folder(box, nginx):
    (box.downloads / "sub").mkdir()
    box.run(
        "get", "--wait", "-d", "sub", "-i", "-", input=f"{nginx.add('id.bin', 100)}\tx.bin\n"
    ).ok()
    check_file(box.downloads / "sub" / "x.bin", "id.bin", 100)


def test_i_reads_standard_input(box, nginx):
    result = box.run("get", "--wait", "-i", "-", input=nginx.add("stdin.bin", 100) + "\n").ok()
    assert "stdin.bin" in [path.name for path in box.downloads.iterdir()], result.out


def test_a_bad_line_is_named_and_nothing_is_created(box, nginx):
    text = f"{nginx.add('good.bin', 10)}\n# comment\nno url at all\n"
    result = box.run("get", "-i", "-", input=text).fails(2)
    assert "3" in result.err
    assert box.list() == []


def test_paused_creates_without_starting_and_resume_starts(box, fault):
    url = fault.url(size=1000, seed="p")
    transfer = box.get(url, "--paused")
    shown = box.show(transfer)
    assert (shown["status"], shown["attempts"], shown["started"], shown["reason"]) == (
        "Idle",
        0,
        None,
        None,
    )
    assert fault.requests(url) == []
    box.run("resume", transfer).ok()
    box.wait_status(transfer, "Completed")
    check_file(box.downloads / "file.bin", "p", 1000)


def test_R58_headers_are_sent_and_values_of_one_name_are_joined(box, fault):
    url = fault.url(size=10)
    box.run("get", "--wait", url, "-H", "X-One: a b", "-H", "X-Two: 1", "-H", "X-Two: 2").ok()
    request = fault.requests(url)[0]
    assert request.header("X-One") == "a b"
    assert request.header("X-Two") == "1, 2"


def test_R71_identity_encoding_is_asked_for(box, fault):
    url = fault.url(size=10)
    box.run("get", "--wait", url).ok()
    assert fault.requests(url)[0].header("Accept-Encoding") in (None, "identity")


def test_secret_headers_are_sent_and_never_shown(box, fault):
    url = fault.url(size=10)
    secret = "Bearer hunter2hunter2"
    transfer = box.get(url, "-H", f"Authorization: {secret}")
    box.wait_status(transfer, "Completed")
    assert fault.requests(url)[0].header("Authorization") == secret
    for arguments in (
        ["show", transfer],
        ["show", transfer, "--json"],
        ["list"],
        ["list", "--json"],
        ["status"],
    ):
        assert "hunter2" not in box.run(*arguments).ok().out
    assert "hunter2" not in box.logs()


@pytest.mark.parametrize("word, name", [("high", "High"), ("default", "Default"), ("low", "Low")])
def test_priority_is_kept(box, fault, word, name):
    transfer = box.get(fault.url(size=10), "--paused", "--priority", word)
    assert box.show(transfer)["priority"] == name


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "sha1", "md5"])
def test_a_right_checksum_completes(box, fault, algorithm):
    right = hashlib.new(algorithm, body("c", 0, 300_000)).hexdigest()
    box.run(
        "get", "--wait", fault.url(size=300_000, seed="c"), "--checksum", f"{algorithm}:{right}"
    ).ok()
    check_file(box.downloads / "file.bin", "c", 300_000)


def test_R173_a_wrong_checksum_fails_and_leaves_the_target_as_it_was(box, fault):
    (box.downloads / "kept.bin").write_text("old")
    url = fault.url(size=1000, seed="c")
    result = box.run(
        "get",
        "--wait",
        "--json",
        url,
        "-o",
        "kept.bin",
        "--checksum",
        "sha256:" + body_sha256("other", 1000),
    )
    result.fails(1)
    error = box.list()[0]["error"]
    assert (error["kind"], error["hresult"], error["status"], error["code"]) == (
        "checksum",
        "0x80070017",
        "Unknown",
        None,
    )
    assert (box.downloads / "kept.bin").read_text() == "old"
    assert len(fault.requests(url)) == 1


def repr_digest(content):
    return "Repr-Digest: sha-256=:" + base64.b64encode(hashlib.sha256(content).digest()).decode() + ":"


def content_md5(content):
    return "Content-MD5: " + base64.b64encode(hashlib.md5(content).digest()).decode()


def test_an_answer_to_head_is_not_held_to_the_digest_of_what_it_leaves_out(box, fault):
    url = fault.url(size=1000, seed="c", header=repr_digest(body("c", 0, 1000)))
    box.run("get", "--wait", "--method", "HEAD", url, "-o", "nothing").ok()
    assert (box.downloads / "nothing").read_bytes() == b""


@pytest.mark.parametrize("digest", [repr_digest, content_md5])
def test_a_digest_that_the_server_tells_is_verified(box, fault, digest):
    right = fault.url(size=300_000, seed="c", header=digest(body("c", 0, 300_000)))
    box.run("get", "--wait", right, "-o", "right.bin").ok()
    check_file(box.downloads / "right.bin", "c", 300_000)
    wrong = fault.url(size=300_000, seed="c", header=digest(b"another file"))
    transfer = box.get(wrong, "-o", "wrong.bin")
    box.run("wait", transfer).fails(1)
    error = box.show(transfer)["error"]
    assert (error["kind"], error["hresult"]) == ("checksum", "0x80070017")
    assert "but the server says" in error["message"]
    assert not (box.downloads / "wrong.bin").exists()


def test_the_digest_of_the_first_answer_holds_for_the_whole_file_after_a_resume(box, fault):
    header = repr_digest(body("c", 0, 500_000))
    url = fault.url(size=500_000, seed="c", etag="strong", truncate=200_000, times=1, header=header)
    box.run("get", "--wait", url).ok()
    assert [r.status for r in fault.requests(url)] == [200, 206]
    check_file(box.downloads / "file.bin", "c", 500_000)


def test_the_checksum_of_the_caller_comes_before_the_digest_of_the_server(box, fault):
    url = fault.url(size=1000, seed="c", header=repr_digest(b"another file"))
    box.run("get", "--wait", url, "--checksum", "sha256:" + body_sha256("c", 1000)).ok()


def test_a_checksum_is_verified_over_the_whole_file_after_a_resume(box, fault):
    url = fault.url(size=500_000, seed="c", etag="strong", truncate=200_000, times=1)
    box.run("get", "--wait", url, "--checksum", "sha256:" + body_sha256("c", 500_000)).ok()
    assert [r.status for r in fault.requests(url)] == [200, 206]


@pytest.mark.parametrize(
    "text", ["sha256:12", "crc32:00000000", "sha256", "sha256:" + "zz" * 32, ""]
)
def test_a_checksum_that_cannot_be_one_is_refused(box, fault, text):
    box.run("get", fault.url(size=10), "--checksum", text).fails(2)
    assert box.list() == []


def test_json_gives_the_transfers_created(box, fault):
    created = (
        box.run("get", "--json", "--paused", fault.url(size=10), fault.url(size=20))
        .ok()
        .json_lines()
    )
    assert [each["status"] for each in created] == ["Idle", "Idle"]
    assert [each["id"] for each in created] == [each["id"] for each in box.list()]


def test_wait_blocks_until_the_end_and_gives_its_outcome(box, fault):
    box.run("get", "--wait", fault.url(size=10), fault.url("b", size=10)).ok()
    assert [each["status"] for each in box.list()] == ["Completed", "Completed"]
    box.run("get", "--wait", fault.url(status=404)).fails(1)
