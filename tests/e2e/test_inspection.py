"""Looking at releases: what a push would do, what runs against a commit, edits by hand, logs."""

import json
import os
import pty
import signal
import socket
import subprocess
import threading

import pytest

from support.http import get
from support.livefix import BINARY, PATIENCE
from support.repository import environment
from support.shop import ANSWER, Shop
from support.waiting import wait_until

NODE_MODULES = '{"name": "shop", "lockfileVersion": 3}\n'


@pytest.fixture
def live(place, port, start):
    """The first release serves; it says nothing but `open`."""
    shop = Shop(place, port, start)
    shop.serve()
    shop.first = shop.release("one")
    pushed = shop.repository.push()
    assert pushed.returncode == 0, pushed.stderr + shop.livefix.story()
    return shop


def told(shop, *arguments, status=0):
    done = shop.command(*arguments)
    assert done.returncode == status, done.stdout + done.stderr + shop.livefix.story()
    return done.stdout


def release_directory(shop, commit):
    directory = shop.state / "releases" / commit[:12]
    assert directory.is_dir()
    return directory


def store(shop, branch="try"):
    pushed = shop.repository.push("live", f"HEAD:refs/heads/{branch}")
    assert pushed.returncode == 0, pushed.stderr


def on_terminal(shop, *arguments):
    """What a command prints to a terminal."""
    reader, writer = pty.openpty()
    process = subprocess.Popen([BINARY, *arguments, "--state", str(shop.state)], cwd=shop.place,
                               env={**environment(), "TERM": "xterm"}, stdin=subprocess.DEVNULL,
                               stdout=writer, stderr=writer)
    os.close(writer)
    printed = b""
    while True:
        try:
            part = os.read(reader, 65536)
        except OSError:  # EIO: nobody has it open any more
            break
        if not part:
            break
        printed += part
    os.close(reader)
    return process.wait(60), printed.decode().replace("\r\n", "\n")


# --- plan ----------------------------------------------------------------------------------------

def test_a_plan_says_what_a_push_would_do_and_does_nothing(live):
    commit = live.release("two")
    live.repository.write("lib/cart.js", "// new\n")
    commit = live.repository.commit("the cart")
    store(live)
    text = told(live, "plan", "try")
    assert text.startswith(f"{commit[:7]}  the cart\n")
    assert "shop  handover: " in text and "A lib/cart.js" in text and "M server.js" in text
    assert "50 %, 100 %" in text and "errors at most 0.5 %" in text
    plan = json.loads(told(live, "plan", commit, "--json"))
    service = plan["services"][0]
    assert plan["commit"] == commit and plan["branch_head"] == live.first
    assert service["plan"] == "handover" and service["runs"] == live.first
    assert service["changed"]["count"] == 2 and service["rollout"]["steps"] == [50, 100]
    assert live.answer() == "release one" and len(live.history()["rollouts"]) == 1


def test_a_plan_of_what_runs_is_nothing(live):
    assert "shop  nothing: its files are those that run" in told(live, "plan")
    assert json.loads(told(live, "plan", "--json"))["services"][0]["plan"] == "nothing"


def test_a_plan_of_the_first_commit_is_a_start(place, port, start):
    shop = Shop(place, port, start)
    shop.serve()
    shop.release("one")
    assert "nothing was pushed to main yet" in shop.command("plan").stderr
    store(shop)
    assert "shop  first start: it runs nothing yet" in told(shop, "plan", "try")
    done = shop.command("diff", "try")
    assert done.returncode == 1 and "nothing runs yet" in done.stderr


def test_a_plan_says_why_a_push_would_be_refused(live):
    live.repository.git("update-index", "--add", "--cacheinfo", f"160000,{live.first},lib")
    live.repository.git("commit", "-q", "-m", "a submodule")
    store(live)
    text = told(live, "plan", "try")
    assert "a push of it would be refused" in text and "submodules" in text and "lib" in text
    pushed = live.repository.push()
    assert pushed.returncode != 0 and "submodules" in pushed.stderr, "and so it is"


def test_a_plan_says_what_is_carried_over_and_the_push_does_that(live):
    live.reconfigure(more='build = "sh build.sh"\nkeep = ["node_modules"]')
    live.repository.write("package-lock.json", NODE_MODULES)
    live.repository.write("build.sh", "mkdir -p node_modules && echo built > node_modules/x\n")
    live.release("two")
    pushed = live.repository.push()
    assert pushed.returncode == 0, pushed.stderr + live.livefix.story()
    live.release("three")
    store(live)
    text = told(live, "plan", "try")
    assert "node_modules is carried over" in text and "build   sh build.sh" in text
    live.repository.write("package-lock.json", NODE_MODULES + "\n")
    live.repository.commit("other packages")
    store(live)
    reason = "node_modules is not carried over: package-lock.json changed"
    assert reason in told(live, "plan", "try")
    pushed = live.repository.push()
    assert pushed.returncode == 0, pushed.stderr
    assert reason.replace("is not", "not") in pushed.stderr


def test_a_commit_that_is_not_there_is_named(live):
    for command in ("plan", "diff"):
        done = live.command(command, "nowhere")
        assert done.returncode == 1 and '"nowhere"' in done.stderr
        assert live.command(command, "a b").returncode == 2


# --- diff ----------------------------------------------------------------------------------------

def test_a_piped_diff_is_a_patch_and_one_on_a_terminal_is_harmless(live):
    evil = b"caf\xe9 \x1b]0;owned\x07\n"
    (live.repository.directory / "text.txt").write_bytes(evil)
    live.repository.commit("bytes")
    store(live)
    done = subprocess.run([BINARY, "diff", "try", "--state", str(live.state)], cwd=live.place,
                          env=environment(), capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    copy = live.place / "copy"
    live.repository.git("worktree", "add", "-q", "--detach", str(copy), live.first)
    subprocess.run(["git", "apply"], cwd=copy, input=done.stdout, check=True, timeout=60)
    assert (copy / "text.txt").read_bytes() == evil
    status, shown = on_terminal(live, "diff", "try")
    assert status == 0 and "\x1b]0;" not in shown and "^[]0;owned^G" in shown
    assert "\x1b[32m+caf\ufffd " in shown


def test_a_diff_without_a_commit_is_against_the_branch(live):
    assert told(live, "diff") == ""


def test_a_long_diff_is_cut_and_says_so(live):
    live.repository.write("long.txt", "0123456789\n" * 150_000)
    live.repository.commit("long")
    store(live)
    done = live.command("diff", "try")
    assert done.returncode == 0 and "1 MiB" in done.stderr
    assert len(done.stdout) <= (1 << 20) + 1


# --- drift ---------------------------------------------------------------------------------------

def edit(shop, commit, text="// by hand\n"):
    path = release_directory(shop, commit) / "server.js"
    path.write_text(path.read_text() + text)
    return path


def test_without_edits_nothing_has_drifted(live):
    assert "what was committed" in told(live, "drift")
    assert json.loads(told(live, "drift", "--json")) == {"drift": []}
    assert live.command("drift", "restore").returncode == 1


def test_an_edit_is_shown_and_told_once(live):
    edit(live, live.first)
    text = told(live, "drift", status=3)
    assert "edited   server.js" in text and "+// by hand" in text
    drift = json.loads(told(live, "drift", "--json", status=3))["drift"][0]
    assert drift["commit"] == live.first and drift["services"] == ["shop"]
    assert drift["files"] == [{"path": "server.js", "kind": "edited"}]
    assert len(live.livefix.seen("drift")) == 1
    event = live.livefix.seen("drift")[0]
    assert event["files"] == drift["files"] and "server.js" in event["message"]


def test_a_control_looks_when_it_starts_and_remembers_what_it_told(live):
    edit(live, live.first)
    old = live.livefix.kill("control")
    live.livefix.role("control", but_not=old)
    live.livefix.wait("drift")
    old = live.livefix.kill("control")
    live.livefix.role("control", but_not=old)
    told(live, "drift", status=3)
    assert len(live.livefix.seen("drift")) == 1
    assert "event" in told(live, "audit", "verify")


def test_an_adopted_edit_is_a_commit_that_can_be_pushed(live):
    edit(live, live.first)
    branch = f"drift/{live.first[:7]}-1"
    said = told(live, "drift", "adopt")
    assert branch in said and f"git fetch live {branch}" in said
    live.repository.git("fetch", "-q", "live", branch)
    live.repository.git("merge", "-q", "--ff-only", "FETCH_HEAD")
    assert "by hand" in (live.repository.directory / "server.js").read_text()
    assert live.repository.git("log", "-1", "--format=%an").stdout.strip() == "anna"
    pushed = live.repository.push()
    assert pushed.returncode == 0, pushed.stderr
    assert "what was committed" in told(live, "drift")


def test_an_edit_is_adopted_on_a_branch_of_any_name_but_a_taken_one(live):
    edit(live, live.first)
    assert "hotfix" in told(live, "drift", "adopt", "--branch", "hotfix")
    for taken in ("hotfix", "main"):
        assert live.command("drift", "adopt", "--branch", taken).returncode == 1
    assert live.command("drift", "adopt", "--branch", "a..b").returncode == 2
    assert live.repository.live() == live.first


def test_a_restored_file_is_as_it_was_committed(live):
    path = edit(live, live.first)
    assert "server.js" in told(live, "drift", "restore")
    assert path.read_text() == (live.repository.directory / "server.js").read_text()
    assert "what was committed" in told(live, "drift")
    told(live, "reload")
    assert live.answer() == "release one"


# --- logs ----------------------------------------------------------------------------------------

WRITES = ("console.log('got ' + request.url); "
          "if (request.url === '/much') for (let i = 0; i < 200; i++) "
          "console.log('x'.repeat(60000)); " + ANSWER)


@pytest.fixture
def talking(live):
    """The release that serves logs each request."""
    live.second = live.release("two", handler=WRITES)
    pushed = live.repository.push()
    assert pushed.returncode == 0, pushed.stderr
    return live


def ask_and_wait(shop, path):
    """The line of the request is in the log."""
    get(shop.port, path)
    wait_until(lambda: f"got {path}" in shop.command("logs").stdout, f"a line of {path}",
               10 * PATIENCE)


def test_logs_are_those_of_all_generations(talking):
    ask_and_wait(talking, "/a")
    ask_and_wait(talking, "/b")
    lines = told(talking, "logs").splitlines()
    assert [line.split(" | ")[1] for line in lines][-2:] == ["got /a", "got /b"]
    assert f"{talking.first[:7]} | open" in lines and f"{talking.second[:7]} | open" in lines
    assert told(talking, "logs", "--most", "1") == f"{talking.second[:7]} | got /b\n"
    assert told(talking, "logs", "--generation", talking.first[:7]) == "open\n"
    event = json.loads(told(talking, "logs", "--json", "--most", "1"))
    assert event["event"] == "output" and event["line"] == "got /b"
    assert event["release"] == talking.second[:7] and event["stream"] == "stdout"
    assert told(talking, "logs", "--generation", str(event["generation"]), "--most", "1") \
        == "got /b\n"


def test_status_shows_the_number_that_logs_takes(talking):
    words = told(talking, "status").split()
    assert "RELEASE GENERATION STATE" in " ".join(words)
    number = words[words.index(talking.second[:7]) + 1]
    ask_and_wait(talking, "/a")
    assert told(talking, "logs", "--generation", number, "--most", "1") == "got /a\n"


def test_what_is_not_there_is_named(talking):
    done = talking.command("logs", "--generation", "abcdef0")
    assert done.returncode == 1 and "abcdef0" in done.stderr
    done = talking.command("logs", "--service", "cart")
    assert done.returncode == 1 and "there is shop" in done.stderr
    assert talking.command("logs", "--most", "many").returncode == 2


def test_a_program_that_crashed_has_left_its_lines(live):
    bad = live.release("bad", start="console.error('no coupon table'); process.exit(3);")
    assert live.repository.push().returncode != 0
    assert "no coupon table" in told(live, "logs", "--generation", bad[:7])


def test_logs_are_harmless_on_a_terminal(live):
    live.release("two", start=r"console.log('\x1b[31mred \x1b[2J\x1b]0;owned\x07');")
    assert live.repository.push().returncode == 0
    status, shown = on_terminal(live, "logs")
    assert status == 0 and "\x1b[31mred ^[[2J^[]0;owned^G\x1b[0m\n" in shown
    assert "\x1b[2J" in told(live, "logs"), "a pipe gets what was written"


@pytest.fixture
def following(talking):
    """livefix logs -f, and its lines as they come."""
    process = subprocess.Popen(
        [BINARY, "logs", "-f", "--most", "0", "--state", str(talking.state)], cwd=talking.place,
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.wait()
    process.stdout.close()
    process.stderr.close()


def first_line(process, shop):
    """Asks until a line comes: when the command has begun to follow is its own affair."""
    lines = []
    reader = threading.Thread(target=lambda: lines.append(process.stdout.readline()), daemon=True)
    reader.start()

    def came():
        get(shop.port, "/ping")
        return lines
    return wait_until(came, "a line", 20 * PATIENCE)[0]


def test_followed_logs_come_until_ctrl_c(talking, following):
    assert first_line(following, talking) == f"{talking.second[:7]} | got /ping\n"
    following.send_signal(signal.SIGINT)
    assert following.wait(20 * PATIENCE) == -signal.SIGINT


def test_followed_logs_end_with_their_reader_and_with_livefix(talking, following):
    first_line(following, talking)
    following.stdout.close()
    assert following.wait(20 * PATIENCE) in (0, -signal.SIGPIPE)
    piped = subprocess.Popen([BINARY, "logs", "-f", "--state", str(talking.state)],
                             cwd=talking.place, env=environment(), stdout=subprocess.PIPE,
                             text=True)
    piped.stdout.readline()
    talking.livefix.stop()
    piped.stdout.read()
    assert piped.wait(20 * PATIENCE) == 0
    piped.stdout.close()


def test_a_slow_reader_is_cut_and_not_waited_for(talking):
    with socket.socket(socket.AF_UNIX) as reader:
        reader.connect(str(talking.state / "run/shop/control.sock"))
        reader.sendall(b"GET /v1/logs?follow=true&most=0 HTTP/1.1\r\nHost: livefix\r\n\r\n")
        reader.settimeout(30 * PATIENCE)
        seen = reader.recv(4096)
        assert b"200 OK" in seen and b'"services"' in seen
        get(talking.port, "/much")  # 12 MB
        ask_and_wait(talking, "/after")
        while part := reader.recv(1 << 20):
            seen += part
    assert b"got /after" not in seen, "it was cut before that"


def test_a_directory_has_logs_and_no_releases(node, start):
    running = start(node)
    assert "|" in running.command("logs").stdout
    for command in ("plan", "diff", "drift"):
        done = running.command(command)
        assert done.returncode == 1 and "livefix serve" in done.stderr
