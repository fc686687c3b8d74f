"""Long exchanges through a handover, and what the program sees of a client."""

import hashlib
import http.client
import json
import os
import socket
import threading
import time

import pytest

import programs
from support.http import get
from support.livefix import PATIENCE, serving
from support.waiting import wait_until
from support.websocket import WebSocket


@pytest.mark.short
def test_websocket_stays_on_its_generation(node, start):
    livefix = start(node)
    old = WebSocket(node.port)
    assert old.ask("hello") == "one hello"
    livefix.forget()
    node.save("two")
    livefix.wait("serving")
    assert old.ask("still there?") == "one still there?"
    new = WebSocket(node.port)
    assert new.ask("hello") == "two hello"
    assert len(livefix.status()["generations"]) == 2
    assert old.close() == 1000
    wait_until(lambda: len(livefix.status()["generations"]) == 1, "the old one to go")
    assert new.ask("and you?") == "two and you?"
    assert new.close() == 1000
    assert livefix.stop() == 0


def test_a_stream_that_is_cut_is_counted(node, start):
    livefix = start(node, options=["--drain", "500ms"])
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=20)
    connection.request("GET", "/events")
    response = connection.getresponse()
    assert response.readline() == b"data: one 0\n"
    node.save("two")
    cut = livefix.wait("cut")
    assert (cut["requests"], cut["tunnels"]) == (1, 0)
    with pytest.raises((OSError, http.client.HTTPException)):
        response.read()
    assert livefix.stop() == 0
    assert livefix.wait("stopped")["lost"] == 1


def test_a_stream_of_events_stays_on_its_generation(node, start):
    livefix = start(node)
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=20)
    connection.request("GET", "/events")
    begun = time.monotonic()
    response = connection.getresponse()
    assert response.readline() == b"data: one 0\n"
    assert time.monotonic() - begun < 2 * PATIENCE, "the stream was kept back"
    livefix.forget()
    node.save("two")
    livefix.wait("serving")
    assert get(node.port).text == "release two"
    expected = 1
    while expected < 60:
        line = response.readline()
        assert line, "the stream was cut"
        if line.startswith(b"data:"):
            assert line == f"data: one {expected}\n".encode()
            expected += 1
    connection.close()
    wait_until(lambda: len(livefix.status()["generations"]) == 1, "the old one to go")
    assert livefix.stop() == 0


@pytest.mark.parametrize("size", [0, 1, 65_536, 64 << 20])
def test_uploads_arrive_whole(node, start, size):
    livefix = start(node)
    body = os.urandom(size)
    answer = get(node.port, "/upload", method="POST", body=body, timeout=60)
    assert answer.text.split() == ["one", str(size), hashlib.sha256(body).hexdigest()]
    assert livefix.stop() == 0


def test_an_upload_that_lasts_longer_than_a_handover(node, start):
    livefix = start(node)
    body = os.urandom(8 << 20)
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=30)
    connection.putrequest("POST", "/upload")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders()
    connection.send(body[:4 << 20])
    livefix.forget()
    node.save("two")
    livefix.wait("serving")
    assert get(node.port).text == "release two"
    connection.send(body[4 << 20:])
    answer = connection.getresponse().read().decode()
    assert answer.split() == ["one", str(len(body)), hashlib.sha256(body).hexdigest()]
    assert livefix.stop() == 0


def test_a_slow_request_is_answered_by_the_old_one(node, start):
    livefix = start(node)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(get(node.port, "/slow?ms=2000")))
    thread.start()
    wait_until(lambda: livefix.status()["generations"][0]["in_flight"] == 1, "the request to be in flight")
    livefix.forget()
    node.save("two")
    livefix.wait("serving")
    assert get(node.port).text == "release two"
    assert not answers
    thread.join(20)
    assert answers[0].text == "release one"
    assert livefix.stop() == 0


@pytest.mark.short
def test_the_program_learns_who_the_client_is(node, start):
    livefix = start(node)
    fields = json.loads(get(node.port, "/headers", headers={"Connection": "close, X-Hop", "X-Hop": "1"}).text)
    assert fields["x-forwarded-for"] == "127.0.0.1", fields
    assert fields["x-forwarded-proto"] == "http", fields
    assert "for=" in fields["forwarded"], fields
    assert "x-hop" not in fields, fields
    assert livefix.stop() == 0


def raw(port, data, timeout=10.0):
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as s:
        s.sendall(data)
        answer = b""
        while True:
            try:
                more = s.recv(65536)
            except ConnectionResetError:
                return answer
            if not more:
                return answer
            answer += more


@pytest.mark.short
@pytest.mark.parametrize("request_text", [
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n folded\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\rX: 1\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
], ids=["two framings", "two lengths", "space before colon", "folding", "bare CR", "no host", "not HTTP"])
def test_bad_requests_are_refused(node, start, request_text):
    livefix = start(node)
    answer = raw(node.port, request_text)
    assert answer.startswith(b"HTTP/1.1 400"), answer
    assert get(node.port).text == "release one"
    assert livefix.stop() == 0


def test_pipelined_requests_are_answered_in_order(node, start):
    livefix = start(node)
    answer = raw(node.port, b"GET /slow?ms=300 HTTP/1.1\r\nHost: a\r\n\r\nGET /headers HTTP/1.1\r\nHost: a\r\n\r\n"
                 b"GET /pid HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200") == 3
    assert answer.index(b"release one") < answer.index(b"x-forwarded-for") < answer.rindex(b"HTTP/1.1 200")
    assert livefix.stop() == 0


def test_requests_wait_for_the_first_start(place, port, start):
    """The port may be asked as soon as it is there; nobody gets an error because of the start."""
    (place / "server.js").write_text(f"""
setTimeout(() => require("http").createServer((q, r) => r.end("release one")).listen({port}), 300);
""")
    livefix = start(["node", "server.js"], ready=False)
    serving(port, "release one")
    livefix.wait("ready")
    assert livefix.stop() == 0


@pytest.mark.parametrize("kind", [programs.Gunicorn, programs.NodeHttp], ids=lambda kind: kind.__name__)
def test_a_kept_connection_is_as_quick_as_without_livefix(kind, place, port, start, measured):
    """Options of a listener are inherited by its connections. gunicorn sets TCP_NODELAY before it
    binds, and writes head and body apart: without the option each answer takes 40 ms more."""
    program = kind(place / "shop", port)
    if kind is programs.Gunicorn:
        program.command[1:1] = ["--threads", "4"]  # only its threaded workers keep connections
    start(program)
    times = []
    with socket.create_connection(("127.0.0.1", port), timeout=10) as s:
        for _ in range(30):
            begun, answer = time.monotonic(), b""
            s.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            while b"release one" not in answer:
                answer += s.recv(65536)
            times.append(time.monotonic() - begun)
    times.sort()
    measured("an answer takes", times[15] * 1000, "ms")
    assert times[15] < 0.02 * PATIENCE, times
