"""Clients of HTTP/2 that mean no good: the proxy does not grow, and others are served."""

import contextlib
import pathlib
import shutil
import tempfile
import threading

import pytest

import programs
from support import ports, processes
from support.http2 import (CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, HEADERS, PING, PRIORITY,
                           PROTOCOL_ERROR, RST_STREAM, SETTINGS, WINDOW_UPDATE, Http2, frame)
from support.livefix import BINARY, Livefix
from support.waiting import wait_until

FLOW_CONTROL_ERROR = 3
MEGABYTE = 1 << 20
# Shadow memory and quarantine of a sanitizer are not what is measured.
MEASURES = "san" not in BINARY


class Served:
    def __init__(self, livefix, port):
        self.livefix, self.port = livefix, port
        self.proxy = livefix.role("proxy")

    @contextlib.contextmanager
    def attack(self, may_grow):
        """Meanwhile a good client is served; afterwards it still is, and the proxy has not grown much."""
        over, served = threading.Event(), []

        def be_good():
            with Http2(self.port) as good:
                while not over.is_set() or not served:
                    assert good.get().text == "release one"
                    served.append(1)

        before = processes.resident_bytes(self.proxy)
        most = [before]
        thread = threading.Thread(target=be_good)
        thread.start()
        try:
            yield lambda: most.append(processes.resident_bytes(self.proxy))
            most.append(processes.resident_bytes(self.proxy))
        finally:
            over.set()
            thread.join()
        assert served
        with Http2(self.port) as good:
            assert good.get().text == "release one"
        assert self.livefix.role("proxy") == self.proxy, "the proxy died"
        self.growth = (max(most) - before) / MEGABYTE
        assert not MEASURES or self.growth < may_grow, f"{self.growth:.1f} MB"


@pytest.fixture(scope="module")
def served():
    place = pathlib.Path(tempfile.mkdtemp(prefix="lfe2e-"))
    program = programs.NodeHttp2(place / "shop", ports.free_port())
    with Livefix(program.command, program.directory) as livefix:
        livefix.wait("ready", timeout=60)
        yield Served(livefix, program.port)
        wait_until(lambda: livefix.status()["generations"][0]["in_flight"] == 0, "no request to be in flight")
        assert livefix.stop() == 0
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def grown(served, measured):
    yield
    measured("memory of the proxy grew by", served.growth, "MB")


def head(client, path="/"):
    return client.h2.encoder.encode(
        [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", path)])


def ended_with(client, error):
    client.wait_closed()
    return client.goaways and client.goaways[-1][1] == error


# --- requests that cost the client nothing -------------------------------------------------------


@pytest.mark.short
@pytest.mark.parametrize("provoke", [
    lambda stream: frame(RST_STREAM, 0, stream, (8).to_bytes(4, "big")),
    lambda stream: frame(WINDOW_UPDATE, 0, stream, bytes(4)),
    lambda stream: frame(WINDOW_UPDATE, 0, stream, (2**31 - 1).to_bytes(4, "big")),
], ids=["reset", "empty window", "too large a window"])
def test_requests_that_are_reset_at_once_end_the_connection(served, grown, provoke):
    """CVE-2023-44487, and its sibling in which the server is made to reset (CVE-2025-8671)."""
    with served.attack(may_grow=20), Http2(served.port) as client:
        client.get()
        for stream in range(3, 8000, 2):
            block = frame(HEADERS, END_HEADERS | END_STREAM, stream, head(client, "/hang"))
            if not client.raw(block + provoke(stream)):
                break
        # Streams that have still to be reset count as open, and there may be too many of these.
        assert ended_with(client, ENHANCE_YOUR_CALM) or client.goaways[-1][1] == PROTOCOL_ERROR


def test_some_resets_are_nothing_bad(served):
    with Http2(served.port) as client:
        for _ in range(100):
            client.reset(client.ask("/hang"))
        assert client.get().text == "release one"


# --- floods --------------------------------------------------------------------------------------


@pytest.mark.short
@pytest.mark.parametrize("what", ["ping", "settings", "empty data", "priority", "continuation", "tiny windows"])
def test_floods(served, grown, what):
    with served.attack(may_grow=20) as look, Http2(served.port) as client:
        client.get()
        client.socket.settimeout(0.5)  # when the proxy reads no more, it has what it wants
        stream = client.begin("/never-read", "POST")
        piece = {
            "ping": frame(PING, 0, 0, b"12345678"),
            "settings": frame(SETTINGS, 0, 0, b"\0\3\0\0\0\144"),
            "empty data": frame(DATA, 0, stream),
            "priority": frame(PRIORITY, 0, stream + 2, bytes(5)),
            "continuation": frame(CONTINUATION, 0, stream + 2, b"\0\1a\1b" * 100),
            "tiny windows": frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\1"),
        }[what]
        if what == "continuation":
            client.raw(frame(HEADERS, END_STREAM, stream + 2, head(client)))
        portion = piece * (65_536 // len(piece))
        for _ in range(100):
            if not client.raw(portion):
                break
            look()


def test_a_head_that_expands(served, grown):
    """Each byte is a field of 4 KB, by way of the compression's table."""
    with served.attack(may_grow=30) as look, Http2(served.port) as client:
        client.get()
        value = "v" * 4000
        client.ask(fields=[("x-bomb", value)])
        bomb = head(client) + b"\xbe" * 16_000
        for i in range(50):
            stream = client._next
            client._next += 2
            if not client.raw(frame(HEADERS, END_HEADERS | END_STREAM, stream, bomb)):
                break
            look()
        client.ping()
        assert client.get().text == "release one"


@pytest.mark.short
def test_windows_that_overflow(served):
    most = (2**31 - 1).to_bytes(4, "big")
    with served.attack(may_grow=10):
        with Http2(served.port) as client:
            client.raw(frame(WINDOW_UPDATE, 0, 0, most))
            assert ended_with(client, FLOW_CONTROL_ERROR)
        with Http2(served.port) as client:
            stream = client.ask("/hang")
            client.raw(frame(WINDOW_UPDATE, 0, stream, most))
            assert client.answer(stream).reset == FLOW_CONTROL_ERROR
            assert client.get().text == "release one"
        with Http2(served.port) as client:  # 0x7fffffff more, by the settings
            stream = client.ask("/hang")
            client.raw(frame(WINDOW_UPDATE, 0, stream, (2**30).to_bytes(4, "big")))
            client.raw(frame(SETTINGS, 0, 0, b"\0\4" + most))
            assert client.answer(stream).reset == FLOW_CONTROL_ERROR


def test_more_data_than_the_window_allows(served):
    with served.attack(may_grow=20), Http2(served.port) as client:
        client.get()
        stream = client.begin("/never-read", "POST")
        # The window opens as far as the kernel takes for the program, which is 10 MB with luck.
        for _ in range(4_000):
            if not client.raw(frame(DATA, 0, stream, bytes(16_384))):
                break
        client.until(lambda: client.closed or client.answers[stream].over, "an end")
        assert client.answers[stream].reset == FLOW_CONTROL_ERROR or client.goaways[-1][1] == FLOW_CONTROL_ERROR


# --- clients that do not read --------------------------------------------------------------------


@pytest.mark.short
def test_windows_that_never_open(served, grown):
    """Each answer may wait in the proxy up to a bound, and the program waits as well."""
    with served.attack(may_grow=64) as look, Http2(served.port, window=0, opens=False) as client:
        for _ in range(100):
            client.ask("/big?size=50000000")
        client.ping()
        client.until(lambda: all(answer.status for answer in client.answers.values()), "the heads")
        look()


def test_a_client_that_does_not_read(served, grown):
    with served.attack(may_grow=64) as look, Http2(served.port, buffer=4096) as client:
        client.h2.increment_flow_control_window(1 << 30)
        client.h2.update_settings({4: 1 << 30})
        client.ping()
        for _ in range(100):
            client.ask("/big?size=50000000")
        for _ in range(20):
            with Http2(served.port) as other:
                assert other.get().text == "release one"
            look()


@pytest.mark.short
def test_an_upload_to_a_program_that_reads_slowly(served, grown):
    """What is kept of it is never used up, and must be given back all the same. In small pieces:
    as chunks they are longer than the window."""
    piece = bytes(50)
    with served.attack(may_grow=10) as look, Http2(served.port) as client:
        stream = client.begin("/read-slowly", "POST")
        left = 16 * MEGABYTE // len(piece)
        while left > 0:
            pieces = min(client.h2.local_flow_control_window(stream) // len(piece), left)
            if pieces == 0:
                client.receive()
                continue
            client.raw(frame(DATA, 0, stream, piece) * pieces)
            client.h2.streams[stream].outbound_flow_control_window -= pieces * len(piece)
            client.h2.outbound_flow_control_window -= pieces * len(piece)
            left -= pieces
            look()
        client.end(stream)
        assert client.answer(stream).text == "read"
