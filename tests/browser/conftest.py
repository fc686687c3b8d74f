"""Fixtures of the browser tests: a shop with a door for its page, and Chromium."""

import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import browser, ports  # noqa: E402
from support.livefix import BINARY, PATIENCE, Livefix  # noqa: E402
from support.shop import Shop  # noqa: E402

SHOTS = pathlib.Path(__file__).resolve().parents[2] / "build/tests/screenshots"


def pytest_configure(config):
    if not pathlib.Path(BINARY).exists():
        pytest.exit(f"{BINARY} is not there: build it, or name another in LIVEFIX_BIN", 2)
    SHOTS.mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="session")
def chromium():
    playwright, started = browser.started()
    yield started
    started.close()
    playwright.stop()


@pytest.fixture
def shop():
    """`secret` is a token that may push, `viewer` one that may look."""
    place = pathlib.Path(tempfile.mkdtemp(prefix="lfpage-"))
    running = []

    def start(command, directory, **more):
        more.pop("ready", None)
        running.append(Livefix(command, directory, **more))
        return running[-1]

    one = Shop(place, ports.free_port(), start, door=ports.free_port())
    one.secret, one.viewer = one.token("anna"), one.token("viewer", "read")
    yield one
    for livefix in running:
        livefix.abandon()
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def visit(chromium, shop):
    """visit(token, ...) gives the page as somebody sees it who has logged in; a token of "" has not.

    `page.trouble` are complaints of the browser, and requests to somebody else."""
    contexts = []

    def open_page(token, *, width=1280, height=900, scheme="light", **more):
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme,
                                       reduced_motion="reduce", **more)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000 * PATIENCE)
        page.trouble = []
        home = f"http://127.0.0.1:{shop.door}/"
        page.on("request", lambda request: None if request.url.startswith((home, "data:"))
                else page.trouble.append(f"asks {request.url}"))
        page.on("pageerror", lambda error: page.trouble.append(f"throws {error}"))
        page.on("console", lambda line: page.trouble.append(f"says {line.text}")
                if line.type == "error" and "Content Security Policy" in line.text else None)
        page.goto(home)
        if token:
            page.get_by_label("Token").fill(token)
            page.keyboard.press("Enter")
            page.locator("[data-connection=live]").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def shot():
    """shot(page, "desktop"): kept as a file that a person can look at."""
    def take(page, name):
        page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    return take
