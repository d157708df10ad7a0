"""Real servers as ordinary processes: found, started on free ports, awaited, ended by their id."""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile

from support.deadline import until


def find(name, package):
    """The path of a program that scripts/setup installs."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    assert path, f"there is no {name}: scripts/setup installs it (package {package})"
    return path


def base_environment():
    return {"PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin", "LANG": "C.UTF-8"}


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def listens(port):
    """True once something takes connections there."""
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except OSError:
        return False
    return True


class RealServer:
    """A server with a folder, a configuration and ports of its own.

    What derives from it says how many ports it needs, how it is configured and what its command is.
    Most servers refuse to work as root, so for root they run as nobody; the folder is theirs.
    """

    name = "server"
    port_count = 1
    ending = signal.SIGTERM  # what it ends by at once

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"lh-{self.name}-"))
        self.folder.chmod(0o755)
        self.ports = []
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._process = None
        self.own(self.folder)

    def configure(self):
        """Writes the configuration for `self.ports`."""
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def environment(self):
        """What it needs besides PATH and LANG."""
        return {}

    def answers(self):
        """True once it serves."""
        return all(listens(port) for port in self.ports)

    # ---- life ------------------------------------------------------------------------------------

    def __enter__(self):
        for _ in range(20):  # another program may take a port in between
            self.ports = free_ports(self.port_count)
            self.configure()
            if self._start():
                return self
        raise AssertionError(f"{self.name} does not start:\n{self.said()}")

    def __exit__(self, *exc):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self):
        if self._process and self._process.poll() is None:
            self._process.send_signal(self.ending)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(20)

    def _start(self):
        with open(self.folder / "output", "ab") as output:
            self._process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                env={**base_environment(), **self.environment()},
                **self._as_nobody(),
            )

        def decided():
            if self._process.poll() is not None:
                return "dead"
            return "alive" if self.answers() else None

        return until(decided, 30, f"{self.name} to answer") == "alive"

    def _as_nobody(self):
        if self._user is None:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}

    # ---- files -----------------------------------------------------------------------------------

    def own(self, path):
        """Hands a file or folder to the user that the server runs as."""
        if self._user:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)
        return path

    def write(self, name, text, mode=0o644):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return self.own(path)

    def copy(self, source, name):
        """A copy that the server can read, of a file that it may not be able to reach."""
        return self.write(name, pathlib.Path(source).read_text(), 0o600)

    def said(self):
        """What it has written to its output and its logs."""
        files = [self.folder / "output", *self.folder.glob("*.log")]
        return "\n".join(
            f"--- {path.name}\n{path.read_text(errors='replace')[-4000:]}"
            for path in files
            if path.exists()
        )

    def log_lines(self, name="access.log"):
        path = self.folder / name
        return path.read_text(errors="replace").splitlines() if path.exists() else []
