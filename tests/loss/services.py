"""The services of the loss test: how each is started, changed, and broken on purpose."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import files, http  # noqa: E402
from support.waiting import wait_until  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
# The default mix of loadgen, less what a service cannot do (WebSocket over WSGI).
NO_WEBSOCKET = "get=40,post=30,head=8,stream=12,pipeline=4,slow=1,trickle=1,abort=1,h2=20"
EVERYTHING = f"{NO_WEBSOCKET},websocket=2"


class Service:
    """A copy of a service in a directory of its own."""

    source = ""  # the file with the lines RELEASE and START
    mix = EVERYTHING
    # What is appended so that it cannot even be read.
    nonsense = "}}} this does not parse\n"

    def __init__(self, directory, port):
        self.directory, self.port = pathlib.Path(directory), port
        shutil.copytree(HERE / "services" / self.name, self.directory)
        self.file = self.directory / self.source

    @property
    def name(self):
        return type(self).__name__.lower()

    def save(self, release, start="ok", nonsense=False):
        """Writes a new release, by rename."""
        text = self.file.read_text().replace(self.nonsense, "")
        text = re.sub(r'RELEASE = "[^"]*"', f'RELEASE = "{release}"', text, count=1)
        text = re.sub(r'START = "[^"]*"', f'START = "{start}"', text, count=1)
        files.save_by_rename(self.file, text + (self.nonsense if nonsense else ""))

    def save_broken(self, number, release):
        """A release that cannot start: in turns one that exits and one that does not parse."""
        self.save(release, start="exit" if number % 2 else "ok", nonsense=number % 2 == 0)

    def settle(self, release):
        """Waits until every process of the release has read its source, so that the next save may come."""

    def command(self):
        """What livefix is given."""
        raise NotImplementedError

    def plain_command(self):
        """How it is run without livefix."""
        return self.command()


class Node(Service):
    source = "server.js"

    def command(self):
        return ["node", "server.js", str(self.port)]


class Gunicorn(Service):
    source = "app.py"
    mix = NO_WEBSOCKET

    def settle(self, release):
        """Each worker reads app.py when it starts, and the release serves when the first one does. A
        save in between would be read by the second: a program of two releases, whoever runs it."""
        workers = set()

        def ask():
            answer = http.try_get(self.port, "/echo?id=probe", timeout=10)
            if answer is not None and answer.headers.get("X-Release") == release:
                workers.add(answer.headers.get("X-Worker"))
            return len(workers) == 2

        wait_until(ask, f"both workers of {release}", 60)

    def command(self):
        return ["/usr/bin/gunicorn", "--workers", "2", "--worker-class", "gthread", "--threads", "40",
                "--bind", f"127.0.0.1:{self.port}", "--log-level", "warning", "app:app"]


class Uvicorn(Service):
    source = "app.py"

    def command(self):
        return ["/usr/bin/uvicorn", "--port", str(self.port), "--no-access-log", "app:app"]


class Go(Service):
    source = "main.go"

    def command(self):
        return ["main.go", str(self.port)]  # built by livefix

    def plain_command(self):
        binary = self.directory.with_name("built-service")
        subprocess.run(["go", "build", "-o", binary, "."], cwd=self.directory, check=True)
        return [str(binary), str(self.port)]


ALL = {c.__name__.lower(): c for c in (Node, Gunicorn, Uvicorn, Go)}


def build_go(name):
    """Builds the program in the folder of that name where it is out of date, and returns its path."""
    binary = HERE.parents[1] / "build/tests" / name
    binary.parent.mkdir(parents=True, exist_ok=True)
    new = binary.with_name(f"{name}-{os.getpid()}")
    subprocess.run(["go", "build", "-o", new, "."], cwd=HERE / name, check=True)
    os.rename(new, binary)  # others may run the old one right now
    return str(binary)


def build_loadgen():
    return build_go("loadgen")
