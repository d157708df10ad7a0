"""Whatever a server sends: memory stays bounded, the daemon answers, and other transfers go on."""

import re
import statistics
import time

import dbus.bus
import pytest
from support.body import check_file
from support.deadline import STRETCH, until
from support.hostile_server import ATTACKS, HostileServer

MANY = 100
BOUND = 64 << 20  # bytes of memory, with so many hostile connections
# A daemon that waits for disk or network in its main loop, or does work that grows with what it is
# sent, takes seconds. The median of many calls hides what the machine itself is busy with.
ANSWERS_IN = 0.1  # seconds
CALLS = 40
SIZE = 8_000_000


@pytest.fixture(scope="module")
def hostile():
    with HostileServer() as server:
        yield server


@pytest.fixture(scope="module")
def sanitized(build_dir):
    """The memory of such a build is mostly the sanitizer's."""
    program = (build_dir / "longhauld").read_bytes()
    return b"__asan_init" in program or b"__tsan_init" in program


@pytest.fixture
def busy(box):
    """As many at once as are asked for; what fails is tried again at once, many times."""
    box.config(
        {
            "limits": {"running": 2 * MANY, "running_per_origin": MANY},
            "retry": {"count": 1000, "delays_s": [0], "retry_after_min_s": 0},
        }
    )
    return box


class Witness:
    """Looks at the daemon while it is attacked."""

    def __init__(self, box):
        self.pid = box.daemon_pid()
        bus = dbus.bus.BusConnection(box.bus_address())
        service = bus.get_object("org.longhaul.Transfers1", "/org/longhaul/Transfers1")
        self._status = service.get_dbus_method("Status", "org.longhaul.Transfers1.Service")
        self._bus = bus
        self.times = []

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._bus.close()

    def ask(self):
        """One call, timed."""
        began = time.monotonic()
        self._status(timeout=60)
        self.times.append(time.monotonic() - began)

    def peak(self):
        """The most bytes of its own that it ever had: neither files nor what others share."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            size = {n: int(v) << 10 for n, v in re.findall(r"(\w+):\s+(\d+) kB", status.read())}
        return size["VmHWM"] - size["RssFile"] - size["RssShmem"]


def attack(box, hostile, names):
    """A hundred downloads of these, once all of them have been asked for."""
    before = {name: hostile.requests(name) for name in names}
    lines = [
        f"{hostile.url(names[number % len(names)], number)}\tbad{number}\n"
        for number in range(MANY)
    ]
    box.run("get", "-i", "-", input="".join(lines)).ok()

    def all_there():
        return sum(hostile.requests(name) - before[name] for name in names) >= MANY

    until(all_there, 60, "all the attacks")


def outlasts(box, hostile, nginx, sanitized, names):
    """A good download among bad ones arrives, and the daemon stays small and awake."""
    attack(box, hostile, names)
    with Witness(box) as witness:
        name = f"{box.root.name}/good.bin"
        good = box.get(nginx.add(name, SIZE), "-o", "good.bin")
        while len(witness.times) < CALLS:
            witness.ask()
            time.sleep(0.02)  # so that the calls are spread over a second
        box.wait_status(good, "Completed", timeout=60)
        witness.ask()
        check_file(box.downloads / "good.bin", name, SIZE)
        assert box.daemon_pid() == witness.pid
        box.run("cancel", "--all")  # some may have ended
        assert statistics.median(witness.times) < ANSWERS_IN * STRETCH, sorted(witness.times)
        if not sanitized and witness.peak() >= BOUND:
            raise AssertionError(f"{witness.peak() >> 20} MiB")


@pytest.mark.parametrize("name", list(ATTACKS))
def test_a_hundred_hostile_connections_do_no_harm(busy, hostile, nginx, sanitized, name):
    outlasts(busy, hostile, nginx, sanitized, [name])


def test_a_hundred_connections_hostile_in_every_way_do_no_harm(busy, hostile, nginx, sanitized):
    outlasts(busy, hostile, nginx, sanitized, list(ATTACKS))
