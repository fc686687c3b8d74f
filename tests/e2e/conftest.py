"""Fixtures of the end-to-end tests."""

import pathlib
import shutil
import signal
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import ports  # noqa: E402
from support.livefix import BINARY, Livefix  # noqa: E402
from support.shop import Shop  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import programs  # noqa: E402


def pytest_configure(config):
    # nohup and a shell's `&` would make every livefix ignore them.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not pathlib.Path(BINARY).exists():
        pytest.exit(f"{BINARY} is not there: build it, or name another in LIVEFIX_BIN", 2)


@pytest.fixture
def place():
    """A directory of the test's own with a short path."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="lfe2e-"))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def port():
    return ports.free_port()


@pytest.fixture
def start(place):
    """start(program or command, ...) gives a running Livefix; ended after the test, whatever comes."""
    running = []

    def start_one(what, directory=None, *, options=(), ready=True, **more):
        if isinstance(what, programs.Program):
            directory = directory or what.directory
            options = [*what.options, *options]
            what = what.command
        one = Livefix(what, directory or place, options=options, **more)
        running.append(one)
        if ready and more.get("json", True):
            one.wait("ready", timeout=60)
        return one

    yield start_one
    for one in running:
        one.abandon()


@pytest.fixture
def node(place, port):
    """The Node program that most tests use; `release one` is its answer."""
    return programs.NodeHttp(place / "shop", port)


@pytest.fixture
def measured(request, record_property):
    """measured("new proxy", 12.3, "ms"): printed at the end of the run, also when the test passes."""
    def note(what, value, unit):
        record_property(f"{request.node.name}: {what}", f"{value:.1f} {unit}")

    return note


def pytest_terminal_summary(terminalreporter):
    figures = [f"{what} {value}" for reports in terminalreporter.stats.values() for report in reports
               for what, value in getattr(report, "user_properties", []) if getattr(report, "when", "") == "teardown"
               or report.failed]
    if figures:
        terminalreporter.section("measured")
        for line in figures:
            terminalreporter.write_line(line)


@pytest.fixture
def shop(place, port, start):
    """A service whose releases are commits; not served yet."""
    return Shop(place, port, start)


@pytest.fixture
def live(shop):
    """The first release serves."""
    shop.serve()
    shop.release("one")
    pushed = shop.repository.push()
    assert pushed.returncode == 0, pushed.stderr + shop.livefix.story()
    return shop
