"""A server for resumable uploads, written from draft-ietf-httpbis-resumable-upload.

    with DraftServer() as server:
        url = server.url("a.bin", version=8, drop_after=300_000, times=2)

Its misbehaviour is an argument of the URL; what is said there also holds for the upload resource.
Bytes are hashed as they come, not kept. Arguments (all optional):

  protocol    version=8|6|0 (0: the final form, which has no version header; any other client is
              answered as by a server that does not know the draft),
              max_append_size, min_append_size, max_size, max_age (in Upload-Limit),
              interim_every=N (a 104 with Upload-Offset every N bytes), status=N (of the final answer),
              other_origin=URL (prefix of the Location)
  when        times=K (the faults below, for the first K requests that meet them; default: all)
  faults      drop_after=N (the connection ends after N bytes of a request's body),
              lose=N (so many bytes before that point do not count as processed),
              drop_answer (all is processed, then the connection ends),
              stall_after=N (until release()), no_104, conflict (409 with the right offset to every
              append), shift=N (HEAD and 409 tell an offset that is wrong by N, also below 0),
              gone_after=K (404 from the K-th request to the upload resource on),
              fail=N (that status, before a byte is read)
"""

import dataclasses
import hashlib
import http.server
import itertools
import json
import socket
import threading
import time
import urllib.parse

CHUNK = 64 * 1024


@dataclasses.dataclass
class Request:
    """What one request asked and what became of it."""

    method: str
    target: str
    headers: dict  # names in lower case
    received: int = 0  # bytes of its body
    status: int = 0  # of the final answer; 0: none


@dataclasses.dataclass
class Upload:
    """An upload resource, or the body of a request that has none."""

    url_path: str  # of the URL that the application uploads to
    arguments: dict
    length: int | None
    offset: int = 0
    complete: bool = False
    gone: bool = False
    asked: int = 0
    digest: object = dataclasses.field(default_factory=hashlib.sha256)
    lock: object = dataclasses.field(default_factory=threading.Lock)
    connection: socket.socket | None = None  # that brings bytes now

    def add(self, data):
        self.digest.update(data)
        self.offset += len(data)


class DraftServer:
    def __init__(self):
        self._news = threading.Condition()
        self._requests = {}  # path of a URL -> [Request]
        self._finished = {}  # path of a URL -> [(length, sha256)]
        self._faults = {}  # path of a URL -> how many faults there were
        self._uploads = {}  # path of an upload resource -> Upload
        self._gates = {}  # path of a URL -> Event
        self._stalled = {}
        self._tokens = itertools.count(1)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self.port = self._server.server_port

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc):
        for gate in self._gates.values():
            gate.set()
        self._server.shutdown()
        self._server.server_close()

    # ---- for tests -------------------------------------------------------------------------------

    def url(self, name="upload", **arguments):
        """A URL of its own with this misbehaviour. `True` stands for a bare argument."""
        query = {k: ("1" if v is True else str(v)) for k, v in arguments.items()}
        path = f"/{next(self._tokens)}/{urllib.parse.quote(name)}"
        text = f"http://127.0.0.1:{self.port}{path}"
        return text + ("?" + urllib.parse.urlencode(query) if query else "")

    def requests(self, url):
        """Those for this URL and its upload resources, in order."""
        with self._news:
            return list(self._requests.get(urllib.parse.urlsplit(url).path, []))

    def received(self, url):
        return sum(request.received for request in self.requests(url))

    def finished(self, url):
        """(length, sha256) of each body that arrived as a whole."""
        with self._news:
            return list(self._finished.get(urllib.parse.urlsplit(url).path, []))

    def wait_stalled(self, url, timeout=30):
        path = urllib.parse.urlsplit(url).path
        with self._news:
            assert self._news.wait_for(lambda: self._stalled.get(path), timeout), "no stall"

    def release(self, url):
        self.gate(urllib.parse.urlsplit(url).path).set()

    # ---- for its handlers ------------------------------------------------------------------------

    def note(self, path, request):
        with self._news:
            self._requests.setdefault(path, []).append(request)
            self._news.notify_all()

    def gate(self, path):
        with self._news:
            return self._gates.setdefault(path, threading.Event())

    def stand_still(self, path):
        gate = self.gate(path)
        with self._news:
            self._stalled[path] = True
            self._news.notify_all()
        gate.wait()

    def finish(self, upload):
        with self._news:
            upload.complete = True
            done = (upload.offset, upload.digest.hexdigest())
            self._finished.setdefault(upload.url_path, []).append(done)
            self._news.notify_all()

    def create(self, upload):
        path = f"/uploads/{next(self._tokens)}-{time.monotonic_ns():x}"
        with self._news:
            self._uploads[path] = upload
        return path

    def find(self, path):
        with self._news:
            return self._uploads.get(path)

    def may_fault(self, upload):
        """Counts a fault that is about to happen."""
        with self._news:
            done = self._faults.get(upload.url_path, 0)
            self._faults[upload.url_path] = done + 1
            return done < int(upload.arguments.get("times", 10**9))


def _handler_of(server):
    return type("Handler", (_Handler,), {"draft": server})


def _number(headers, name):
    text = headers.get(name, "")
    return int(text) if text.isdigit() else None


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    draft = None

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        self.one()

    do_PUT = do_PATCH = do_HEAD = do_DELETE = do_POST

    def one(self):
        parts = urllib.parse.urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.request_seen = Request(self.command, self.path, headers)
        upload = self.draft.find(parts.path)
        self.draft.note(upload.url_path if upload else parts.path, self.request_seen)
        try:
            if upload:
                self.serve_resource(upload, headers)
            elif parts.path.startswith("/uploads/"):
                self.answer(404)
            else:
                arguments = dict(urllib.parse.parse_qsl(parts.query))
                self.serve_creation(Upload(parts.path, arguments, None), headers)
        except OSError:
            self.close_connection = True

    # ---- requests --------------------------------------------------------------------------------

    def serve_creation(self, upload, headers):
        version = upload.arguments.get("version", "8")
        said = headers.get("upload-draft-interop-version", "0")
        complete = headers.get("upload-complete")
        content = _number(headers, "content-length") or 0
        speaks = complete in ("?0", "?1") and said == version
        upload.length = _number(headers, "upload-length")
        if complete != "?0" and upload.length is None:
            upload.length = content
        if self.fails(upload):
            return
        if not speaks:
            with upload.lock:
                if self.read_body(upload, content):
                    self.conclude(upload, {})
            return
        limit = self.limit(upload)
        if self.too_large(upload, content, complete == "?1"):
            return
        path = upload.arguments.get("other_origin", "") + self.draft.create(upload)
        told = {"Location": path, **limit}
        if "no_104" not in upload.arguments:
            self.interim(told)
        with upload.lock:
            if not self.read_body(upload, content):
                return
            if complete == "?1":
                self.conclude(upload, {"Upload-Complete": "?1"})
            else:
                offset = {"Upload-Complete": "?0", "Upload-Offset": str(upload.offset)}
                self.answer(201, {**told, **offset})

    def serve_resource(self, upload, headers):
        upload.asked += 1
        if upload.asked >= int(upload.arguments.get("gone_after", 10**9)):
            upload.gone = True
        if (former := upload.connection) is not None:  # the client has given it up
            try:
                former.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        with upload.lock:
            if upload.gone:
                return self.answer(404)
            if self.fails(upload):
                return None
            if self.command == "HEAD":
                return self.answer(204, {**self.state(upload), **self.limit(upload)})
            if self.command == "DELETE":
                upload.gone = True
                return self.answer(204)
            if self.command != "PATCH":
                return self.answer(405)
            return self.append(upload, headers)

    def append(self, upload, headers):
        offset = _number(headers, "upload-offset")
        complete = headers.get("upload-complete")
        content = _number(headers, "content-length")
        if offset is None or complete not in ("?0", "?1") or content is None:
            return self.answer(400)
        if headers.get("content-type") != "application/partial-upload":
            return self.answer(415)
        conflict = "conflict" in upload.arguments and self.draft.may_fault(upload)
        if offset != upload.offset or conflict:
            return self.answer(409, {"Upload-Offset": self.told_offset(upload)})
        whole = upload.offset + content
        if upload.complete or (upload.length is not None and whole > upload.length):
            return self.answer(400)
        if complete == "?1" and upload.length not in (None, whole):
            return self.answer(400)
        if self.too_large(upload, content, complete == "?1"):
            return None
        if not self.read_body(upload, content):
            return None
        if complete == "?1":
            return self.conclude(upload, {"Upload-Complete": "?1"})
        return self.answer(204, {"Upload-Complete": "?0", "Upload-Offset": str(upload.offset)})

    # ---- bodies ----------------------------------------------------------------------------------

    def read_body(self, upload, content):
        """True if all of it came; what came is processed in any case."""
        upload.connection = self.connection
        every = int(upload.arguments.get("interim_every", 10**15))
        drop, stall = (int(upload.arguments.get(n, -1)) for n in ("drop_after", "stall_after"))
        drop = drop if 0 <= drop < content and self.draft.may_fault(upload) else -1
        stall = stall if 0 <= stall < content else -1
        last = content if drop < 0 else max(0, drop - int(upload.arguments.get("lose", 0)))
        try:
            told = 0
            request = self.request_seen
            while request.received < content:
                if request.received == drop:
                    self.cut()
                    return False
                if request.received == stall:
                    self.draft.stand_still(upload.url_path)
                    stall = -1
                stops = [s for s in (content, drop, stall) if s > request.received]
                data = self.rfile.read1(min(CHUNK, min(stops) - request.received))
                if not data:
                    self.close_connection = True
                    return False
                upload.add(data[: max(0, last - request.received)])
                request.received += len(data)
                if request.received - told >= every and not self.is_plain():
                    told = request.received
                    self.interim({"Upload-Offset": str(upload.offset)})
            return True
        finally:
            upload.connection = None

    def is_plain(self):
        return "upload-complete" not in self.request_seen.headers

    def cut(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    # ---- answers ---------------------------------------------------------------------------------

    def fails(self, upload):
        if "fail" not in upload.arguments or not self.draft.may_fault(upload):
            return False
        self.answer(int(upload.arguments["fail"]))
        return True

    def too_large(self, upload, content, is_last):
        arguments = upload.arguments
        most, least = (int(arguments.get(n, d)) for n, d in
                       (("max_append_size", 10**15), ("min_append_size", 0)))
        whole = int(arguments.get("max_size", 10**15))
        if self.command != "PATCH" and "max_append_size" in arguments:
            most = max(most, content)  # a creation is told by 104, and may be stopped
        if content > most or (upload.length or 0) > whole:
            self.answer(413, self.limit(upload))
            return True
        if content < least and not is_last:
            self.answer(400)
            return True
        return False

    def limit(self, upload):
        names = ["max-size", "min-append-size", "max-append-size", "max-age"]
        known = [(name, upload.arguments.get(name.replace("-", "_"))) for name in names]
        if upload.arguments.get("version") == "6":
            known = [("expires" if name == "max-age" else name, value) for name, value in known]
        text = ", ".join(f"{name}={value}" for name, value in known if value is not None)
        return {"Upload-Limit": text} if text else {}

    def told_offset(self, upload):
        shift = int(upload.arguments.get("shift", 0))
        if shift and self.draft.may_fault(upload):
            return str(max(0, upload.offset + shift))
        return str(upload.offset)

    def state(self, upload):
        state = {"Upload-Offset": self.told_offset(upload), "Cache-Control": "no-store"}
        state["Upload-Complete"] = "?1" if upload.complete else "?0"
        if upload.length is not None:
            state["Upload-Length"] = str(upload.length)
        return state

    def conclude(self, upload, headers):
        self.draft.finish(upload)
        if "drop_answer" in upload.arguments and self.draft.may_fault(upload):
            return self.cut()
        text = json.dumps({"length": upload.offset, "sha256": upload.digest.hexdigest()})
        status = int(upload.arguments.get("status", 200))
        return self.answer(status, {**headers, "Content-Type": "application/json"}, text.encode())

    def interim(self, headers):
        lines = ["HTTP/1.1 104 Upload Resumption Supported"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.wfile.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.wfile.flush()

    def answer(self, status, headers=None, content=b""):
        self.request_seen.status = status
        length = int(self.request_seen.headers.get("content-length", 0))
        if self.request_seen.received < length:
            self.close_connection = True  # the rest is of no use
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()
