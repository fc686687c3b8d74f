"""The cases of the Autobahn test suite, played to a WebSocket server: somebody else's idea of RFC 6455.

Autobahn's own runner needs Python 2; kosoku runs the same case files. Installed once into build/tools.
"""

import fcntl
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOME = ROOT / "build/tools"
VERSION = "0.1.0"
PYTHON = "/usr/bin/python3"

RESULT = """
def as_value(one):
    return [one.behavior.value, one.behavior_close.value, one.remote_close_code, one.remote_close_reason,
            one.local_close_code, one.was_clean, one.closed_by_me, repr(one.received),
            sorted(one.rx_frame_stats.items())]
"""
CLIENT = """
import asyncio, json, sys
import kosoku
url, cases, excluded = json.loads(sys.argv[1])
async def main():
    try:
        results = await kosoku.run_fuzzingclient(url, cases, excluded, concurrency=8)
    except kosoku.FailureError as error:
        results = error.results
    print(json.dumps({one.case_id: as_value(one) for one in results}))
""" + RESULT + """
asyncio.run(main())
"""


def installed():
    """The folder to import kosoku from. CalledProcessError when it cannot be had: it needs the network once."""
    HOME.mkdir(parents=True, exist_ok=True)
    folder = HOME / f"kosoku-{VERSION}"
    with open(HOME / ".kosoku.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            new = HOME / ".kosoku.new"
            subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", "--upgrade", "--target", new,
                            f"kosoku=={VERSION}"], check=True, timeout=300)
            os.rename(new, folder)
    return folder


def play_to_server(port, cases, excluded=()):
    """What the server there did in each case: {"1.1.1": [verdict, verdict of the closing, codes, events ...]}."""
    order = json.dumps([f"ws://127.0.0.1:{port}", list(cases), list(excluded)])
    done = subprocess.run([PYTHON, "-c", CLIENT, order], capture_output=True, text=True, timeout=300,
                          env={**os.environ, "PYTHONPATH": str(installed())})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def passed(result):
    acceptable = {"OK", "NON-STRICT", "INFORMATIONAL"}
    return result[0] in acceptable and result[1] in acceptable
