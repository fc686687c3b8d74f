"""What is compared: programs, and the ways from `git push` to their new release."""

import dataclasses
import hashlib
import os
import pathlib
import subprocess

import peers  # of bench/handover

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIVEFIX = os.environ.get("LIVEFIX_BIN", str(ROOT / "build/release/livefix"))
SOURCES = {"node": "server.js", "go": "main.go", "uvicorn": "app.py"}
COMMANDS = {"node": "node server.js", "go": "{output}",
            "uvicorn": "/usr/bin/uvicorn --port {port} --log-level warning app:app"}
BUILDS = {"go": "go build -o {output} ."}
SUPERVISOR = peers.HOME / "python"
SUPERVISOR_VERSION = "4.3.0"
PM2 = peers.NODE_BIN + "/pm2"
# piku is one file, https://github.com/piku/piku/blob/master/piku.py, and in no package registry: PIKU names it.
PIKU = os.environ.get("PIKU", "")
UWSGI = "/usr/bin/uwsgi-core"


@dataclasses.dataclass(frozen=True)
class Way:
    program: str  # a folder of bench/handover/programs
    name: str
    note: str
    kind: str  # of pushing.KINDS


def all_ways():
    steps = "livefix serve, 50 % and 100 %, no bake"
    hook = "post-receive: checkout{}, supervisorctl restart"
    ways = [
        Way("node", "livefix", steps, "livefix"),
        Way("node", "hook and supervisord", hook.format(""), "supervisor"),
        Way("node", "hook and pm2", "post-receive: checkout, pm2 reload of a cluster of 1", "pm2"),
        Way("uvicorn", "livefix", steps, "livefix"),
        Way("uvicorn", "hook and supervisord", hook.format(""), "supervisor"),
        Way("go", "livefix", steps, "livefix"),
        Way("go", "hook and supervisord", hook.format(", go build"), "supervisor"),
    ]
    if PIKU and os.path.exists(UWSGI):
        note = "post-receive: git reset, and uwsgi's emperor sees a new file"
        ways += [Way(program, "piku", note, "piku") for program in ("node", "uvicorn")]
    return ways


def install():
    """Installs what is not there yet; needs the network once."""
    peers.install_packages_of_node()
    if not (SUPERVISOR / "supervisor").exists():
        subprocess.run(["/usr/bin/python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                        "--root-user-action", "ignore", "--target", str(SUPERVISOR),
                        f"supervisor=={SUPERVISOR_VERSION}"], check=True, timeout=300)


def versions():
    git = subprocess.run(["git", "--version"], capture_output=True, text=True).stdout.split()[2]
    piku = ""
    if PIKU and os.path.exists(UWSGI):
        uwsgi = subprocess.run([UWSGI, "--version"], capture_output=True, text=True).stdout.strip()
        digest = hashlib.sha256(pathlib.Path(PIKU).read_bytes()).hexdigest()
        piku = f", piku.py with SHA-256 {digest[:8]}, uWSGI {uwsgi}"
    return f"git {git}, supervisor {SUPERVISOR_VERSION}, {peers.versions_of('node', 'go', 'pm2', 'uvicorn')}{piku}"
