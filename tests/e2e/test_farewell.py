"""WebSockets at the end of a drain: told, one after the other, and ended in order."""

import asyncio
import os
import struct
import subprocess
import threading
import time

import pytest

import programs
from support.http2 import Http2
from support.livefix import PATIENCE, ROOT
from support.websocket import WebSocket

SERVICE_RESTART, GOING_AWAY = 1012, 1001
HERE = ROOT / "tests/e2e"


def open_many(port, count):
    clients = [WebSocket(port) for _ in range(count)]
    for client in clients:
        assert client.ask("hello") == "one hello"
    return clients


def wait_for_codes(clients):
    """The code that each was closed with, and when."""
    told = []

    def wait(client):
        code = client.receive()  # raises when it is cut without a Close frame
        told.append((code, time.monotonic()))
        client.wait_end()  # raises when it is reset

    threads = [threading.Thread(target=wait, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30 * PATIENCE)
    assert len(told) == len(clients)
    return [code for code, _ in told], [when for _, when in told]


@pytest.mark.short
def test_websockets_get_a_goodbye_when_the_drain_ends(node, start, measured):
    livefix = start(node, options=["--drain", "2s"])
    clients = open_many(node.port, 40)
    node.save("two")
    livefix.wait("serving")
    codes, times = wait_for_codes(clients)
    assert set(codes) == {SERVICE_RESTART}
    measured("from the first goodbye to the last", (max(times) - min(times)) * 1000, "ms")
    assert max(times) - min(times) > 0.05, "all at once"
    livefix.wait("drained")
    assert not livefix.seen("cut"), "whoever answers is not cut"
    assert livefix.stop() == 0
    assert livefix.wait("stopped")["lost"] == 0


def test_who_does_not_answer_a_goodbye_is_cut(node, start):
    livefix = start(node, options=["--drain", "1s"])
    client, = open_many(node.port, 1)
    client.answers_close = False
    node.save("two")
    cut = livefix.wait("cut")
    assert (cut["requests"], cut["tunnels"]) == (0, 1)
    assert client.receive() == SERVICE_RESTART
    client.wait_end()
    assert livefix.stop() == 0
    assert livefix.wait("stopped")["lost"] == 0, "a tunnel is no request"


def test_websockets_get_a_goodbye_when_livefix_ends(node, start):
    livefix = start(node, options=["--drain", "1s"])
    clients = open_many(node.port, 5)
    livefix.interrupt()
    codes, _ = wait_for_codes(clients)
    assert set(codes) == {GOING_AWAY}
    assert livefix.join() in (0, 130)


def test_the_goodbye_comes_also_when_nobody_decides(node, start):
    """The time is in the plan: control may be away when it comes."""
    livefix = start(node, options=["--drain", "2s"])
    clients = open_many(node.port, 3)
    node.save("two")
    livefix.wait("serving")
    livefix.kill("control")
    codes, _ = wait_for_codes(clients)
    assert set(codes) == {SERVICE_RESTART}
    assert livefix.stop() == 0


@pytest.mark.parametrize("kind", [programs.WebSocketNode, programs.WebSocketPython])
def test_the_usual_libraries_understand_a_goodbye(kind, place, port, start):
    program = kind(place / "shop", port)
    livefix = start(program, options=["--drain", "2s"])
    client = subprocess.Popen(["node", HERE / "websocket_clients/told.js", f"ws://127.0.0.1:{port}/told"],
                              stdout=subprocess.PIPE, text=True,
                              env={**os.environ, "NODE_PATH": str(programs.node_modules())})
    assert client.stdout.readline() == "got hello\n"
    program.save("two")
    assert client.stdout.readline() == "closed with 1012 service restart\n"
    assert client.wait(20 * PATIENCE) == 0
    livefix.wait_for_text("closed with 1012")  # says the program
    livefix.wait("drained")
    assert livefix.stop() == 0


def test_the_other_library_of_clients_understands_it_too(place, port, start):
    import websockets

    async def last_words():
        async with websockets.connect(f"ws://127.0.0.1:{port}/told") as socket:
            await socket.send("hello")
            assert await socket.recv() == "hello"
            program.save("two")
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await socket.recv()
            return closed.value.rcvd.code, closed.value.rcvd.reason

    program = programs.WebSocketNode(place / "shop", port)
    livefix = start(program, options=["--drain", "2s"])
    assert asyncio.run(last_words()) == (SERVICE_RESTART, "service restart")
    livefix.wait("drained")
    assert livefix.stop() == 0


@pytest.mark.short
def test_websockets_of_http2_get_a_goodbye(place, port, start):
    program = programs.NodeHttp2(place / "shop", port)
    livefix = start(program, options=["--drain", "1s"])
    with Http2(port) as client:
        stream = client.begin("/chat", "CONNECT", [("sec-websocket-version", "13")], protocol="websocket")
        answer = client.answers[stream]
        client.until(lambda: answer.status, "the answer to CONNECT")
        program.save("two")
        livefix.wait("serving")
        close = struct.pack("!BBH", 0x88, 17, SERVICE_RESTART) + b"service restart"
        client.until(lambda: bytes(answer.body) == close, "the goodbye")
        mask = os.urandom(4)
        code = bytes(byte ^ mask[i] for i, byte in enumerate(struct.pack("!H", SERVICE_RESTART)))
        client.send(stream, b"\x88\x82" + mask + code, ends=True)
        client.until(lambda: answer.ended, "the end of the stream")
        assert answer.reset is None
        assert client.get().text == "release two", "the connection goes on"
    livefix.wait("drained")
    assert livefix.stop() == 0
