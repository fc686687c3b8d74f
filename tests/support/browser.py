"""Playwright, driven by its Python package, with Debian's Chromium."""

import fcntl
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOME = ROOT / "build/tools"
VERSION = "1.65.2"
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"


def installed():
    """The folder to import playwright from. CalledProcessError when it cannot be had: it needs the network once."""
    HOME.mkdir(parents=True, exist_ok=True)
    folder = HOME / f"playwright-{VERSION}"
    with open(HOME / ".playwright.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            new = HOME / ".playwright.new"
            shutil.rmtree(new, ignore_errors=True)
            subprocess.run(["/usr/bin/python3", "-m", "pip", "install", "--quiet", "--target", new,
                            f"playwright=={VERSION}"], check=True, timeout=300)
            os.rename(new, folder)
    return folder


def started():
    """A Playwright and its Chromium; both are the caller's to end."""
    sys.path.insert(0, str(installed()))
    from playwright.sync_api import sync_playwright
    playwright = sync_playwright().start()
    # Its own sandbox wants to be somebody else than root, which tests may be.
    options = ["--no-sandbox", "--disable-dev-shm-usage"] if os.geteuid() == 0 else ["--disable-dev-shm-usage"]
    return playwright, playwright.chromium.launch(executable_path=CHROMIUM, args=options)
