"""Uploads by the command line, and by an app that another run of it takes up (R84 to R100)."""

import contextlib
import http.server
import threading

import pytest
from support.deadline import until

PAGE = b"what the server thinks of it\n"


class Inbox:
    """A server that keeps what it is sent: (method, path, headers, content)."""

    def __init__(self):
        self.received = []
        self.status = 201
        self.may_answer = threading.Event()
        self.may_answer.set()


@contextlib.contextmanager
def serving(inbox):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self):
            content = self.rfile.read(int(self.headers["Content-Length"]))
            inbox.received.append((self.command, self.path, self.headers, content))
            inbox.may_answer.wait(60)
            self.send_response(inbox.status)
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)

        do_POST = do_PUT

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        inbox.url = f"http://127.0.0.1:{server.server_address[1]}/in"
        yield inbox
        inbox.may_answer.set()
        server.shutdown()


@pytest.fixture
def inbox():
    with serving(Inbox()) as inbox:
        yield inbox


def file_of(box, content, name="content.bin"):
    path = box.root / name
    path.write_bytes(content)
    return path


def post(box, inbox, *arguments):
    return box.run("post", inbox.url, "--wait", *arguments)


def test_R88_a_form_is_sent_and_its_answer_printed(box, inbox):
    photo = file_of(box, bytes(range(256)), "été.jpg")
    done = post(
        box, inbox, "-F", "title=a;b", "-F", f"photo=@{photo};type=image/jpeg", "--boundary", "x", "-F", "m={};type=a/b"
    ).ok()
    ((method, path, headers, content),) = inbox.received
    assert (method, path) == ("POST", "/in")
    assert headers["Content-Type"] == "multipart/form-data; boundary=x"
    assert content == (
        b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\na;b\r\n'
        + '--x\r\nContent-Disposition: form-data; name="photo"; filename="été.jpg"\r\n'.encode()
        + b"Content-Type: image/jpeg\r\n\r\n"
        + bytes(range(256))
        + b'\r\n--x\r\nContent-Disposition: form-data; name="m"\r\nContent-Type: a/b\r\n\r\n{}\r\n--x--\r\n'
    )
    (shown,) = box.list()
    assert (shown["bytes_sent"], shown["total_bytes_to_send"]) == (len(content), len(content))
    assert (shown["bytes_received"], shown["kind"]) == (len(PAGE), "upload")
    assert box.run("cat", done.lines[0]).ok().out == PAGE.decode()
    assert list((box.state / "spool").iterdir()) == [], "the layout goes with the end"


def test_R89_R91_subtype_and_type_are_what_the_user_says(box, inbox):
    post(box, inbox, "-F", "=a", "--subtype", "related", "--boundary", "x", "--method", "PUT").ok()
    post(box, inbox, "-F", "=a", "--boundary", "x", "-H", "Content-Type: multipart/mixed; boundary=x").ok()
    first, second = inbox.received
    assert (first[0], first[2]["Content-Type"]) == ("PUT", "multipart/related; boundary=x")
    assert first[3] == b"--x\r\n\r\na\r\n--x--\r\n"
    assert second[2].get_all("Content-Type") == ["multipart/mixed; boundary=x"]


def test_R100_a_refusal_is_an_error_whose_page_is_kept(box, inbox):
    inbox.status = 403
    post(box, inbox, "-F", "a=b").fails(1)
    (shown,) = box.list()
    assert (shown["status"], shown["error"]["code"]) == ("Error", 403)
    assert box.run("cat", shown["id"]).ok().out == PAGE.decode()
    box.run("forget", shown["id"]).ok()
    responses = box.state / "responses"
    until(lambda: list(responses.iterdir()) == [], what="the page to go with the row")


@pytest.mark.parametrize(
    "arguments, why",
    [
        ([], "at least one -F"),
        (["-F", "a"], "equals sign"),
        (["-F", "a=@-"], "standard input"),
        (["-F", "a=@/none"], "/none"),
        (["-F", "a=b", "--boundary", "a;b"], "boundary"),
        (["-F", "a=b", "--subtype", "a b"], "subtype"),
        (["-F", "a=b", "--method", "HEAD"], "HEAD"),
    ],
)
def test_R90_R92_what_cannot_be_sent_is_refused(box, inbox, arguments, why):
    assert why in post(box, inbox, *arguments).fails(2).err
    assert box.list() == [] and inbox.received == []


def test_R101_ftp_has_no_uploads(box):
    box.run("post", "ftp://127.0.0.1/a", "-F", "a=b").fails(2)
    box.run("put", file_of(box, b"x"), "ftp://127.0.0.1/a").fails(2)


def app(box, build_dir, *arguments):
    return box.start(*arguments, program=build_dir / "tests" / "app").wait().ok().out


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("is_over", [False, True])
def test_R6_R10_the_next_run_of_an_app_takes_its_upload_up(box, inbox, build_dir, method, is_over):
    if not is_over:
        inbox.may_answer.clear()
    content = bytes(range(256)) * 1000
    path = file_of(box, content)
    transfer = app(box, build_dir, "upload", inbox.url, path, method).strip()
    if is_over:
        box.wait_status(transfer, "Completed")
    else:
        box.wait_status(transfer, "Running")
        inbox.may_answer.set()
    told = app(box, build_dir, "uploads")
    assert told == f"{transfer} {method} {path} {len(content)} 201\n{PAGE.decode()}"
    assert app(box, build_dir, "uploads") == "", "it was delivered"
    ((sent_by, _, _, received),) = inbox.received
    assert (sent_by, received) == (method, content)
