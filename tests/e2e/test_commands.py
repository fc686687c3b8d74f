"""The commands beside COMMAND..., and what goes wrong with one clear sentence."""

import socket
import subprocess

import pytest

from support import files
from support.http import get
from support.livefix import BINARY, PATIENCE, clean_environment, serving
from support.waiting import wait_until
from support.websocket import WebSocket


def run(*arguments, cwd, timeout=30.0, **more):
    return subprocess.run([BINARY, *map(str, arguments)], cwd=cwd, capture_output=True, text=True,
                          env=clean_environment(), timeout=timeout * PATIENCE, **more)


def one_clear_sentence(done, *words):
    """Failed, said one thing on standard error, and it names the thing."""
    assert done.returncode not in (0, -6, -11), done
    text = done.stderr + done.stdout
    for word in words:
        assert word in text, f"{word!r} is not in: {text}"
    said = [line for line in done.stderr.splitlines() if line.strip()]
    assert 1 <= len(said) <= 4, text
    return said


@pytest.mark.short
def test_status_tells_everything(node, start):
    livefix = start(node)
    status = livefix.status()
    assert status["service"] == "shop"
    assert status["title"] == "node server.js"
    assert status["directory"] == str(node.directory)
    assert status["takeover"] in ("seccomp", "environment")
    assert status["urls"] == [f"http://localhost:{node.port}"]
    assert status["keeper_pid"] == livefix.keeper
    [generation] = status["generations"]
    assert generation["release"] == "dev-1" and generation["state"] == "serving"
    assert generation["pid"] == int(get(node.port, "/pid").text)
    assert generation["age_ms"] >= 0 and generation["in_flight"] == 0
    text = livefix.command("status")
    assert text.returncode == 0
    for word in ("shop", "dev-1", "serving", str(generation["pid"]), f":{node.port}"):
        assert word in text.stdout, text.stdout
    assert "\x1b" not in text.stdout
    before = livefix.status()["generations"][0]["requests"]
    for _ in range(10):
        get(node.port)
    after = livefix.status()["generations"][0]
    assert after["requests"] == before + 10 and after["failed"] == 0 and after["lost"] == 0
    assert livefix.stop() == 0


@pytest.mark.short
def test_status_tells_how_long_each_generation_takes(node, start):
    livefix = start(node)
    assert livefix.status()["generations"][0]["latency_us"] is None
    slow = int(300 * PATIENCE)
    for path in ["/", "/", "/", "/", f"/slow?ms={slow}"]:
        assert get(node.port, path).status == 200
    latency = livefix.status()["generations"][0]["latency_us"]
    assert latency["p50"] < slow * 1000 <= latency["p99"]
    old = WebSocket(node.port)
    assert old.ask("hello") == "one hello"  # that keeps the old generation
    livefix.forget()
    node.save("two")
    livefix.wait("serving")
    get(node.port)
    by_release = {one["release"]: one["latency_us"] for one in livefix.status()["generations"]}
    assert by_release["dev-1"]["p99"] >= slow * 1000 > by_release["dev-2"]["p99"]
    shown = livefix.command("status").stdout.splitlines()
    assert shown[0].split()[-3:] == ["P50", "P99", "AGE"]
    assert old.close() == 1000
    assert livefix.stop() == 0


def test_reload_waits_for_the_outcome(node, start):
    livefix = start(node, options=["--no-watch"])
    node.save("two")
    done = livefix.command("reload")
    assert done.returncode == 0 and "dev-2" in done.stdout, done
    assert get(node.port).text == "release two"
    files.save_in_place(node.file, node.file.read_text() + "}}}")
    done = livefix.command("reload")
    assert done.returncode == 1 and "exited with 1" in done.stdout + done.stderr, done
    assert get(node.port).text == "release two"
    assert livefix.stop() == 0


@pytest.mark.parametrize("command", ["status", "reload", "stop"])
def test_commands_without_a_service_say_so(place, command):
    one_clear_sentence(run(command, cwd=place), "livefix")


@pytest.mark.parametrize("command", [[], ["serve"], ["status"], ["reload"], ["stop"], ["completion"]])
def test_help(place, command):
    done = run(*command, "--help", cwd=place)
    assert done.returncode == 0 and "Usage" in done.stdout.title(), done
    assert len(done.stdout.splitlines()) >= 3


@pytest.mark.short
def test_serve_says_what_it_needs(place):
    one_clear_sentence(run("serve", cwd=place), "no livefix.toml here", "--config FILE")
    (place / "livefix.toml").write_text('[service.shop]\ncommand = "server.js"\n')
    one_clear_sentence(run("serve", "--state", "state", cwd=place), 'command = "node server.js"')
    assert not (place / "state").exists()
    (place / "livefix.toml").write_text('[service.shop]\ncommand = "node server.js"\n')
    one_clear_sentence(run("serve", "--state", "livefix.toml/x", cwd=place), "cannot be made", "--state DIR")
    one_clear_sentence(run("status", "--state", "state", cwd=place), "livefix serve --state state")


def test_version(place):
    done = run("--version", cwd=place)
    assert done.returncode == 0 and "0.1" in done.stdout, done


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_parse(place, shell):
    done = run("completion", shell, cwd=place)
    assert done.returncode == 0 and "livefix" in done.stdout, done
    if shell == "bash":
        check = subprocess.run(["bash", "-n"], input=done.stdout, text=True, capture_output=True)
        assert check.returncode == 0, check.stderr
        complete = subprocess.run(
            ["bash", "-c", done.stdout + "\nCOMP_WORDS=(livefix st); COMP_CWORD=1; COMP_LINE='livefix st'; "
             "COMP_POINT=10; $(complete -p livefix | sed 's/.*-F \\([^ ]*\\).*/\\1/') livefix st livefix; "
             "echo \"${COMPREPLY[@]}\""], text=True, capture_output=True)
        assert "status" in complete.stdout and "stop" in complete.stdout, complete


def test_no_arguments_shows_how_to_use_it(place):
    done = run(cwd=place)
    assert done.returncode != 0 and "livefix" in done.stderr + done.stdout, done


def test_an_unknown_option(place):
    one_clear_sentence(run("--frobnicate", "node", "server.js", cwd=place), "--frobnicate")


def test_a_duration_without_unit(node, place):
    one_clear_sentence(run("--drain", "5", "node", "server.js", cwd=node.directory), "--drain", "unit")


def test_options_behind_the_command_belong_to_it(place, port, start):
    (place / "server.js").write_text(f"""
require("http").createServer((q, r) => r.end("release " + process.argv.slice(2).join(" "))).listen({port});
""")
    livefix = start(["node", "server.js", "--name", "x", "--json"])
    serving(port, "release --name x --json")
    assert livefix.stop() == 0


@pytest.mark.short
def test_a_command_that_does_not_exist(place):
    one_clear_sentence(run("nodee", "server.js", cwd=place), "nodee")


def test_a_file_that_does_not_exist(place):
    done = run("node", "nothing-here.js", cwd=place, timeout=40)
    assert done.returncode != 0
    assert "nothing-here.js" in done.stdout + done.stderr


def test_a_second_one_on_the_same_service(node, start):
    livefix = start(node)
    done = run("node", "server.js", cwd=node.directory)
    one_clear_sentence(done, "shop", str(livefix.keeper))
    assert get(node.port).text == "release one"
    assert livefix.stop() == 0


@pytest.mark.short
def test_a_port_that_is_taken_by_something_else(node):
    with socket.create_server(("0.0.0.0", node.port)), \
            socket.create_server(("::", node.port), family=socket.AF_INET6):
        done = run("node", "server.js", cwd=node.directory)
    assert done.returncode != 0
    assert str(node.port) in done.stderr + done.stdout
    assert not (node.directory / ".livefix").exists()


def test_a_program_that_never_listens(place):
    done = run("--ready-timeout", "1s", "sleep", "1000", cwd=place)
    assert done.returncode != 0, done
    assert "listen" in done.stderr + done.stdout, done
    assert not (place / ".livefix").exists()


def test_two_services_in_one_directory(node, place, start):
    from support.ports import free_port
    second = free_port()
    text = node.file.read_text().replace(str(node.port), str(second))
    (node.directory / "admin.js").write_text(text.replace("release $", "admin $"))
    shop = start(node, options=["--name", "shop"])
    admin = start(["node", "admin.js"], node.directory, options=["--name", "admin"])
    assert get(node.port).text == "release one" and get(second).text == "admin one"
    done = shop.command("status")
    both = done.stdout + done.stderr
    assert "shop" in both and "admin" in both, both  # either shows both, or asks which one
    named = shop.command("status", "--name", "admin")
    assert named.returncode == 0 and f":{second}" in named.stdout, named
    assert shop.command("stop", "--name", "admin").returncode == 0
    wait_until(lambda: admin.process.poll() is not None, "admin to end")
    assert get(node.port).text == "release one"
    assert shop.stop() == 0


def test_port_is_told_to_a_program_that_reads_it(place, port, start):
    (place / "server.js").write_text(
        'require("http").createServer((q, r) => r.end("release one")).listen(process.env.PORT);\n')
    livefix = start(["node", "server.js"], options=["--port", str(port)])
    serving(port, "release one")
    assert not livefix.seen("warning")


def test_port_that_is_not_heeded_is_said(node, start):
    livefix = start(node, options=["--port", str(node.port % 60000 + 1024)])
    assert "is not heeded" in livefix.wait("warning")["message"]
    serving(node.port, "release one")


@pytest.mark.short
def test_a_configuration_file_is_the_service(node, place, start):
    configuration = f"""
[service.cart]
command = "node server.js"
directory = "shop"
environment = {{ COLOUR = "green" }}
stop_grace = "5s"
[proxy]
threads = 1
"""
    (place / "livefix.toml").write_text(configuration)
    livefix = start([], place)
    assert get(node.port).text == "release one"
    status = livefix.status()
    assert status["service"] == "cart" and status["title"] == "node server.js", status
    assert status["directory"] == str(node.directory)
    assert (place / ".livefix/run/cart/control.sock").exists()
    node.save("two")
    serving(node.port, "release two")
    assert run("status", cwd=place).returncode == 0
    assert run("stop", cwd=place).returncode == 0
    wait_until(lambda: livefix.process.poll() is not None, "livefix to end")
    assert not (place / ".livefix").exists()


def test_a_broken_configuration_file_starts_nothing(place):
    (place / "livefix.toml").write_text('[service.shop]\ncomand = "node"\nport = "80"\ndrain = "5"\n')
    for arguments in ([], ["run"], ["node", "server.js"], ["--config", "livefix.toml", "--drain", "1s"]):
        done = run(*arguments, cwd=place)
        assert done.returncode == 2 and not done.stdout, done
        assert done.stderr.splitlines() == [
            "livefix.toml:2: service.shop.comand: there is no such key; did you mean command?",
            'livefix.toml:3: service.shop.port: "80" is text; write a number from 1 to 65535',
            'livefix.toml:4: service.shop.drain: "5" has no unit; write "5s" or "500ms"']
    (place / "livefix.toml").write_text("[service.shop]\n[service.cart]\n")
    one_clear_sentence(run("node", "server.js", cwd=place), "about one service", "cart, shop", "--service")
    assert not (place / ".livefix").exists()
