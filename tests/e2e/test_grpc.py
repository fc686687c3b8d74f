"""gRPC through livefix: the real implementation at both ends, all kinds of calls, changes under them, and
what is said of calls that fail."""

import json
import queue
import re
import socket
import threading

import pytest

grpc = pytest.importorskip("grpc", reason="python3-grpcio is not installed")

import programs  # noqa: E402
from support import ports  # noqa: E402
from support.serving import Serving  # noqa: E402
from support.waiting import wait_until  # noqa: E402

SERVER = '''
import os
import sys
import grpc
from concurrent import futures

RELEASE = b"one"
FAILS = False


def unary(request, context):
    if request == b"end":
        os._exit(1)
    if request == b"missing":
        context.abort(grpc.StatusCode.NOT_FOUND, "no such thing")
    if FAILS and request.endswith((b"0", b"5")):
        sys.stderr.write("RateError: no rate for EUR\\n")  # one write: print() mixes what threads say
        context.abort(grpc.StatusCode.INTERNAL, "no rate for EUR")
    context.set_trailing_metadata((("release", RELEASE.decode()),))
    return request


def down(request, context):
    for i in range(5):
        yield b"%d:" % i + request


def up(requests, context):
    return b"|".join(requests)


def both(requests, context):
    for request in requests:
        yield RELEASE + b":" + request


CALLS = {
    "/shop.Shop/Unary": grpc.unary_unary_rpc_method_handler(unary),
    "/shop.Shop/Down": grpc.unary_stream_rpc_method_handler(down),
    "/shop.Shop/Up": grpc.stream_unary_rpc_method_handler(up),
    "/shop.Shop/Both": grpc.stream_stream_rpc_method_handler(both),
}


class Handler(grpc.GenericRpcHandler):
    def service(self, details):
        return CALLS.get(details.method)


import signal, threading
server = grpc.server(futures.ThreadPoolExecutor(16))
server.add_generic_rpc_handlers((Handler(),))
server.add_insecure_port("0.0.0.0:PORT")
server.start()
ended = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: ended.set())
ended.wait()
server.stop(5).wait()
'''

PATIENCE = 30


@pytest.fixture
def shop(place, start):
    port = ports.free_port()
    source = place / "server.py"

    def save(release):
        fresh = place / ".new"
        fresh.write_text(SERVER.replace("PORT", str(port)).replace("one", release))
        fresh.rename(source)

    save("one")
    livefix = start([programs.PYTHON, "server.py"], place)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel, save, livefix


@pytest.mark.short
def test_calls_of_every_kind(shop):
    channel, _, livefix = shop
    unary = channel.unary_unary("/shop.Shop/Unary")
    answer, call = unary.with_call(b"hello", timeout=PATIENCE)
    assert answer == b"hello" and ("release", "one") in [tuple(one) for one in call.trailing_metadata()]
    large = b"x" * 3_000_000
    assert unary(large, timeout=PATIENCE) == large
    assert list(channel.unary_stream("/shop.Shop/Down")(b"a", timeout=PATIENCE)) == [b"%d:a" % i for i in range(5)]
    assert channel.stream_unary("/shop.Shop/Up")(iter([b"a", b"b"]), timeout=PATIENCE) == b"a|b"
    said = queue.Queue()
    heard = channel.stream_stream("/shop.Shop/Both")(iter(said.get, None), timeout=PATIENCE)
    for one in (b"a", b"b"):  # each is answered before the next is said
        said.put(one)
        assert next(heard) == b"one:" + one
    said.put(None)
    assert list(heard) == []
    assert livefix.stop() == 0


@pytest.mark.parametrize("method, request_, code, details", [
    ("Unary", b"missing", "NOT_FOUND", "no such thing"),
    ("Nothing", b"", "UNIMPLEMENTED", None),
])
def test_errors_arrive_as_they_are(shop, method, request_, code, details):
    channel, _, livefix = shop
    with pytest.raises(grpc.RpcError) as raised:
        channel.unary_unary(f"/shop.Shop/{method}")(request_, timeout=PATIENCE)
    assert raised.value.code().name == code
    assert details is None or raised.value.details() == details
    assert livefix.stop() == 0


@pytest.mark.short
def test_what_livefix_answers_is_told_in_the_words_of_grpc(shop):
    """Its clients call again what is UNAVAILABLE, and look at no other status."""
    channel, _, livefix = shop
    unary = channel.unary_unary("/shop.Shop/Unary")
    with pytest.raises(grpc.RpcError) as raised:
        unary(b"end", timeout=PATIENCE)
    assert raised.value.code() == grpc.StatusCode.UNAVAILABLE
    assert raised.value.details() == "livefix: the process that had the request ended before it answered"
    assert livefix.stop() == 0


def test_a_deadline_ends_the_call_at_the_program(shop):
    channel, _, livefix = shop
    said = queue.Queue()
    heard = channel.stream_stream("/shop.Shop/Both")(iter(said.get, None), timeout=0.5)
    said.put(b"a")
    assert next(heard) == b"one:a"
    with pytest.raises(grpc.RpcError) as raised:
        next(heard)
    assert raised.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    said.put(None)
    assert livefix.stop() == 0


def test_a_stream_that_is_silent_for_long_stays(place, start):
    port = ports.free_port()
    (place / "server.py").write_text(SERVER.replace("PORT", str(port)))
    (place / "livefix.toml").write_text(f"""
[service.shop]
command = "{programs.PYTHON} server.py"
[proxy.limits]
http2_ping = "100ms"
head_time = "2s"
""")
    livefix = start([], place)
    said = queue.Queue()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        heard = channel.stream_stream("/shop.Shop/Both")(iter(said.get, None), timeout=PATIENCE)
        said.put(b"a")
        assert next(heard) == b"one:a"
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as other:
            assert other.recv(1) == b""  # who asks for nothing is closed after 2 s: many pings of the stream
        said.put(b"b")
        assert next(heard) == b"one:b"
        said.put(None)
        assert list(heard) == []
    assert livefix.stop() == 0


def test_no_call_is_lost_through_handovers(shop):
    """Unary calls go on without an end, a stream of each release lives until it has said what it wanted."""
    channel, save, livefix = shop
    unary = channel.unary_unary("/shop.Shop/Unary")
    over, wrong, done = threading.Event(), [], [0]

    def call():
        while not over.is_set():
            try:
                if unary(b"ping", timeout=PATIENCE) != b"ping":
                    wrong.append("another answer")
                done[0] += 1
            except grpc.RpcError as error:
                wrong.append(f"{error.code()} {error.details()}")

    callers = [threading.Thread(target=call) for _ in range(4)]
    for caller in callers:
        caller.start()
    try:
        before = b"one"
        for release in ("two", "three", "four", "five"):
            said = queue.Queue()
            heard = channel.stream_stream("/shop.Shop/Both")(iter(said.get, None), timeout=PATIENCE)
            said.put(b"begun")
            assert next(heard) == before + b":begun"
            save(release)
            livefix.wait("serving")
            said.put(b"after")  # the stream stays with the release that it began with
            assert next(heard) == before + b":after"
            said.put(None)
            assert list(heard) == []
            before = release.encode()
    finally:
        over.set()
        for caller in callers:
            caller.join()
    assert wrong == []
    assert done[0] > 50
    assert livefix.stop() == 0


class Calls:
    """Unary calls, one after the other on each of a few threads, as long as this is entered; each codes' count."""

    def __init__(self, port):
        self.codes = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._threads = [threading.Thread(target=self._call) for _ in range(4)]

    def _call(self):
        unary = self._channel.unary_unary("/shop.Shop/Unary")
        number = 0
        while not self._over.is_set():
            number += 1
            code = "OK"
            try:
                unary(b"%d" % number, timeout=PATIENCE)
            except grpc.RpcError as error:
                code = error.code().name
            with self._lock:
                self.codes[code] = self.codes.get(code, 0) + 1

    def more(self, calls=100):
        enough = sum(self.codes.values()) + calls
        wait_until(lambda: sum(self.codes.values()) >= enough, f"{calls} calls", 2 * PATIENCE)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._channel.close()


@pytest.mark.short
def test_a_release_whose_calls_fail_is_taken_back_and_its_symptom_is_shown(place, start):
    """All of its answers have the status 200: a fifth says INTERNAL in its trailers."""
    port = ports.free_port()
    log = place / "access.log"
    serving = Serving(place, start, f"""
[service.shop]
command = "{programs.PYTHON} server.py"
ready = "30s"
[service.shop.rollout]
steps = ["50%", "100%"]
bake = "5s"
warm = "30s"
[proxy.access_log]
file = "{log}"
format = "json"
""")
    source = SERVER.replace("PORT", str(port))
    serving.repository.write("server.py", source)
    serving.push("one")
    with Calls(port) as calls:
        calls.more()
        assert set(calls.codes) == {"OK"}
        serving.repository.write("server.py", source.replace("FAILS = False", "FAILS = True"))
        said = serving.push("two", ok=False)
        calls.more()
    assert "errors" in said or "fail" in said, said
    rollout = serving.last_rollout()
    assert (rollout["outcome"], rollout["gate"]) == ("taken_back", "errors"), rollout
    assert calls.codes.get("INTERNAL", 0) > 0 and set(calls.codes) == {"OK", "INTERNAL"}, calls.codes

    def symptoms():
        return json.loads(serving.command("symptoms", "--json").stdout)["symptoms"]

    wait_until(lambda: sum(one["failures"] for one in symptoms()) == calls.codes["INTERNAL"],
               "each failed call to be counted", PATIENCE)
    one, = symptoms()
    assert (one["method"], one["route"], one["status"], one["grpc_status"], one["error"]) == \
        ("POST", "/shop.Shop/Unary", 200, 13, "RateError: no rate for EUR"), one
    table = serving.command("symptoms").stdout
    assert re.search(r"POST +/shop.Shop/Unary +grpc 13 INTERNAL +RateError: no rate for EUR", table), table
    recorded = json.loads(serving.command("requests", "--failures", "--json").stdout)["requests"]
    assert recorded and all((one["cause"], one["status"], one["grpc_status"]) == ("grpc", 200, 13) for one in recorded)
    request = serving.command("request", str(recorded[0]["id"])).stdout
    assert "grpc 13 INTERNAL: the program ended the call with INTERNAL: no rate for EUR" in request, request
    metrics = serving.command("metrics").stdout
    assert 'route="/shop.Shop/Unary",method="POST",status="200"' in metrics, metrics
    assert serving.livefix.stop() == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    told = [(line["status"], line.get("grpc_status")) for line in lines]
    assert told.count((200, 13)) == calls.codes["INTERNAL"] and told.count((200, 0)) == calls.codes["OK"]
