"""Autobahn's cases through livefix, to servers and clients of two libraries: nothing may be different
from the same without livefix. The proxy passes frames on as they are, good or bad."""

import concurrent.futures
import json
import os
import select
import socket
import subprocess

import pytest

import programs
from support import autobahn, ports
from support.bridges import Bridge, Http2Bridge, TlsBridge
from support.livefix import PATIENCE, ROOT
from support.waiting import wait_until
from test_tls import make_certificate

# Framing, pings, reserved bits, opcodes, fragmentation, UTF-8, closing: all. The large ones once; of those
# with compression, which send a thousand messages each, one of every kind.
FRAMES = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"]
LARGE = ["9.*"]
COMPRESSED = ["12.1.1", "12.2.2", "12.4.1", "13.1.1", "13.3.2", "13.7.1"]
SERVERS = {"ws": programs.WebSocketNode, "websockets": programs.WebSocketPython}
CLIENTS = {"ws": ["node", "websocket_clients/ws.js"],
           "websockets": [programs.PYTHON, "websocket_clients/websockets_client.py"]}
HERE = ROOT / "tests/e2e"


@pytest.fixture(scope="module", autouse=True)
def suite():
    try:
        autobahn.installed()
    except subprocess.CalledProcessError as error:
        pytest.skip(f"kosoku cannot be installed: {error}")


def run_alone(program, environment=None):
    """The program without livefix, on its own port, which it listens on."""
    process = subprocess.Popen(program.command, cwd=program.directory, stdout=subprocess.DEVNULL,
                               env={**os.environ, **(environment or {})})
    wait_until(lambda: listens(program.port), "the program to listen")
    return process


def listens(port):
    wanted = f":{port:04X}"
    return any(line.split()[1].endswith(wanted) and line.split()[3] == "0A"
               for line in list(open("/proc/net/tcp"))[1:])


_direct = {}


@pytest.fixture
def direct(place):
    """direct(name, cases): the results of the server of that name without livefix, taken once."""
    def results(name, cases):
        key = (name, *cases)
        if key not in _direct:
            program = SERVERS[name](place / "alone", ports.free_port())
            process = run_alone(program)
            try:
                _direct[key] = autobahn.play_to_server(program.port, cases)
            finally:
                process.kill()
                process.wait()
        return _direct[key]

    return results


def is_same(one, other):
    """Equal, but for what the suite itself leaves open: whether a message is still echoed that came right
    before a bad frame or a Close is a matter of microseconds in the library, with livefix and without."""
    if one == other:
        return True
    verdicts = {one[0], other[0]}
    return verdicts <= {"OK", "NON-STRICT", "INFORMATIONAL"} and verdicts != {"OK"} and one[1:7] == other[1:7]


def compare(through, direct, least):
    assert len(through) == len(direct) >= least
    different = {case: (direct[case], through[case]) for case in direct if not is_same(direct[case], through[case])}
    assert not different, f"{len(different)} of {len(direct)}: {dict(list(different.items())[:5])}"


@pytest.mark.parametrize("name", SERVERS)
def test_servers_do_the_same_behind_livefix(name, place, port, start, direct):
    cases = FRAMES + LARGE + COMPRESSED if name == "ws" else FRAMES + COMPRESSED
    livefix = start(SERVERS[name](place / "shop", port))
    through = autobahn.play_to_server(port, cases)
    compare(through, direct(name, cases), 250)
    if name == "ws":
        assert all(map(autobahn.passed, through.values()))
    assert livefix.stop() == 0


def test_servers_do_the_same_by_http2(place, port, start, direct):
    cases = FRAMES + COMPRESSED
    livefix = start(SERVERS["ws"](place / "shop", port))
    with Http2Bridge(port) as bridge:
        compare(autobahn.play_to_server(bridge.port, cases), direct("ws", cases), 250)
    assert livefix.stop() == 0


def test_servers_do_the_same_by_tls(place, start, direct):
    cases = FRAMES + COMPRESSED
    make_certificate(place, "shop.test")
    own = ports.free_port()
    program = SERVERS["ws"](place / "shop", ports.free_port())
    (place / "livefix.toml").write_text(f"""
[service.shop]
command = "node shop/server.js"
[proxy]
listen = [{{ address = "127.0.0.1:{own}", tls = true }}]
[[proxy.certificate]]
certificate = "shop.test.pem"
key = "shop.test.key"
""")
    livefix = start([], place)
    with TlsBridge(own) as bridge:
        compare(autobahn.play_to_server(bridge.port, cases), direct("ws", cases), 250)
    assert program.port and livefix.stop() == 0


@pytest.mark.parametrize("name", CLIENTS)
def test_clients_do_the_same_through_livefix(name, place, port, start):
    environment = {"KOSOKU": str(autobahn.installed()), "CASES": json.dumps(FRAMES + COMPRESSED),
                   "NODE_PATH": str(programs.node_modules())}

    def play(port, program):
        done = subprocess.run([*CLIENTS[name], f"ws://127.0.0.1:{port}"], cwd=HERE, capture_output=True, text=True,
                              timeout=120 * PATIENCE, env={**os.environ, **environment})
        assert done.returncode == 0, done.stderr
        wait_until(program.results.exists, "the results to be written")
        return json.loads(program.results.read_text())

    alone = programs.WebSocketCases(place / "alone", ports.free_port())
    program = programs.WebSocketCases(place / "shop", port)
    livefix = start(program, environment=environment)
    process = run_alone(alone, environment)
    try:
        with concurrent.futures.ThreadPoolExecutor() as both:  # some cases wait for seconds
            direct, through = both.map(play, (alone.port, port), (alone, program))
    finally:
        process.kill()
        process.wait()
    compare(through, direct, 250)
    assert livefix.stop() == 0


class Careless(Bridge):
    """A proxy that cuts when a server begins to close."""

    def carry(self, client):
        with socket.create_connection(("127.0.0.1", self.target)) as server:
            while True:
                for source in select.select([client, server], [], [])[0]:
                    data = source.recv(1 << 16)
                    if not data or (source is server and data[:1] == b"\x88"):
                        return
                    (client if source is server else server).sendall(data)


def test_the_comparison_can_fail(place, direct):
    cases = ["1.1.*"]
    program = SERVERS["ws"](place / "careless", ports.free_port())
    process = run_alone(program)
    try:
        with Careless(program.port) as bridge, pytest.raises(AssertionError, match="8 of 8"):
            compare(autobahn.play_to_server(bridge.port, cases), direct("ws", cases), 8)
    finally:
        process.kill()
        process.wait()
