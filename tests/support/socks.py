"""SOCKS proxies: a real one (dante), and one of our own that knows user names and SOCKS 4.

Dante asks the system's accounts for passwords, which tests have no business with.
"""

import asyncio
import dataclasses
import ipaddress
import re
import struct
import threading

from support import program
from support.deadline import until

USER = "strumpf"
PASSWORD = "s0cks:w@rd/%43#?"


class Dante(program.RealServer):
    """SOCKS 4 and 5 for everyone. Its log names the ends of every connection."""

    name = "dante"

    def command(self):
        return [
            program.find("danted", "dante-server"),
            "-f",
            str(self.folder / "danted.conf"),
            "-p",
            str(self.folder / "danted.pid"),
            "-N",
            "1",
        ]

    def configure(self):
        user = "nobody" if self._user else _user_name()
        self.write(
            "danted.conf",
            f"""
            logoutput: {self.folder}/access.log
            internal: 127.0.0.1 port = {self.ports[0]}
            external: 127.0.0.1
            clientmethod: none
            socksmethod: none
            user.privileged: {user}
            user.unprivileged: {user}
            client pass {{ from: 127.0.0.0/8 to: 127.0.0.0/8 }}
            socks pass {{
              from: 127.0.0.0/8 to: 0.0.0.0/0
              protocol: tcp
              log: connect disconnect
            }}
            """,
        )

    # ---- for tests -------------------------------------------------------------------------------

    def url(self, scheme="socks5"):
        return f"{scheme}://127.0.0.1:{self.ports[0]}"

    def connections(self, port):
        """How many connections to this port of the loopback it has opened."""
        opened = re.compile(rf"pass\(\d+\): tcp/connect \[: .*\b127\.0\.0\.1\.{port}\b")
        return sum(1 for line in self.log_lines() if opened.search(line))

    def wait_connections(self, port, count=1):
        until(
            lambda: self.connections(port) >= count,
            what=f"{count} connections to {port} in its log",
        )


def _user_name():
    import getpass

    return getpass.getuser()


@dataclasses.dataclass
class Connection:
    """What a client asked for."""

    version: int
    user: str  # "" if none was given
    host: str
    port: int
    by_name: bool  # the proxy is to resolve the host
    accepted: bool


class _Refused(Exception):
    pass


class SocksServer:
    """SOCKS 4, 4a and 5. With `user`, only those who name it and its password get in."""

    def __init__(self, user=None, password=None):
        self.user, self.password = user, password
        self.port = 0
        self.connections = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *exc):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def url(self, scheme="socks5", user=None):
        return f"{scheme}://{f'{user}@' if user else ''}127.0.0.1:{self.port}"

    # ---- the loop --------------------------------------------------------------------------------

    def _run(self):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _serve(self, reader, writer):
        try:
            version = (await reader.readexactly(1))[0]
            if version == 5:
                await self._five(reader, writer)
            elif version == 4:
                await self._four(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError, _Refused):
            pass
        finally:
            writer.close()

    async def _five(self, reader, writer):
        offered = await reader.readexactly((await reader.readexactly(1))[0])
        wanted = 2 if self.user is not None else 0
        if wanted not in offered:
            self.connections.append(Connection(5, "", "", 0, False, False))
            writer.write(b"\x05\xff")
            await writer.drain()
            return
        writer.write(bytes([5, wanted]))
        user = ""
        if wanted == 2:
            await reader.readexactly(1)
            user = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
            password = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
            known = (user, password) == (self.user, self.password)
            writer.write(b"\x01\x00" if known else b"\x01\x01")
            if not known:
                self.connections.append(Connection(5, user, "", 0, False, False))
                await writer.drain()
                return
        _, command, _, kind = await reader.readexactly(4)
        if kind == 1:
            host = str(ipaddress.IPv4Address(await reader.readexactly(4)))
        elif kind == 4:
            host = str(ipaddress.IPv6Address(await reader.readexactly(16)))
        else:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        (port,) = struct.unpack("!H", await reader.readexactly(2))
        self.connections.append(Connection(5, user, host, port, kind == 3, command == 1))
        await self._pass_on(
            reader,
            writer,
            host,
            port,
            b"\x05\x00\x00\x01" + b"\0" * 6,
            b"\x05\x05\x00\x01" + b"\0" * 6,
        )

    async def _four(self, reader, writer):
        command, port, address = struct.unpack("!BH4s", await reader.readexactly(7))
        user = (await reader.readuntil(b"\0"))[:-1].decode()
        by_name = address[:3] == b"\0\0\0" and address[3] != 0
        if by_name:
            host = (await reader.readuntil(b"\0"))[:-1].decode()
        else:
            host = str(ipaddress.IPv4Address(address))
        accepted = command == 1 and self.user is None
        self.connections.append(Connection(4, user, host, port, by_name, accepted))
        no = b"\0\x5b" + b"\0" * 6
        if not accepted:
            writer.write(no)
            await writer.drain()
            return
        await self._pass_on(reader, writer, host, port, b"\0\x5a" + b"\0" * 6, no)

    async def _pass_on(self, reader, writer, host, port, yes, no):
        try:
            far_reader, far_writer = await asyncio.open_connection(host, port)
        except OSError:
            writer.write(no)
            await writer.drain()
            return
        writer.write(yes)
        ways = [
            asyncio.ensure_future(_pump(reader, far_writer)),
            asyncio.ensure_future(_pump(far_reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            far_writer.close()


async def _pump(reader, writer):
    while data := await reader.read(64 * 1024):
        writer.write(data)
        await writer.drain()
