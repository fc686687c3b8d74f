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
AIRS = ("github.com/air-verse/air@v1.61.7", "github.com/cosmtrek/air@v1.40.4")  # Go 1.23, Go 1.17


def install():
    """Installs what is not there yet; needs the network once."""
    install_packages_of_node()
    install_air()


def install_packages_of_node():
    HOME.mkdir(parents=True, exist_ok=True)
    if not all((HOME / "node_modules/.bin" / name).exists() for name in ("nodemon", "pm2")):
        (HOME / "package.json").write_text('{ "private": true }\n')
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent",
                        f"nodemon@{NODEMON_VERSION}", f"pm2@{PM2_VERSION}"], cwd=HOME, check=True, timeout=300)


def install_air():
    if os.path.exists(AIR):
        return
    for air in AIRS:
        done = subprocess.run(["go", "install", air], timeout=300,
                              env={**os.environ, "GOBIN": str(HOME / "bin")})
        if done.returncode == 0:
            return
    raise SystemExit("air could not be built")


def versions():
    others = versions_of("node", "go", "nodemon", "pm2", "air", "uvicorn")
    return f"{others} ({reloader()}), {versions_of('gunicorn')}"


def versions_of(*names):
    def first_number(*command):
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        found = re.search(r"\d+\.\d+(\.\d+)?", done.stdout + done.stderr)
        return found[0] if found else "?"

    def of_package(name):
        return re.search(r'"version": "([^"]+)"', (HOME / f"node_modules/{name}/package.json").read_text())[1]

    told = {
        "node": lambda: f"Node {first_number('node', '--version')}",
        "go": lambda: f"Go {first_number('go', 'version')}",
        "nodemon": lambda: f"nodemon {of_package('nodemon')}",
        "pm2": lambda: f"pm2 {of_package('pm2')}",
        "air": lambda: f"air {first_number(AIR, '-v')}",
        "uvicorn": lambda: f"uvicorn {first_number('/usr/bin/uvicorn', '--version')}",
        "gunicorn": lambda: f"gunicorn {first_number('/usr/bin/gunicorn', '--version')}",
    }
    return ", ".join(told[name]() for name in names)


def reloader():
    """How uvicorn --reload notices a save depends on what else is installed."""
    done = subprocess.run(["/usr/bin/python3", "-c",
                           "from uvicorn.supervisors import ChangeReload; print(ChangeReload.__name__)"],
                          capture_output=True, text=True, timeout=30)
    return done.stdout.strip() or "?"
