"""FTP: a real vsftpd for anonymous visitors, and a server of pyftpdlib's that knows a user.

vsftpd asks the system's accounts for passwords, which tests have no business with. Both say which
files were asked for, and from which byte on.
"""

import dataclasses
import logging
import os
import pathlib
import re
import shutil
import tempfile
import threading
import urllib.parse
import warnings

from support import program
from support.body import write_body
from support.deadline import until

USER = "fritz"
PASSWORD = "ftp:w@rd/%44#?"
COMMAND = re.compile(
    r"\[pid (?P<session>\d+)\] (?:\[\w+\] )?FTP command: "
    r'Client "[^"]*", "(?P<verb>\w+) ?(?P<argument>.*)"$'
)


@dataclasses.dataclass
class Retrieval:
    """A RETR, and the REST before it."""

    session: int
    name: str
    start: int


def retrievals(commands):
    """From (session, verb, argument) in their order."""
    found, rest = [], {}
    for session, verb, argument in commands:
        if verb == "REST":
            rest[session] = int(argument)
        elif verb == "RETR":
            name = argument.rsplit("/", 1)[-1]
            found.append(Retrieval(session, name, rest.pop(session, 0)))
    return found


class _Documents:
    """What both have in common: a folder of files, and what was asked for them."""

    documents: pathlib.Path

    def add(self, name, size, seed=None, modified=1_700_000_000):
        """A file; its body is that of `seed` (by default its name). A second time, another one."""
        path = self.documents / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # A new file, so that a transfer under way goes on with the old one.
        write_body(path.with_name(path.name + ".new"), seed if seed is not None else name, size)
        os.utime(path.with_name(path.name + ".new"), (modified, modified))
        path.with_name(path.name + ".new").rename(path)
        return self.url(name)

    def commands(self):
        raise NotImplementedError

    def retrievals(self, name):
        """The RETR commands for the files of this name (without folder)."""
        return [each for each in retrievals(self.commands()) if each.name == name]

    def wait_retrievals(self, name, count):
        def there():
            found = self.retrievals(name)
            return found if len(found) >= count else None

        return until(there, what=f"{count} retrievals of {name}")


class Vsftpd(_Documents, program.RealServer):
    name = "vsftpd"

    def __init__(self, rate=0):
        """`rate` limits each connection to so many bytes a second."""
        super().__init__()
        self.rate = rate
        self.documents = self.folder / "files"
        self.documents.mkdir()
        self.write("vsftpd.log", "")

    def command(self):
        return [program.find("vsftpd", "vsftpd"), str(self.folder / "vsftpd.conf")]

    def configure(self):
        options = {
            "listen": "YES",
            "listen_address": "127.0.0.1",
            "listen_port": self.ports[0],
            "background": "NO",
            "run_as_launching_user": "YES",
            "seccomp_sandbox": "NO",
            "isolate": "NO",
            "isolate_network": "NO",
            "anonymous_enable": "YES",
            "local_enable": "NO",
            "ftp_username": "nobody",
            "anon_root": self.documents,
            "anon_max_rate": self.rate,
            "secure_chroot_dir": self.folder,
            "connect_from_port_20": "NO",
            "pasv_address": "127.0.0.1",
            "xferlog_enable": "YES",
            "log_ftp_protocol": "YES",
            "vsftpd_log_file": self.folder / "vsftpd.log",
        }
        self.write("vsftpd.conf", "".join(f"{name}={value}\n" for name, value in options.items()))

    # ---- for tests -------------------------------------------------------------------------------

    def url(self, name, user=None):
        who = f"{user}@" if user else ""
        return f"ftp://{who}127.0.0.1:{self.ports[0]}/{urllib.parse.quote(name)}"

    def commands(self):
        found = []
        for line in self.log_lines("vsftpd.log"):
            if match := COMMAND.search(line):
                found.append((int(match["session"]), match["verb"], match["argument"]))
        return found


class FtpServer(_Documents):
    """pyftpdlib's, in a thread: only USER with PASSWORD gets in. It can stand still midway."""

    def __init__(self):
        self.port = 0
        self.documents = pathlib.Path(tempfile.mkdtemp(prefix="lh-ftp-"))
        self.logins = []  # (user, whether it was let in)
        self._commands = []
        self._stalls = {}  # name -> after how many bytes
        self._cuts = set()
        self._rest_ignored = set()  # begun at their first byte all the same
        self._stalled = {}  # name -> how often it stood still
        self._released = set()
        self._server = None
        self._thread = None
        self._stop = threading.Event()

    def __enter__(self):
        self._server = _pyftpdlib_server(self)
        self.port = self._server.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def _run(self):
        while not self._stop.is_set():
            self._server.ioloop.loop(timeout=0.05, blocking=False)
        self._server.close_all()

    def __exit__(self, *exc):
        self._stop.set()
        self._thread.join(10)
        shutil.rmtree(self.documents, ignore_errors=True)

    # ---- for tests -------------------------------------------------------------------------------

    def url(self, name, user=None):
        """`user` is USER:PASSWORD, quoted."""
        who = f"{user}@" if user else ""
        return f"ftp://{who}127.0.0.1:{self.port}/{urllib.parse.quote(name)}"

    def commands(self):
        return list(self._commands)

    def stall(self, name, after):
        """From now on a retrieval of this file stands still after so many bytes, until release."""
        self._released.discard(name)
        self._stalls[name] = after

    def cut(self, name, after):
        """The next retrieval of this file loses its connection after so many bytes."""
        self._cuts.add(name)
        self._stalls[name] = after

    def ignore_rest(self, name):
        """The next retrieval of this file that is asked to begin later begins at its first byte."""
        self._rest_ignored.add(name)

    def release(self, name):
        self._stalls.pop(name, None)
        self._released.add(name)

    def wait_stalled(self, name, count=1):
        until(lambda: self._stalled.get(name, 0) >= count, what=f"{name} to stand still")


def _pyftpdlib_server(outer):
    # Imported where it is used: who has no FTP test to run need not have it.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the modules that it uses
        from pyftpdlib.authorizers import AuthenticationFailed, DummyAuthorizer
        from pyftpdlib.handlers import FTPHandler, ThrottledDTPHandler
        from pyftpdlib.ioloop import IOLoop
        from pyftpdlib.servers import FTPServer

    logging.getLogger("pyftpdlib").setLevel(logging.WARNING)

    class Authorizer(DummyAuthorizer):
        def validate_authentication(self, username, password, handler):
            known = (username, password) == (USER, PASSWORD)
            outer.logins.append((username, known))
            if not known:
                raise AuthenticationFailed("Authentication failed.")

    class Data(ThrottledDTPHandler):
        """What carries a file; the base class knows how to leave the loop and come back."""

        def __init__(self, sock, cmd_channel):
            super().__init__(sock, cmd_channel)
            self._sent = 0
            self._stood = False

        def send(self, data):
            name = os.path.basename(self.file_obj.name) if self.file_obj else ""
            gate = outer._stalls.get(name)
            if gate is None or self._stood:
                return super().send(data)
            sent = super().send(data[: gate - self._sent])
            self._sent += sent
            if self._sent >= gate:
                self._stood = True
                if name in outer._cuts:
                    outer._cuts.discard(name)
                    outer.release(name)
                    self.cmd_channel.close()
                    return sent
                self.del_channel()
                self._wait_for_release(name)
                outer._stalled[name] = outer._stalled.get(name, 0) + 1
            return sent

        def _wait_for_release(self, name):
            def look():
                if name in outer._released:
                    self.add_channel(events=self.ioloop.WRITE)
                else:
                    self._wait_for_release(name)

            self._throttler = self.ioloop.call_later(0.02, look, _errback=self.handle_error)

    class Handler(FTPHandler):
        dtp_handler = Data
        auth_failed_timeout = 0
        banner = "ready"

        def ftp_RETR(self, file):
            if self._restart_position and os.path.basename(file) in outer._rest_ignored:
                outer._rest_ignored.discard(os.path.basename(file))
                self._restart_position = 0
            return super().ftp_RETR(file)

        def pre_process_command(self, line, cmd, arg):
            outer._commands.append((id(self), cmd, arg or ""))
            super().pre_process_command(line, cmd, arg)

    authorizer = Authorizer()
    authorizer.add_user(USER, PASSWORD, str(outer.documents), perm="elr")
    Handler.authorizer = authorizer
    return FTPServer(("127.0.0.1", 0), Handler, ioloop=IOLoop())
