"""One livefix for all cases: what one leaves behind would show in the next."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from smuggling.service import Service  # noqa: E402
from support.livefix import BINARY  # noqa: E402


def pytest_configure(config):
    if not pathlib.Path(BINARY).exists():
        pytest.exit(f"{BINARY} is not there: build it, or name another in LIVEFIX_BIN", 2)


@pytest.fixture(scope="package")
def service():
    one = Service()
    try:
        yield one
        assert one.stop() == 0
        assert not one.livefix.seen("warning"), one.livefix.story()  # that the proxy died, say
    finally:
        one.abandon()
