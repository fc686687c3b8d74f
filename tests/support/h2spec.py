"""h2spec, the conformance tests of HTTP/2: built once by Go into build/tools."""

import fcntl
import os
import pathlib
import re
import subprocess
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOME = ROOT / "build/tools"
VERSION = "v2.2.1+incompatible"  # the newest that a module path without a number leads to


def installed():
    """The program. CalledProcessError when it cannot be built: it needs the network once."""
    HOME.mkdir(parents=True, exist_ok=True)
    program = HOME / "h2spec"
    with open(HOME / ".h2spec.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            subprocess.run(["go", "install", f"github.com/summerwind/h2spec/cmd/h2spec@{VERSION}"], check=True,
                           env={**os.environ, "GOBIN": str(HOME)}, timeout=300)
    return program


def run(port, report, timeout, tls=False):
    """What was tested: {"http2/5.1.1 what": passed}, and all that h2spec said."""
    done = subprocess.run([installed(), "--host", "127.0.0.1", "--port", str(port), "--timeout", str(timeout),
                           *(["--tls", "--insecure"] if tls else []), "--junit-report", report],
                          capture_output=True, text=True, timeout=300)
    cases = {}
    for suite in xml.etree.ElementTree.parse(report).getroot().iter("testsuite"):
        for case in suite.iter("testcase"):
            name = f"{case.get('package')} {re.sub(r'^[0-9]+: ', '', case.get('classname'))}"
            cases[name] = case.find("failure") is None and case.find("error") is None
    return cases, done.stdout + done.stderr
