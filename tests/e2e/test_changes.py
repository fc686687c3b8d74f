"""What a save does, and what a bad one does not do."""

import os
import subprocess

import pytest

from support import files, processes
from support.http import Load, get
from support.livefix import serving
from support.waiting import wait_until


def releases(livefix):
    return [e["release"] for e in livefix.events if e["event"] in ("ready", "serving")]


@pytest.mark.short
def test_syntax_error_keeps_the_old_one_and_says_why(node, start):
    livefix = start(node)
    with Load(node.port) as load:
        livefix.forget()
        good = node.file.read_text()
        files.save_in_place(node.file, good + "\n}}}\n")
        failed = livefix.wait("failed")
        assert get(node.port).text == "release one"
        livefix.wait_for_text("SyntaxError")
        livefix.forget()
        files.save_in_place(node.file, good.replace('RELEASE = "one"', 'RELEASE = "two"'))
        livefix.wait("serving")
        assert get(node.port).text == "release two"
    load.check()
    assert "exit" in str(failed), failed
    assert livefix.stop() == 0


def test_syntax_error_is_told_to_people(node, start):
    livefix = start(node, json=False)
    livefix.wait_for_text("ready in")
    files.save_in_place(node.file, node.file.read_text() + "\n}}}\n")
    line = livefix.wait_for_text("✗")
    assert "server.js saved" in line and "exited with 1" in line and "still serving dev-1" in line, line
    livefix.wait_for_text("SyntaxError")
    assert livefix.stop() == 0


def test_exit_at_start_changes_nothing(node, start):
    livefix = start(node)
    livefix.forget()
    files.replace(node.file, "server.listen", "console.error('no luck today'); process.exit(3); server.listen")
    failed = livefix.wait("failed")
    assert "3" in str(failed.get("message", failed))
    livefix.wait_for_text("no luck today")
    assert get(node.port).text == "release one"
    assert livefix.stop() == 0


def test_never_ready_changes_nothing(node, start):
    livefix = start(node, options=["--ready-timeout", "3s"])
    livefix.forget()
    files.replace(node.file, "server.listen(", "setInterval(() => {}, 1000); (() => {})(")
    livefix.wait("failed")
    assert get(node.port).text == "release one"
    wait_until(lambda: len(livefix.status()["generations"]) == 1, "the candidate to be stopped")
    assert livefix.stop() == 0


def test_listens_and_accepts_nothing_changes_nothing(place, port, start):
    """A listen queue alone is not readiness: gunicorn's master has one long before its workers."""
    source = place / "server.py"
    source.write_text(f"""
import socket, time
RELEASE = "one"
s = socket.create_server(("127.0.0.1", {port}), backlog=50)
while True:
    c, _ = s.accept()
    if not c.recv(65536): continue
    c.sendall(f"HTTP/1.1 200 OK\\r\\nContent-Length: {{len(RELEASE)}}\\r\\nConnection: close\\r\\n\\r\\n{{RELEASE}}".encode())
    c.close()
""")
    livefix = start(["/usr/bin/python3", "server.py"], options=["--ready-timeout", "3s"])
    serving(port, "one")
    livefix.forget()
    files.replace(source, "while True:", "time.sleep(1000)\nwhile True:")
    livefix.wait("failed")
    assert get(port).text == "one"
    assert livefix.stop() == 0


@pytest.mark.short
def test_save_by_rename(node, start):
    livefix = start(node)
    for release in ("two", "three", "four"):
        livefix.forget()
        node.save(release, files.save_by_rename)
        livefix.wait("serving")
        assert get(node.port).text == f"release {release}"
    assert releases(livefix) == ["dev-1", "dev-2", "dev-3", "dev-4"]
    assert livefix.stop() == 0


def test_a_checkout_of_many_files_is_one_change(node, start):
    def git(*arguments):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *arguments], cwd=node.directory,
                       check=True, capture_output=True)

    (node.directory / "lib").mkdir()
    for i in range(300):
        (node.directory / "lib" / f"m{i}.js").write_text(f"module.exports = {i};\n")
    git("init", "-q", "-b", "main")
    (node.directory / ".gitignore").write_text(".livefix\n")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    git("checkout", "-q", "-b", "two")
    node.save("two")
    for i in range(300):
        (node.directory / "lib" / f"m{i}.js").write_text(f"module.exports = {i + 1};\n")
    git("commit", "-q", "-a", "-m", "two")
    git("checkout", "-q", "main")

    livefix = start(node)
    serving(node.port, "release one")
    livefix.forget()
    git("checkout", "-q", "two")
    livefix.wait("serving")
    assert get(node.port).text == "release two"
    livefix.forget()
    node.save("three")  # the next one has the next number: the checkout was one change
    livefix.wait("serving")
    assert get(node.port).text == "release three"
    assert releases(livefix) == ["dev-1", "dev-2", "dev-3"]
    assert livefix.stop() == 0


def test_two_quick_saves_end_with_the_second(node, start):
    livefix = start(node)
    with Load(node.port) as load:
        node.save("two")
        node.save("three", files.save_by_rename)
        serving(node.port, "release three")
        wait_until(lambda: load.answers.get("release three", 0) > 20, "answers by the last release")
    load.check()
    assert livefix.status()["last_change"]["ok"]
    assert livefix.stop() == 0


def test_a_save_while_another_starts_takes_its_place(node, start):
    livefix = start(node)
    text = node.file.read_text()
    slow = text.replace("server.listen(", "setTimeout(() => server.listen(").replace(
        f"{node.port});", f"{node.port}), 1500);")
    assert slow != text
    livefix.forget()
    files.save_in_place(node.file, slow.replace('"one"', '"slow"'))
    wait_until(lambda: len(livefix.status()["generations"]) == 2, "the slow one to start")
    files.save_in_place(node.file, text.replace('"one"', '"quick"'))
    serving(node.port, "release quick")
    # What was superseded is stopped, and does not come back.
    wait_until(lambda: len(livefix.status()["generations"]) == 1, "the others to be gone")
    assert get(node.port).text == "release quick"
    assert livefix.stop() == 0


def test_touch_and_the_same_text_again_are_no_change(node, start):
    livefix = start(node)
    os.utime(node.file)
    files.save_in_place(node.file, node.file.read_text())
    files.save_by_rename(node.file, node.file.read_text())
    (node.directory / "notes.tmp~").write_text("an editor was here")
    (node.directory / ".hidden").write_text("not code")
    # An event that can be waited for: the first real change is the first one there was.
    livefix.forget()
    node.save("two")
    livefix.wait("serving")
    assert releases(livefix) == ["dev-1", "dev-2"]
    assert livefix.stop() == 0


def test_a_new_file_that_is_required_later(node, start):
    livefix = start(node)
    livefix.forget()
    (node.directory / "lib").mkdir()
    (node.directory / "lib" / "name.js").write_text('module.exports = "from a file";\n')
    livefix.wait("serving")
    livefix.forget()
    files.replace(node.file, '"one"', 'require("./lib/name.js")')
    livefix.wait("serving")
    assert get(node.port).text == "release from a file"
    livefix.forget()
    files.save_by_rename(node.directory / "lib" / "name.js", 'module.exports = "changed";\n')
    livefix.wait("serving")
    assert get(node.port).text == "release changed"
    assert livefix.stop() == 0


def test_no_watch_changes_only_when_told(node, start):
    livefix = start(node, options=["--no-watch"])
    node.save("two")
    livefix.forget()
    done = livefix.command("reload")
    assert done.returncode == 0, done
    assert get(node.port).text == "release two"
    assert releases(livefix) == ["dev-1", "dev-2"]
    assert livefix.stop() == 0


def test_ignored_files_are_no_change(node, start):
    livefix = start(node, options=["--ignore", "generated/**", "--ignore", "*.out.js"])
    (node.directory / "generated").mkdir()
    (node.directory / "generated" / "a.js").write_text("1")
    (node.directory / "b.out.js").write_text("1")
    (node.directory / "node_modules").mkdir()
    (node.directory / "node_modules" / "c.js").write_text("1")
    livefix.forget()
    node.save("two")
    livefix.wait("serving")
    assert releases(livefix) == ["dev-1", "dev-2"]
    assert livefix.stop() == 0


def test_a_program_with_two_ports_hands_over_both(place, port, start):
    from support.ports import free_port
    second = free_port()
    source = place / "server.js"
    source.write_text(f"""
const RELEASE = "one";
const http = require("http");
http.createServer((q, r) => r.end("first " + RELEASE)).listen({port}, () =>
  setTimeout(() => http.createServer((q, r) => r.end("second " + RELEASE)).listen({second}), 100));
""")
    livefix = start(["node", "server.js"])
    serving(port, "first one")
    serving(second, "second one")
    with Load(port) as one, Load(second) as other:
        livefix.forget()
        files.replace(source, '"one"', '"two"')
        livefix.wait("serving")
        assert get(port).text == "first two"
        assert get(second).text == "second two"
    one.check()
    other.check()
    assert livefix.stop() == 0


def test_the_old_processes_are_stopped(node, start):
    livefix = start(node)
    old = int(get(node.port, "/pid").text)
    livefix.forget()
    node.save("two")
    livefix.wait("serving")
    wait_until(lambda: not processes.alive(old), "the old process to end")
    assert livefix.stop() == 0
