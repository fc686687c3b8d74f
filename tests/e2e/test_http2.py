"""HTTP/2 from clients: every kind of request and answer, by the h2 library.

One livefix serves the tests of this file, and at the end nothing of them may be left in it.
"""

import hashlib
import json
import os
import pathlib
import shutil
import socket
import struct
import tempfile

import pytest

import programs
from support import ports
from support.http2 import (CANCEL, DATA, END_HEADERS, HEADERS, NO_ERROR, PROTOCOL_ERROR, Http2, frame)
from support.livefix import PATIENCE, Livefix
from support.waiting import wait_until


class Served:
    def __init__(self, livefix, program):
        self.livefix, self.program, self.port = livefix, program, program.port

    def client(self, **options):
        return Http2(self.port, **options)

    def seen(self):
        with self.client() as client:
            return json.loads(client.get("/seen").text)


@pytest.fixture(scope="module")
def served():
    place = pathlib.Path(tempfile.mkdtemp(prefix="lfe2e-"))
    program = programs.NodeHttp2(place / "shop", ports.free_port())
    with Livefix(program.command, program.directory) as livefix:
        livefix.wait("ready", timeout=60)
        yield Served(livefix, program)
        # Whatever the tests did: every request is over, every connection given back.
        wait_until(lambda: livefix.status()["generations"][0]["in_flight"] == 0, "no request to be in flight")
        assert livefix.stop() == 0
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def client(served):
    with served.client() as one:
        yield one


def fields_of(answer):
    """What the program was sent, in lower case."""
    flat = json.loads(answer.text)["fields"]
    return [(name.lower(), value) for name, value in zip(flat[::2], flat[1::2])]


# --- answers -------------------------------------------------------------------------------------


@pytest.mark.short
def test_requests_of_one_connection_are_answered(client):
    for _ in range(5):
        answer = client.get()
        assert (answer.status, answer.text, answer.ended) == (200, "release one", True)
    answer = client.get("/upload", "POST", body=b"abc")
    assert json.loads(answer.text)["length"] == 3
    assert answer["x-release"] == "one"


@pytest.mark.short
@pytest.mark.parametrize("path, method, status, length", [
    ("/", "HEAD", 200, None), ("/empty", "GET", 200, "0"), ("/big?size=70000", "HEAD", 200, "70000"),
    ("/nothing", "GET", 204, None), ("/unchanged", "GET", 304, "55")])
def test_answers_without_a_body_end_with_their_head(client, path, method, status, length):
    answer = client.get(path, method)
    assert (answer.status, answer.ended, answer["content-length"], answer.body) == (status, True, length, b"")
    assert client.get().text == "release one"


def test_fields_of_the_connection_stay_on_it(client):
    answer = client.get("/connection-fields")
    names = {name for name, _ in answer.fields}
    assert not names & {"connection", "keep-alive", "x-hop", "transfer-encoding"}, answer.fields
    assert answer["x-kept"] == "1"
    assert client.get().text == "release one", "a program that closes its connection closes that alone"


def test_what_the_program_learns(client):
    answer = client.get("/request?a=b", "GET", [("x-a", "1"), ("te", "trailers"), ("x-a", "2")])
    assert json.loads(answer.text)["url"] == "/request?a=b"
    fields = fields_of(answer)
    named = dict(fields)
    assert named["host"] == f"localhost:{client.port}"
    assert named["x-forwarded-for"] == "127.0.0.1" and named["x-forwarded-proto"] == "http"
    assert [value for name, value in fields if name == "x-a"] == ["1", "2"]
    assert not [name for name, _ in fields if name.startswith(":")]


def test_crumbs_of_a_cookie_are_joined(client):
    crumbs = [("cookie", "a=1"), ("x-between", "y"), ("cookie", "b=2"), ("cookie", "c=3")]
    cookies = [value for name, value in fields_of(client.get("/request", fields=crumbs)) if name == "cookie"]
    assert cookies == ["a=1; b=2; c=3"]


@pytest.mark.short
def test_trailers_go_both_ways(client):
    stream = client.begin("/upload", "POST", [("trailer", "x-sum")])
    client.send(stream, b"some body")
    client.end(stream, [("x-sum", "17"), ("x-more", "z")])
    told = json.loads(client.answer(stream).text)
    assert told["length"] == 9
    assert [text.lower() for text in told["trailers"]] == ["x-sum", "17", "x-more", "z"]

    answer = client.get("/echo", "POST", body=b"abc")
    assert (answer.text, answer.ended) == ("abc", True)
    assert ("x-end", "yes") in answer.trailers
    answer = client.get("/bare-trailers")
    assert (answer.status, answer.body, answer.trailers) == (200, b"", [("x-status", "7")])


def test_trailers_that_frame_or_route_are_refused(client):
    for name in ("content-length", "transfer-encoding", "host"):
        stream = client.begin("/upload", "POST")
        client.send(stream, b"some body")
        client.end(stream, [(name, "1")])
        answer = client.answer(stream)
        assert answer.status in (0, 400) and (answer.reset or answer.status == 400), (name, answer)
    assert client.get().text == "release one"


@pytest.mark.short
def test_interim_answers_come_before_the_answer(client):
    answer = client.get("/hints")
    assert [(status, dict(fields)["link"]) for status, fields in answer.interim] == [
        (103, "</a.css>; rel=preload"), (103, "</b.css>; rel=preload")]
    assert (answer.status, answer.text) == (200, "with hints")


def test_a_body_may_wait_for_100_continue(client):
    stream = client.begin("/upload", "POST", [("expect", "100-continue"), ("content-length", "5")])
    answer = client.answers[stream]
    client.until(lambda: answer.interim, "100 Continue")
    assert answer.interim[0][0] == 100 and not answer.status
    client.send(stream, b"12345", ends=True)
    assert json.loads(client.answer(stream).text)["length"] == 5
    stream = client.begin("/refuse-to-continue", "POST", [("expect", "100-continue"), ("content-length", "5")])
    answer = client.answer(stream)
    assert (answer.status, answer.text, answer.ended) == (417, "no", True)


def test_an_answer_that_the_connection_ends_ends_its_stream(client):
    for size in (0, 10, 300_000):
        answer = client.get(f"/old?size={size}")
        assert (answer.status, answer.ended, len(answer.body)) == (200, True, size)
        assert answer["x-old"] == "yes"


# --- streams of bytes ----------------------------------------------------------------------------


@pytest.mark.short
def test_bodies_arrive_while_they_are_being_sent(client):
    stream = client.begin("/echo", "POST")
    answer = client.answers[stream]
    expected = b""
    for i in range(20):
        piece = f"piece {i};".encode()
        expected += piece
        client.send(stream, piece)
        client.until(lambda: bytes(answer.body) == expected, f"piece {i} to come back")
    client.end(stream)
    assert client.answer(stream).ended


def test_events_arrive_one_by_one(client):
    streams = [client.ask("/events") for _ in range(3)]
    for stream in streams:
        client.until(lambda: client.answers[stream].status == 200, "the head of the events")
    for i in range(10):
        assert client.get(f"/push?text={i}").text == "3"
        for stream in streams:
            wanted = f"data: {i}\n\n"
            client.until(lambda: client.answers[stream].text.endswith(wanted), "the event")
    client.get("/push?text=end&last")
    for stream in streams:
        assert client.answer(stream).text.count("data:") == 11


@pytest.mark.parametrize("size", [1, 16_384, 65_535, 65_536, 20 << 20])
def test_uploads_and_downloads_arrive_whole(client, size):
    body = os.urandom(size)
    told = json.loads(client.get("/upload", "POST", body=body).text)
    assert (told["length"], told["sum"]) == (size, hashlib.sha256(body).hexdigest())
    stream = client.begin("/upload", "POST", [("content-length", str(size))])
    client.send(stream, body, ends=True)
    assert json.loads(client.answer(stream).text)["length"] == size
    for kind in ("", "&chunked"):
        answer = client.get(f"/big?size={size}{kind}")
        assert answer.ended and len(answer.body) == size and answer.body.count(b"b") == size


@pytest.mark.short
def test_a_large_answer_does_not_hold_up_another(served):
    with served.client(window=1000) as client:
        large = client.ask(f"/big?size={20 << 20}")
        client.until(lambda: len(client.answers[large].body) > 3000, "the large answer to begin")
        client.opens = False
        for _ in range(20):
            assert client.get().text == "release one"
        assert not client.answers[large].over, "it waits for its window"
        client.opens = True
        client.h2.increment_flow_control_window((1 << 30), large)
        client.flush()
        answer = client.answer(large)
        assert answer.ended and len(answer.body) == 20 << 20


def test_many_requests_at_once(client):
    streams = {client.ask(f"/big?size={i * 5000}"): i for i in range(50)}
    uploads = [client.begin("/upload", "POST") for _ in range(50)]
    for i, stream in enumerate(uploads):
        client.send(stream, b"u" * i * 100, ends=True)
    for stream, i in streams.items():
        assert len(client.answer(stream).body) == i * 5000
    for i, stream in enumerate(uploads):
        assert json.loads(client.answer(stream).text)["length"] == i * 100


def test_more_requests_than_may_be_at_once_end_the_connection(served, client):
    client.get()
    streams = [client.begin("/upload", "POST") for _ in range(128)]
    head = [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/")]
    client.raw(frame(HEADERS, END_HEADERS | 1, client._next, client.h2.encoder.encode(head)))  # h2 would not
    client.wait_closed()
    assert client.goaways[-1] == (streams[-1], PROTOCOL_ERROR)
    with served.client() as other:
        assert other.get().text == "release one"


# --- ends ----------------------------------------------------------------------------------------


@pytest.mark.short
def test_an_early_answer_is_followed_by_a_reset_without_error(client):
    stream = client.begin("/early", "POST", [("content-length", str(10 << 20))])
    client.send(stream, bytes(1000))
    client.until(lambda: client.answers[stream].reset is not None, "the reset")
    answer = client.answers[stream]
    assert (answer.status, answer.text, answer.ended, answer.reset) == (413, "early", True, NO_ERROR)
    assert client.get().text == "release one"


def test_windows_come_back_however_a_stream_ends(client):
    """The window of the connection, 1 MB, would be used up after a few of these."""
    for _ in range(12):
        stream = client.begin("/never-read", "POST")
        client.send(stream, bytes(60_000))
        client.send(stream, bytes(60_000))
        client.ping()
        client.reset(stream)
        stream = client.begin("/early", "POST")
        client.send(stream, bytes(120_000))
        client.answer(stream)
        stream = client.begin("/upload", "POST", [("content-length", "200000")])
        client.send(stream, bytes(60_000), ends=False)
        client.raw(frame(DATA, 1, stream))  # ends before its length
        client.until(lambda: client.answers[stream].over, "the reset")
        stream = client.begin("/upload", "POST", [("connection", "close")])
        client.raw(frame(DATA, 0, stream, bytes(10_000)))
        client.until(lambda: client.answers[stream].over, "the reset")
    assert json.loads(client.get("/upload", "POST", body=bytes(3 << 20)).text)["length"] == 3 << 20


@pytest.mark.short
def test_the_program_learns_that_a_client_has_reset_its_request(served, client):
    for path in ("/hang", "/hang?begin"):
        before = served.seen()
        stream = client.ask(path)
        if "begin" in path:
            client.until(lambda: client.answers[stream].text == "begun", "the answer to begin")
        wait_until(lambda: served.seen()["hanging"] == before["hanging"] + 1, "the request to arrive")
        assert served.seen()["closed"] == before["closed"]
        client.reset(stream)
        wait_until(lambda: served.seen()["closed"] == before["closed"] + 1, "the program to be told")
    assert client.get().text == "release one"


def test_the_program_learns_that_a_client_has_gone(served):
    before = served.seen()
    with served.client() as client:
        for _ in range(5):
            client.ask("/hang")
        wait_until(lambda: served.seen()["hanging"] == before["hanging"] + 5, "the requests to arrive")
    wait_until(lambda: served.seen()["closed"] == before["closed"] + 5, "the program to be told")


@pytest.mark.short
@pytest.mark.parametrize("path", ["/break", "/break?chunked"])
def test_an_answer_that_breaks_off_never_ends_cleanly(client, path):
    other = client.begin("/echo", "POST")
    answer = client.get(path)
    assert not answer.ended
    assert answer.reset not in (None, NO_ERROR)
    client.send(other, b"others go on", ends=True)
    assert client.answer(other).text == "others go on"


# --- refused -------------------------------------------------------------------------------------


def refused(client, *args, **more):
    """The status, or 0 for a stream error; the connection has to go on."""
    answer = client.get(*args, **more)
    assert not answer.status or answer.status in (400, 431, 501), answer
    assert answer.status or answer.reset == PROTOCOL_ERROR, answer
    assert client.get().text == "release one"
    return answer.status


@pytest.mark.short
@pytest.mark.parametrize("field", [
    ("connection", "close"), ("keep-alive", "timeout=5"), ("proxy-connection", "close"), ("upgrade", "websocket"),
    ("transfer-encoding", "chunked"), ("te", "gzip"), ("X-Upper", "x"), ("x y", "z"), ("x", "a\r\nb: c"),
    ("x", "a\nb"), ("x", "a\0b"), ("x", " a"), ("", "x"), (":status", "200"), ("host", "other"),
    ("content-length", "x"), ("content-length", "+5")])
def test_fields_that_could_be_understood_differently_are_refused(client, field):
    before = client.get("/seen").text
    assert refused(client, "/upload", "POST", [field], b"12345") == 0
    assert client.get("/seen").text == before, "it reached the program"


@pytest.mark.parametrize("pseudo", [
    {"path": "/a b"}, {"path": "/\r\nx: y"}, {"path": ""}, {"path": None}, {"path": "http://other/"},
    {"path": "http://other/", "scheme": "ftp"}, {"path": "*"}, {"path": "/#a"}, {"authority": "a@b"},
    {"authority": "a b"}, {"authority": "a/b"}, {"method": "GE T"}, {"method": ""}, {"method": None},
    {"scheme": None}, {"authority": None}, {"protocol": "websocket"}])
def test_malformed_pseudo_fields_are_refused(client, pseudo):
    before = client.get("/seen").text
    refused(client, **{"path": "/hang", **pseudo})
    assert client.get("/seen").text == before, "it reached the program"


@pytest.mark.short
def test_plain_connect_is_not_served(client):
    assert refused(client, method="CONNECT", path=None, scheme=None, authority="localhost:80") == 501


def test_a_body_of_another_length_than_it_said_is_refused(served, client):
    for said, sent in (("5", b"1234"), ("5", b"123456")):
        uploads = served.seen()["uploads"]
        stream = client.begin("/upload", "POST", [("content-length", said)])
        client.raw(frame(DATA, 1, stream, sent))
        assert client.answer(stream).reset == PROTOCOL_ERROR
        assert served.seen()["uploads"] == uploads
    assert client.get().text == "release one"


@pytest.mark.short
def test_too_many_fields_end_one_request(client):
    refused(client, fields=[("x-large", "v" * 1000)] * 70)
    refused(client, fields=[(f"x-{i}", "v") for i in range(200)])
    refused(client, path="/" + "p" * 66_000)
    refused(client, fields=[("cookie", "v" * 900)] * 90)
    answer = client.get("/request", fields=[("x-large", "v" * 10_000)])
    assert ("x-large", "v" * 10_000) in fields_of(answer)


def test_an_answer_with_large_fields_passes(client):
    answer = client.get("/large-fields?size=12000")
    assert answer.text == "large"
    assert sum(len(value) for name, value in answer.fields if name.startswith("x-large")) == 12_000


# --- WebSockets (RFC 8441) -----------------------------------------------------------------------


def connect(client, path, fields=()):
    stream = client.begin(path, "CONNECT", [("sec-websocket-version", "13"), *fields], protocol="websocket")
    client.until(lambda: client.answers[stream].status or client.answers[stream].over, "the answer to CONNECT")
    return stream, client.answers[stream]


def text_frame(text, op=1):
    mask = os.urandom(4)
    return bytes([0x80 | op, 0x80 | len(text)]) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(text))


@pytest.mark.short
def test_websockets(client):
    client.get()
    assert client.h2.remote_settings.enable_connect_protocol == 1
    stream, answer = connect(client, "/chat")
    assert answer.status == 200
    assert answer["x-version"] == "13"
    names = {name for name, _ in answer.fields}
    assert not names & {"upgrade", "connection", "sec-websocket-accept"}, answer.fields
    for i in range(5):
        del answer.body[:]
        text = f"hello {i}".encode()
        client.send(stream, text_frame(text))
        expected = b"one " + text
        client.until(lambda: bytes(answer.body) == bytes([0x81, len(expected)]) + expected, "the echo")
        assert client.get().text == "release one", "others of the connection are served meanwhile"
    del answer.body[:]
    client.send(stream, text_frame(struct.pack("!H", 1000), 8))
    client.until(lambda: answer.ended, "the end")
    assert bytes(answer.body) == b"\x88\x02\x03\xe8"


@pytest.mark.short
def test_websockets_may_be_half_closed(served, client):
    stream, answer = connect(client, "/raw")
    client.send(stream, b"some bytes", ends=True)
    client.until(lambda: answer.ended, "the end")
    assert bytes(answer.body) == b"some bytesbye"
    stream, answer = connect(client, "/raw")
    closed = served.seen()["closed"]
    client.reset(stream)
    wait_until(lambda: served.seen()["closed"] > closed, "the program to be told")


def test_much_goes_through_a_websocket(client):
    stream, answer = connect(client, "/raw")
    body = os.urandom(3 << 20)
    sent = 0
    while sent < len(body):
        client.send(stream, body[sent:sent + 100_000])
        sent += 100_000
        client.until(lambda: len(answer.body) > sent - 500_000, "the echo")
    client.end(stream)
    client.until(lambda: answer.ended, "the end")
    assert bytes(answer.body) == body + b"bye"


@pytest.mark.short
def test_what_is_no_websocket_is_not_taken_for_one(client):
    for path, status in (("/refused", 403), ("/no-tunnel", 502)):
        stream, answer = connect(client, path)
        client.until(lambda: answer.over, "the end")
        assert answer.status == status, path
    stream, answer = connect(client, "/chat", [("content-length", "5")])
    assert answer.reset == PROTOCOL_ERROR
    stream, answer = connect(client, "/chat", [("sec-websocket-key", "b25lIG1vcmU=")])
    assert answer.status == 200
    client.reset(stream, CANCEL)


# --- speaking badly ------------------------------------------------------------------------------


def test_the_timer_of_a_head_ends_with_a_malformed_one(client):
    """Seen from here only as a connection that goes on; the timer itself is in http2_test.cc."""
    client.raw(frame(HEADERS, END_HEADERS | 1, 1, b"\x00\x01A\x01b"))
    client._next = 3
    assert client.get().text == "release one"


def test_a_preface_with_a_fault_ends_the_connection(served):
    for data in (b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 100):
        with socket.create_connection(("127.0.0.1", served.port), timeout=10 * PATIENCE) as s:
            s.sendall(data)
            while s.recv(65536):
                pass
    with socket.create_connection(("127.0.0.1", served.port), timeout=10 * PATIENCE) as s:
        s.sendall(b"PRI * HTTP/2.0 \r\n\r\n")
        assert s.recv(65536)
