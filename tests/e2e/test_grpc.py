"""gRPC through livefix: the real implementation at both ends, all kinds of calls, and changes under them."""

import queue
import socket
import threading

import pytest

grpc = pytest.importorskip("grpc", reason="python3-grpcio is not installed")

import programs  # noqa: E402
from support import ports  # noqa: E402

SERVER = '''
import os
import grpc
from concurrent import futures

RELEASE = b"one"


def unary(request, context):
    if request == b"end":
        os._exit(1)
    if request == b"missing":
        context.abort(grpc.StatusCode.NOT_FOUND, "no such thing")
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
