"""An HTTP/1.1 server that takes what requests send, and misbehaves as an argument of the URL says:

    with UploadServer() as server:
        url = server.url(reset_at=300_000, times=1)

resets the connection after 300,000 bytes of the first request's content; later ones are taken. Each
URL has a path of its own.

What may stand in a URL (all optional):

  when            times=K (the faults below are for the first K requests only; default: all)
  before the body refuse=STATUS (instead of 100 Continue), silent (no 100 Continue, but it reads)
  in the body     reset_at=N, close_at=N, stall_at=N (until release()),
                  early=STATUS with at=N (answers after N bytes, and reads no more)
  the answer      status=N, retry_after=V, answer=N (bytes of it), cut_answer (ends within it),
                  no_answer (closes instead), redirect=STATUS with location=URL, gate (held until
                  release())
"""

import dataclasses
import itertools
import socket
import socketserver
import struct
import threading
import urllib.parse

from support.body import body as body_of

PIECE = 64 * 1024


@dataclasses.dataclass
class Request:
    """What one request asked, and how much of it came."""

    method: str
    target: str
    headers: list
    number: int  # of those for its path, from 1
    content: bytes = b""
    status: int = 0
    whole: bool = False  # all of its content came
    ended: bool = False

    def header(self, name):
        values = [value for known, value in self.headers if known.lower() == name.lower()]
        return ", ".join(values) if values else None


class _Gone(Exception):
    """Ends the connection."""


class UploadServer:
    def __init__(self):
        self._tokens = itertools.count(1)
        self._requests = {}
        self._gates = {}
        self.news = threading.Condition()
        owner = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                try:
                    while _Exchange(owner, self.request).run():
                        pass
                except (_Gone, ConnectionError, ValueError):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 64

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        with self.news:
            for gate in self._gates.values():
                gate.set()
        self._server.shutdown()
        self._server.server_close()

    def url(self, name="target", **arguments):
        query = {key: "1" if value is True else str(value) for key, value in arguments.items()}
        return (
            f"http://127.0.0.1:{self.port}/{next(self._tokens)}/{name}"
            + ("?" if query else "")
            + urllib.parse.urlencode(query)
        )

    def requests(self, url):
        with self.news:
            return list(self._requests.get(urllib.parse.urlsplit(url).path, []))

    def wait(self, url, condition, timeout=30):
        """Until `condition` is true of the requests for this URL, which are given back."""
        path = urllib.parse.urlsplit(url).path
        with self.news:
            if not self.news.wait_for(lambda: condition(self._requests.get(path, [])), timeout):
                raise AssertionError(f"waited in vain: {self._requests.get(path)}"[:2000])
            return list(self._requests.get(path, []))

    def gate(self, path):
        with self.news:
            return self._gates.setdefault(path, threading.Event())

    def release(self, url):
        self.gate(urllib.parse.urlsplit(url).path).set()

    def begin(self, method, target, headers):
        with self.news:
            known = self._requests.setdefault(urllib.parse.urlsplit(target).path, [])
            known.append(Request(method, target, headers, len(known) + 1))
            self.news.notify_all()
            return known[-1]

    def tell(self, request, **changes):
        with self.news:
            for name, value in changes.items():
                setattr(request, name, value)
            self.news.notify_all()


class _Exchange:
    """One request and its answer."""

    def __init__(self, server, connection):
        self.server, self.connection, self.buffer = server, connection, b""

    def run(self):
        head = self.read_head()
        if head is None:
            return False
        method, target, headers = head
        self.request = self.server.begin(method, target, headers)
        self.path = urllib.parse.urlsplit(target).path
        self.args = dict(
            urllib.parse.parse_qsl(urllib.parse.urlsplit(target).query, keep_blank_values=True)
        )
        self.faulty = self.request.number <= int(self.args.get("times", 10**9))
        try:
            return self.answer()
        finally:
            self.server.tell(self.request, ended=True)

    def fault(self, name):
        return self.args.get(name) if self.faulty else None

    def read_head(self):
        while b"\r\n\r\n" not in self.buffer:
            piece = self.connection.recv(PIECE)
            if not piece:
                return None
            self.buffer += piece
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        return method, target, [tuple(line.split(": ", 1)) for line in lines if ": " in line]

    def say(self, status, headers=(), content=b"", length=None):
        lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in headers)]
        lines.append(f"Content-Length: {len(content) if length is None else length}")
        self.server.tell(self.request, status=status)
        self.connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + content)

    def answer(self):
        if self.request.header("Expect"):
            if refusal := self.fault("refuse"):
                self.say(int(refusal), content=b"not wanted\n")
                raise _Gone
            if not self.fault("silent"):
                self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.read_content(int(self.request.header("Content-Length") or 0))
        if self.fault("gate"):
            self.server.gate(self.path).wait()
        if self.fault("no_answer"):
            raise _Gone
        if status := self.fault("redirect"):
            self.say(int(status), [("Location", self.args["location"])])
            return True
        size = int(self.args.get("answer", 0))
        content = body_of("answer", 0, size) if size else b"thank you\n"
        headers = [("X-Number", self.request.number)]
        if wait := self.fault("retry_after"):
            headers.append(("Retry-After", wait))
        status = int(self.fault("status") or 201)
        if self.fault("cut_answer"):
            self.say(status, headers, content, len(content) + 1000)
            raise _Gone
        self.say(status, headers, content)
        return True

    def read_content(self, length):
        content = bytearray(self.buffer[:length])
        self.buffer = self.buffer[length:]
        self.meet(content)
        while len(content) < length:
            piece = self.connection.recv(min(PIECE, length - len(content)))
            if not piece:
                self.server.tell(self.request, content=bytes(content))
                raise _Gone
            content += piece
            self.meet(content)
        self.server.tell(self.request, content=bytes(content), whole=True)

    def meet(self, content):
        """The faults that lie within the content."""

        def reached(name):
            where = self.fault(name)
            return where is not None and len(content) >= int(where)

        if reached("stall_at"):
            self.server.tell(self.request, content=bytes(content))
            self.server.gate(self.path).wait()
            self.args.pop("stall_at")
        if reached("reset_at") or reached("close_at"):
            self.server.tell(self.request, content=bytes(content))
            if self.fault("reset_at"):
                self.connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
            raise _Gone
        if self.fault("early") and len(content) >= int(self.args.get("at", 0)):
            self.server.tell(self.request, content=bytes(content))
            self.say(int(self.fault("early")), content=b"too much\n")
            # Until the client leaves: what it may still send is not the next request.
            while self.connection.recv(PIECE):
                pass
            raise _Gone
