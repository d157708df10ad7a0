"""RFC 9112, sections 9.2 and 9.8: where answers end on a connection that is encrypted."""

import contextlib
import socket
import ssl
import threading

import pytest
from support.body import body

SIZE = 300_000


class TlsServer:
    """Calls `serve(connection, number)` for each connection, on a thread of its own."""

    def __init__(self, certificates, serve, version):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*map(str, certificates.servers["good"]))
        self._context.minimum_version = self._context.maximum_version = version
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}/file.bin"
        self.connections = 0

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                plain, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(
                    target=self._one, args=(plain, self.connections), daemon=True
                ).start()

    def _one(self, plain, number):
        with contextlib.suppress(OSError), plain:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._serve(self._context.wrap_socket(plain, server_side=True), number)


def read_request(connection):
    request = b""
    while b"\r\n\r\n" not in request:
        piece = connection.recv(65536)
        if not piece:
            return None
        request += piece
    return request


def unannounced(part):
    """An answer that ends where the connection does."""
    return b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + part


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def version(request):
    return request.param


def test_an_end_that_the_server_did_not_say_is_none(quick_retries, certificates, version):
    def cut(connection, _number):
        read_request(connection)
        connection.sendall(unannounced(body("t", 0, SIZE // 2)))
        # Somebody on the way closes the connection.
        socket.socket.shutdown(connection, socket.SHUT_WR)
        connection.recv(1)

    with TlsServer(certificates, cut, version) as server:
        quick_retries.run("get", "--wait", "--cacert", certificates.ca, server.url).fails(1)
        (shown,) = quick_retries.list()
        assert shown["error"]["kind"] in ("network", "tls"), shown["error"]
        assert list(quick_retries.downloads.iterdir()) == []
        assert server.connections == 4


def test_an_end_that_the_server_has_said_is_one(box, certificates, version):
    def whole(connection, _number):
        read_request(connection)
        connection.sendall(unannounced(body("t", 0, SIZE)))
        connection.unwrap()

    with TlsServer(certificates, whole, version) as server:
        box.run("get", "--wait", "--cacert", certificates.ca, server.url).ok()
    assert (box.downloads / "file.bin").read_bytes() == body("t", 0, SIZE)


def test_with_a_length_nothing_need_be_said(box, certificates, version):
    def counted(connection, _number):
        read_request(connection)
        head = f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {SIZE}\r\n\r\n"
        connection.sendall(head.encode() + body("t", 0, SIZE))
        socket.socket.shutdown(connection, socket.SHUT_WR)
        connection.recv(1)

    with TlsServer(certificates, counted, version) as server:
        box.run("get", "--wait", "--cacert", certificates.ca, server.url).ok()
    assert (box.downloads / "file.bin").read_bytes() == body("t", 0, SIZE)


def test_what_came_in_one_record_with_an_answer_answers_nothing(box, certificates, version):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
    half = threading.Event()

    def generous(connection, number):
        while read_request(connection):
            if number > 1:
                connection.sendall(head % 5 + b"right")
                continue
            connection.sendall(head % 2000 + b"a" * 1000)
            half.wait(20)
            connection.sendall(b"a" * 1000 + head % 5 + b"wrong")

    with TlsServer(certificates, generous, version) as server:
        options = ("--cacert", certificates.ca, server.url)
        first = box.get("-o", box.downloads / "first", *options)
        box.wait_show(first, lambda now: now["bytes_received"] == 1000)
        half.set()
        box.wait_status(first, "Completed")
        box.run("get", "--wait", "-o", box.downloads / "second", *options).ok()
    assert (box.downloads / "first").read_bytes() == b"a" * 2000
    assert (box.downloads / "second").read_bytes() == b"right"
