"""Places that are unlike the usual one."""

import json
import pathlib
import subprocess
import sys

import pytest

import programs
from support import files, ports
from support.http import Load, get
from support.livefix import BINARY, serving
from support.waiting import wait_until

WITHOUT_SECCOMP = [programs.PYTHON, str(pathlib.Path(__file__).with_name("no_seccomp.py"))]


@pytest.fixture
def obliging(place, port):
    """A program that asks PORT, as those made for platforms do."""
    program = programs.NodeHttp(place / "shop", port)
    files.replace(program.file, f"server.listen({port})", f"server.listen(process.env.PORT || {port})")
    return program


def test_the_filter_of_the_tests_works(place):
    code = "import ctypes; l = ctypes.CDLL(None, use_errno=True); print(l.syscall(317, 2, 0, 0), ctypes.get_errno())"
    done = subprocess.run([*WITHOUT_SECCOMP, programs.PYTHON, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["-1", "1"], done


@pytest.mark.short
def test_usually_it_says_nothing_about_the_takeover(node, start):
    livefix = start(node)
    assert livefix.status()["takeover"] == "seccomp"
    assert not livefix.seen("warning"), livefix.seen("warning")
    assert livefix.stop() == 0


@pytest.mark.short
def test_without_seccomp_two_generations_run_with_PORT(obliging, start):
    livefix = start(obliging, options=["--port", str(obliging.port)], wrapper=WITHOUT_SECCOMP)
    status = livefix.status()
    assert status["takeover"] == "environment" and status["takeover_reason"], status
    serving(obliging.port, "release one")
    with Load(obliging.port) as load:
        wait_until(lambda: load.count > 50, "the load to run")
        livefix.forget()
        obliging.save("two")
        livefix.wait("serving")
        assert get(obliging.port).text == "release two"
    load.check(least=50)
    assert livefix.stop() == 0


def test_without_seccomp_it_says_which_way_is_in_use(obliging, start):
    livefix = start(obliging, options=["--port", str(obliging.port)], wrapper=WITHOUT_SECCOMP, json=False)
    livefix.wait_for_text("ready in")
    said = [line for line in livefix.lines + livefix.errors if "PORT" in line and "seccomp" in line]
    assert len(said) == 1, livefix.story()
    assert livefix.stop() == 0


def test_without_seccomp_a_fixed_port_is_swapped_while_requests_wait(node, start):
    """The program does not ask PORT: there is no room for two, so requests wait in between."""
    livefix = start(node, options=["--port", str(ports.free_port())], wrapper=WITHOUT_SECCOMP)
    public = int(livefix.status()["urls"][0].rpartition(":")[2])
    assert public != node.port
    serving(public, "release one")
    with Load(public) as load:
        wait_until(lambda: load.count > 50, "the load to run")
        livefix.forget()
        node.save("two")
        livefix.wait("serving")
        assert get(public).text == "release two"
    load.check(least=50)
    assert livefix.stop() == 0


def test_livefix_in_livefix(node, start):
    """The second notify listener in one task tree is EBUSY, so the inner one falls back."""
    livefix = start([BINARY, "--json", "--port", str(ports.free_port()), "node", "server.js"], node.directory,
                    options=["--name", "outer"])

    def inner(event):
        lines = [e["line"] for e in livefix.seen("output")]
        found = [json.loads(line) for line in lines if line.startswith("{")]
        return [e for e in found if e["event"] == event]

    [ready] = wait_until(lambda: inner("ready"), "the inner one to be ready")
    assert inner("started")[0]["takeover"] == "environment", inner("started")
    serving(int(ready["urls"][0].rpartition(":")[2]), "release one")
    assert livefix.stop() == 0


@pytest.mark.short
def test_a_path_longer_than_a_socket_address(place, port, start):
    deep = place
    while len(str(deep)) < 180:
        deep = deep / "a-directory-with-a-long-name"
    program = programs.NodeHttp(deep / "shop", port)
    livefix = start(program)
    assert livefix.status()["service"] == "shop"
    livefix.forget()
    program.save("two")
    livefix.wait("serving")
    assert get(port).text == "release two"
    assert livefix.stop() == 0


def test_a_path_with_spaces_and_letters_of_other_languages(place, port, start):
    program = programs.NodeHttp(place / "mon café ñ 店" / "shop", port)
    livefix = start(program)
    livefix.forget()
    program.save("two")
    livefix.wait("serving")
    assert livefix.status()["directory"] == str(program.directory)
    assert livefix.stop() == 0


def test_dir_option_and_livefix_dir(node, place, start):
    elsewhere = place / "state"
    livefix = start(node.command, place, options=["--dir", str(node.directory)],
                    environment={"LIVEFIX_DIR": str(elsewhere)})
    assert get(node.port).text == "release one"
    assert not (node.directory / ".livefix").exists()
    assert list(elsewhere.rglob("control.sock")), list(elsewhere.rglob("*"))
    done = livefix.command("status", "--dir", str(node.directory))
    assert done.returncode == 0, done
    livefix.forget()
    node.save("two")
    livefix.wait("serving")
    assert livefix.stop() == 0
    assert not list(elsewhere.rglob("control.sock"))


def test_nothing_of_livefix_reaches_the_program(node, start):
    """Its environment is the user's and one mark, by which control finds it when the keeper was killed;
    no descriptor of ours is open in it."""
    livefix = start(node)
    environment = json.loads(get(node.port, "/environment").text)
    ours = {name for name in environment if name.startswith("LIVEFIX")}
    assert ours == {"LIVEFIX_TEST_MARK", "LIVEFIX_KEEPER"}
    assert environment["LIVEFIX_KEEPER"].startswith(f"{livefix.keeper}.")
    pid = get(node.port, "/pid").text
    links = {fd: str(pathlib.Path(f"/proc/{pid}/fd/{fd}").readlink()) for fd in
             (p.name for p in pathlib.Path(f"/proc/{pid}/fd").iterdir())}
    assert not [l for l in links.values() if "livefix" in l or "seccomp" in l], links
    assert livefix.stop() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
def test_the_log_of_a_program_may_be_in_its_directory(place, port, start):
    """A program that writes files beside its source does not restart itself for ever."""
    program = programs.NodeHttp(place / "shop", port)
    files.replace(program.file, "server.listen(", "require('fs').appendFileSync('app.log', 'started\\n'); "
                  "server.listen(")
    livefix = start(program)
    livefix.forget()
    program.save("two")
    livefix.wait("serving")
    program.save("three")
    serving(port, "release three")
    assert [e["release"] for e in livefix.events if e["event"] in ("ready", "serving")][-1] == "dev-3"
    assert livefix.stop() == 0
