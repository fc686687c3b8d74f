"""What dies costs what was promised, and no more."""

import os
import signal
import threading
import time

import pytest

from support import files, http, processes
from support.http import Load, get
from support.livefix import PATIENCE, serving
from support.waiting import wait_until


@pytest.mark.short
def test_a_crash_is_repaired_while_requests_wait(node, start, measured):
    livefix = start(node)
    livefix.forget()
    first = http.try_get(node.port, "/crash")  # this one was delivered and cannot be answered
    assert first is None or first.status == 502, first
    begun = time.monotonic()
    assert get(node.port).text == "release one"
    measured("answer behind a crash after", (time.monotonic() - begun) * 1000, "ms")
    crashed = livefix.wait("crashed")
    assert "7" in str(crashed), crashed
    with Load(node.port) as load:
        wait_until(lambda: load.count > 50, "the load to run")
    load.check()
    livefix.forget()
    node.save("two")
    livefix.wait("serving")
    assert get(node.port).text == "release two"
    assert livefix.stop() == 0


def test_killed_from_outside_is_a_crash_too(node, start):
    livefix = start(node)
    livefix.forget()
    os.kill(int(get(node.port, "/pid").text), signal.SIGKILL)
    livefix.wait("crashed")
    assert get(node.port).text == "release one"
    assert livefix.stop() == 0


def test_requests_get_503_with_retry_after_when_it_stays_down(node, start, measured):
    livefix = start(node, options=["--hold", "1s"])
    (node.directory / ".broken-world").touch()
    http.try_get(node.port, "/crash")
    begun = time.monotonic()
    answer = get(node.port)
    waited = time.monotonic() - begun
    assert answer.status == 503 and int(answer.headers["Retry-After"]) >= 1, answer
    assert 0.5 < waited < 5 * PATIENCE, waited
    measured("503 after", waited * 1000, "ms")
    # It is tried again, later and later; when the cause is gone it comes back by itself.
    wait_until(lambda: len(livefix.seen("failed")) + len(livefix.seen("crashed")) >= 3, "more tries")
    assert livefix.status()["last_change"]["ok"] is False
    (node.directory / ".broken-world").unlink()
    serving(node.port, "release one", timeout=40)
    assert livefix.stop() == 0


def test_a_save_repairs_what_stays_down(node, start):
    livefix = start(node)
    (node.directory / ".broken-world").touch()
    http.try_get(node.port, "/crash")
    wait_until(lambda: len(livefix.seen("failed")) + len(livefix.seen("crashed")) >= 2, "a try that failed")
    files.replace(node.file, 'existsSync(".broken-world")', "false")
    node.save("two")
    serving(node.port, "release two")
    assert livefix.stop() == 0


@pytest.mark.short
def test_kill_control_costs_nothing(node, start, measured):
    livefix = start(node)
    serving(node.port, "release one")
    with Load(node.port) as load:
        wait_until(lambda: load.count > 50, "the load to run")
        old = livefix.kill("control")
        killed = time.monotonic()
        before = load.count
        wait_until(lambda: load.count > before + 50, "answers without control")
        livefix.role("control", but_not=old)
        wait_until(lambda: livefix.command("status").returncode == 0, "status to work")
        measured("status works again after", (time.monotonic() - killed) * 1000, "ms")
        node.save("two")
        serving(node.port, "release two")
        assert livefix.status()["generations"]
    load.check(least=100)
    assert livefix.stop() == 0


def test_a_save_while_control_is_dead_is_not_missed(node, start):
    livefix = start(node)
    pid = livefix.role("control")
    os.kill(pid, signal.SIGSTOP)  # so that it cannot have seen the save
    node.save("two")
    os.kill(pid, signal.SIGKILL)
    serving(node.port, "release two")
    assert livefix.stop() == 0


def test_control_killed_in_the_middle_of_a_handover(node, start):
    text = node.file.read_text()
    slow = text.replace("server.listen(", "setTimeout(() => server.listen(").replace(
        f"{node.port});", f"{node.port}), 700);")
    livefix = start(node)
    with Load(node.port) as load:
        files.save_in_place(node.file, slow.replace('"one"', '"two"'))
        wait_until(lambda: len(livefix.status()["generations"]) == 2, "the candidate to start")
        livefix.kill("control")
        serving(node.port, "release two")
        wait_until(lambda: len(livefix.status()["generations"]) == 1, "one generation to be left")
    load.check()
    assert livefix.stop() == 0


@pytest.mark.short
def test_kill_proxy_is_followed_by_a_new_one(node, start, measured):
    livefix = start(node)
    serving(node.port, "release one")
    gaps = []
    old = None
    for _ in range(3):  # more deaths in so short a time would rightly be followed by pauses
        pid = livefix.role("proxy", but_not=old)
        begun = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        assert processes.wait_gone(pid)
        # Nobody listens to this one but the new proxy: it was not yet open when the old one died.
        answer = get(node.port, timeout=10)
        gaps.append(time.monotonic() - begun)
        assert answer.text == "release one"
        old = pid
    measured("answer of the next proxy after", max(gaps) * 1000, "ms at most")
    assert max(gaps) < 1.0 * PATIENCE
    livefix.forget()
    node.save("two")
    livefix.wait("serving")
    assert get(node.port).text == "release two"
    assert livefix.stop() == 0


def test_what_a_killed_proxy_carried_is_counted(node, start):
    livefix = start(node)
    asked = threading.Thread(target=http.try_get, args=(node.port, "/slow?ms=60000"))
    asked.start()
    wait_until(lambda: sum(g["in_flight"] for g in livefix.status()["generations"]) == 1,
               "the request to be in flight")
    os.kill(livefix.role("proxy"), signal.SIGKILL)
    asked.join(20)
    serving(node.port, "release one")
    assert livefix.stop() == 0
    assert livefix.wait("stopped")["lost"] == 1


def test_kill_proxy_and_control_together(node, start):
    livefix = start(node)
    proxy, control = livefix.role("proxy"), livefix.role("control")
    os.kill(control, signal.SIGKILL)
    os.kill(proxy, signal.SIGKILL)
    processes.wait_gone(proxy)
    assert get(node.port).text == "release one"
    livefix.role("control", but_not=control)
    wait_until(lambda: livefix.command("status").returncode == 0, "status to work")
    assert "the proxy was killed" in livefix.wait("warning")["message"]
    node.save("two")
    serving(node.port, "release two")
    assert livefix.stop() == 0


def test_kill_control_again_and_again(node, start):
    """It comes back each time, and does not give up while it serves."""
    livefix = start(node)
    old = None
    with Load(node.port) as load:
        for _ in range(8):
            pid = livefix.role("control", but_not=old)
            os.kill(pid, signal.SIGKILL)
            processes.wait_gone(pid)
            old = pid
        livefix.role("control", but_not=old)
        node.save("two")
        serving(node.port, "release two")
    load.check()
    assert livefix.stop() == 0


def test_kill_keeper_ends_also_what_does_not_want_to(place, port, start):
    (place / "child.sh").write_text("trap '' TERM; while :; do sleep 0.1; done")
    (place / "server.js").write_text(f"""
process.on("SIGTERM", () => {{}});
const child = require("child_process").spawn("sh", ["child.sh"], {{ detached: true, stdio: "ignore" }});
child.unref();
require("http").createServer((q, r) => r.end(`${{process.pid}} ${{child.pid}}`)).listen({port});
""")
    livefix = start(["node", "server.js"], options=["--grace", "300ms"])
    pids = [int(pid) for pid in get(port).text.split()]
    assert all(processes.alive(pid) for pid in pids)
    os.kill(livefix.keeper, signal.SIGKILL)
    for pid in pids:
        assert processes.wait_gone(pid), "it was left behind"


@pytest.mark.short
def test_kill_keeper_takes_everything_with_it(node, start):
    livefix = start(node)
    program = int(get(node.port, "/pid").text)
    os.kill(livefix.keeper, signal.SIGKILL)
    wait_until(lambda: not processes.with_mark(livefix.mark), "every process to end")
    assert not processes.alive(program)
    # The run directory is left, and no obstacle for the next one.
    again = start(node)
    assert get(node.port).text == "release one"
    assert again.stop() == 0


def test_a_request_that_a_crash_left_unanswered_gets_502(node, start):
    livefix = start(node)
    answers = []
    waiting = threading.Thread(
        target=lambda: answers.append(http.try_get(node.port, "/slow?ms=20000", method="POST", body=b"x")))
    waiting.start()
    wait_until(lambda: livefix.status()["generations"][0]["in_flight"] >= 1, "the request to be in flight")
    os.kill(int(get(node.port, "/pid").text), signal.SIGKILL)
    waiting.join(20)
    assert answers and answers[0] is not None and answers[0].status == 502, answers
    assert livefix.stop() == 0
