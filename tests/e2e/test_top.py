"""`livefix top` on a terminal: figures move, keys act, and the terminal is left as it was."""

import os
import re
import signal
import subprocess
import threading

import pytest

from support import ssh
from support.http import Load, get
from support.livefix import BINARY, PATIENCE
from support.shop import Shop
from support.terminal import Terminal
from support.waiting import wait_until

FAILS = "console.error(new TypeError('no rate')); response.statusCode = 500; response.end();"


@pytest.fixture
def shop(place, port, start):
    one = Shop(place, port, start)
    one.serve()
    return one


def push(shop, name, **more):
    commit = shop.release(name, **more)
    pushed = shop.repository.push()
    assert pushed.returncode == 0, pushed.stderr + shop.livefix.story()
    return commit


def top(shop, **more):
    return Terminal([BINARY, "top", "--state", shop.state], shop.place, **more)


def requests_a_second(screen):
    line = screen.line(" serving ")
    found = line and re.search(r"serving\s+([\d.,]+k?) ", line)
    return float(found[1].replace(",", "")) if found else 0


def test_figures_move_and_q_leaves_the_terminal_as_it_was(shop):
    commit = push(shop, "one")
    with top(shop) as screen, Load(shop.port) as load:
        assert commit[:7] in screen.shows(" serving ")
        wait_until(lambda: requests_a_second(screen) > 20, "requests on the screen", 20 * PATIENCE)
        assert re.search(r"serving .*\d(\.\d)?ms .*[▁-█]", screen.line(" serving ")), screen.lines()
        load.stop()
        wait_until(lambda: requests_a_second(screen) == 0, "no requests on the screen", 20 * PATIENCE)
        assert len(screen.lines()) == 24 and screen.lines()[-1].startswith("q quit")
        screen.press("?")
        screen.shows("hold the rollout at the share")
        screen.press("x")
        screen.shows(" serving ")
        screen.press("q")
        assert screen.wait() == 0
    load.check()


def test_a_rollout_is_seen_and_taken_back_by_a_key(shop):
    push(shop, "one")
    shop.reconfigure(rollout='steps = ["50%", "100%"]\nbake = "120s"\nwarm = "30s"')
    with Load(shop.port) as load, top(shop) as screen:
        shop.release("two")
        pushed = []
        pusher = threading.Thread(target=lambda: pushed.append(shop.repository.push(timeout=100)))
        pusher.start()
        assert "is being rolled out" in screen.shows(" ROLLOUT 2 ")
        screen.shows(" proving ")
        screen.shows("plan: ")
        screen.press("p")
        screen.shows("hold the rollout at the share that it has - sure? y/n")
        screen.press("y")
        screen.shows("paused")
        screen.press("a")
        screen.shows("take the rollout back - sure? y/n")
        screen.press("n")
        wait_until(lambda: not screen.line("sure?"), "no question", 10 * PATIENCE)
        assert screen.line(" ROLLOUT 2 "), "it goes on"
        screen.press("a")
        screen.shows("sure? y/n")
        screen.press("y")
        screen.shows("taken back (abort)")
        pusher.join(60)
        assert pushed and pushed[0].returncode != 0
        screen.press("R")
        screen.shows("go back to what ran before - sure? y/n")
        screen.press("n")
    load.check()
    assert set(load.answers) <= {"release one", "release two"}
    assert shop.history()["rollouts"][0]["outcome"] == "taken_back"


def test_a_symptom_and_a_generation_are_looked_at(shop):
    push(shop, "one", handler=FAILS)
    with top(shop, rows=30, columns=100) as screen:
        for _ in range(5):
            assert get(shop.port, "/checkout").status == 500
        assert "TypeError: no rate" in screen.shows("GET /checkout 500")
        screen.press("\t\r")
        screen.shows("symptom ")
        screen.shows("livefix request ")
        screen.press("\r\t\r")
        screen.shows("since it started")
        screen.shows("GET /checkout")
        screen.press("\x1b")
        screen.shows("SYMPTOMS")


def test_it_fits_when_the_window_changes(shop):
    push(shop, "one")
    with top(shop) as screen:
        screen.shows(" serving ")
        for rows, columns in ((40, 120), (10, 40), (24, 80)):
            screen.resize(rows, columns)
            wait_until(lambda: screen.lines()[-1].startswith("q quit"), f"{rows} rows: {screen.lines()}",
                       10 * PATIENCE)
            assert len(screen.lines()) == rows
        screen.press("q")
        assert screen.wait() == 0


def test_it_waits_for_a_control_that_does_not_answer(shop):
    push(shop, "one")
    with top(shop) as screen:
        screen.shows(" serving ")
        control = shop.livefix.role("control")
        os.kill(control, signal.SIGSTOP)
        screen.shows("control is gone, waiting")
        assert screen.line(" serving "), "what was known stays"
        screen.press("a")
        screen.shows("nothing can be asked of it")
        os.kill(control, signal.SIGCONT)
        screen.shows("control is back")
        shop.livefix.kill("control")
        with Load(shop.port):
            wait_until(lambda: requests_a_second(screen) > 20, "the next control's figures", 20 * PATIENCE)
        screen.press("q")
        assert screen.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_as_it_was(shop, number):
    push(shop, "one")
    with top(shop, name="xterm-256color") as screen:
        wait_until(lambda: b"serving" in screen.raw, "it to draw", 20 * PATIENCE)
        assert b"\x1b[?1049h" in screen.raw
        screen.process.send_signal(number)
        assert screen.wait() == 128 + number
        wait_until(lambda: b"\x1b[?1049l" in screen.raw[screen.raw.rfind(b"\x1b[?1049h"):], "the other screen")
        assert b"\x1b[?25h" in screen.raw[screen.raw.rfind(b"\x1b[?25l"):], "the cursor is seen again"


def test_ctrl_c_is_an_end_too(shop):
    push(shop, "one")
    with top(shop) as screen:
        screen.shows(" serving ")
        screen.press("\x03")
        assert screen.wait() == 128 + signal.SIGINT


def test_it_is_of_use_without_colour_and_without_utf8(shop):
    push(shop, "one")
    with Load(shop.port), top(shop, environment={"NO_COLOR": "1", "LC_ALL": "C"}) as screen:
        wait_until(lambda: requests_a_second(screen) > 20, "requests on the screen", 20 * PATIENCE)
        assert all(byte < 0x80 for byte in screen.raw)
        assert not re.search(rb"\x1b\[[0-9;]*3[0-7]m", screen.raw), "colours"
    with Load(shop.port), top(shop) as screen:
        wait_until(lambda: requests_a_second(screen) > 20, "requests on the screen", 20 * PATIENCE)
        assert re.search(rb"\x1b\[[0-9;]*3[0-7]", screen.raw)


def test_it_says_what_to_do_without_a_terminal(shop):
    push(shop, "one")
    done = shop.command("top")
    assert done.returncode == 2 and "livefix status --json" in done.stderr and not done.stdout
    for name in ("dumb", "no-such-terminal", ""):
        with top(shop, name=name) as screen:
            assert screen.wait() == 2
            wait_until(lambda: b"livefix status --json" in screen.raw, "what to do")
            assert b"\x1b" not in screen.raw
    nothing = subprocess.run([BINARY, "top", "--state", shop.place / "elsewhere"], capture_output=True, text=True,
                             cwd=shop.place, timeout=20 * PATIENCE)
    assert nothing.returncode != 0


def test_no_strangers_text_acts_on_the_terminal(shop):
    shop.release("one")
    shop.repository.git("commit", "--amend", "--message", "evil \x1b]0;planted\x07 \x9b2J subject")
    pushed = shop.repository.push()
    assert pushed.returncode == 0, pushed.stderr
    with top(shop) as screen:
        screen.shows("evil ^[]0;planted^G")
        assert b"\x1b]0;planted" not in screen.raw


def test_over_ssh(shop, place):
    why_not = ssh.missing()
    if why_not:
        pytest.skip(why_not)
    push(shop, "one")
    with ssh.Sshd(place) as server:
        server.let_in("anna")
        there = server.on_terminal(f"LC_ALL=C.UTF-8 {BINARY} top --state {shop.state}", "anna")
        with Terminal(there, place) as screen, Load(shop.port):
            wait_until(lambda: requests_a_second(screen) > 20, "requests on the screen", 20 * PATIENCE)
            screen.press("q")
            assert screen.wait() == 0
