"""What livefix.toml says about traffic, on real programs: bytes, limits, and who gets which generation."""

import http.client
import os
import pathlib
import signal
import socket
import threading

import pytest

from support import http as plain
from support import ports
from support.waiting import wait_until

# Greets with its release, then says every line back.
ECHO = """
import socketserver

class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"release RELEASE\\n")
        for line in self.rfile:
            self.wfile.write(line)
        self.wfile.write(b"bye\\n")

socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.1", PORT), Echo).serve_forever()
"""

# Says its release and how many requests it had at once, at most.
COUNTING = """
let now = 0, most = 0;
require("http").createServer((request, response) => {
  most = Math.max(most, ++now);
  setTimeout(() => { now--; response.end(`release RELEASE most ${most}`); }, 30);
}).listen(PORT);
"""


@pytest.fixture
def configured(place, start, port):
    """configured(text, settings) runs that program by livefix.toml; save(release) changes it."""
    def run(text, *, command, settings="", proxy="", **more):
        program = pathlib.Path(place / command.split()[-1])

        def save(release):
            program.write_text(text.replace("RELEASE", release).replace("PORT", str(port)))

        save("one")
        (place / "livefix.toml").write_text(f"""
[service.shop]
command = "{command}"
{settings}
[proxy.limits]
{proxy}
""")
        return start([], place, **more), save

    return run


class Line:
    """A connection that speaks in lines."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.file = self.socket.makefile("rb")

    def read(self):
        return self.file.readline().decode().strip()

    def close(self):
        self.file.close()
        self.socket.close()

    def say(self, text):
        self.socket.sendall(text.encode() + b"\n")
        return self.read()


@pytest.mark.short
def test_a_service_of_bytes_is_handed_over_by_connection(configured, port):
    livefix, save = configured(ECHO, command="python3 echo.py", settings='protocol = "tcp"')
    old = Line(port)
    assert old.read() == "release one"
    assert old.say("GET / HTTP/1.1") == "GET / HTTP/1.1"
    save("two")
    livefix.wait("serving", release="dev-2")
    young = Line(port)
    assert young.read() == "release two"
    assert old.say("still here") == "still here", "a connection stays where it began"
    old.socket.shutdown(socket.SHUT_WR)
    assert old.read() == "bye", "half closed is not gone"
    livefix.wait("drained", release="dev-1")
    assert young.say("and now?") == "and now?"
    young.close()
    assert livefix.stop() == 0


def pid_of(livefix, release):
    return next(one["pid"] for one in livefix.status()["generations"] if one["release"] == release)


def test_bytes_wait_while_the_program_is_away(configured, port):
    livefix, save = configured(ECHO, command="python3 echo.py", settings='protocol = "tcp"')
    old = Line(port)
    assert old.read() == "release one"
    os.kill(pid_of(livefix, "dev-1"), signal.SIGKILL)
    assert old.read() == "", "what it had is cut"
    assert Line(port).read() == "release one", "the next one waits for the next process"
    save("three")
    livefix.wait("serving", release="dev-2")
    assert Line(port).read() == "release three"
    assert livefix.stop() == 0


def test_no_more_requests_are_in_flight_than_allowed(configured, port):
    livefix, _ = configured(COUNTING, command="node server.js",
                            settings="[service.shop.limits]\nin_flight = 2")
    answers = []
    clients = [threading.Thread(target=lambda: answers.append(plain.get(port).text)) for _ in range(24)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert len(answers) == 24
    assert {int(answer.split()[-1]) for answer in answers} <= {1, 2}, answers
    assert livefix.stop() == 0


def test_what_does_not_fit_into_the_queue_is_turned_away(configured, port):
    livefix, _ = configured(COUNTING, command="node server.js",
                            settings="[service.shop.limits]\nin_flight = 1\nqueue = 1")
    answers = []
    clients = [threading.Thread(target=lambda: answers.append(plain.get(port))) for _ in range(24)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    refused = [one for one in answers if one.status == 503]
    assert refused and all("Retry-After" in one.headers for one in refused)
    assert {one.status for one in answers} == {200, 503}
    assert livefix.stop() == 0


def test_a_slow_start_shares_the_traffic_and_clients_may_choose(configured, port):
    livefix, save = configured(COUNTING, command="node server.js", settings="""
slow_start = "1h"
[service.shop.generation]
header = "X-Release"
cookie = "shop"
""")
    assert "Set-Cookie" not in plain.get(port).headers, "there is no choice yet"
    save("two")
    livefix.wait("serving", release="dev-2")
    states = {one["release"]: one["state"] for one in livefix.status()["generations"]}
    assert states == {"dev-1": "yielding", "dev-2": "serving"}
    for release, text in (("dev-1", "release one"), ("dev-2", "release two")):
        for _ in range(5):
            answer = plain.get(port, headers={"X-Release": release})
            assert answer.text.startswith(text)
    first = plain.get(port)
    cookie = first.headers["Set-Cookie"].split(";")[0]
    for _ in range(10):
        again = plain.get(port, headers={"Cookie": f"a=b; {cookie}"})
        assert again.text.split()[:2] == first.text.split()[:2]
    stays = plain.get(port, headers={"Cookie": "shop=dev-2"})
    assert stays.text.startswith("release two")
    assert livefix.stop() == 0


def test_a_new_release_that_crashes_in_its_slow_start_gives_everything_back(configured, port):
    livefix, save = configured(COUNTING, command="node server.js", settings='slow_start = "1h"')
    save("two")
    livefix.wait("serving", release="dev-2")
    os.kill(pid_of(livefix, "dev-2"), signal.SIGKILL)
    crashed = livefix.wait("crashed", release="dev-2")
    assert "still serving dev-1" in crashed["message"]
    for _ in range(20):
        assert plain.get(port).text.startswith("release one")
    assert livefix.stop() == 0


def test_a_slow_start_ends(configured, port):
    livefix, save = configured(COUNTING, command="node server.js", settings='slow_start = "500ms"')
    with plain.Load(port) as load:
        save("two")
        livefix.wait("drained", release="dev-1")
    assert not load.failures
    assert [one["release"] for one in livefix.status()["generations"] if one["state"] == "serving"] == ["dev-2"]
    assert livefix.stop() == 0


def test_one_client_has_only_so_many_connections(configured, port):
    livefix, _ = configured(COUNTING, command="node server.js", proxy="connections_per_client = 2")
    kept = [http.client.HTTPConnection("127.0.0.1", port, timeout=20) for _ in range(2)]
    for one in kept:
        one.request("GET", "/")
        assert one.getresponse().read()
    refused = plain.get(port)
    assert refused.status == 429 and "too many connections from your address" in refused.text
    for one in kept:
        one.close()
    wait_until(lambda: (answer := plain.try_get(port)) and answer.status == 200, "places to be free again")
    assert livefix.stop() == 0


def test_who_connects_while_there_are_enough_waits(configured, port):
    livefix, _ = configured(COUNTING, command="node server.js", proxy="connections = 1\n")
    first = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    first.request("GET", "/")
    assert first.getresponse().read()
    answers = []
    second = threading.Thread(target=lambda: answers.append(plain.get(port)))
    second.start()
    first.request("GET", "/")
    assert first.getresponse().read()
    assert not answers
    first.close()
    second.join()
    assert answers[0].status == 200
    assert livefix.stop() == 0


def test_a_service_of_bytes_runs_beside_one_of_http(place, start, port):
    other = ports.free_port()
    (place / "echo.py").write_text(ECHO.replace("RELEASE", "one").replace("PORT", str(port)))
    (place / "server.js").write_text(COUNTING.replace("RELEASE", "one").replace("PORT", str(other)))
    (place / "livefix.toml").write_text("""
[service.echo]
command = "python3 echo.py"
protocol = "tcp"
[service.web]
command = "node server.js"
""")
    livefix = start([], place, ready=False)
    for service in ("echo", "web"):
        wait_until(lambda: livefix.seen("ready", service=service), f"{service} to be ready", 20)
    assert livefix.seen("ready", service="echo")[0]["urls"] == [f"tcp://localhost:{port}"]
    line = Line(port)
    assert line.read() == "release one" and line.say("GET / HTTP/1.1") == "GET / HTTP/1.1"
    line.close()
    assert plain.get(other).text.startswith("release one")
    livefix.kill("proxy")
    wait_until(lambda: (answer := plain.try_get(other)) and answer.status == 200, "the next proxy")
    line = Line(port)
    assert line.read() == "release one", "the next proxy knows the ports"
    line.close()
    assert livefix.stop() == 0
