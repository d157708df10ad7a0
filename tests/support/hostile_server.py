"""A server that means harm: each path is an attack on the memory or the time of the client.

It is a program of its own, so that what it does costs the test nothing but the processor:

    with HostileServer() as server:
        url = server.url("headers")

Every attack goes on for as long as the client stays. `ATTACKS` names them all.
"""

import asyncio
import contextlib
import functools
import itertools
import pathlib
import subprocess
import sys
import zlib

BLOCK = 64 * 1024
ATTACKS = {}


def attack(function):
    ATTACKS[function.__name__.replace("_", "-")] = function
    return function


class Client:
    """One connection, after its request was read."""

    def __init__(self, reader, writer, number, target):
        self.reader, self.writer, self.number, self.target = reader, writer, number, target

    async def say(self, data):
        self.writer.write(data if isinstance(data, bytes) else data.encode("latin-1"))
        await self.writer.drain()

    async def hang(self):
        """Until the client leaves; whatever else it asks gets no answer."""
        while await self.reader.read(BLOCK):
            pass


# ---- heads ---------------------------------------------------------------------------------------


@attack
async def headers(client):
    """Header fields without end."""
    await client.say("HTTP/1.1 200 OK\r\n")
    for number in itertools.count():
        await client.say(f"X-{number}: {'x' * 1000}\r\n")


@attack
async def many_small_headers(client):
    await client.say("HTTP/1.1 200 OK\r\n")
    while True:
        await client.say("a:\r\n" * 1000)


@attack
async def one_long_header(client):
    await client.say("HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        await client.say("x" * BLOCK)


@attack
async def long_status_line(client):
    await client.say("HTTP/1.1 200 ")
    while True:
        await client.say("x" * BLOCK)


@attack
async def folded_header(client):
    await client.say("HTTP/1.1 200 OK\r\nX-Long: a\r\n")
    while True:
        await client.say(" x" * 100 + "\r\n")


@attack
async def large_head_and_no_more(client):
    """As much of a head as many clients take, and then a byte of the body now and then."""
    fields = "".join(f"X-{number}: {'x' * 990}\r\n" for number in range(200))
    await client.say("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n" + fields + "\r\n")
    while True:
        await client.say(b"x")
        await asyncio.sleep(1)


@attack
async def interim_answers(client):
    while True:
        await client.say("HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n" * 100)


@attack
async def large_interim_answers(client):
    head = "HTTP/1.1 103 Hints\r\n" + f"Link: <{'x' * 8000}>\r\n" * 8 + "\r\n"
    while True:
        await client.say(head)


@attack
async def byte_a_second_head(client):
    for byte in itertools.chain(b"HTTP/1.1 200 OK\r\n", itertools.cycle(b"X-Slow: x\r\n")):
        await client.say(bytes([byte]))
        await asyncio.sleep(1)


@attack
async def no_answer(client):
    await client.hang()


# ---- redirects -----------------------------------------------------------------------------------


@attack
async def million_redirects_in_one_header(client):
    await client.say("HTTP/1.1 302 Found\r\nLocation: ")
    for number in range(1_000_000):
        await client.say(f"http://127.0.0.1:1/{number}, ")
    await client.say("\r\n\r\n")


@attack
async def long_redirects(client):
    """Each to an address as long as a header line may be."""
    where = f"/long-redirects/{client.number}/" + "x" * 60_000
    await client.say(f"HTTP/1.1 302 Found\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n")


@attack
async def cookies(client, made=itertools.count()):
    """Redirects that set as many large cookies as there is room for, others each time."""
    fields = "".join(
        f"Set-Cookie: c{next(made)}={'x' * 3900}; Path=/\r\n" for number in range(15)
    )
    await client.say(
        f"HTTP/1.1 302 Found\r\nLocation: /cookies/{client.number}\r\nContent-Length: 0\r\n"
        + fields
        + "\r\n"
    )


@attack
async def small_cookies(client):
    """So many that each costs more than its bytes."""
    fields = "".join(f"Set-Cookie: c{client.number}-{number}=\r\n" for number in range(400))
    await client.say(
        f"HTTP/1.1 302 Found\r\nLocation: /small-cookies/{client.number}\r\n"
        "Content-Length: 0\r\n" + fields + "\r\n"
    )


@attack
async def body_of_a_redirect(client):
    await client.say("HTTP/1.1 302 Found\r\nLocation: /body-of-a-redirect\r\n\r\n")
    while True:
        await client.say(b"x" * BLOCK)


@attack
async def error_page(client):
    await client.say("HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        await client.say(b"%x\r\n%s\r\n" % (BLOCK, b"x" * BLOCK))


# ---- bodies --------------------------------------------------------------------------------------


@attack
async def trailers(client):
    await client.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n")
    for number in itertools.count():
        await client.say(f"X-{number}: {'x' * 1000}\r\n")


@attack
async def one_long_trailer(client):
    await client.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX: ")
    while True:
        await client.say("x" * BLOCK)


@attack
async def chunk_extension(client):
    await client.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=")
    while True:
        await client.say("x" * BLOCK)


@attack
async def chunk_length(client):
    await client.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        await client.say("0" * BLOCK)


@attack
async def chunks_of_one_byte(client):
    await client.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(40):
        await client.say("1\r\nx\r\n" * 5_000)
    await client.hang()


@functools.cache
def zeros(size):
    """So many of them, compressed with gzip."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    part = bytes(1 << 20)
    return b"".join(packer.compress(part) for _ in range(size >> 20)) + packer.flush()


@attack
async def compressed_bomb(client):
    """A quarter of a megabyte that would be a quarter of a gigabyte."""
    bomb = zeros(1 << 28)
    await client.say("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n")
    await client.say(b"Content-Length: %d\r\n\r\n%s" % (len(bomb), bomb))


@attack
async def compressed_chunks(client):
    """This coding is taken off by the client, so it is of a size that a disk has."""
    bomb = zeros(1 << 20)
    await client.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n")
    await client.say(b"%x\r\n%s\r\n0\r\n\r\n" % (len(bomb), bomb))


@attack
async def byte_a_second_body(client):
    await client.say("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        await client.say(b"x")
        await asyncio.sleep(1)


@attack
async def body_of_no_end(client):
    """A rate that fills no disk while a test runs, from so many connections."""
    await client.say("HTTP/1.1 200 OK\r\n\r\n")
    while True:
        await client.say(b"x" * 4096)
        await asyncio.sleep(0.1)


@attack
async def answers_without_requests(client):
    """One answer that is right, and behind it more of them than were asked for."""
    await client.say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
    while True:
        await client.say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx" * 1000)


@attack
async def ranges_that_never_fit(client):
    """Every answer breaks off, and none fits to the one before."""
    await client.say(
        f'HTTP/1.1 200 OK\r\nContent-Length: 2000\r\nETag: "{client.number}"\r\n'
        "Accept-Ranges: bytes\r\n\r\n" + "x" * 1000
    )
    client.writer.close()


# ---- the server ----------------------------------------------------------------------------------


class HostileServer:
    """Starts the program, and ends it."""

    def __enter__(self):
        self._process = subprocess.Popen(
            [sys.executable, pathlib.Path(__file__).resolve()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(self, *exc):
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()

    def url(self, name, number=0):
        assert name in ATTACKS
        return f"http://127.0.0.1:{self.port}/{name}/{number}"

    def requests(self, name):
        """How many there were so far."""
        self._process.stdin.write(name + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


class _Program:
    def __init__(self):
        self.counts = {}

    async def serve(self, reader, writer):
        try:
            while line := await reader.readline():
                target = line.split()[1].decode("latin-1")
                while await reader.readline() not in (b"\r\n", b""):
                    pass
                name = target.split("/")[1]
                number = self.counts[name] = self.counts.get(name, 0) + 1
                await ATTACKS[name](Client(reader, writer, number, target))
        except (OSError, ValueError, asyncio.IncompleteReadError):
            pass  # the client has left, or has been led too far
        finally:
            writer.close()

    async def run(self):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, limit=256 * 1024)
        print(server.sockets[0].getsockname()[1], flush=True)
        loop = asyncio.get_running_loop()
        while name := await loop.run_in_executor(None, sys.stdin.readline):
            print(self.counts.get(name.strip(), 0), flush=True)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        asyncio.run(_Program().run())
