"""A livefix that a test runs: its events, its roles, its end."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time
import uuid

from . import http, ports, processes
from .waiting import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("LIVEFIX_BIN", str(ROOT / "build/release/livefix"))
# Sanitizer builds are slower: everything that waits is given this many times as long.
PATIENCE = float(os.environ.get("LIVEFIX_PATIENCE", "1"))


def clean_environment():
    """The environment without what would change how livefix or a program behaves."""
    unwanted = ("LIVEFIX", "PORT", "LISTEN_", "NO_COLOR", "CLICOLOR", "FORCE_COLOR")
    return {k: v for k, v in os.environ.items() if not k.startswith(unwanted)}


class Livefix:
    """One `livefix COMMAND...` with --json (or without: `json=False`, then `lines` is what counts).

    Events come in through a thread of its own; wait() looks at all that came since the last mark.
    """

    def __init__(self, command, directory, *, options=(), environment=None, json=True, wrapper=()):
        self.directory = pathlib.Path(directory)
        self.mark = f"livefix-test-{uuid.uuid4().hex}"
        self._temporary = tempfile.TemporaryDirectory(prefix="livefix-test-tmp-")
        self.environment = clean_environment()
        self.environment.update(environment or {})
        self.environment.update(LIVEFIX_TEST_MARK=self.mark, TMPDIR=self._temporary.name)
        self.events, self.lines, self.strange, self.errors = [], [], [], []
        self._json = json
        self._cursor = 0
        self._changed = threading.Condition()
        self.started = time.monotonic()
        self.arguments = [*wrapper, BINARY, *(["--json"] if json else []), *options, *command]
        self.process = subprocess.Popen(
            self.arguments, cwd=self.directory, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0)
        self._readers = [threading.Thread(target=self._read, args=(stream, keep), daemon=True)
                         for stream, keep in ((self.process.stdout, self._line),
                                              (self.process.stderr, self.errors.append))]
        for reader in self._readers:
            reader.start()

    # --- events ----------------------------------------------------------------------------------

    def _read(self, stream, keep):
        for line in stream:
            with self._changed:
                keep(line.decode(errors="replace").rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def _line(self, line):
        self.lines.append(line)
        if self._json:
            try:
                event = json.loads(line)
                if not isinstance(event, dict) or "event" not in event or "time" not in event:
                    raise ValueError
            except ValueError:
                self.strange.append(line)
                return
            event["arrived"] = time.monotonic()
            self.events.append(event)

    def forget(self):
        """wait() looks at no event that came before this call."""
        with self._changed:
            self._cursor = len(self.events)

    def wait(self, event, timeout=20.0, **fields):
        """The next event of that name (or one of these names) whose fields are as given."""
        names = (event,) if isinstance(event, str) else event
        end = time.monotonic() + timeout * PATIENCE
        with self._changed:
            while True:
                while self._cursor < len(self.events):
                    one = self.events[self._cursor]
                    self._cursor += 1
                    if one["event"] in names and all(one.get(k) == v for k, v in fields.items()):
                        return one
                left = end - time.monotonic()
                if left <= 0 or (self.process.poll() is not None and not self._reading()):
                    raise AssertionError(f"no event {event} {fields or ''}\n{self.story()}")
                self._changed.wait(min(left, 0.2))

    def wait_for_text(self, text, timeout=20.0):
        """The first line of output, or of errors, that contains the text."""
        end = time.monotonic() + timeout * PATIENCE
        with self._changed:
            while True:
                for line in self.lines + self.errors:
                    if text in line:
                        return line
                left = end - time.monotonic()
                if left <= 0 or (self.process.poll() is not None and not self._reading()):
                    raise AssertionError(f"nobody said {text!r}\n{self.story()}")
                self._changed.wait(min(left, 0.2))

    def seen(self, event, **fields):
        with self._changed:
            return [e for e in self.events
                    if e["event"] == event and all(e.get(k) == v for k, v in fields.items())]

    def _reading(self):
        return any(reader.is_alive() for reader in self._readers)

    def story(self):
        """Everything it said, for the message of a test that failed."""
        output, errors = "\n".join(self.lines[-60:]), "\n".join(self.errors[-60:])
        return (f"$ {' '.join(map(str, self.arguments))}   (exit status {self.process.poll()})\n"
                f"--- output\n{output}\n--- errors\n{errors}")

    # --- roles -----------------------------------------------------------------------------------

    @property
    def keeper(self):
        """Process id of the keeper; not the process started when there is a wrapper."""
        for pid in processes.with_mark(self.mark):
            line = processes.command_line(pid)
            if BINARY in line.split()[:1] and not any(f" {role}" in line
                                                      for role in ("@proxy", "@control")):
                return pid
        raise AssertionError(f"no keeper\n{self.story()}")

    def role(self, name, but_not=None):
        """Process id of `proxy` or `control`, waiting for it when it is on its way."""
        def find():
            for pid in processes.children(self.keeper):
                if f"@{name}" in processes.command_line(pid) and pid != but_not:
                    return pid
            return None
        return wait_until(find, f"a {name}", 10 * PATIENCE)

    def kill(self, name):
        """kill -9 of a role. Returns its process id once it is gone."""
        pid = self.role(name)
        os.kill(pid, signal.SIGKILL)
        assert processes.wait_gone(pid)
        return pid

    # --- other commands --------------------------------------------------------------------------

    def command(self, *arguments, timeout=30.0):
        """`livefix status` and the like, in the directory of the service."""
        return subprocess.run([BINARY, *arguments], cwd=self.directory, env=self.environment,
                              capture_output=True, text=True, timeout=timeout * PATIENCE)

    def status(self):
        done = self.command("status", "--json")
        assert done.returncode == 0, done.stderr + self.story()
        return json.loads(done.stdout)

    # --- the end ---------------------------------------------------------------------------------

    def send(self, number):
        os.kill(self.keeper, number)

    def interrupt(self):
        """Ctrl-C: SIGINT to the whole foreground process group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def stop(self, number=signal.SIGTERM, timeout=30.0):
        """Asks it to end, waits, and checks that nothing is left. The exit status."""
        if self.process.poll() is None:
            self.send(number)
        return self.join(timeout)

    def join(self, timeout=30.0):
        try:
            status = self.process.wait(timeout * PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it does not end\n{self.story()}") from None
        for reader in self._readers:
            reader.join(10)
        self.check_nothing_left()
        return status

    def check_nothing_left(self, timeout=5.0):
        wait_until(lambda: not processes.with_mark(self.mark),
                   f"processes to end: {[(p, processes.command_line(p)) for p in processes.with_mark(self.mark)]}",
                   timeout * PATIENCE)
        left = [line.split()[-1] for line in open("/proc/net/unix") if str(self.directory) in line]
        assert not left, f"unix sockets are left: {left}"
        # A certificate for the desk is to stay, and nothing else.
        home = self.directory / ".livefix"
        left = [path for path in home.rglob("*") if path.relative_to(home).parts[0] not in ("tls", ".gitignore")]
        assert not left and home.exists() == (home / "tls").exists(), f"left: {sorted(map(str, home.rglob('*')))}"
        mine = [name for name in os.listdir(self._temporary.name) if "livefix" in name]
        assert not mine, f"temporary files are left: {mine}"
        assert not self.strange, f"lines that are no events: {self.strange[:5]}"

    def abandon(self):
        """For the end of a test, whatever happened in it: nothing of this run lives on."""
        for _ in range(3):
            for pid in processes.with_mark(self.mark):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join(10)
        self.process.stdout.close()
        self.process.stderr.close()
        self._temporary.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.abandon()


def serving(port, expected, timeout=20.0):
    """Waits until the port answers with `expected` in its text."""
    def answer():
        a = http.try_get(port)
        return a if a is not None and a.status == 200 and expected in a.text else None
    return wait_until(answer, f"port {port} to answer {expected!r}", timeout * PATIENCE)


__all__ = ["BINARY", "Livefix", "PATIENCE", "ROOT", "clean_environment", "ports", "serving"]
