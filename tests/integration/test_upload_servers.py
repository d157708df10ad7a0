"""The servers that uploads are tested against do what their protocols say."""

import hashlib
import http.client
import json
import socket
import subprocess
import urllib.parse

import pytest

from support.body import body
from support.deadline import until
from support.draft_server import DraftServer
from support.tus_server import TusServer, encode_metadata

SIZE = 1_000_000
TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture
def tus():
    with TusServer() as server:
        yield server


@pytest.fixture
def draft():
    with DraftServer() as server:
        yield server


def ask(method, url, headers=None, content=None):
    """(status, headers in lower case, body) of one request on a connection of its own."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    try:
        target = parts.path + ("?" + parts.query if parts.query else "")
        connection.request(method, target, content, headers or {})
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, text
    finally:
        connection.close()


def send_part(method, url, headers, content, length):
    """Sends a part of a request's body and leaves once the server says something, or at once."""
    parts = urllib.parse.urlsplit(url)
    lines = [f"{method} {parts.path}?{parts.query} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {length}", "", ""]
    with socket.create_connection((parts.hostname, parts.port), 30) as connection:
        connection.sendall("\r\n".join(lines).encode() + content)
        connection.shutdown(socket.SHUT_WR)
        said = b""
        while data := connection.recv(65536):
            said += data
        return said.decode()


def offset_of(url, headers=None):
    return int(ask("HEAD", url, headers)[1]["upload-offset"])


def appended(offset, complete, version="8"):
    headers = {
        "Content-Type": "application/partial-upload",
        "Upload-Offset": str(offset),
        "Upload-Complete": complete,
    }
    return headers if version == "0" else {**headers, "Upload-Draft-Interop-Version": version}


# ---- tus


def test_tus_an_upload_survives_a_killed_server(tus):
    whole = body("tus", 0, SIZE)
    creation = {**TUS, "Upload-Length": str(SIZE), "Upload-Metadata": encode_metadata(filename="ä")}
    status, headers, _ = ask("POST", tus.url, creation)
    assert status == 201
    place = urllib.parse.urljoin(tus.url, headers["location"])
    patch = {**TUS, "Content-Type": "application/offset+octet-stream"}
    status, headers, _ = ask("PATCH", place, {**patch, "Upload-Offset": "0"}, whole[:400_000])
    assert (status, headers["upload-offset"]) == (204, "400000")
    until(lambda: len(tus.requests()) >= 2, what="the log of the requests")
    tus.kill()
    tus.restart()
    assert offset_of(place, TUS) == 400_000
    assert tus.finished() == []
    status, _, _ = ask("PATCH", place, {**patch, "Upload-Offset": "400000"}, whole[400_000:])
    assert status == 204
    (path,) = tus.finished()
    assert path.read_bytes() == whole
    assert tus.metadata(path) == {"filename": "ä"}
    until(lambda: tus.received() >= SIZE, what="the log of the requests")


def test_tus_the_extensions_that_the_dialog_knows_are_offered(tus):
    _, headers, _ = ask("OPTIONS", tus.url)
    offered = set(headers["tus-extension"].split(","))
    assert {"creation", "creation-with-upload", "termination", "expiration"} <= offered


# ---- the draft


@pytest.mark.parametrize("version", ["8", "6", "0"])
def test_draft_what_came_before_a_break_is_kept(draft, version):
    whole = body("draft", 0, SIZE)
    url = draft.url(version=version, drop_after=300_000, times=1, max_age=60)
    headers = {"Upload-Complete": "?1", "Upload-Length": str(SIZE)}
    if version != "0":
        headers["Upload-Draft-Interop-Version"] = version
    said = send_part("POST", url, headers, whole[:300_000], SIZE)
    assert said.startswith("HTTP/1.1 104 ")
    assert ("expires=60" if version == "6" else "max-age=60") in said
    location = said.split("Location: ")[1].split("\r\n")[0]
    place = urllib.parse.urljoin(url, location)
    assert offset_of(place) == 300_000
    status, answer, text = ask(
        "PATCH", place, appended(300_000, "?1", version), whole[300_000:]
    )
    assert (status, answer["upload-complete"]) == (200, "?1")
    assert json.loads(text) == {"length": SIZE, "sha256": hashlib.sha256(whole).hexdigest()}
    assert draft.received(url) == SIZE
    assert [r.method for r in draft.requests(url)] == ["POST", "HEAD", "PATCH"]


def test_draft_an_unknown_version_is_answered_as_an_ordinary_request(draft):
    url = draft.url(version=6)
    said = send_part("PUT", url, {"Upload-Complete": "?1"}, b"abc", 3)
    assert said.startswith("HTTP/1.1 200 ")
    assert draft.finished(url) == [(3, hashlib.sha256(b"abc").hexdigest())]


def begun(draft, **arguments):
    """The place of an upload of six bytes of which nothing is there yet."""
    url = draft.url(no_104=True, **arguments)  # http.client takes it for the answer
    headers = {"Upload-Complete": "?0", "Upload-Length": "6", "Upload-Draft-Interop-Version": "8"}
    status, answer, _ = ask("POST", url, headers, b"")
    assert status == 201
    return urllib.parse.urljoin(url, answer["location"])


def test_draft_a_wrong_offset_is_a_conflict(draft):
    status, headers, _ = ask("PATCH", begun(draft), appended(3, "?1"), b"def")
    assert (status, headers["upload-offset"]) == (409, "0")


def test_draft_parts_are_limited(draft):
    place = begun(draft, max_append_size=4)
    status, headers, _ = ask("PATCH", place, appended(0, "?1"), b"abcdef")
    assert (status, headers["upload-limit"]) == (413, "max-append-size=4")
    assert ask("PATCH", place, appended(0, "?0"), b"abcd")[0] == 204
    assert ask("PATCH", place, appended(4, "?1"), b"ef")[0] == 200


def test_draft_faults_happen_as_often_as_asked(draft):
    place = begun(draft, conflict=True, times=2)
    answers = [ask("PATCH", place, appended(0, "?1"), b"abcdef")[0] for _ in range(3)]
    assert answers == [409, 409, 200]
    place = begun(draft, gone_after=2)
    assert [ask("HEAD", place)[0] for _ in range(2)] == [204, 404]
    place = begun(draft, shift=2, times=1)
    assert [offset_of(place) for _ in range(2)] == [2, 0]


def test_draft_a_deleted_upload_is_gone(draft):
    place = begun(draft)
    assert ask("DELETE", place)[0] == 204
    assert ask("HEAD", place)[0] == 404


def test_draft_a_stalled_upload_goes_on_when_released(draft):
    whole = body("stall", 0, SIZE)
    url = draft.url(stall_after=100_000)
    command = ["curl", "-s", "-T", "-", "-H", f"Content-Length: {SIZE}", "-H", "Transfer-Encoding:"]
    command += ["-H", "Upload-Complete: ?1", "-H", "Upload-Draft-Interop-Version: 8", url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as curl:
        curl.stdin.write(whole[:200_000])
        curl.stdin.flush()
        draft.wait_stalled(url)
        draft.release(url)
        curl.stdin.write(whole[200_000:])
        curl.stdin.close()
        assert json.loads(curl.stdout.read())["sha256"] == hashlib.sha256(whole).hexdigest()
    assert draft.finished(url) == [(SIZE, hashlib.sha256(whole).hexdigest())]
