"""An HTTP/1.1 server whose misbehaviour is an argument of the URL.

    with FaultServer() as server:
        url = server.url("file.bin", size=1_000_000, etag="strong", reset_after=300_000, times=1)

says in one line what a test wants: here, a reset after 300,000 body bytes at the first request and
a faultless answer to every later one. Each URL has a path of its own, so requests are counted per
URL.

What may stand in a URL (all optional):

  the resource   size, seed, disposition, type,
                 etag (strong, weak, changing, or a literal value),
                 modified (old, recent, changing, or a literal value),
                 change_at=K (from the K-th request on it is another file of the same size)
  when           times=K (the faults below are for K requests only; default: all),
                 from_request=K (… beginning with the K-th, counted from 1)
  the head       gate_head (held until release()), head_delay=S,
                 status=N, retry_after=V (a number, or "date:N" for a date N seconds ahead),
                 redirect=N (a chain) or loop, location=URL with redirect_status=N,
                 endless_headers, interim=CODE:COUNT, header=Name: value,
                 garbage (no HTTP at all), no_answer
  the length     length=N or "none" (until the connection closes), chunked=yes|noend|bad,
                 encoding=gzip
  ranges         ranges=ignore (200, not offered), lie (offered, but 200), refuse (416),
                 earlier:N, later:N (206 starting elsewhere), wrong_total, wrong_start,
                 no_content_range, no_if_range (206 without looking)
  the body       stall_after=N (until release()), reset_after=N, truncate=N, rate=BYTES (a second),
                 extra=N bytes,
                 break_at=N (a truncate at the first request, whatever times and from_request say)
"""

import asyncio
import dataclasses
import email.utils
import fcntl
import gzip
import itertools
import socket
import struct
import threading
import time
import urllib.parse

from support.body import body

OLD_DATE = "Mon, 01 Jan 2024 00:00:00 GMT"
CHUNK = 64 * 1024


@dataclasses.dataclass
class Request:
    """What one request asked and what became of it."""

    method: str
    target: str
    headers: list
    number: int  # of those for its URL, from 1
    connection: int
    started: float  # monotonic
    status: int = 0
    sent: int = 0  # body bytes
    first_byte: int = 0  # offset in the resource of the first body byte
    ended: str = ""  # "", "complete", "reset", "truncated", "peer" (the client left)

    @property
    def path(self):
        return urllib.parse.urlsplit(self.target).path

    def header(self, name):
        """The values of a header joined with ", ", or None."""
        values = [v for n, v in self.headers if n.lower() == name.lower()]
        return ", ".join(values) if values else None


class _Cut(Exception):
    """Ends the connection; the argument says how."""


class FaultServer:
    def __init__(self, host="127.0.0.1"):
        self.host = host
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()
        self._news = threading.Condition()
        self._requests = {}  # path -> [Request]
        self._stalled = {}  # path -> how many requests stand still at a gate now
        self._gates = {}  # path -> asyncio.Event
        self._tokens = itertools.count(1)
        self._connections = itertools.count(1)
        self._failure = None

    # ---- for tests -------------------------------------------------------------------------------

    def __enter__(self):
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *exc):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        if self._failure:
            raise self._failure

    def url(self, name="file.bin", host=None, **arguments):
        """A URL of its own with this misbehaviour. `True` stands for a bare argument."""
        query = {k: ("1" if v is True else str(v)) for k, v in arguments.items()}
        path = f"/{next(self._tokens)}/{urllib.parse.quote(name)}"
        text = f"http://{host or self.host}:{self.port}{path}"
        return text + ("?" + urllib.parse.urlencode(query) if query else "")

    def requests(self, url):
        """The requests for this URL so far, in order."""
        with self._news:
            return list(self._requests.get(urllib.parse.urlsplit(url).path, []))

    def wait_requests(self, url, count, timeout=30):
        """Waits until there were `count` requests for this URL."""
        path = urllib.parse.urlsplit(url).path
        self._wait(
            lambda: len(self._requests.get(path, [])) >= count,
            timeout,
            f"{count} requests for {path}",
        )
        return self.requests(url)

    def wait_sent(self, url, count, timeout=30):
        """Waits until `count` body bytes were sent for this URL, all its requests together."""
        path = urllib.parse.urlsplit(url).path
        self._wait(
            lambda: sum(r.sent for r in self._requests.get(path, [])) >= count,
            timeout,
            f"{count} bytes of {path}",
        )

    def wait_stalled(self, url, count=1, timeout=30):
        """Waits until `count` requests for this URL stand still at their gate."""
        path = urllib.parse.urlsplit(url).path
        self._wait(lambda: self._stalled.get(path, 0) >= count, timeout, f"{path} to stall")

    def wait_ended(self, url, number=1, timeout=30):
        """Waits until the `number`-th request for this URL has ended."""
        path = urllib.parse.urlsplit(url).path

        def ended():
            found = self._requests.get(path, [])
            return len(found) >= number and found[number - 1].ended != ""

        self._wait(ended, timeout, f"the end of request {number} for {path}")
        return self.requests(url)[number - 1]

    def release(self, url):
        """Opens the gate of this URL, for requests that wait at it and for all to come."""
        path = urllib.parse.urlsplit(url).path
        self._loop.call_soon_threadsafe(lambda: self._gate(path).set())

    def _wait(self, condition, timeout, what):
        with self._news:
            if not self._news.wait_for(condition, timeout):
                raise AssertionError(f"waited {timeout} s in vain for {what}")

    # ---- the loop --------------------------------------------------------------------------------

    def _run(self):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, self.host, 0, limit=256 * 1024)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    def _gate(self, path):
        return self._gates.setdefault(path, asyncio.Event())

    async def _serve(self, reader, writer):
        connection = next(self._connections)
        try:
            while await self._one(reader, writer, connection):
                pass
        except (_Cut, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        except Exception as error:  # a mistake of the server itself: the tests shall hear of it
            self._failure = error
        finally:
            writer.close()

    async def _one(self, reader, writer, connection):
        line = await reader.readline()
        if not line:
            return False
        method, target, _ = line.decode("latin-1").split(" ", 2)
        headers = []
        while (text := (await reader.readline()).decode("latin-1").rstrip("\r\n")) != "":
            name, _, value = text.partition(":")
            headers.append((name, value.strip()))
        length = next((int(v) for n, v in headers if n.lower() == "content-length"), 0)
        if length:
            await reader.readexactly(length)

        path = urllib.parse.urlsplit(target).path
        with self._news:
            known = self._requests.setdefault(path, [])
            request = Request(method, target, headers, len(known) + 1, connection, time.monotonic())
            known.append(request)
            self._news.notify_all()
        try:
            keep = await _Answer(self, request, reader, writer).give()
            self._ended(request, "complete")
            return keep
        except _Cut as cut:
            self._ended(request, str(cut))
            raise
        except BaseException:
            self._ended(request, "peer")
            raise

    def _ended(self, request, how):
        with self._news:
            request.ended = how
            self._news.notify_all()

    def _sent(self, request, count):
        with self._news:
            request.sent += count
            self._news.notify_all()

    async def _stand_still(self, path, reader):
        """Until the gate opens; ends the connection if the client leaves first."""
        with self._news:
            self._stalled[path] = self._stalled.get(path, 0) + 1
            self._news.notify_all()
        gate = asyncio.ensure_future(self._gate(path).wait())
        left = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({gate, left}, return_when=asyncio.FIRST_COMPLETED)
            if not gate.done():
                raise _Cut("peer")
        finally:
            gate.cancel()
            left.cancel()
            await asyncio.gather(gate, left, return_exceptions=True)
            with self._news:
                self._stalled[path] -= 1


class _Answer:
    """One response."""

    def __init__(self, server, request, reader, writer):
        self.server, self.request, self.reader, self.writer = server, request, reader, writer
        self.args = dict(
            urllib.parse.parse_qsl(
                urllib.parse.urlsplit(request.target).query, keep_blank_values=True
            )
        )
        first = int(self.args.get("from_request", 1))
        last = first + int(self.args.get("times", 10**9)) - 1
        self.faulty = first <= request.number <= last
        self.size = int(self.args.get("size", 0))
        changed = request.number >= int(self.args.get("change_at", 10**9))
        self.version = 2 if changed else 1
        self.seed = self.args.get("seed", "0") + ("'" if changed else "")

    def fault(self, name, default=None):
        return self.args.get(name, default) if self.faulty else default

    def etag(self):
        kind = self.args.get("etag")
        if kind in ("strong", "weak"):
            return ("W/" if kind == "weak" else "") + f'"{self.seed}-{self.size}"'
        if kind == "changing":
            return f'"{self.request.number}"'
        return kind

    def modified(self):
        kind = self.args.get("modified")
        if kind == "old":
            return OLD_DATE if self.version == 1 else "Tue, 02 Jan 2024 00:00:00 GMT"
        if kind == "recent":
            return email.utils.formatdate(time.time() - 5, usegmt=True)
        if kind == "changing":
            return f"Mon, 01 Jan 2024 00:00:{self.request.number % 60:02} GMT"
        return kind

    async def give(self):
        """Writes the response; true if the connection can take another request."""
        if self.fault("gate_head"):
            await self.server._stand_still(self.request.path, self.reader)
        if delay := self.fault("head_delay"):
            await asyncio.sleep(float(delay))
        if self.fault("no_answer"):
            raise _Cut("truncated")
        if self.fault("garbage"):
            self.writer.write(b"220 smtp.example.org ready\r\n" * 3)
            await self.writer.drain()
            raise _Cut("truncated")
        if interim := self.fault("interim"):
            code, _, count = interim.partition(":")
            for _ in range(int(count or 1)):
                self.writer.write(
                    f"HTTP/1.1 {code} Interim\r\nLink: </style.css>; rel=preload\r\n\r\n".encode()
                )
                await self.writer.drain()
        if self.fault("endless_headers"):
            await self.endless_headers()
        if await self.redirect():
            return True
        if status := self.fault("status"):
            return await self.plain(int(status))
        return await self.resource()

    async def endless_headers(self):
        self.writer.write(b"HTTP/1.1 200 OK\r\n")
        for number in itertools.count():
            self.writer.write(f"X-Endless-{number}: {'x' * 1000}\r\n".encode())
            await self.writer.drain()

    async def redirect(self):
        location = self.fault("location")
        if hops := self.fault("redirect"):
            if hops != "loop" and int(hops) <= 0:
                return False
            rest = dict(self.args, redirect="loop" if hops == "loop" else str(int(hops) - 1))
            location = self.request.path + "?" + urllib.parse.urlencode(rest)
        if location is None:
            return False
        await self.head(
            int(self.args.get("redirect_status", 302)),
            [("Location", location), ("Content-Length", "0")],
        )
        return True

    async def plain(self, status):
        text = f"this is the page of error {status}\n".encode()
        headers = [("Content-Type", "text/html"), ("Content-Length", str(len(text)))]
        if value := self.args.get("retry_after"):
            if value.startswith("date:"):
                value = email.utils.formatdate(time.time() + float(value[5:]), usegmt=True)
            headers.append(("Retry-After", value))
        if status in (204, 304):
            text, headers = b"", headers[2:]
        await self.head(status, headers)
        await self.send(text)
        return True

    async def head(self, status, headers):
        self.request.status = status
        lines = [
            f"HTTP/1.1 {status} {'OK' if status < 300 else 'Other'}",
            "Date: " + email.utils.formatdate(usegmt=True),
        ]
        lines += [f"{name}: {value}" for name, value in headers]
        if extra := self.args.get("header"):
            lines.append(extra)
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape"))
        await self.writer.drain()

    def validators(self):
        headers = []
        if (etag := self.etag()) is not None:
            headers.append(("ETag", etag))
        if (modified := self.modified()) is not None:
            headers.append(("Last-Modified", modified))
        return headers

    def wanted_range(self):
        """The start asked for; None for the whole, also where If-Range does not hold."""
        text = self.request.header("range")
        if (
            text is None
            or self.request.method != "GET"
            or self.fault("ranges") in ("ignore", "lie")
        ):
            return None
        if_range = self.request.header("if-range")
        if if_range is not None and self.fault("ranges") != "no_if_range":
            if if_range not in (self.etag(), self.modified()) or if_range.startswith("W/"):
                return None
        return int(text.removeprefix("bytes=").split("-")[0])

    async def resource(self):
        kind, _, amount = (self.fault("ranges") or "").partition(":")
        headers = [
            ("Content-Type", self.args.get("type", "application/octet-stream"))
        ] + self.validators()
        if "disposition" in self.args:
            headers.append(("Content-Disposition", self.args["disposition"]))
        if kind != "ignore":
            headers.append(("Accept-Ranges", "bytes"))

        start, status, total = 0, 200, self.size
        wanted = self.wanted_range()
        if wanted is not None:
            if kind == "refuse" or wanted >= self.size:
                await self.head(
                    416, [("Content-Range", f"bytes */{self.size}"), ("Content-Length", "0")]
                )
                return True
            status, start = 206, wanted
            if kind == "earlier":
                start = max(0, wanted - int(amount))
            elif kind == "later":
                start = min(self.size - 1, wanted + int(amount))
            said = start + 1 if kind == "wrong_start" else start
            total = self.size + 1 if kind == "wrong_total" else self.size
            if kind != "no_content_range":
                headers.append(("Content-Range", f"bytes {said}-{total - 1}/{total}"))

        data = None
        length = self.size - start
        if self.fault("encoding") == "gzip":
            data = gzip.compress(body(self.seed, start, length))
            length = len(data)
            headers.append(("Content-Encoding", "gzip"))

        chunked, declared = self.fault("chunked"), self.fault("length", str(length))
        keep = not chunked and declared == str(length)
        if chunked:
            headers.append(("Transfer-Encoding", "chunked"))
        elif declared != "none":
            headers.append(("Content-Length", declared))
        if not keep and not chunked:
            headers.append(("Connection", "close"))
        self.request.first_byte = start
        await self.head(status, headers)
        if self.request.method == "HEAD":
            return keep
        await self.body(start, length + int(self.fault("extra", 0)), data, chunked)
        return keep and self.fault("extra") is None

    async def body(self, start, length, data, chunked):
        cuts = {}
        for name in ("stall_after", "reset_after", "truncate"):
            if (value := self.fault(name)) is not None:
                cuts[name] = int(value)
        if self.request.number == 1 and "break_at" in self.args:
            cuts["truncate"] = int(self.args["break_at"])
        rate = float(self.fault("rate", 0))
        step = CHUNK if not rate else max(1, min(CHUNK, int(rate / 20)))
        began, sent = time.monotonic(), 0
        while True:
            for name in [n for n, at in cuts.items() if sent >= at]:
                del cuts[name]
                await self.cut(name)
            if sent >= length:
                break
            count = min([step, length - sent] + [at - sent for at in cuts.values()])
            part = data[sent : sent + count] if data else body(self.seed, start + sent, count)
            if chunked:
                self.writer.write(b"%x\r\n" % count if chunked != "bad" or sent == 0 else b"zz\r\n")
            await self.send(part)
            if chunked:
                self.writer.write(b"\r\n")
            sent += count
            if rate and (ahead := sent / rate - (time.monotonic() - began)) > 0:
                await asyncio.sleep(ahead)
        if chunked == "noend":
            raise _Cut("truncated")
        if chunked:
            self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()

    async def cut(self, name):
        await self.writer.drain()
        if name == "stall_after":
            await self.server._stand_still(self.request.path, self.reader)
            return
        if name == "reset_after":
            await self.flushed()
            raw = self.writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.writer.transport.abort()
            raise _Cut("reset")
        raise _Cut("truncated")

    async def flushed(self):
        """Until the kernel has sent what was written: a reset throws away what was not."""
        self.writer.transport.set_write_buffer_limits(0)
        await self.writer.drain()
        raw = self.writer.get_extra_info("socket")
        unsent = struct.Struct("i")
        for _ in range(400):
            if unsent.unpack(fcntl.ioctl(raw.fileno(), 0x5411, unsent.pack(0)))[0] == 0:  # SIOCOUTQ
                return
            await asyncio.sleep(0.005)

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()
        self.server._sent(self.request, len(data))
