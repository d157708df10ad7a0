"""End-to-end tests (integration/, fault/): the real command line, library and daemon.

Each test has a world of its own: tests run in any order, side by side (-n), as any user. The
programs are taken from the build folder named by --build-dir=FOLDER or LONGHAUL_BUILD_DIR.
"""

import os
import pathlib
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from support import processes  # noqa: E402
from support.box import Box  # noqa: E402
from support.certificates import Certificates  # noqa: E402
from support.fault_server import FaultServer  # noqa: E402
from support.nginx import Nginx  # noqa: E402
from support.session_bus import SessionBus  # noqa: E402

BUS_NAME = "org.longhaul.Transfers1"

# In the background of a shell it may be ignored, which the commands under test would inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    parser.addoption(
        "--build-dir",
        default=os.environ.get("LONGHAUL_BUILD_DIR"),
        help="where longhaul and longhauld were built",
    )


@pytest.fixture(scope="session")
def build_dir(request):
    given = request.config.getoption("--build-dir")
    if not given:
        pytest.exit("name the build folder with --build-dir or LONGHAUL_BUILD_DIR", 2)
    folder = pathlib.Path(given).resolve()
    for program in ("longhaul", "longhauld"):
        if not os.access(folder / program, os.X_OK):
            pytest.exit(f"there is no {program} in {folder}", 2)
    return folder


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    setattr(item, f"report_{report.when}", report)
    box = getattr(item, "box", None)
    if report.when == "call" and report.failed and box is not None and (logs := box.logs()):
        report.sections.append(("logs in the box", logs))


@pytest.fixture
def make_box(build_dir):
    """Makes any number of worlds (support/box.py); `close()` of each says what was wrong."""
    processes.adopt_orphans()
    made = []

    def make():
        made.append(Box(build_dir))
        return made[-1]

    yield make
    for box in made:
        if box.root.exists():
            box.close()
            box.remove()


def _boxed(request, build_dir):
    processes.adopt_orphans()
    box = Box(build_dir)
    request.node.box = box
    return box


def _unbox(request, box):
    wrong = box.close()
    failed = (
        getattr(request.node, "report_call", None) is not None and request.node.report_call.failed
    )
    logs = box.logs() if wrong else ""
    box.remove()
    if wrong and not failed:
        pytest.fail("\n".join(wrong) + "\n" + logs, pytrace=False)
    elif wrong:
        print("\n".join(wrong))


@pytest.fixture
def box(request, build_dir):
    """A bare machine: no session bus, nothing configured.

    Fails the test if the daemon crashed or left files behind.
    """
    box = _boxed(request, build_dir)
    yield box
    _unbox(request, box)


@pytest.fixture
def session_box(request, build_dir):
    """A desktop: a session bus on which longhauld can be activated (`session_box.bus`)."""
    box = _boxed(request, build_dir)
    with SessionBus(box.root / "bus", dict(box.env), {BUS_NAME: box.daemon_program}) as bus:
        box.own_children.add(bus.pid)
        box.bus = bus
        box.env["DBUS_SESSION_BUS_ADDRESS"] = bus.address
        yield box
        wrong = box.close()
        log = (box.root / "bus" / "bus.log").read_text()
    box.remove()
    wrong += [line for line in log.splitlines() if "received signal" in line]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


@pytest.fixture(scope="session")
def fault():
    """The misbehaving server (support/fault_server.py)."""
    with FaultServer() as server:
        yield server


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("ca") / "ca")


@pytest.fixture(scope="session")
def nginx(tmp_path_factory, certificates):
    """A real web server (support/nginx.py), plain and with each of the certificates."""
    with Nginx(tmp_path_factory.mktemp("nginx") / "n", certificates.servers, certificates.ca) as server:
        yield server


@pytest.fixture
def quick_retries(box):
    """Retries that do not wait, so that a test of giving up is quick."""
    box.config({"retry": {"delays_s": [0], "retry_after_min_s": 0}})
    return box
