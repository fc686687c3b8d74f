"""Services that cannot run twice at once: for want of memory, or since they say so."""

import pathlib
import subprocess
import uuid

import pytest

from support.http import Load, get
from support.serving import AT_ONCE, Serving, more_of, pushed_under_load

# Whoever has the lock is the only one; a second one exits.
SINGLE = """
const fs = require('node:fs');
const http = require('node:http');
const lock = 'LOCK';
try { fs.mkdirSync(lock); } catch { console.error('another one runs'); process.exit(1); }
globalThis.ballast = Buffer.alloc(100 << 20, 1);
process.on('SIGTERM', () => { fs.rmdirSync(lock); process.exit(0); });
http.createServer((request, response) => response.end('RELEASE')).listen(process.env.PORT);
"""
SERVER = """
const http = require('node:http');
http.createServer((request, response) => response.end('RELEASE')).listen(process.env.PORT);
"""


def config(port, more="", rollout=AT_ONCE):
    return f'[service.shop]\ncommand = "node server.js"\nport = {port}\n{more}\n' \
           f'[service.shop.rollout]\n{rollout}\n'


def release(serving, place, name, program=SERVER):
    serving.repository.write("server.js", program.replace("LOCK", str(place / "lock")).replace("RELEASE", name))


# --- plan = "hold" -----------------------------------------------------------------------------------


def test_a_service_that_is_held_never_runs_twice_and_loses_nothing(place, port, start):
    serving = Serving(place, start, config(port, 'plan = "hold"'))
    release(serving, place, "one", SINGLE)
    serving.push("one")
    release(serving, place, "two", SINGLE)
    said = pushed_under_load(serving, port)
    assert "plan: hold and swap over" in said
    assert get(port).text == "two"


def test_a_held_service_is_rolled_back_without_running_twice(place, port, start):
    serving = Serving(place, start, config(port, 'plan = "hold"'))
    for name in ("one", "two"):
        release(serving, place, name, SINGLE)
        serving.push(name)
    with Load(port) as load:
        more_of(load, 100)
        done = serving.command("rollback")
        more_of(load, 100)
    assert done.returncode == 0, done.stderr + serving.livefix.story()
    load.check()
    assert get(port).text == "one"


def test_a_held_release_that_does_not_start_gives_way_to_the_old_one(place, port, start):
    serving = Serving(place, start, config(port, 'plan = "hold"'))
    release(serving, place, "one", SINGLE)
    serving.push("one")
    release(serving, place, "two", "throw new Error('oh');")
    said = pushed_under_load(serving, port, ok=False)
    assert "taken back" in said
    assert get(port).text == "one"


def test_without_hold_two_of_it_meet(place, port, start):
    """The proof that the tests above can fail."""
    serving = Serving(place, start, config(port))
    release(serving, place, "one", SINGLE)
    serving.push("one")
    release(serving, place, "two", SINGLE)
    assert "another one runs" in serving.push("two", ok=False)
    assert get(port).text == "one"


# --- memory ------------------------------------------------------------------------------------------


class Machine:
    """A livefix whose machine has as much memory as /proc/meminfo says, and that is what a test writes."""

    def __init__(self, place):
        self.file = place / "meminfo"
        self.has(4_000)
        self.wrapper = ("unshare", "--mount", "sh", "-c",
                        f"mount --bind {self.file} /proc/meminfo && exec \"$@\"", "sh")

    def has(self, megabytes):
        # In place: what is mounted is this file and none of its name.
        self.file.write_text(f"MemTotal: 4096000 kB\nMemAvailable: {megabytes * 1_000_000 // 1024 + 1} kB\n")


@pytest.fixture
def machine(place):
    one = Machine(place)
    probe = subprocess.run([*one.wrapper, "true"], capture_output=True, text=True)
    if probe.returncode != 0:
        pytest.skip(f"no mount namespace of one's own: {probe.stderr.strip()}")
    return one


def test_with_room_for_one_alone_it_is_swapped_over(place, port, start, machine):
    serving = Serving(place, start, config(port), wrapper=machine.wrapper)
    release(serving, place, "one", SINGLE)
    serving.push("one")
    machine.has(60)  # less than the old one has, more than what has to be left
    release(serving, place, "two", SINGLE)
    said = pushed_under_load(serving, port)
    assert "no room for two" in said and "60 MB are free" in said
    assert "requests for shop wait" in said
    assert get(port).text == "two"


def test_without_room_a_service_that_insists_on_two_is_refused(place, port, start, machine):
    serving = Serving(place, start, config(port, 'plan = "handover"'), wrapper=machine.wrapper)
    release(serving, place, "one")
    serving.push("one")
    machine.has(1)
    release(serving, place, "two")
    said = pushed_under_load(serving, port, ok=False)
    assert "there is no room for old and new at once" in said and "refused" in said
    assert get(port).text == "one"
    assert serving.last_rollout()["gate"] == "memory"


def test_when_memory_runs_out_while_both_run_the_new_one_goes(place, port, start, machine):
    serving = Serving(place, start, config(port, rollout='steps = ["50%", "100%"]\nbake = "3s"'),
                      wrapper=machine.wrapper)
    release(serving, place, "one")
    serving.push("one")
    release(serving, place, "two")
    serving.repository.commit("two")
    with Load(port) as load:
        pushing = serving.repository.begin_push()
        serving.livefix.wait("starting", release=serving.repository.head()[:7])
        machine.has(1)
        said = pushing.communicate(timeout=60)[1]
        more_of(load, 100)
    assert pushing.returncode != 0 and "there is no room for old and new at once" in said
    load.check()
    assert get(port).text == "one"


GROUPS = pathlib.Path("/sys/fs/cgroup")


@pytest.fixture
def group():
    """A cgroup (v2) of the test's own, whose memory can be limited."""
    controllers = GROUPS / "cgroup.subtree_control"
    if not controllers.exists() or "memory" not in controllers.read_text().split():
        pytest.skip("cgroup v2 does not count memory here")
    one = GROUPS / f"livefix-test-{uuid.uuid4().hex[:8]}"
    try:
        one.mkdir()
    except OSError as error:
        pytest.skip(f"no cgroup can be made: {error}")
    yield one
    one.rmdir()


def test_in_a_cgroup_its_limit_counts(place, port, start, group):
    wrapper = ("sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh")
    serving = Serving(place, start, config(port), wrapper=wrapper)
    release(serving, place, "one", SINGLE)
    serving.push("one")
    used = int((group / "memory.current").read_text())
    (group / "memory.max").write_text(str(used + (20 << 20)))
    release(serving, place, "two", SINGLE)
    said = pushed_under_load(serving, port)
    assert "no room for two" in said and get(port).text == "two"
    serving.livefix.stop()
