#!/usr/bin/python3
"""Measures longhaul against curl and aria2c, in one run on one machine.

    bench/run.py [--build-dir build/release] [--runs 5] [--only big,upload,small,waiting,kill] [--quick]

Needs a release build, and curl, aria2 and nginx-light from Debian. Prints a table and writes bench/results/DATE-COMMIT.json.
What is measured and how: bench/README.md.
"""

import argparse
import datetime
import hashlib
import json
import os
import pathlib
import platform
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from world import Nginx, World, cpu_of, measured, memory_of

HERE = pathlib.Path(__file__).resolve().parent
MIB = 1 << 20


# ---- one big file ----------------------------------------------------------------------------------------------------


def big(world, options):
    """One file over loopback to disk."""
    with Nginx(options.folder) as server:
        source = server.add("big", options.big_mib * MIB)
        runs = []
        for _ in range(options.runs):
            run = {"longhaul": _big_longhaul(world, server, source)}
            world.clear_output()
            run["curl"] = vars(measured(["curl", "-sS", "--noproxy", "*", "-o", str(world.out / "big"), server.url("big")]))
            begin = time.monotonic()
            with open(world.out / "big", "rb") as file:
                os.fsync(file.fileno())
            run["curl"]["wall_with_fsync"] = run["curl"]["wall"] + time.monotonic() - begin
            world.clear_output()
            run["aria2c"] = vars(
                measured(["aria2c", "-q", "--no-conf", "--all-proxy=", "-d", str(world.out), "-o", "big", server.url("big")])
            )
            runs.append(run)
        return {
            "runs": runs,
            "wall_to_curl": ratio(runs, "longhaul", "curl", "wall"),
            "wall_to_curl_with_fsync": ratio(runs, ("longhaul", "wall"), ("curl", "wall_with_fsync")),
            "wall_to_aria2c": ratio(runs, "longhaul", "aria2c", "wall"),
            "cpu_to_curl": ratio(runs, ("longhaul", "daemon_cpu"), ("curl", "cpu")),
            "daemon_peak_mib": max(run["longhaul"]["daemon_peak"] for run in runs) / MIB,
        }


def _big_longhaul(world, server, source):
    world.restart_clean()
    world.clear_output()
    daemon = world.daemon()
    before = cpu_of(daemon)
    cost = world.longhaul("get", server.url("big"), "-o", world.out / "big", "--wait")
    result = {**vars(cost), "daemon_cpu": cpu_of(daemon) - before, "daemon_peak": memory_of(daemon)["peak"]}
    if digest(world.out / "big") != digest(source):
        raise RuntimeError("longhaul's file differs from the source")
    return result


# ---- one big upload --------------------------------------------------------------------------------------------------


class Sink:
    """Takes what PUT requests bring, and forgets it."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.port = self.listener.getsockname()[1]
        self.taken = []
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def url(self, name):
        return f"http://127.0.0.1:{self.port}/{name}"

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._take, args=(connection,), daemon=True).start()

    def _take(self, connection):
        head, buffer = b"", bytearray(MIB)
        with connection:
            while b"\r\n\r\n" not in head:
                piece = connection.recv(65536)
                if not piece:
                    return
                head += piece
            head, rest = head.split(b"\r\n\r\n", 1)
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
            if b"expect" in fields:
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            left = int(fields[b"content-length"]) - len(rest)
            while left > 0 and (count := connection.recv_into(buffer, min(left, MIB))):
                left -= count
            self.taken.append(left)
            if left == 0:
                connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def upload(world, options):
    """One file over loopback to a server that takes it, and forgets it."""
    source = world.root / "source"
    block = os.urandom(MIB)
    with open(source, "wb") as file:
        for _ in range(options.upload_mib):
            file.write(block)
    os.sync()
    with Sink() as server:
        runs = []
        for _ in range(options.runs):
            world.restart_clean()
            daemon = world.daemon()
            before = cpu_of(daemon)
            cost = world.longhaul("put", source, server.url("longhaul"), "--wait")
            run = {"longhaul": {**vars(cost), "daemon_cpu": cpu_of(daemon) - before, "daemon_peak": memory_of(daemon)["peak"]}}
            run["curl"] = vars(measured(["curl", "-sS", "--noproxy", "*", "-T", str(source), server.url("curl")]))
            runs.append(run)
        if any(server.taken) or len(server.taken) != 2 * options.runs:
            raise RuntimeError(f"not everything was sent: {server.taken}")
    source.unlink()
    return {
        "runs": runs,
        "wall_to_curl": ratio(runs, "longhaul", "curl", "wall"),
        "cpu_to_curl": ratio(runs, ("longhaul", "daemon_cpu"), ("curl", "cpu")),
        "daemon_peak_mib": max(run["longhaul"]["daemon_peak"] for run in runs) / MIB,
    }


# ---- many small files ------------------------------------------------------------------------------------------------


def small(world, options):
    """Many small files, durable when reported."""
    names = [f"{number:06}" for number in range(options.small_count)]
    with Nginx(options.folder) as server:
        for name in names:
            server.add(name, options.small_kib * 1024)
        runs = []
        for _ in range(options.runs):
            run = {"longhaul": _small_longhaul(world, server, names)}
            world.new_output()
            listed = _written(world, "".join(f'url = "{server.url(name)}"\noutput = "{world.out}/{name}"\n' for name in names))
            run["curl"] = vars(measured(["curl", "-sS", "--noproxy", "*", "-Z", "--parallel-max", "16", "-K", listed]))
            same_files(world.out, server, names)
            world.new_output()
            listed = _written(world, "".join(f"{server.url(name)}\n  out={name}\n" for name in names))
            run["aria2c"] = vars(measured(["aria2c", "-q", "--no-conf", "--all-proxy=", "-j16", "-d", str(world.out), "-i", listed]))
            same_files(world.out, server, names)
            runs.append(run)
        return {
            "runs": runs,
            "wall_to_curl": ratio(runs, "longhaul", "curl", "wall"),
            "wall_to_aria2c": ratio(runs, "longhaul", "aria2c", "wall"),
            "files_per_second": statistics.median(len(names) / run["longhaul"]["wall"] for run in runs),
        }


def _written(world, text):
    (world.root / "list").write_text(text)
    return str(world.root / "list")


def _small_longhaul(world, server, names):
    world.restart_clean()
    world.new_output()
    listed = _written(world, "".join(f"{server.url(name)}\t{world.out}/{name}\n" for name in names))
    daemon = world.daemon()
    before = cpu_of(daemon)
    cost = world.longhaul("get", "-i", listed, "--wait")
    result = {**vars(cost), "daemon_cpu": cpu_of(daemon) - before, "daemon_peak": memory_of(daemon)["peak"]}
    same_files(world.out, server, names)
    return result


def same_files(folder, server, names):
    """All sizes, and the bytes of every hundredth."""
    for number, name in enumerate(names):
        served, got = server.documents / name, folder / name
        if got.stat().st_size != served.stat().st_size or (number % 100 == 0 and got.read_bytes() != served.read_bytes()):
            raise RuntimeError(f"{got} differs from the source")


# ---- a hundred thousand waiting downloads ----------------------------------------------------------------------------


class SilentServer:
    """Takes connections and says nothing; once `talk` is set, sends a header and one byte to each request and notes when."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.talk = threading.Event()
        self.first_byte = None
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            connection.recv(65536)
            if self.talk.is_set():
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nx")
                self.first_byte = self.first_byte or time.monotonic()
        except OSError:
            pass

    def close(self):
        self.listener.close()
        for connection in self.connections:
            connection.close()


def waiting(world, options):
    """Creation, memory, restart and listing with many waiting downloads."""
    listed = world.root / "waiting"
    runs = []
    for _ in range(options.runs):
        server = SilentServer()
        try:
            listed.write_text("".join(f"http://127.0.0.1:{server.port}/{n}\t{world.out}/{n}\n" for n in range(options.waiting_count)))
            runs.append(_waiting_run(world, server, listed, options.waiting_count))
        finally:
            server.close()
    median = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    return {"runs": runs, **median}


def _waiting_run(world, server, listed, count):
    world.restart_clean()
    daemon = world.daemon()
    created = world.longhaul("get", "-i", listed)
    after_creation = memory_of(daemon)
    world.kill9_daemon(daemon)
    server.talk.set()
    begin = time.monotonic()
    daemon = world.daemon()
    while server.first_byte is None and time.monotonic() - begin < 60:
        time.sleep(0.001)
    if server.first_byte is None:
        raise RuntimeError("no request within a minute of the restart")
    before_list = memory_of(daemon)
    with tempfile.TemporaryFile(dir=world.root) as lines:
        listing = world.longhaul("list", "--json", stdout=lines)
        lines.seek(0)
        shown = sum(1 for _ in lines)
    if shown != count:
        raise RuntimeError(f"list shows {shown} of {count}")
    after_list = memory_of(daemon)
    return {
        "created_per_second": count / created.wall,
        "rss_mib_after_creation": after_creation["rss"] / MIB,
        "peak_mib_after_creation": after_creation["peak"] / MIB,
        "restart_to_first_byte_s": server.first_byte - begin,
        "rss_mib_before_list": before_list["rss"] / MIB,
        "rss_mib_after_list": after_list["rss"] / MIB,
        "peak_mib_after_list": after_list["peak"] / MIB,
        "list_s": listing.wall,
    }


# ---- kill -9 ---------------------------------------------------------------------------------------------------------


def kill(world, options):
    """The daemon is killed at random moments during four downloads; how much is fetched again?"""
    rate, size = options.kill_rate_mib * MIB, options.kill_mib * MIB
    chance = random.Random(options.seed)
    with Nginx(options.folder, limit_rate=rate, log=True) as server:
        names = ["a", "b", "c", "d"]
        for name in names:
            server.add(name, size)
        world.restart_clean()
        world.clear_output()
        daemon = world.daemon()
        world.longhaul("get", *(server.url(name) for name in names), "-d", world.out)
        # The whole takes size / rate seconds without a kill; the kills are spread over most of it.
        moments = sorted(chance.uniform(0.02, 0.9) * size / rate for _ in range(options.kills))
        begin = time.monotonic()
        for moment in moments:
            time.sleep(max(0.0, moment - (time.monotonic() - begin)))
            world.kill9_daemon(daemon)
            daemon = world.daemon()
        world.longhaul("wait")
        for name in names:
            if digest(world.out / name) != digest(server.documents / name):
                raise RuntimeError(f"{name} differs from the source after {options.kills} kills")
        time.sleep(0.2)  # the last requests are being logged
        requests = server.requests()
    again = []
    for name in names:
        mine = [request for request in requests if request.path == name]
        again += [max(0, before.start + before.sent - after.start) for before, after in zip(mine, mine[1:])]
    total = sum(request.sent for request in requests if request.path in names) - size * len(names)
    return {
        "kills": options.kills,
        "seed": options.seed,
        "resumed_requests": len(again),
        "fetched_again_mib_total": total / MIB,
        "fetched_again_mib_median": statistics.median(again) / MIB if again else 0,
        "fetched_again_mib_worst": max(again, default=0) / MIB,
        "allowed_mib": max(8, 2 * options.kill_rate_mib),
    }


# ---- arithmetic, machine, report -------------------------------------------------------------------------------------


def ratio(runs, one, other, key=None):
    """Median over the runs of one's figure divided by the other's in the same run."""
    (a, a_key), (b, b_key) = (one if key is None else (one, key)), (other if key is None else (other, key))
    return statistics.median(run[a][a_key] / run[b][b_key] for run in runs)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def first_line(*command):
    found = subprocess.run(command, cwd=HERE, capture_output=True, text=True)
    return found.stdout.splitlines()[0].strip() if found.returncode == 0 and found.stdout else ""


def machine():
    cpu = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    memory = next(line.split()[1] for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    return {
        "cpu": cpu[0] if cpu else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(int(memory) / MIB, 1),
        "kernel": platform.release(),
        "curl": first_line("curl", "--version"),
        "aria2c": first_line("aria2c", "--version"),
    }


# (workload, figure, words, unit, target, whether less is better)
TARGETS = [
    ("big", "wall_to_curl", "big file: wall time / curl", "x", 1.0, True),
    ("big", "wall_to_curl_with_fsync", "big file: wall time / (curl, then fsync)", "x", None, True),
    ("big", "wall_to_aria2c", "big file: wall time / aria2c", "x", None, True),
    ("big", "cpu_to_curl", "big file: CPU of the daemon / curl", "x", 1.05, True),
    ("big", "daemon_peak_mib", "big file: peak memory of the daemon", "MiB", 24, True),
    ("upload", "wall_to_curl", "big upload: wall time / curl -T", "x", 1.05, True),
    ("upload", "cpu_to_curl", "big upload: CPU of the daemon / curl -T", "x", 1.05, True),
    ("upload", "daemon_peak_mib", "big upload: peak memory of the daemon", "MiB", 24, True),
    ("small", "wall_to_aria2c", "small files: wall time / aria2c -j16", "x", 0.25, True),
    ("small", "wall_to_curl", "small files: wall time / curl -Z (no sync)", "x", 2.5, True),
    ("small", "files_per_second", "small files: per second", "/s", None, False),
    ("waiting", "created_per_second", "waiting: created per second", "/s", 20000, False),
    ("waiting", "peak_mib_after_creation", "waiting: peak memory after creation", "MiB", 40, True),
    ("waiting", "restart_to_first_byte_s", "waiting: restart to first byte", "s", 1.0, True),
    ("waiting", "rss_mib_before_list", "waiting: memory before list", "MiB", None, True),
    ("waiting", "peak_mib_after_list", "waiting: peak memory after list", "MiB", 40, True),
    ("kill", "fetched_again_mib_median", "kill -9: fetched again per download, median", "MiB", None, True),
    ("kill", "fetched_again_mib_worst", "kill -9: fetched again per download, worst", "MiB", "allowed_mib", True),
]


def table(results):
    lines = [f"{'':50} {'measured':>12} {'target':>12}"]
    for workload, key, words, unit, target, less in TARGETS:
        if workload not in results:
            continue
        value = results[workload][key]
        target = results[workload].get(target, target) if isinstance(target, str) else target
        verdict = "" if target is None else ("reached" if (value <= target) == less or value == target else "MISSED")
        shown = "" if target is None else f"{'<=' if less else '>='} {target:g} {unit}"
        lines.append(f"{words:50} {value:>8.2f} {unit:3} {shown:>12}  {verdict}")
    return "\n".join(lines)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build-dir", type=pathlib.Path, default=HERE.parent / "build" / "release")
    parser.add_argument("--runs", type=int, default=5, help="of each workload; medians are reported (kill: one)")
    parser.add_argument("--only", default="big,upload,small,waiting,kill", help="workloads, separated by commas")
    parser.add_argument("--folder", default=str(HERE.parent / "build"), help="a folder on the disk to measure")
    parser.add_argument("--big-mib", type=int, default=4096)
    parser.add_argument("--upload-mib", type=int, default=10240)
    parser.add_argument("--small-count", type=int, default=20000)
    parser.add_argument("--small-kib", type=int, default=16)
    parser.add_argument("--waiting-count", type=int, default=100000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--kill-mib", type=int, default=200, help="size of each of the four files")
    parser.add_argument("--kill-rate-mib", type=int, default=10, help="per connection and second")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    parser.add_argument("--config", type=pathlib.Path, help="a longhaul.toml to measure with; by default there is none")
    parser.add_argument("--output", type=pathlib.Path, help="by default bench/results/DATE-COMMIT.json")
    parser.add_argument("--quick", action="store_true", help="one small run of everything: does it work?")
    options = parser.parse_args()
    if options.quick:
        options.runs, options.big_mib, options.small_count, options.waiting_count = 1, 128, 500, 2000
        options.kills, options.kill_mib, options.upload_mib = 3, 40, 256
    return options


def main():
    options = arguments()
    workloads = {"big": big, "upload": upload, "small": small, "waiting": waiting, "kill": kill}
    chosen = options.only.split(",")
    if unknown := set(chosen) - set(workloads):
        sys.exit(f"run.py: no such workload: {', '.join(sorted(unknown))}")
    if not os.access(options.build_dir / "longhaul", os.X_OK):
        sys.exit(f"run.py: there is no longhaul in {options.build_dir}; build it: cmake --preset release && cmake --build --preset release")
    pathlib.Path(options.folder).mkdir(parents=True, exist_ok=True)
    now = datetime.datetime.now(datetime.timezone.utc)
    commit = first_line("git", "rev-parse", "--short", "HEAD") or "unknown"
    changed = bool(first_line("git", "status", "--porcelain", "-uno"))
    results = {}
    for name in chosen:
        print(f"{name}: {workloads[name].__doc__}", flush=True)
        with World(options.build_dir, options.folder) as world:
            if options.config:
                world.configure(options.config.read_text())
            results[name] = workloads[name](world, options)
    shown = {key: value for key, value in vars(options).items() if isinstance(value, (int, str)) and key not in ("folder", "only")}
    report = {
        "date": now.isoformat(timespec="seconds"),
        "commit": commit + ("+changes" if changed else ""),
        "machine": machine(),
        "options": shown,
        "results": results,
    }
    print("\n" + table(results))
    output = options.output or HERE / "results" / f"{now:%Y-%m-%d}-{commit}{'-quick' if options.quick else ''}.json"
    output.parent.mkdir(exist_ok=True)
    output.write_text(json.dumps(report, indent=1) + "\n")
    print(f"\nwritten to {output}")


if __name__ == "__main__":
    main()
