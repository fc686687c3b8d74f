"""Services of all kinds that are pushed to `livefix serve`: gunicorn, uvicorn, Go; several of them in one
repository; and what a push is refused for. The example shops: test_push_shops.py."""

import json
import re

import pytest

import programs
from support import ports
from support.http import Load, get, try_get
from support.livefix import PATIENCE
from support.serving import AT_ONCE, Serving, more_of, pushed_under_load
from support.waiting import wait_until


def config(command, more="", rollout=AT_ONCE, name="shop"):
    return f"[service.{name}]\ncommand = '{command}'\n{more}\n[service.{name}.rollout]\n{rollout}\n"


# --- runtimes --------------------------------------------------------------------------------------

RUNTIMES = [programs.Gunicorn, programs.Flask, programs.Uvicorn, programs.FastAPI, programs.GoFile]


@pytest.mark.parametrize("runtime", RUNTIMES, ids=lambda runtime: runtime.__name__)
def test_a_service_is_pushed_and_pushed_again_under_load(runtime, place, port, start):
    program = runtime(place / "tree", port)
    is_go = runtime is programs.GoFile
    serving = Serving(place, start, config("{output}" if is_go else " ".join(program.command),
                                           'build = "go build -o {output} ."' if is_go else ""))
    serving.push("one")
    assert get(port).text == "release one"
    program.save("two")
    assert "live" in pushed_under_load(serving, port)
    assert get(port).text == "release two"
    assert serving.repository.live() == serving.repository.head()


# --- several services in one repository ------------------------------------------------------------

NODE = """
const http = require('node:http');
const release = 'RELEASE';
START
http.createServer((request, response) => {
  HANDLER
}).listen(process.env.PORT);
"""
ANSWER = "response.end(`${release} ${process.pid}`);"


def node(release, start="", handler=ANSWER):
    return NODE.replace("RELEASE", release).replace("START", start).replace("HANDLER", handler)


class Two:
    """Services web and api, each in its directory and at its port."""

    def __init__(self, place, start):
        self.ports = {"web": ports.free_port(), "api": ports.free_port()}
        self.serving = Serving(place, start, "".join(
            config("node server.js", f'directory = "services/{name}"\nport = {port}', name=name)
            for name, port in self.ports.items()))
        for name in self.ports:
            self.write(name, node("one"))
        self.serving.push("one")

    def write(self, name, text):
        self.serving.repository.write(f"services/{name}/server.js", text)

    def answer(self, name):
        """(release, process)"""
        return tuple(get(self.ports[name]).text.split())


@pytest.fixture
def two(place, start):
    return Two(place, start)


def test_of_two_services_only_the_one_that_was_touched_is_handed_over(two):
    api = two.answer("api")
    two.write("web", node("two"))
    with Load(two.ports["api"]) as other:
        pushed_under_load(two.serving, two.ports["web"])
    other.check()
    assert two.answer("web")[0] == "two"
    assert two.answer("api") == api
    assert two.serving.last_rollout()["services"] == ["web"]


def test_a_push_that_touches_no_service_changes_nothing(two):
    before = two.answer("web"), two.answer("api")
    two.serving.repository.write("README.md", "about it\n")
    assert "no service" in two.serving.push("words")
    assert (two.answer("web"), two.answer("api")) == before
    assert two.serving.repository.live() == two.serving.repository.head()


def test_two_services_that_were_both_touched_go_live_together(two):
    two.write("web", node("two"))
    two.write("api", node("two"))
    with Load(two.ports["api"]) as other:
        pushed_under_load(two.serving, two.ports["web"])
    other.check()
    assert two.answer("web")[0] == two.answer("api")[0] == "two"
    assert sorted(two.serving.last_rollout()["services"]) == ["api", "web"]


@pytest.mark.parametrize("fault", [dict(start="throw new Error('no table');"),
                                   dict(start="setTimeout(() => process.exit(1), 300); return;")],
                         ids=["crashes", "exits later"])
def test_when_one_of_two_does_not_start_neither_goes_live(two, fault):
    before = two.answer("web"), two.answer("api")
    two.write("web", node("two"))
    two.write("api", node("two", **fault))
    with Load(two.ports["api"]) as other:
        said = pushed_under_load(two.serving, two.ports["web"], ok=False)
    other.check()
    assert "api" in said
    assert (two.answer("web"), two.answer("api")) == before
    assert two.serving.last_rollout()["outcome"] == "taken_back"


# --- what is refused and taken back ----------------------------------------------------------------


@pytest.fixture
def live(place, port, start):
    """live(more, rollout, handler) is a Node service whose first release serves."""
    def begin(more="", rollout=AT_ONCE, handler=ANSWER):
        serving = Serving(place, start, config("node server.js", f"port = {port}\n{more}", rollout))
        serving.repository.write("server.js", node("one", handler=handler))
        serving.repository.write("build.js", "console.log('building');\n")
        serving.push("one")
        return serving
    return begin


def test_a_build_that_fails_is_refused_with_what_it_said(live, port):
    serving = live('build = "node build.js"')
    before = serving.repository.live()
    serving.repository.write("build.js", "console.error('no such module: lodash'); process.exit(4);\n")
    serving.repository.write("server.js", node("two"))
    said = pushed_under_load(serving, port, ok=False)
    assert "| no such module: lodash" in said
    assert "did not build" in said and "refused" in said
    assert get(port).text.startswith("one ")
    assert serving.repository.live() == before
    assert serving.last_rollout()["outcome"] == "refused"


def test_what_never_listens_is_taken_back_when_its_time_is_over(live, port):
    serving = live('ready = "4s"')
    serving.repository.write("server.js", node("two", start="setInterval(() => {}, 1000); return;"))
    said = pushed_under_load(serving, port, ok=False)
    assert "did not listen" in said
    assert serving.last_rollout()["took_ms"] < 10_000 * PATIENCE
    assert get(port).text.startswith("one ")


def test_a_slow_release_is_taken_back_with_its_figures(live, port):
    serving = live(rollout='steps = ["50%", "100%"]\nbake = "2s"')
    serving.repository.write("server.js", node("two", handler=f"setTimeout(() => {{ {ANSWER} }}, 150);"))
    said = pushed_under_load(serving, port, ok=False)
    assert "p99" in said and "make it faster" in said
    assert get(port).text.startswith("one ")
    assert serving.last_rollout()["gate"] == "p99"


def routes(**milliseconds):
    """A handler whose routes take so long; others are not there."""
    return f"""
      const times = {json.dumps({"/" + name: time for name, time in milliseconds.items()})};
      const time = times[request.url];
      if (time === undefined) response.statusCode = 404;
      setTimeout(() => {{ {ANSWER} }}, time ?? 0);
    """


SOME_SECONDS = 'steps = ["50%", "100%"]\nbake = "3s"'


def test_one_slow_route_of_several_is_found_and_named(live, port):
    serving = live(rollout=SOME_SECONDS, handler=routes(report=300, pay=1))
    serving.repository.write("server.js", node("two", handler=routes(report=300, pay=150)))
    with Load(port, path="/report", clients=4) as reports, Load(port, path="/pay", clients=16) as load:
        more_of(load, 100)
        said = serving.push(ok=False)
    reports.check()
    load.check()
    assert re.search(r"GET /pay: p99 .*make it faster", said), said
    assert serving.last_rollout()["gate"] == "p99"


def test_a_slow_route_that_nobody_had_before_is_not_held_against_it(live, port):
    serving = live(rollout=SOME_SECONDS, handler=routes(pay=1))
    serving.repository.write("server.js", node("two", handler=routes(report=500, pay=1)))
    with Load(port, path="/report", clients=8), Load(port, path="/pay") as load:
        more_of(load, 100)
        said = serving.push()
    load.check()
    assert "live after" in said
    assert get(port, "/report").status == 200


FASTAPI_BUG = '    raise RuntimeError("no coupon")\n'


def test_a_release_that_answers_500_is_taken_back(place, port, start):
    program = programs.FastAPI(place / "tree", port)
    serving = Serving(place, start, config(" ".join(program.command),
                                           rollout='steps = ["50%", "100%"]\nbake = "3s"\nreplay = "off"'))
    serving.push("one")
    program.save("two")
    good = program.file.read_text()
    program.file.write_text(good.replace("def index():\n", "def index():\n" + FASTAPI_BUG))
    with Load(port) as load:
        more_of(load, 100)
        said = serving.push("two", ok=False)
        failures = len(load.failures)
        more_of(load, 100)
    assert "errors" in said
    assert {failure for failure in load.failures if "500" not in failure} == set()
    assert len(load.failures) - failures <= 6  # what the clients had under way
    assert get(port).text == "release one"


# --- keep ------------------------------------------------------------------------------------------

INSTALL = """
const fs = require('node:fs');
fs.mkdirSync('node_modules', { recursive: true });
if (!fs.existsSync('node_modules/stamp')) fs.writeFileSync('node_modules/stamp', String(process.hrtime.bigint()));
"""
STAMPED = "response.end(release + ' ' + require('node:fs').readFileSync('node_modules/stamp'));"


def test_what_is_kept_is_handed_on_as_long_as_the_lockfile_is_the_same(place, port, start):
    serving = Serving(place, start, config("node server.js", f'port = {port}\nbuild = "node install.js"\n'
                                                             'keep = ["node_modules"]'))

    def release(name, lock):
        serving.repository.write("server.js", node(name, handler=STAMPED))
        serving.repository.write("install.js", INSTALL)
        serving.repository.write("package-lock.json", lock)
        said = serving.push(name)
        wait_until(lambda: try_get(port).text.startswith(name), f"release {name}", 20 * PATIENCE)
        return said, get(port).text.split()[1]

    _, first = release("one", "{}")
    said, second = release("two", "{}")
    assert "node_modules carried over" in said and second == first
    said, third = release("three", '{"packages": {}}')
    assert "node_modules not carried over" in said and third != first
