"""The servers that the tests run, each as it is found in the world: on its own fixed port.

The sources lie in programs/; a test gets a copy in which 3000 is its own free port.
"""

import fcntl
import os
import pathlib
import shutil
import subprocess
import sys

from support import autobahn, files
from support.livefix import ROOT

PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"
PYTHON = "/usr/bin/python3"  # the one that has Flask and FastAPI from Debian's packages


class Program:
    folder = ""
    source = ""
    command = []
    options = []

    def __init__(self, directory, port):
        self.directory, self.port = pathlib.Path(directory), port
        self.temporary = self.directory.with_name(self.directory.name + "-tmp")
        self.temporary.mkdir(parents=True, exist_ok=True)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.release = "one"
        for file in filter(pathlib.Path.is_file, (PROGRAMS / self.folder).iterdir()):
            (self.directory / file.name).write_text(self.fill_in(file.read_text()))
        self.prepare()

    def fill_in(self, text):
        return text.replace("3000", str(self.port)).replace("@TMP@", str(self.temporary))

    def prepare(self):
        """What has to be done once before it can be started."""

    @property
    def file(self):
        return self.directory / self.source

    def save(self, release, save=files.save_in_place):
        """Changes what it answers, as an editor does."""
        text = self.file.read_text()
        save(self.file, self.with_release(text, release))
        self.release = release

    def with_release(self, text, release):
        old = f'RELEASE = "{self.release}"'
        assert old in text
        return text.replace(old, f'RELEASE = "{release}"')


class NodeHttp(Program):
    folder, source, command = "node-http", "server.js", ["node", "server.js"]


class NodeHttp2(Program):
    """Speaks HTTP/1.1, as all of them do; its clients are those of HTTP/2."""

    folder, source, command = "node-http2", "server.js", ["node", "server.js"]


class NodeFile(NodeHttp):
    command = ["server.js"]


class NodeCluster(Program):
    folder, source, command = "node-cluster", "server.js", ["node", "server.js"]


class Npm(Program):
    def prepare(self):
        (self.directory / "node_modules").symlink_to(node_modules())


class Express(Npm):
    folder, source, command = "express", "server.js", ["node", "server.js"]


class Fastify(Npm):
    folder, source, command = "fastify", "server.js", ["node", "server.js"]


class WebSocketNode(Npm):
    """Echoes, by the library `ws`."""

    folder, source, command = "websocket-node", "server.js", ["node", "server.js"]


class WebSocketPython(Program):
    """Echoes, by the library `websockets`."""

    folder, source, command = "websocket-python", "server.py", [PYTHON, "server.py"]


class WebSocketCases(Program):
    """Plays Autobahn's cases to clients; `results` is a file that is there when they are through."""

    folder, source, command = "websocket-autobahn", "server.py", [PYTHON, "server.py"]

    def prepare(self):
        self.results = self.temporary / "results.json"

    def fill_in(self, text):
        return super().fill_in(text).replace("#RESULT#", autobahn.RESULT)


class PythonHttpServer(Program):
    folder, source, command = "http-server", "server.py", [PYTHON, "server.py"]


class PythonFile(PythonHttpServer):
    command = ["server.py"]


class TypeScript(Npm):
    """By node itself where it can (22.18 and later), else by tsx."""

    folder, source, command = "typescript", "server.ts", ["server.ts"]


class Gunicorn(Program):
    folder, source = "gunicorn", "app.py"

    def prepare(self):
        self.command = ["/usr/bin/gunicorn", "--workers", "2", "--bind", f"127.0.0.1:{self.port}", "app:app"]


class Uvicorn(Program):
    folder, source = "uvicorn", "app.py"

    def prepare(self):
        self.command = ["/usr/bin/uvicorn", "--port", str(self.port), "app:app"]


class FastAPI(Uvicorn):
    folder = "fastapi"


class Flask(Program):
    folder, source, command = "flask", "app.py", [PYTHON, "app.py"]


class GoFile(Program):
    folder, source, command = "go", "main.go", ["main.go"]


class GoFolder(Program):
    """`livefix ./shop` with a go.mod in the folder."""

    folder, source, command = "go", "main.go", ["."]


class Built(Program):
    """Built by somebody else than livefix, from sources elsewhere: the save is what comes out."""

    def prepare(self):
        self.sources = self.directory.with_name(self.directory.name + "-src")
        self.directory.rename(self.sources)
        self.directory.mkdir()
        self.build()

    @property
    def file(self):
        return self.sources / self.source

    def save(self, release, save=files.save_in_place):
        super().save(release, save)
        self.build()

    def build(self):
        raise NotImplementedError


class GoBinary(Built):
    """A static binary."""

    folder, source, command = "go", "main.go", ["./server"]

    def build(self):
        new = self.temporary / "server"
        subprocess.run(["go", "build", "-o", new, "."], cwd=self.sources, check=True,
                       env=dict(os.environ, CGO_ENABLED="0"))
        os.rename(new, self.directory / "server")


class JavaSource(Program):
    """Java's single-file mode: the JVM compiles it at its start."""

    folder, source, command = "java", "Server.java", ["java", "-XX:TieredStopAtLevel=1", "Server.java"]


class JavaClasses(Built):
    folder, source = "java", "Server.java"
    command = ["java", "-XX:TieredStopAtLevel=1", "-cp", ".", "Server"]
    options = ["--watch-ext", "class"]

    def build(self):
        subprocess.run(["javac", "-d", self.temporary, "Server.java"], cwd=self.sources, check=True)
        for file in self.temporary.glob("*.class"):
            os.rename(file, self.directory / file.name)


class Nginx(Program):
    folder, source = "nginx", "nginx.conf"
    options = ["--watch-ext", "conf"]
    daemon = "off"

    def prepare(self):
        self.command = [shutil.which("nginx") or "/usr/sbin/nginx", "-e", "stderr", "-c", str(self.file),
                        "-g", f"daemon {self.daemon};"]

    def with_release(self, text, release):
        text = super().with_release(text, release)
        return text.replace(f"release {self.release}", f"release {release}")


class NginxDaemon(Nginx):
    """The process that was started ends at once, its descendants serve."""

    daemon = "on"


ALL = [NodeHttp, NodeFile, NodeCluster, Express, Fastify, TypeScript, PythonHttpServer, PythonFile, Gunicorn,
       Uvicorn, Flask, FastAPI, GoBinary, GoFile, GoFolder, JavaSource, JavaClasses, Nginx, NginxDaemon]


def node_modules():
    """express, fastify, tsx and ws, installed once into build/npm and again when the versions change."""
    wanted = pathlib.Path(__file__).resolve().parent / "node"
    cache = ROOT / "build/npm"
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        versions = b"".join((wanted / name).read_bytes() for name in ("package.json", "package-lock.json"))
        installed = cache / ".installed"
        if not installed.exists() or installed.read_bytes() != versions:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(wanted / name, cache / name)
            print("npm ci in", cache, file=sys.stderr)
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=cache, check=True,
                           stdout=subprocess.DEVNULL)
            installed.write_bytes(versions)
    return cache / "node_modules"
