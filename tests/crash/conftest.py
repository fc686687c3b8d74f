"""Fixtures of the crash tests."""

import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1])]
from support.livefix import BINARY  # noqa: E402


def pytest_configure(config):
    if not pathlib.Path(BINARY).exists():
        pytest.exit(f"{BINARY} is not there: build it, or name another in LIVEFIX_BIN", 2)


@pytest.fixture
def place():
    """A directory of the test's own with a short path."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="lfcrash-"))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def counted():
    """counted("good, proxy killed: ..."): printed at the end of the run, also when the test passes."""
    return _counts.append


_counts = []


def pytest_terminal_summary(terminalreporter):
    if _counts:
        terminalreporter.section("deaths")
        for line in _counts:
            terminalreporter.write_line(line)
