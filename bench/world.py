"""A private longhaul, a real nginx and a measured command: what the workloads in run.py are made of."""

import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

TICKS = os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass
class Cost:
    """What a command took: seconds of wall clock and of CPU (its own and its children's)."""

    wall: float
    cpu: float


def measured(command, env=None, cwd=None, stdout=subprocess.DEVNULL):
    """Runs a command to its end; raises if it fails."""
    begin = time.monotonic()
    process = subprocess.Popen(command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - begin
    process.stderr.close()
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {said.decode(errors='replace')[-500:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime)


def cpu_of(pid):
    """Seconds of CPU that a living process has used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_of(pid):
    """{"rss", "peak"} of a living process in bytes."""
    status = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
    return {"rss": int(status["VmRSS"].split()[0]) * 1024, "peak": int(status["VmHWM"].split()[0]) * 1024}


class World:
    """State, configuration, runtime folder and downloads of a longhaul of its own."""

    def __init__(self, build, folder):
        self.build = pathlib.Path(build).resolve()
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="lhb-", dir=folder))
        self.mark = f"LONGHAUL_BENCH={self.root}"
        for name in ("home", "state", "config", "run"):
            (self.root / name).mkdir(mode=0o700)
        self.outputs = 0
        self.new_output()
        self.env = {
            "PATH": f"{self.build}:{os.environ['PATH']}:/usr/sbin:/sbin",
            "HOME": str(self.root / "home"),
            "XDG_STATE_HOME": str(self.root / "state"),
            "XDG_CONFIG_HOME": str(self.root / "config"),
            "XDG_RUNTIME_DIR": str(self.root / "run"),
            "LONGHAUL_BENCH": str(self.root),
            "LANG": "C.UTF-8",
        }

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.end_processes(signal.SIGTERM, 20)
        self.end_processes(signal.SIGKILL, 5)
        shutil.rmtree(self.root, ignore_errors=True)

    def longhaul(self, *arguments, stdout=subprocess.DEVNULL):
        return measured([str(self.build / "longhaul"), *map(str, arguments)], env=self.env, cwd=self.out, stdout=stdout)

    def output(self, *arguments):
        command = [str(self.build / "longhaul"), *map(str, arguments)]
        return subprocess.run(command, env=self.env, cwd=self.out, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout

    def daemon(self):
        """The daemon's pid; starts it if need be."""
        return json.loads(self.output("status", "--json"))["daemon"]["pid"]

    def configure(self, text):
        path = self.root / "config" / "longhaul" / "longhaul.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def restart_clean(self):
        """Ends the daemon and forgets everything; the next command starts a new one."""
        self.end_processes(signal.SIGTERM, 20)
        self.end_processes(signal.SIGKILL, 5)
        shutil.rmtree(self.root / "state")
        (self.root / "state").mkdir(mode=0o700)

    def clear_output(self):
        shutil.rmtree(self.out)
        self.new_output()

    def new_output(self):
        """Another folder for downloads. The old files stay until the end: ext4 searches long for an inode
        while many were removed in the last minutes, which would be measured instead of the programs.
        """
        self.outputs += 1
        self.out = self.root / f"out{self.outputs}"
        self.out.mkdir(mode=0o700)
        # What earlier runs have left to be written must not slow down the next one.
        os.sync()

    def processes(self):
        found = []
        for entry in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                if self.mark.encode() in pathlib.Path(f"/proc/{entry}/environ").read_bytes().split(b"\0"):
                    found.append(int(entry))
        return found

    def end_processes(self, number, patience):
        """Signals everything that runs in this world, and waits for it to go."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + patience
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.02)

    def kill9_daemon(self, pid):
        os.kill(pid, signal.SIGKILL)
        while os.path.exists(f"/proc/{pid}/exe"):
            time.sleep(0.002)


@dataclasses.dataclass
class Request:
    """A line of nginx's access log."""

    path: str
    status: int
    start: int  # offset of the first byte asked for
    sent: int  # body bytes handed to the connection


class Nginx:
    """nginx on loopback with documents of its own; `limit_rate` in bytes a second, 0: none."""

    def __init__(self, folder, limit_rate=0, log=False):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nginx-", dir=folder))
        self.documents = self.folder / "www"
        self.documents.mkdir()
        self.limit_rate, self.log = limit_rate, log

    def __enter__(self):
        (self.documents / "token").write_text(str(self.folder))
        for _ in range(20):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
            if self._start():
                return self
        raise RuntimeError("nginx does not start")

    def __exit__(self, *exc):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self):
        (self.folder / "nginx.conf").write_text(
            f"""
            {"user root;" if os.geteuid() == 0 else ""}
            daemon off; master_process off; pid {self.folder}/pid; error_log {self.folder}/error.log warn;
            worker_rlimit_nofile 4096;
            events {{ worker_connections 1024; }}
            http {{
              log_format proof '$status "$http_range" $body_bytes_sent $uri';
              access_log {f"{self.folder}/access.log proof" if self.log else "off"};
              client_body_temp_path {self.folder}/t1; proxy_temp_path {self.folder}/t2; fastcgi_temp_path {self.folder}/t3;
              uwsgi_temp_path {self.folder}/t4; scgi_temp_path {self.folder}/t5;
              sendfile on; tcp_nopush on; keepalive_requests 1000000; open_file_cache max=1000;
              server {{ listen 127.0.0.1:{self.port}; root {self.documents}; limit_rate {self.limit_rate}; }}
            }}"""
        )
        program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
        self.process = subprocess.Popen(
            [program, "-p", self.folder, "-c", self.folder / "nginx.conf", "-e", self.folder / "error.log"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while self.process.poll() is None:
            with contextlib.suppress(OSError):
                return opener.open(self.url("token"), timeout=5).read().decode() == str(self.folder)
            time.sleep(0.02)
        return False

    def url(self, name):
        return f"http://127.0.0.1:{self.port}/{name}"

    def add(self, name, size):
        """A document of random bytes (one random mebibyte repeated where it is large)."""
        path = self.documents / name
        path.parent.mkdir(parents=True, exist_ok=True)
        block = os.urandom(min(size, 1 << 20))
        with open(path, "wb") as file:
            left = size
            while left > 0:
                left -= file.write(block[:left])
        return path

    def requests(self):
        found = []
        for line in (self.folder / "access.log").read_text().splitlines():
            status, asked, sent, path = line.split()
            start = int(asked.strip('"').removeprefix("bytes=").split("-")[0]) if status == "206" else 0
            found.append(Request(path.lstrip("/"), int(status), start, int(sent)))
        return found
