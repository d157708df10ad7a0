"""Bodies of several parts (R88 to R96), read back by two parsers that are not ours: Python's and busboy's."""

import base64
import email.message
import email.parser
import json
import pathlib
import subprocess

import pytest

PARSER = pathlib.Path(__file__).resolve().parent.parent / "npm" / "parse_multipart.cjs"
BINARY = bytes(range(256)) * 3
OCTETS = "application/octet-stream"


def text(name, content, **more):
    return {"name": name, "text": content, **more}


def file(name, file_name, content, **more):
    return {"name": name, "file_name": file_name, "content": content, **more}


# Each is a list of parts; "content" is what the file holds.
FORMS = {
    "plain": [text("a", "one"), file("b", "b.bin", BINARY), text("c", "three")],
    "one file": [file("f", "f.bin", b"content")],
    "scripts": [
        text("naïve", "Ünïcöde"),
        text("写真", "こんにちは"),
        file("файл", "résumé – 履歴書 😀.pdf", b"x"),
        file("ملف", "قائمة.txt", b"y"),
        file("a\u0301", "e\u0301.txt", b"decomposed"),
    ],
    "quotes": [text('say "hi"', '"quoted"'), file('"', '"a" \'b\'.txt', b'"'), text("'", "'")],
    "line ends": [text("a\r\nb", "\r\n"), text("c\nd", "\n"), text("e\rf", "\r"), file("g", "h\r\ni\n.txt", b"\r\n\r\n")],
    "backslashes": [text("a\\b", "\\"), file("c", "C:\\dir\\x.txt", b"\\\\"), text("\\n", "\\r\\n")],
    "marks": [text("a;b=c", "x"), text("a%22b", "y"), text("a=\tb", "z"), file("q", "a; filename=b.txt", b"w"), text("()<>@,:/[]?{}", "v")],
    "injected": [text('a"\r\nX-Evil: 1\r\n\r\n', "b"), file("c", 'd"\r\nContent-Type: text/html\r\n\r\n', b"e")],
    "blanks": [text(" a ", " b "), text("a  b", ""), file("c", " d .txt", b" ")],
    "empty": [text("a", ""), file("b", "empty.bin", b""), file("c", "empty too.bin", b""), text("d", "")],
    "only empty": [file("a", "a", b"")],
    "unnamed": [text("", "a"), file("", "b.txt", b"c"), file("", "", b"d")],
    "no file name": [file("a", "", BINARY), file("b", "", b"")],
    "folders": [file("a", "/home/u/doc.txt", b"1"), file("b", "x/y", b"2"), text("c/d", "3")],
    "like delimiters": [text("a", "--\r\n--"), file("b", "b", b"\r\n--longhaul-\r\n"), text("c", "\r\n--longhaul-"), text("d", "-")],
    "ends": [file("a", "a", b"\r"), file("b", "b", b"\n"), file("c", "c", b"\r\n"), file("d", "d", b"x\r"), file("e", "e", b"--")],
    "nul": [text("a", "b\0c"), file("d", "e", b"\0" * 1000)],
    "same names": [text("a", "1"), text("a", "2"), file("a", "f", b"3"), file("a", "f", b"4")],
    "types": [file("a", "a.png", BINARY, content_type="image/png"), file("b", "b.txt", b"b", content_type="text/plain; charset=utf-8")],
    "headers": [
        text("a", "<p>", headers=[["content-type", "text/html"]]),
        file("b", "b", BINARY, headers=[["Content-Type", "x/y"], ["X-One", "1"], ["X-Two", "zwei"]]),
    ],
    "a disposition of its own": [
        text("ignored", "x", headers=[["Content-Disposition", 'form-data; name="mine"; filename="own.txt"']], says=("mine", "own.txt")),
    ],
    "large": [text("a", "ä" * 100_000), file("b", "b", BINARY * 3000), text("n" * 1000, "x")],
    "many": [
        file(f"file {i}", f"{i}.bin", b"%d" % i) if i % 2 else text(f"text {i}", str(i)) for i in range(10_000)
    ],
}
BOUNDARIES = ["", "x", "a'()+_,-./:=?", "a b", "z" * 70]


@pytest.fixture
def laid_out(build_dir, tmp_path):
    """(Content-Type, body) of parts."""

    def make(parts, subtype="", boundary=""):
        asked = []
        for number, part in enumerate(parts):
            part = {key: value for key, value in part.items() if key != "says"}
            if "content" in part:
                path = tmp_path / f"source-{number}"
                path.write_bytes(part.pop("content"))
                part["file"] = str(path)
            asked.append(part)
        done = subprocess.run(
            [build_dir / "tests" / "multipart", tmp_path],
            input=json.dumps({"subtype": subtype, "boundary": boundary, "parts": asked}).encode(),
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr.decode()
        length, content_type, body = done.stdout.split(b"\n", 2)
        assert int(length) == len(body)
        return content_type.decode(), body

    return make


def encoded(name):
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def expected(part):
    """(name, file name, Content-Type or None, content) of a part of a form."""
    name, file_name = part.get("name"), part.get("file_name", "").rpartition("/")[2]
    name, file_name = part.get("says", (encoded(name), encoded(file_name)))
    content = part["content"] if "content" in part else part["text"].encode()
    kind = part.get("content_type", OCTETS) if "content" in part else None
    for field, value in part.get("headers", []):
        kind = value if field.lower() == "content-type" else kind
    return name or None, file_name or None, kind, content


def python_parts(content_type, body):
    """The parts as messages, with their headers in UTF-8."""
    parser = email.parser.BytesFeedParser()
    parser.feed(b"Content-Type: " + content_type.encode() + b"\r\n\r\n")
    parser.feed(body)
    message = parser.close()
    assert message.is_multipart() and not message.defects
    assert not message.preamble and not message.epilogue
    found = []
    for part in message.get_payload():
        assert not part.defects
        clean = email.message.Message()
        for name, value in part.raw_items():
            clean[name] = value.encode("ascii", "surrogateescape").decode()
        found.append((clean, part.get_payload(decode=True)))
    return found


def busboy_parts(content_type, body):
    done = subprocess.run(["node", PARSER, content_type], input=body, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode() + "\n(scripts/setup installs what it needs)"
    return json.loads(done.stdout)


def check_python(parts, content_type, body):
    found = python_parts(content_type, body)
    assert len(found) == len(parts)
    for part, (message, content) in zip(parts, found):
        assert message.get_content_disposition() == "form-data"
        names = [message.get_param(each, header="Content-Disposition") for each in ("name", "filename")]
        assert (*names, message["Content-Type"], content) == expected(part)
        for name, value in part.get("headers", []):
            assert message.get_all(name) == [value]
        given = {name.lower() for name, _ in part.get("headers", [])}
        assert {name.lower() for name in message.keys()} == given | {"content-disposition"} | (
            {"content-type"} if "content" in part else set()
        )


def check_busboy(parts, content_type, body):
    found = busboy_parts(content_type, body)
    assert len(found) == len(parts)
    for part, message in zip(parts, found):
        name, file_name, kind, content = expected(part)
        assert (message["name"], message["file_name"]) == (name, file_name)
        assert message["type"] == (kind or "text/plain").partition(";")[0]
        assert base64.b64decode(message["content"]) == content


@pytest.mark.parametrize("form", FORMS)
def test_R88_two_parsers_read_a_form_back(laid_out, form):
    content_type, body = laid_out(FORMS[form])
    check_python(FORMS[form], content_type, body)
    check_busboy(FORMS[form], content_type, body)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_R90_R91_with_any_boundary(laid_out, boundary):
    parts = FORMS["plain"] + FORMS["ends"]
    content_type, body = laid_out(parts, boundary=boundary)
    check_python(parts, content_type, body)
    check_busboy(parts, content_type, body)


@pytest.mark.parametrize("subtype", ["mixed", "related", "x-own"])
def test_R89_R93_another_subtype_has_no_dispositions(laid_out, subtype):
    parts = FORMS["plain"] + FORMS["headers"] + FORMS["empty"] + FORMS["ends"]
    content_type, body = laid_out(parts, subtype=subtype)
    assert content_type.startswith(f"multipart/{subtype}; boundary=")
    found = python_parts(content_type, body)
    assert len(found) == len(parts)
    for part, (message, content) in zip(parts, found):
        _, _, kind, expected_content = expected(part)
        assert (message["Content-Type"], content) == (kind, expected_content)
        assert message["Content-Disposition"] is None
