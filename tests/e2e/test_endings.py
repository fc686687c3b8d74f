"""How it ends, and that nothing is left (stop() and join() check that)."""

import os
import signal
import threading
import time

import pytest

from support import http, processes
from support.http import get
from support.livefix import BINARY, PATIENCE, serving
from support.waiting import wait_until


def ask_slowly(port, milliseconds):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(
        http.try_get(port, f"/slow?ms={milliseconds}", timeout=60)))
    thread.start()
    return thread, answers


def in_flight(livefix):
    return sum(g["in_flight"] for g in livefix.status()["generations"])


@pytest.mark.short
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda n: n.name)
def test_what_is_in_flight_is_answered_first(node, start, number):
    livefix = start(node)
    thread, answers = ask_slowly(node.port, 1500)
    wait_until(lambda: in_flight(livefix) == 1, "the request to be in flight")
    status = livefix.stop(number)
    thread.join(30)
    assert answers and answers[0] is not None and answers[0].text == "release one", answers
    assert status in ((0,) if number == signal.SIGTERM else (0, 128 + number))


def test_ctrl_c_twice_ends_at_once(node, start, measured):
    livefix = start(node)
    thread, answers = ask_slowly(node.port, 60_000)
    wait_until(lambda: in_flight(livefix) == 1, "the request to be in flight")
    livefix.interrupt()
    begun = time.monotonic()
    wait_until(lambda: http.try_get(node.port, timeout=1) is None, "the port to be closed")
    # Two signals within 150 ms are one wish: a wrapper signals its child, then the whole group.
    wait_until(lambda: time.monotonic() - begun > 0.2, "the next signal to be another wish")
    assert livefix.process.poll() is None, "it did not wait for the request"
    second = time.monotonic()
    livefix.interrupt()
    livefix.join(10)
    took = time.monotonic() - second
    measured("end after the second Ctrl-C", took * 1000, "ms")
    assert took < 3 * PATIENCE
    thread.join(20)
    assert not thread.is_alive()
    assert livefix.wait("stopped")["lost"] == 1


def test_a_program_that_ignores_sigterm_is_killed_after_its_grace(place, port, start):
    (place / "server.js").write_text(f"""
process.on("SIGTERM", () => console.log("no"));
require("http").createServer((q, r) => r.end("release one")).listen({port});
""")
    livefix = start(["node", "server.js"], options=["--grace", "500ms"])
    begun = time.monotonic()
    assert livefix.stop() == 0
    assert 0.4 < time.monotonic() - begun < 8 * PATIENCE


def test_the_drain_has_an_end(node, start):
    livefix = start(node, options=["--drain", "500ms"])
    thread, answers = ask_slowly(node.port, 60_000)
    wait_until(lambda: in_flight(livefix) == 1, "the request to be in flight")
    begun = time.monotonic()
    livefix.stop()
    assert time.monotonic() - begun < 8 * PATIENCE
    thread.join(20)
    assert not thread.is_alive()
    assert livefix.wait("stopped")["lost"] == 1


UNSHARE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]


@pytest.mark.skipif(os.geteuid() != 0, reason="a new pid namespace needs root")
def test_as_pid_1_it_reaps_orphans_and_forwards_signals(place, port, start):
    (place / "server.sh").write_text(f"""#!/bin/sh
# Orphans: their parent ends before them, so that process 1 gets them.
for i in 1 2 3 4 5; do (sleep 0.1 &) ; done
exec node -e '
  process.on("SIGTERM", () => {{ console.log("got SIGTERM"); process.exit(0); }});
  require("http").createServer((q, r) => r.end("release one")).listen({port});'
""")
    (place / "server.sh").chmod(0o755)
    livefix = start(["./server.sh"], wrapper=UNSHARE)
    serving(port, "release one")
    keeper = livefix.keeper
    inner = [l.split() for l in open(f"/proc/{keeper}/status") if l.startswith("NSpid")][0]
    assert inner[-1] == "1", inner

    def zombies():
        return [p for p in processes.children(keeper) if not processes.alive(p)]

    def sleepers():
        return [p for p in processes.children(keeper) if processes.command_line(p).startswith("sleep")]

    wait_until(lambda: not sleepers() and not zombies(), "the orphans to be reaped")
    assert livefix.stop() == 0
    assert any("got SIGTERM" in line for line in livefix.lines)


@pytest.mark.skipif(os.geteuid() != 0, reason="a new pid namespace needs root")
def test_as_pid_1_sigint_ends_it_too(node, start):
    livefix = start(node, wrapper=UNSHARE)
    serving(node.port, "release one")
    node.save("two")
    serving(node.port, "release two")
    assert livefix.stop(signal.SIGINT) in (0, 130)


def test_stop_command(node, start):
    livefix = start(node)
    done = livefix.command("stop")
    assert done.returncode == 0, done
    assert livefix.join() == 0


def test_orphans_of_the_program_are_ended_with_it(place, port, start):
    (place / "server.sh").write_text(f"""#!/bin/sh
(setsid sleep 1000 &)
exec node -e 'require("http").createServer((q, r) => r.end("release one")).listen({port});'
""")
    (place / "server.sh").chmod(0o755)
    livefix = start(["./server.sh"])
    serving(port, "release one")
    assert livefix.stop() == 0  # checks that no process with our mark lives


def test_binary_is_the_one_under_test():
    assert os.access(BINARY, os.X_OK)
