"""A private world for one test: folders, environment, command line, daemon."""

import contextlib
import dataclasses
import json
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import tempfile
import threading

from support import processes
from support.deadline import STRETCH, until

ENDED = ("Completed", "Canceled", "Error")


def as_argument(value):
    """Bytes stay as they are: not everything that can be typed is UTF-8."""
    return value if isinstance(value, bytes) else str(value)


@dataclasses.dataclass
class Result:
    """What a command gave."""

    command: list
    code: int
    out: str
    err: str

    @property
    def lines(self):
        return self.out.splitlines()

    def json_lines(self):
        return [json.loads(line) for line in self.lines]

    def said(self):
        """Standard error, and what fits of standard output, which may be a file's content."""
        return f"{self.err}{self.out[:2000]!r} ({len(self.out)} characters)"

    def ok(self):
        assert self.code == 0, f"{self.command} gave {self.code}: {self.said()}"
        return self

    def fails(self, code):
        """Checks the exit status and that standard error says why, in the way that cli.md fixes."""
        assert (
            self.code == code
        ), f"{self.command} gave {self.code}, not {code}: {self.said()}"
        assert self.err.startswith("longhaul: "), f"{self.command} says: {self.err!r}"
        return self


class Command:
    """A command that is running."""

    def __init__(self, box, arguments, program=None, **options):
        self.arguments = arguments
        self._box = box
        self.process = subprocess.Popen(
            [program or box.program, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )
        box.own_children.add(self.process.pid)
        self.out, self.err = b"", b""
        self._lines = queue.Queue()
        self._threads = [
            threading.Thread(target=self._read_out, daemon=True),
            threading.Thread(target=self._read_err, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _read_out(self):
        rest = b""
        while part := self.process.stdout.read1(1 << 20):
            self.out += part
            *lines, rest = (rest + part).split(b"\n")
            for line in lines:
                self._lines.put(line.decode(errors="replace"))
        if rest:
            self._lines.put(rest.decode(errors="replace"))
        self._lines.put(None)

    def _read_err(self):
        for line in self.process.stderr:
            self.err += line

    def next_line(self, timeout=20):
        """The next line of its output, or None at its end."""
        try:
            return self._lines.get(timeout=timeout * STRETCH)
        except queue.Empty:
            raise AssertionError(
                f"{self.arguments} said nothing more after {self.out[-500:]!r}, {self.err!r}"
            ) from None

    def wait_line(self, wanted, timeout=20):
        """The next line for which `wanted` is true."""
        while (line := self.next_line(timeout)) is not None:
            if wanted(line):
                return line
        raise AssertionError(
            f"{self.arguments} has ended without the line: {self.out[-2000:]!r} {self.err!r}"
        )

    def wait_json(self, wanted, timeout=20):
        return json.loads(self.wait_line(lambda line: wanted(json.loads(line)), timeout))

    def kill9(self):
        self.process.kill()
        return self.wait()

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        return self.wait()

    def wait(self, timeout=60):
        """Waits for its end."""
        try:
            code = self.process.wait(timeout * STRETCH)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"{self.arguments} does not end: {self.out[-500:]!r} {self.err!r}"
            ) from None
        for thread in self._threads:
            thread.join(10)
        return Result(
            self.arguments,
            code,
            self.out.decode(errors="replace"),
            self.err.decode(errors="replace"),
        )


class Box:
    """State, configuration, runtime, home and downloads, all under one short-named folder."""

    def __init__(self, build):
        self.build = pathlib.Path(build)
        self.program = str(self.build / "longhaul")
        self.daemon_program = str(self.build / "longhauld")
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="lh-"))
        self.mark = f"LONGHAUL_TEST_BOX={self.root}"
        self.own_children = set()
        self.expected_ends = {}  # pid -> exit status that the test itself has caused
        self.ends = {}
        self.seen_daemons = set()
        self.commands = []
        for name in ("home", "state", "config", "run", "downloads", "reports"):
            (self.root / name).mkdir(mode=0o700)
        self.downloads = self.root / "downloads"
        self.config_file = self.root / "config" / "longhaul" / "longhaul.toml"
        self.state = self.root / "state" / "longhaul"
        self.env = self._environment()

    def _environment(self):
        kept = ("PATH", "TMPDIR", "ASAN_SYMBOLIZER_PATH", "UBSAN_SYMBOLIZER_PATH")
        env = {name: os.environ[name] for name in kept if name in os.environ}
        env.update(
            HOME=str(self.root / "home"),
            XDG_STATE_HOME=str(self.root / "state"),
            XDG_CONFIG_HOME=str(self.root / "config"),
            XDG_RUNTIME_DIR=str(self.root / "run"),
            LONGHAUL_TEST_BOX=str(self.root),
            LANG="C.UTF-8",
            TERM="xterm",
        )
        reports = self.root / "reports"
        for name in ("ASAN", "TSAN", "UBSAN", "LSAN"):
            given = os.environ.get(f"{name}_OPTIONS")
            own = f"log_path={reports}/{name.lower()}:print_stacktrace=1"
            env[f"{name}_OPTIONS"] = f"{given}:{own}" if given else own
        return env

    # ---- commands --------------------------------------------------------------------------------

    def run(self, *arguments, input=None, timeout=60, cwd=None, env=None):
        """Runs the command line to its end."""
        process = subprocess.Popen(
            [self.program, *map(as_argument, arguments)],
            stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd or self.downloads,
            env={**self.env, **(env or {})},
        )
        self.own_children.add(process.pid)
        try:
            data = input.encode() if isinstance(input, str) else input
            out, err = process.communicate(data, timeout=timeout * STRETCH)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"{arguments} does not end: {out[-500:]!r} {err!r}") from None
        result = Result(
            list(arguments),
            process.returncode,
            out.decode(errors="replace"),
            err.decode(errors="replace"),
        )
        result.raw = out
        assert (
            0 <= process.returncode <= 4
        ), f"{arguments} ended with {process.returncode}: {result.err}"
        return result

    def start(self, *arguments, cwd=None, env=None, **options):
        """Starts the command line and goes on."""
        command = Command(
            self, arguments, cwd=cwd or self.downloads, env={**self.env, **(env or {})}, **options
        )
        self.commands.append(command)
        return command

    def get(self, *arguments, **options):
        """`longhaul get`: the id, or the list of ids if there are several."""
        ids = self.run("get", *arguments, **options).ok().lines
        return ids[0] if len(ids) == 1 else ids

    def show(self, transfer):
        return self.run("show", transfer, "--json").ok().json_lines()[0]

    def list(self, *arguments):
        return self.run("list", "--json", *arguments).ok().json_lines()

    def wait_status(self, transfer, status, timeout=30):
        """Waits until it has this status, and returns what `show` says.

        Fails at once if it ends otherwise.
        """

        def reached():
            now = self.show(transfer)
            if now["status"] == status:
                return now
            assert now["status"] not in ENDED, f"{transfer} ended otherwise: {now}"
            return None

        if status in ENDED:
            self.run("wait", transfer, timeout=timeout)
            now = self.show(transfer)
            assert now["status"] == status, f"{transfer} is {now['status']}, not {status}: {now}"
            return now
        return until(reached, timeout, f"{transfer} to be {status}", pause=0.05)

    def wait_show(self, transfer, condition, timeout=30):
        """Waits until what `show` says fulfils the condition, and returns that."""

        def reached():
            now = self.show(transfer)
            return now if condition(now) else None

        return until(reached, timeout, f"{transfer} to be as wanted", pause=0.05)

    # ---- daemon ----------------------------------------------------------------------------------

    def config(self, tables):
        """Writes longhaul.toml; a string is written as it is, a list as a table for each."""
        self.config_file.parent.mkdir(exist_ok=True)
        if isinstance(tables, str):
            self.config_file.write_text(tables)
            return
        lines = []
        for table, entries in tables.items():
            several = isinstance(entries, list)
            for keys in entries if several else [entries]:
                lines.append(f"[[{table}]]" if several else f"[{table}]")
                lines += [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
        self.config_file.write_text("\n".join(lines) + "\n")

    def daemon_pids(self):
        found = [
            pid
            for pid, program in processes.with_mark(self.mark).items()
            if program == "longhauld" and processes.is_alive(pid)
        ]
        self.seen_daemons.update(found)
        return found

    def daemon_pid(self):
        """The daemon's pid; there must be exactly one."""
        found = self.daemon_pids()
        assert len(found) == 1, f"{len(found)} daemons: {found}"
        return found[0]

    def kill9_daemon(self):
        pid = self.daemon_pid()
        self.expected_ends[pid] = -signal.SIGKILL
        processes.kill9(pid)
        return pid

    def wait_no_daemon(self, timeout=20):
        for pid in self.daemon_pids():
            assert processes.wait_gone(pid, timeout), f"daemon {pid} does not end"

    def start_daemon(self, env=None, **options):
        """Runs longhauld itself, in the foreground, as a child of the test."""
        process = subprocess.Popen(
            [self.daemon_program],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            env={**self.env, **(env or {})},
            text=True,
            **options,
        )
        self.own_children.add(process.pid)
        return process

    def bus_address(self):
        """The address of the private bus that the library has started, from its socket."""
        for path in (self.root / "run").rglob("*"):
            if path.is_socket():
                return f"unix:path={path}"
        raise AssertionError("there is no private bus")

    def partial_files(self):
        """The hidden files of unfinished downloads that are anywhere in the box."""
        return sorted(path for path in self.root.rglob(".longhaul-*") if path.is_file())

    # ---- the end ---------------------------------------------------------------------------------

    def close(self):
        """Ends everything; returns what was wrong."""
        wrong = []
        for command in self.commands:
            if command.process.poll() is None:
                command.process.kill()
            with contextlib.suppress(AssertionError):
                command.wait(10)
        wrong += self._forgotten_partials()
        for pid in self.daemon_pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            if not processes.wait_gone(pid, 20):
                wrong.append(f"the daemon ({pid}) does not end when asked to (SIGTERM)")
                self.expected_ends[pid] = -signal.SIGKILL
                processes.kill9(pid)
        left = processes.with_mark(self.mark)
        for pid, program in left.items():
            if program == "longhauld":
                self.expected_ends[pid] = -signal.SIGKILL
            processes.kill9(pid)
        self.ends.update(processes.adopted_ends(self.own_children))
        for pid, code in self.ends.items():
            # One that refused to start has said so with a status; a bus may be ended by us.
            tolerated = code >= 0 or code == -signal.SIGKILL
            if pid in self.seen_daemons:
                tolerated = code in (0, self.expected_ends.get(pid))
            if not tolerated:
                wrong.append(f"process {pid} left behind by the programs ended with {code}")
        # A process that is killed while it looks for leaks at its end may leave an empty report.
        wrong += [
            f"{path.name}:\n{path.read_text(errors='replace')}"
            for path in (self.root / "reports").iterdir()
            if path.stat().st_size > 0
        ]
        return wrong

    def _forgotten_partials(self):
        """Partial files of transfers that have ended, or that nobody knows."""
        partials = self.partial_files()
        if not partials:
            return []
        listed = self.run("list", "--all-apps", "--json")
        if listed.code != 0:
            return [f"the daemon cannot say whose {partials} are: {listed.err}"]
        # What a server said to refuse an upload is kept as long as the upload is listed.
        unfinished = {
            each["id"]
            for each in listed.json_lines()
            if each["status"] not in ENDED
            or (each["kind"], each["status"]) == ("upload", "Error")
        }
        orphans = [
            path for path in partials if not any(transfer in path.name for transfer in unfinished)
        ]
        if not orphans:
            return []
        # What has just ended is tidied up in a moment.
        with contextlib.suppress(AssertionError):
            until(lambda: not any(path.exists() for path in orphans), 5, "the partial files to go")
        return [f"{path} was left behind" for path in orphans if path.exists()]

    def logs(self):
        """What the daemons have logged, as far as it is kept in the box."""
        found = []
        for path in [*self.root.rglob("*.log"), *self.root.rglob("log")]:
            found.append(f"--- {path}\n{path.read_text(errors='replace')[-8000:]}")
        return "\n".join(found)

    def remove(self):
        shutil.rmtree(self.root, ignore_errors=True)
