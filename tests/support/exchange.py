"""HTTP exchanges as data: what a server says, what it is asked, and what must come of it.

A file of tests/exchanges/ is one test (tests/exchanges/README.md has its keys). The server here says
exactly what stands in it, byte for byte, and takes down every request.
"""

import dataclasses
import email.utils
import pathlib
import re
import socket
import struct
import threading
import time
import tomllib

from support.body import body

KEYS = {"rule", "says", "get", "path", "config", "answer", "result", "existing", "body_file"}
ANSWER_KEYS = {"method", "target", "asks", "asks_not", "content", "head", "body", "then"}
RESULT_KEYS = {
    "status",
    "file",
    "holds",
    "error",
    "attempts",
    "restarted",
    "response",
    "resumable",
    "received",
    "total",
}


@dataclasses.dataclass
class Request:
    method: str
    target: str
    headers: list
    content: bytes = b""

    def header(self, name):
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(found) if found else None


def load(path):
    """The test in a file; a key that is not known is a mistake of the test."""
    test = tomllib.loads(pathlib.Path(path).read_text())
    unknown = test.keys() - KEYS
    for answer in test["answer"]:
        unknown |= answer.keys() - ANSWER_KEYS
    unknown |= test["result"].keys() - RESULT_KEYS
    assert not unknown, f"{path}: unknown keys {sorted(unknown)}"
    assert "says" in test and "rule" in test, f"{path}: no rule, or it does not say what it is for"
    return test


def content(parts):
    """The bytes of ["a 0 500", "=text"]: a stretch of the body of a seed, or the text itself."""
    data = b""
    for part in [parts] if isinstance(parts, str) else parts:
        if part.startswith("="):
            data += part[1:].encode("latin-1")
        elif part.startswith("*"):
            count, text = part[1:].split(" ", 1)
            data += text.encode("latin-1") * int(count)
        else:
            seed, offset, length = part.split()
            data += body(seed, int(offset), int(length))
    return data


def _head(text):
    """Lines of a head with the line ends of HTTP; {date-60} is the time 60 s ago."""

    def date(match):
        return email.utils.formatdate(time.time() + int(match[1] or 0), usegmt=True)

    text = re.sub(r"\{date([+-]\d+)?\}", date, text)
    return text.strip("\n").replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n"


class ExchangeServer:
    """Says the answers in their order, one to each request, on however many connections."""

    def __init__(self, answers):
        self.answers = answers
        self.requests = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open = set()

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc):
        # Wakes the thread that accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                connection.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            with connection, connection.makefile("rb") as stream:
                while (request := self._read(connection, stream)) is not None:
                    with self._lock:
                        number = len(self.requests)
                        self.requests.append(request)
                    if number >= len(self.answers) or not self._answer(
                        connection, self.answers[number]
                    ):
                        return
        except OSError:
            pass  # the client has left, which its own result tells
        finally:
            with self._lock:
                self._open.discard(connection)

    @staticmethod
    def _read(connection, stream):
        line = stream.readline().decode("latin-1").split()
        if not line:
            return None
        headers = []
        while (field := stream.readline().decode("latin-1").rstrip("\r\n")) != "":
            name, _, value = field.partition(":")
            headers.append((name, value.strip()))
        request = Request(line[0], line[1], headers)
        if request.header("Expect") == "100-continue":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.content = stream.read(int(request.header("Content-Length") or 0))
        return request

    def _answer(self, connection, answer):
        """Whether the connection goes on."""
        head = answer["head"].replace("{port}", str(self.port))
        connection.sendall(_head(head) + content(answer.get("body", [])))
        then = answer.get("then", "keep")
        if then == "reset":
            linger = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        return then == "keep"
