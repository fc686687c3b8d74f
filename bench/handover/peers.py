"""The tools beside livefix, by name and version, installed into build/peers."""

import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOME = ROOT / "build/peers"
NODE_BIN = str(HOME / "node_modules/.bin")
AIR = str(HOME / "bin/air")
NODEMON_VERSION, PM2_VERSION = "3.1.10", "6.0.8"
AIR_VERSIONS = ("v1.61.7", "v1.49.0")  # the second builds with Go 1.19


def install():
    """Installs what is not there yet; needs the network once."""
    HOME.mkdir(parents=True, exist_ok=True)
    if not all((HOME / "node_modules/.bin" / name).exists() for name in ("nodemon", "pm2")):
        (HOME / "package.json").write_text('{ "private": true }\n')
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent",
                        f"nodemon@{NODEMON_VERSION}", f"pm2@{PM2_VERSION}"], cwd=HOME, check=True, timeout=300)
    if not os.path.exists(AIR):
        for version in AIR_VERSIONS:
            done = subprocess.run(["go", "install", f"github.com/air-verse/air@{version}"] if version > "v1.5"
                                  else ["go", "install", f"github.com/cosmtrek/air@{version}"],
                                  env={**os.environ, "GOBIN": str(HOME / "bin")}, timeout=300)
            if done.returncode == 0:
                return
        raise SystemExit("air could not be built")


def versions():
    def first_number(*command):
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        found = re.search(r"\d+\.\d+(\.\d+)?", done.stdout + done.stderr)
        return found[0] if found else "?"

    def of_package(name):
        return re.search(r'"version": "([^"]+)"', (HOME / f"node_modules/{name}/package.json").read_text())[1]

    return ", ".join([
        f"Node {first_number('node', '--version')}", f"Go {first_number('go', 'version')}",
        f"nodemon {of_package('nodemon')}", f"pm2 {of_package('pm2')}", f"air {first_number(AIR, '-v')}",
        f"uvicorn {first_number('/usr/bin/uvicorn', '--version')} ({reloader()})",
        f"gunicorn {first_number('/usr/bin/gunicorn', '--version')}"])


def reloader():
    """How uvicorn --reload notices a save depends on what else is installed."""
    done = subprocess.run(["/usr/bin/python3", "-c",
                           "from uvicorn.supervisors import ChangeReload; print(ChangeReload.__name__)"],
                          capture_output=True, text=True, timeout=30)
    return done.stdout.strip() or "?"
