"""A command on a terminal of its own, and what stands on its screen."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading

import pyte

from .livefix import PATIENCE, clean_environment
from .waiting import wait_until


class Terminal:
    """Runs the command until closed. `screen` is that of a Linux console, or what `name` (TERM) says."""

    def __init__(self, command, directory, *, rows=24, columns=80, name="linux", environment=None):
        self._master, self.slave = pty.openpty()
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        self.raw = b""
        self._set_size(rows, columns)
        self.before = termios.tcgetattr(self.slave)
        variables = {**clean_environment(), "TERM": name, "LC_ALL": "C.UTF-8", **(environment or {})}
        self.process = subprocess.Popen(
            [str(word) for word in command], cwd=directory, env=variables, stdin=self.slave, stdout=self.slave,
            stderr=self.slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _set_size(self, rows, columns):
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self):
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError:
                return
            if not data:
                return
            with self._lock:
                self.raw += data
                self._stream.feed(data)

    def lines(self):
        with self._lock:
            return [line.rstrip() for line in self._screen.display]

    def line(self, part):
        """The first one on the screen that has this, or None."""
        return next((line for line in self.lines() if part in line), None)

    def shows(self, part, timeout=20):
        """Waits until a line has this; returns it."""
        try:
            return wait_until(lambda: self.line(part), part, timeout * PATIENCE)
        except AssertionError:
            raise AssertionError(f"never shown: {part!r}\n" + "\n".join(self.lines())) from None

    def press(self, keys):
        os.write(self._master, keys.encode())

    def resize(self, rows, columns):
        with self._lock:
            self._screen.resize(rows, columns)
            self._screen.erase_in_display(2)
        self._set_size(rows, columns)

    def wait(self, timeout=20):
        """Its exit status; the terminal has to be as it was."""
        status = self.process.wait(timeout * PATIENCE)
        assert termios.tcgetattr(self.slave) == self.before, "the terminal is not as it was"
        return status

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.slave)  # then the reader has its end
        self._reader.join(10)
        os.close(self._master)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
