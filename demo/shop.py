"""The shop in production: a livefix that serves what is pushed, and the desk that pushes to it."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

from screen import COLOR, Failure, command, plain, say

ROOT = pathlib.Path(__file__).resolve().parents[1]
BINARY = os.environ.get("LIVEFIX_BIN", str(ROOT / "build/release/livefix"))

# Nobody's configuration of Git or livefix, and always the same author.
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith(("LIVEFIX", "LISTEN_", "GIT_"))}
ENVIRONMENT |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
                "GIT_AUTHOR_NAME": "Anna", "GIT_AUTHOR_EMAIL": "anna@example.com",
                "GIT_COMMITTER_NAME": "Anna", "GIT_COMMITTER_EMAIL": "anna@example.com"}

CONFIGURATION = """\
[service.shop]
command = "node server.js"
port    = {port}

[service.shop.rollout]
steps   = ["5%", "50%", "100%"]
bake    = "2s"

[service.shop.replay]
methods = ["POST"]          # a checkout of this shop may be tried again

[push]
listen  = "127.0.0.1:{door}"
"""


def free_port(wanted=0):
    """That one, or another where it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise Failure("no port is free")


class Server:
    """`livefix serve`. Its own lines are printed as they come, by a thread."""

    OWN = re.compile(r"livefix\b|[▲●✗■]")

    def __init__(self, home):
        self.home, self.state = home, home / "state"
        self.port, self.door = free_port(3000), free_port(4850)
        (home / "livefix.toml").write_text(CONFIGURATION.format(port=self.port, door=self.door))
        # A session of its own: Ctrl-C comes here, and the demo ends in its order.
        self.process = subprocess.Popen(
            [BINARY, "--color", "always" if COLOR else "never", "serve", "--state", str(self.state)], cwd=home,
            env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", start_new_session=True)
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._ready.wait(20):
            raise Failure("livefix did not start")

    def _read(self):
        for line in self.process.stdout:
            line = line.rstrip("\n")
            if self.OWN.match(plain(line)):
                say("  " + line)
            if "git push live" in plain(line):
                self._ready.set()

    def ask(self, *words):
        """What a command of livefix says."""
        done = subprocess.run([BINARY, *words, "--state", str(self.state)], env=ENVIRONMENT, cwd=self.home,
                              capture_output=True, text=True, timeout=30)
        if done.returncode != 0:
            raise Failure(f"livefix {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def show(self, *words):
        command(" ".join(["livefix", *words]))
        for line in self.ask(*words).splitlines():
            say("  " + line)

    def symptoms(self):
        return json.loads(self.ask("symptoms", "--json"))["symptoms"]

    def stop(self):
        """Asks livefix to end, and insists after a while. Its exit status."""
        try:
            if self.process.poll() is None:
                self.process.terminate()
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            return self.process.wait()
        finally:
            self._reader.join(5)


class Push:
    """What became of one: its lines, with the time of each."""

    def __init__(self):
        self.began = time.monotonic()
        self.lines = []
        self.taken = False

    def when(self, pattern):
        """How long after its begin a line that matches came, and the match."""
        for moment, line in self.lines:
            if match := re.search(pattern, line):
                return moment - self.began, match
        raise Failure(f"the push never said {pattern!r}")


class Desk:
    """The working tree, with the server as the remote `live`."""

    def __init__(self, home, server):
        self.directory = home / "shop"
        shutil.copytree(ROOT / "examples/shop", self.directory, ignore=shutil.ignore_patterns(".livefix"))
        self.git("init", "-q", "-b", "main")
        self.git("remote", "add", "live", str(server.state / "shop.git"))

    def git(self, *words):
        done = subprocess.run(["git", *words], cwd=self.directory, env=ENVIRONMENT, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failure(f"git {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout.strip()

    def edit(self, name, old, new):
        file = self.directory / name
        text = file.read_text()
        if text.count(old) != 1:
            raise Failure(f"{name} is not what it was: {text.count(old)} times {old!r}")
        file.write_text(text.replace(old, new))

    def commit(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def live(self):
        """What the branch is on the server."""
        return self.git("ls-remote", "live", "refs/heads/main").split("\t")[0]

    def push(self):
        command("git push live main")
        push = Push()
        process = subprocess.Popen(["git", "push", "live", "main"], cwd=self.directory, env=ENVIRONMENT,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
        for line in process.stderr:
            line = line.rstrip()
            push.lines.append((time.monotonic(), plain(line)))
            say("  " + line)
        push.taken = process.wait() == 0
        return push
