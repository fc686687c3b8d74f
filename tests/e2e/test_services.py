"""Several services in one livefix: whose a request is, and what happens to one of them alone."""

import json
import os
import re
import signal
import urllib.parse

import pytest

import programs
from support import files, http, ports, processes
from support.http import Load, get
from support.livefix import serving
from support.waiting import wait_until
from test_environment import WITHOUT_SECCOMP

ADMIN = {"Host": "admin.example.com"}


class Services:
    """web on a port of its own, admin on the same one by its host, api behind /api; all at one door."""

    def __init__(self, place):
        self.place = place
        self.port, self.door = ports.free_port(), ports.free_port()
        self.web = programs.NodeHttp(place / "web", self.port)
        self.admin = programs.NodeHttp(place / "admin", self.port)
        self.api = programs.NodeHttp(place / "api", ports.free_port())
        for name in ("web", "admin", "api"):
            getattr(self, name).save(f"{name} one")
        self.write()

    def write(self, more=""):
        (self.place / "livefix.toml").write_text(f"""
[service.web]
command = "node server.js"
directory = "web"

[service.admin]
command = "node server.js"
directory = "admin"
hosts = ["admin.example.com"]

[service.api]
command = "node server.js"
directory = "api"
paths = ["/api"]
{more}
[proxy]
listen = ["127.0.0.1:{self.door}"]
""")

    def answers(self):
        """What each of them says, at the door."""
        return [get(self.door).text, get(self.door, headers=ADMIN).text, get(self.door, "/api").text]


@pytest.fixture
def services(place):
    return Services(place)


@pytest.fixture
def run(start, services):
    def run_them(*, options=(), wait=("web", "admin", "api"), **more):
        livefix = start([], services.place, options=options, ready=False, **more)
        for name in wait:
            livefix.forget()
            wait_until(lambda name=name: livefix.seen("ready", service=name), f"{name} to be ready", 30)
        return livefix

    return run_them


def statuses(livefix):
    done = livefix.command("status", "--json")
    assert done.returncode == 0, done.stderr + livefix.story()
    return {one["service"]: one for one in map(json.loads, done.stdout.splitlines())}


def pids(livefix):
    return {name: [g["pid"] for g in one["generations"]] for name, one in statuses(livefix).items()}


@pytest.mark.short
def test_requests_go_by_host_path_and_port(services, run):
    livefix = run()
    assert services.answers() == ["release web one", "release admin one", "release api one"]
    # They share a port, too, because their requests are told apart.
    assert get(services.port).text == "release web one"
    assert get(services.port, headers=ADMIN).text == "release admin one"
    assert get(services.api.port, "/api").text == "release api one"
    assert get(services.api.port, "/").status == 404
    shown = statuses(livefix)
    assert sorted(shown) == ["admin", "api", "web"]
    assert {one["run"] for one in shown.values()} == {re.sub("[^a-z0-9]+", "-", services.place.name.lower()).strip("-")}
    assert shown["web"]["urls"] == [f"http://localhost:{services.port}"]
    assert shown["admin"]["urls"] == [f"http://admin.example.com:{services.port}"]
    assert shown["api"]["urls"] == [f"http://localhost:{services.api.port}/api"]
    assert livefix.stop() == 0
    assert len(livefix.seen("stopping")) == len(livefix.seen("stopped")) == 1, livefix.story()


@pytest.mark.short
def test_a_save_of_one_touches_no_other(services, run):
    livefix = run()
    before = pids(livefix)
    with Load(services.door) as web, Load(services.door, path="/api") as api:
        wait_until(lambda: web.count > 50 and api.count > 50, "the load to run")
        livefix.forget()
        services.api.save("api two")
        assert livefix.wait("serving", service="api")["lost"] == 0
        assert get(services.door, "/api").text == "release api two"
        wait_until(lambda: "release api two" in api.answers, "the load to meet the new one")
    web.check(least=50)
    api.check(least=50)
    assert set(web.answers) == {"release web one"}
    assert set(api.answers) == {"release api one", "release api two"}
    after = pids(livefix)
    assert after["web"] == before["web"] and after["admin"] == before["admin"]
    assert not [e for e in livefix.seen("changed") if e["service"] != "api"]
    assert livefix.stop() == 0


@pytest.mark.short
def test_a_crash_of_one_is_its_own(services, run):
    livefix = run()
    with Load(services.door) as load:
        wait_until(lambda: load.count > 50, "the load to run")
        livefix.forget()
        os.kill(pids(livefix)["admin"][0], signal.SIGKILL)
        livefix.wait("crashed", service="admin")
        # It waits for the next one, and does not go to the other service on the port.
        assert get(services.port, headers=ADMIN).text == "release admin one"
        livefix.wait("serving", service="admin")
    load.check(least=50)
    assert not livefix.seen("crashed", service="web")
    shown = statuses(livefix)
    assert shown["admin"]["last_change"] and shown["web"]["last_change"]["message"] == "dev-1 is serving"
    assert livefix.stop() == 0


def test_what_one_loses_is_no_others_loss(services, run):
    livefix = run()
    answer = http.try_get(services.door, "/crash")  # web takes it with it
    assert answer is None or answer.status == 502, answer
    livefix.wait("serving", service="web", timeout=30)
    livefix.forget()
    services.api.save("api two")
    assert livefix.wait("serving", service="api")["lost"] == 0
    assert livefix.stop() == 0
    assert livefix.seen("stopped")[0]["lost"] >= 1


@pytest.mark.short
def test_a_reload_of_one_and_of_all(services, run):
    livefix = run()
    before = pids(livefix)
    done = livefix.command("reload", "--service", "api")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("api: reload → new process serving"), done.stdout
    after = pids(livefix)
    assert after["api"] != before["api"] and after["web"] == before["web"], (before, after)
    done = livefix.command("reload")
    assert done.returncode == 0, done.stderr
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["admin", "api", "web"]
    done = livefix.command("reload", "--service", "nobody")
    assert done.returncode == 1 and "there is no service nobody here" in done.stderr, done.stderr
    done = livefix.command("stop")
    assert done.returncode == 0, done.stderr
    assert livefix.join() == 0


@pytest.mark.short
def test_kill_control_and_all_go_on(services, run):
    livefix = run()
    livefix.command("reload", "--service", "web")  # so that their releases differ
    wait_until(lambda: len(pids(livefix)["web"]) == 1, "the old process to go")
    before = pids(livefix)
    with Load(services.door) as web, Load(services.door, path="/api") as api:
        wait_until(lambda: web.count > 50 and api.count > 50, "the load to run")
        livefix.role("control", but_not=livefix.kill("control"))
        assert pids(livefix) == before
        livefix.forget()
        services.web.save("web two")
        assert livefix.wait("serving", service="web")["release"] == "dev-3"
        services.api.save("api two")
        assert livefix.wait("serving", service="api")["release"] == "dev-2"
    web.check(least=50)
    api.check(least=50)
    assert services.answers() == ["release web two", "release admin one", "release api two"]
    assert pids(livefix)["admin"] == before["admin"]
    assert livefix.stop() == 0


@pytest.mark.short
def test_kill_proxy_and_all_plans_come_back(services, run):
    livefix = run()
    before = pids(livefix)
    livefix.forget()
    livefix.kill("proxy")
    warning = livefix.wait("warning")
    assert "new one serves" in warning["message"] and warning["services"] == ["admin", "api", "web"]
    assert services.answers() == ["release web one", "release admin one", "release api one"]
    assert pids(livefix) == before
    livefix.forget()
    services.admin.save("admin two")
    livefix.wait("serving", service="admin")
    assert get(services.port, headers=ADMIN).text == "release admin two"
    assert len(livefix.seen("warning")) == 1, livefix.story()
    assert livefix.stop() == 0


def test_kill_control_and_proxy_at_once(services, run):
    livefix = run()
    control, proxy = livefix.role("control"), livefix.role("proxy")
    for pid in (control, proxy):
        os.kill(pid, signal.SIGKILL)
    for pid in (control, proxy):
        assert processes.wait_gone(pid)
    assert services.answers() == ["release web one", "release admin one", "release api one"]
    livefix.role("control", but_not=control)
    assert livefix.stop() == 0


def test_only_those_that_are_named_run(services, run):
    livefix = run(options=["--service", "web", "--service", "api"], wait=("web", "api"))
    assert sorted(statuses(livefix)) == ["api", "web"]
    assert get(services.door, headers=ADMIN).text == "release web one", "it is for every other host"
    assert livefix.stop() == 0


def test_one_that_cannot_be_started_leaves_the_others(services, run):
    files.replace(services.api.file, f"server.listen({services.api.port})", "process.exit(0)")
    livefix = run(wait=("web", "admin"))
    failed = wait_until(lambda: livefix.seen("failed"), "api to fail", 20)[0]
    assert failed["service"] == "api" and "the other services go on" in failed["message"], failed
    others = [get(services.door).text, get(services.door, headers=ADMIN).text]
    assert others == ["release web one", "release admin one"]
    assert statuses(livefix)["api"]["generations"] == []
    files.replace(services.api.file, "process.exit(0)", f"server.listen({services.api.port})")
    livefix.wait("ready", service="api", timeout=30)
    assert get(services.door, "/api").text == "release api one"
    assert livefix.stop() == 0


def test_it_ends_when_none_can_be_started(services, run):
    for program in (services.web, services.admin, services.api):
        files.replace(program.file, f"server.listen({program.port})", "process.exit(0)")
    livefix = run(wait=())
    assert livefix.join() == 1
    assert len(livefix.seen("failed")) == 3, livefix.story()
    assert "none of the services could be started" in livefix.seen("warning")[-1]["message"]


def test_a_port_that_nothing_tells_apart_is_refused_to_the_second(services, run):
    services.write()
    text = (services.place / "livefix.toml").read_text()
    # Nobody says beforehand that the programs ask for one port.
    text = text.split("[proxy]")[0].replace('hosts = ["admin.example.com"]\n', "")
    (services.place / "livefix.toml").write_text(text)
    livefix = run(wait=("api",))
    failed = wait_until(lambda: livefix.seen("failed"), "one to fail", 20)[0]
    other = {"web": "admin", "admin": "web"}[failed["service"]]
    assert f"port {services.port} is the service {other}'s" in failed["message"], failed
    assert get(services.port).text == f"release {other} one"
    assert livefix.stop() == 0


def test_explicit_ports_that_clash_are_refused_at_once(services, start):
    text = (services.place / "livefix.toml").read_text().split("[proxy]")[0]
    text = text.replace('hosts = ["admin.example.com"]', "port = 4000").replace(
        'directory = "web"', 'directory = "web"\nport = 4000')
    (services.place / "livefix.toml").write_text(text)
    livefix = start([], services.place, ready=False, json=False)
    assert livefix.join() == 2
    line = text.splitlines().index("port = 4000", text.splitlines().index("[service.web]")) + 1
    assert livefix.errors[0].startswith(f"livefix.toml:{line}: service.web.port: 4000 is the port of "), \
        livefix.errors


def test_lines_say_whose_they_are(services, run):
    livefix = run(json=False, wait=())
    for name in ("web", "admin", "api"):
        livefix.wait_for_text(f"▲ {name} · http://")
        livefix.wait_for_text(f"{name:5} | this is release {name} one")
    assert livefix.lines[0].endswith(f"3 services at http://localhost:{services.door}"), livefix.lines
    assert "  api    node server.js · for /api · watching 1 file in api" in livefix.lines
    services.web.save("web two")
    livefix.wait_for_text("● web · server.js saved → new process serving after ")
    livefix.wait_for_text("web   dev-2 | this is release web two")
    assert livefix.stop() == 0
    assert livefix.lines[-2:] == ["livefix: stopping", "■ stopped · 0 requests lost"], livefix.story()


def test_each_is_built_into_a_place_of_its_own(services, run):
    """By a tool that makes no directories."""
    text = (services.place / "livefix.toml").read_text()
    text = text.replace('command = "node server.js"', 'build = "cp server.js {output}"\ncommand = "node {output}"')
    (services.place / "livefix.toml").write_text(text)
    livefix = run()
    assert services.answers() == ["release web one", "release admin one", "release api one"]
    livefix.forget()
    services.api.save("api two")
    livefix.wait("serving", service="api")
    assert services.answers() == ["release web one", "release admin one", "release api two"]
    assert livefix.stop() == 0


def test_without_seccomp_each_has_a_port(services, run):
    for program in (services.web, services.admin, services.api):
        files.replace(program.file, f"server.listen({program.port})", "server.listen(process.env.PORT)")
    public = ports.free_port()
    text = (services.place / "livefix.toml").read_text()
    text = text.replace('directory = "web"', f'directory = "web"\nport = {services.port}')
    text = text.replace('directory = "admin"', f'directory = "admin"\nport = {services.port}')
    text = text.replace('directory = "api"', f'directory = "api"\nport = {public}')
    (services.place / "livefix.toml").write_text(text)
    livefix = run(wrapper=WITHOUT_SECCOMP)
    assert statuses(livefix)["api"]["takeover"] == "environment"
    assert services.answers() == ["release web one", "release admin one", "release api one"]
    assert get(services.port, headers=ADMIN).text == "release admin one"
    with Load(public, path="/api") as load:
        wait_until(lambda: load.count > 50, "the load to run")
        livefix.forget()
        services.api.save("api two")
        livefix.wait("serving", service="api")
        serving_now = get(public, "/api").text
    load.check(least=50)
    assert serving_now == "release api two"
    assert livefix.stop() == 0


def test_without_seccomp_and_without_ports_each_gets_one(services, run):
    for program in (services.web, services.admin, services.api):
        files.replace(program.file, f"server.listen({program.port})", "server.listen(process.env.PORT)")
    livefix = run(wrapper=WITHOUT_SECCOMP)
    urls = [url for one in statuses(livefix).values() for url in one["urls"]]
    assert len({urllib.parse.urlsplit(url).port for url in urls}) == 3, urls
    assert services.answers() == ["release web one", "release admin one", "release api one"]
    assert livefix.stop() == 0
