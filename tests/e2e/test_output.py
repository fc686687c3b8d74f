"""What is shown, to people and to programs."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest

from support.http import get
from support.livefix import BINARY, PATIENCE, clean_environment, serving
from support.waiting import wait_until


@pytest.mark.short
def test_every_line_of_json_is_an_event(node, start):
    livefix = start(node)
    get(node.port, "/say?text=" + "hello%20there%20%22quoted%22%20%01%20%F0%9F%90%98")
    livefix.wait_for_text("hello there")
    livefix.forget()
    node.save("two")
    livefix.wait("serving")
    assert livefix.stop() == 0  # checks that every line was an event
    names = [e["event"] for e in livefix.events]
    for name in ("ready", "output", "serving", "drained", "stopped"):
        assert name in names, names
    for event in livefix.events:
        assert event["service"] == "shop"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)", event["time"]), event
    assert sorted(e["time"] for e in livefix.events) == [e["time"] for e in livefix.events]


def test_the_lines_that_people_see(node, start):
    livefix = start(node, json=False)
    ready = livefix.wait_for_text("ready in")
    assert ready.startswith("▲") and f"http://localhost:{node.port}" in ready and "dev-1" in ready, ready
    first = livefix.lines[0]
    assert first.startswith("livefix 0.1") and "shop" in first and "node server.js" in first, first
    assert "watching" in first, first
    node.save("two")
    line = livefix.wait_for_text("new process serving after")
    assert line.startswith("●") and "server.js saved" in line and "0 requests lost" in line, line
    assert livefix.stop() == 0


def test_output_of_the_program_is_shown_as_it_is(node, start):
    livefix = start(node, json=False)
    livefix.wait_for_text("▲")
    get(node.port, "/say?text=%20%20indented")
    assert livefix.wait_for_text("indented").endswith("  indented")
    assert livefix.stop() == 0


def test_errors_of_the_program_go_to_standard_error(place, port, start):
    (place / "server.js").write_text(f"""
console.error("to the errors");
console.log("to the output");
require("http").createServer((q, r) => r.end("release one")).listen({port});
""")
    livefix = start(["node", "server.js"], json=False)
    serving(port, "release one")
    livefix.wait_for_text("to the errors")
    livefix.wait_for_text("to the output")
    assert any("to the errors" in line for line in livefix.errors), livefix.story()
    assert any("to the output" in line for line in livefix.lines), livefix.story()
    assert livefix.stop() == 0


def test_a_line_without_end_and_many_lines_arrive(place, port, start):
    (place / "server.js").write_text(f"""
for (let i = 0; i < 20000; ++i) console.log("line " + i);
require("http").createServer((q, r) => r.end("release one")).listen({port});
process.stdout.write("no end of line");
""")
    livefix = start(["node", "server.js"], json=False)
    serving(port, "release one")
    livefix.wait_for_text("line 19999")
    livefix.command("stop")  # what livefix says then stands on a line of its own
    livefix.wait_for_text("no end of line")
    numbers = [line for line in livefix.lines if re.search(r"\bline \d+$", line)]
    assert len(numbers) == 20000
    assert livefix.stop() == 0


def test_quiet_shows_the_program_only(node, start):
    livefix = start(node, options=["--quiet"], json=False)
    livefix.wait_for_text("this is release one")
    serving(node.port, "release one")
    node.save("two")
    serving(node.port, "release two")
    livefix.wait_for_text("this is release two")
    assert livefix.stop() == 0
    for line in livefix.lines + livefix.errors:
        assert not line.startswith(("●", "▲", "livefix")), livefix.story()


def test_quiet_still_says_what_failed(node, start):
    livefix = start(node, options=["--quiet"], json=False)
    serving(node.port, "release one")
    node.file.write_text(node.file.read_text() + "}}}")
    livefix.wait_for_text("✗")
    assert livefix.stop() == 0


def test_verbose_says_more(node, start):
    livefix = start(node, options=["--verbose"], json=False)
    livefix.wait_for_text("ready in")
    node.save("two")
    livefix.wait_for_text("new process serving")
    assert livefix.stop() == 0
    plain = start(node, json=False)
    plain.wait_for_text("ready in")
    node.save("three")
    plain.wait_for_text("new process serving")
    assert plain.stop() == 0
    assert len(livefix.lines) > len(plain.lines), livefix.story()


def test_no_colour_when_it_is_no_terminal(node, start):
    livefix = start(node, json=False)
    livefix.wait_for_text("ready in")
    node.save("two")
    livefix.wait_for_text("new process serving")
    assert livefix.stop() == 0
    assert not any("\x1b" in line for line in livefix.lines + livefix.errors), livefix.story()


def test_colour_when_asked(node, start):
    livefix = start(node, options=["--color", "always"], json=False)
    assert "\x1b[" in livefix.wait_for_text("ready in")
    assert livefix.stop() == 0


class Terminal:
    """livefix in a terminal of its own."""

    def __init__(self, *arguments, cwd, environment=None):
        self.text = b""
        pid, self.fd = pty.fork()
        if pid == 0:
            os.chdir(cwd)
            os.execve(BINARY, [BINARY, *arguments], {**clean_environment(), "TERM": "xterm", **(environment or {})})
        self.pid = pid

    def wait_for(self, text, timeout=20.0):
        end = time.monotonic() + timeout * PATIENCE
        while text.encode() not in self.text:
            assert time.monotonic() < end, f"nobody said {text!r}: {self.text.decode(errors='replace')}"
            self._read(0.2)

    def _read(self, timeout):
        if select.select([self.fd], [], [], timeout)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return False
            self.text += data
            return bool(data)
        return True

    def type(self, keys):
        os.write(self.fd, keys)

    def end(self):
        end = time.monotonic() + 20 * PATIENCE
        while time.monotonic() < end:
            self._read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, signal.SIGKILL)
        raise AssertionError(f"it does not end: {self.text.decode(errors='replace')}")


def test_colour_in_a_terminal_and_ctrl_c(node):
    terminal = Terminal("node", "server.js", cwd=node.directory)
    terminal.wait_for("ready in")
    serving(node.port, "release one")
    assert b"\x1b[" in terminal.text
    node.save("two")
    terminal.wait_for("new process serving")
    terminal.type(b"\x03")
    assert terminal.end() in (0, 130)
    wait_until(lambda: not (node.directory / ".livefix").exists(), "the run directory to be removed")


def test_programs_in_a_terminal_have_one_too(place, port):
    (place / "server.js").write_text(f"""
console.log("terminal:", process.stdout.isTTY === true, process.stderr.isTTY === true);
require("http").createServer((q, r) => r.end("release one")).listen({port});
""")
    terminal = Terminal("node", "server.js", cwd=place)
    terminal.wait_for("ready in")
    terminal.wait_for("terminal:")
    assert re.search(rb"terminal:\S* .*true.* .*true", terminal.text), terminal.text
    terminal.type(b"\x03")
    assert terminal.end() in (0, 130)


def test_no_color_is_respected(node):
    terminal = Terminal("node", "server.js", cwd=node.directory, environment={"NO_COLOR": "1"})
    terminal.wait_for("ready in")
    ready = [line for line in terminal.text.split(b"\n") if b"ready in" in line]
    assert b"\x1b[" not in ready[0], ready
    terminal.type(b"\x03")
    assert terminal.end() in (0, 130)


def test_a_terminal_that_goes_away_ends_it(node):
    terminal = Terminal("node", "server.js", cwd=node.directory)
    terminal.wait_for("ready in")
    os.close(terminal.fd)
    def ended():
        return os.waitpid(terminal.pid, os.WNOHANG)[0] != 0
    wait_until(ended, "it to end", 20 * PATIENCE)
    wait_until(lambda: not (node.directory / ".livefix").exists(), "the run directory to be removed")


def test_a_reader_that_goes_away_does_not_end_the_service(node):
    """`livefix ... | head -1`: nobody reads any more, and the service serves on."""
    process = subprocess.Popen([BINARY, "node", "server.js"], cwd=node.directory, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, env=clean_environment())
    try:
        process.stdout.readline()
        serving(node.port, "release one")
        process.stdout.close()
        for _ in range(200):
            get(node.port, "/say?text=" + "x" * 500)
        node.save("two")
        serving(node.port, "release two")
        process.send_signal(signal.SIGTERM)
        process.wait(20 * PATIENCE)
    finally:
        process.kill()
        process.wait()


def test_status_as_json_is_one_object(node, start):
    livefix = start(node)
    done = livefix.command("status", "--json")
    assert isinstance(json.loads(done.stdout), dict)
    assert livefix.stop() == 0
