"""Peers that Debian does not have, installed once into build/peers."""

import json
import os
import pathlib
import shutil
import subprocess

HOME = pathlib.Path(__file__).resolve().parents[2] / "build/peers"
MODULE, VERSION = "github.com/traefik/traefik/v3", "v3.6.12"  # needs Go 1.25
TRAEFIK = HOME / f"bin/traefik-{VERSION}"


def traefik():
    """Builds it where it is not there yet: a quarter of an hour, once. Returns why it is not there, or None.

    Its go.mod replaces other modules, so `go install` refuses it: it is built in a copy of the module, which
    the web page that is embedded comes with.
    """
    if TRAEFIK.exists():
        return None
    if not shutil.which("go"):
        return "there is no go"
    TRAEFIK.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": os.environ.get("GOTOOLCHAIN", "auto")}
    done = subprocess.run(["go", "mod", "download", "-json", f"{MODULE}@{VERSION}"], cwd=HOME, env=environment,
                          capture_output=True, text=True, timeout=600)
    told = json.loads(done.stdout or "{}")
    if done.returncode:
        return told.get("Error") or done.stderr.strip()
    source = HOME / "traefik-source"
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(told["Dir"], source, copy_function=shutil.copyfile)  # not the modes: they forbid writing
    for directory, _, _ in os.walk(source):
        os.chmod(directory, 0o755)
    new = TRAEFIK.with_name(f"{TRAEFIK.name}.new")
    done = subprocess.run(["go", "build", "-trimpath", "-o", new, "./cmd/traefik"], cwd=source, env=environment,
                          capture_output=True, text=True, timeout=3600)
    shutil.rmtree(source, ignore_errors=True)
    if done.returncode:
        return f"go build: {done.stderr.strip()[-500:]}"
    new.rename(TRAEFIK)
    return None
