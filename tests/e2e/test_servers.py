"""Every kind of server, unmodified: it starts, serves, is changed by a save, and ends."""

import shutil
import signal

import pytest

import programs
from support import ports
from support.http import Load, get
from support.livefix import serving
from support.waiting import wait_until

NEEDS = {programs.GoBinary: "go", programs.GoFile: "go", programs.GoFolder: "go",
         programs.JavaSource: "java", programs.JavaClasses: "javac",
         programs.Express: "npm", programs.Fastify: "npm", programs.TypeScript: "npm"}
SHORT = {programs.NodeHttp, programs.Gunicorn, programs.GoBinary, programs.Nginx}


@pytest.mark.parametrize("kind", [
    pytest.param(kind, id=kind.__name__, marks=[pytest.mark.short] if kind in SHORT else [])
    for kind in programs.ALL])
def test_is_changed_while_it_serves(kind, place, port, start, measured):
    if kind in NEEDS and shutil.which(NEEDS[kind]) is None:
        pytest.fail(f"{NEEDS[kind]} is not installed")
    program = kind(place / "shop", port)
    livefix = start(program)
    measured("ready after", livefix.events[-1]["arrived"] * 1000 - livefix.started * 1000, "ms")
    serving(port, "release one")

    with Load(port) as load:
        for release in ("two", "three"):
            before = load.count
            wait_until(lambda: load.count > before + 50, "the load to run")
            livefix.forget()
            program.save(release)
            livefix.wait("serving", timeout=60)
            # From the moment on at which it says so, on whatever connection.
            assert [get(port).text for _ in range(5)] == [f"release {release}"] * 5
        wait_until(lambda: load.answers.get("release three", 0) > 50, "answers by the last release")
    load.check(least=150)
    assert set(load.answers) == {"release one", "release two", "release three"}
    measured("answers, none lost", load.count, "requests")

    assert livefix.stop(signal.SIGTERM) == 0
    assert not ports.listening(port)

    again = start(program)
    serving(port, "release three")
    again.interrupt()
    assert again.join() in (0, 130)
    assert not ports.listening(port)


@pytest.mark.parametrize("kind", [programs.NodeHttp, programs.Gunicorn, programs.Uvicorn, programs.GoBinary],
                         ids=lambda kind: kind.__name__)
def test_a_request_in_flight_ends_before_the_program_does(kind, place, port, start):
    """SIGTERM right behind a burst: every connection that was open gets its answer or a clean end."""
    program = kind(place / "shop", port)
    livefix = start(program)
    serving(port, "release one")
    with Load(port, clients=4) as load:
        wait_until(lambda: load.count > 50, "the load to run")
        load.stop()
        assert livefix.stop() == 0
    load.check(least=50)


def test_a_folder_with_go_mod_may_be_named_from_its_parent(place, port, start):
    program = programs.GoFolder(place / "shop", port)
    livefix = start(["./shop"], directory=place)
    serving(port, "release one")
    livefix.forget()
    program.save("two")
    livefix.wait("serving", timeout=60)
    serving(port, "release two")
