"""HTTP/2 connections that live through handovers, crashes and the end of livefix."""

import json
import select
import signal
import threading

import h2.settings
import pytest

import programs
from support.http2 import NO_ERROR, WINDOW_UPDATE, Http2, frame
from support.livefix import PATIENCE
from support.waiting import wait_until

LARGEST_STREAM = 2**31 - 1


@pytest.fixture
def node2(place, port):
    return programs.NodeHttp2(place / "shop", port)


def in_flight(livefix):
    return sum(generation["in_flight"] for generation in livefix.status()["generations"])


@pytest.mark.short
def test_requests_of_one_connection_change_over_and_none_is_lost(node2, start, measured):
    livefix = start(node2)
    releases = ["one", "two", "three", "four", "five", "six"]
    serving = threading.Event()

    def save_all():
        for release in releases[1:]:
            livefix.forget()
            node2.save(release)
            livefix.wait("serving")
        serving.set()

    saver = threading.Thread(target=save_all)
    with Http2(node2.port) as client:
        saver.start()
        texts, count = [], 0
        while count < 200 or not serving.is_set():
            streams = [client.ask(), client.ask("/upload", "POST", body=b"x" * 1000), client.ask("/big?size=30000")]
            answers = [client.answer(stream) for stream in streams]
            assert all(a.status == 200 and a.ended and a.reset is None for a in answers), (count, answers)
            assert json.loads(answers[1].text)["length"] == 1000 and len(answers[2].body) == 30_000
            texts.append(answers[0].text)
            count += 3
        assert client.get().text == "release six"
        assert not client.goaways
    saver.join()
    ranks = [releases.index(text.removeprefix("release ")) for text in texts]
    assert ranks == sorted(ranks) and len(set(ranks)) > 3, "each goes to the newest there is"
    measured("requests over one connection and 5 saves", count, "")
    assert livefix.stop() == 0
    assert livefix.wait("stopped")["lost"] == 0


def test_streams_of_two_generations_share_a_connection(node2, start):
    livefix = start(node2)
    with Http2(node2.port) as client:
        old = client.begin("/echo", "POST")
        client.send(old, b"before ")
        client.until(lambda: client.answers[old].text == "before ", "the echo")
        livefix.forget()
        node2.save("two")
        livefix.wait("serving")
        assert client.get().text == "release two"
        assert len(livefix.status()["generations"]) == 2
        client.send(old, b"after", ends=True)
        answer = client.answer(old)
        assert (answer.text, answer["x-release"], answer.ended) == ("before after", "one", True)
        wait_until(lambda: len(livefix.status()["generations"]) == 1, "the old one to go")
        assert client.get().text == "release two"
    assert livefix.stop() == 0


def test_requests_wait_while_no_generation_serves(node2, start):
    """The program dies, and may not start again before all of the requests are there."""
    livefix = start(node2)
    gate = node2.temporary / "gate"
    text = node2.file.read_text()
    gate.write_text("")
    livefix.forget()
    node2.file.write_text(text.replace(f"server.listen({node2.port});", f"""
const open = () => fs.existsSync({json.dumps(str(gate))}) ? server.listen({node2.port}) : setTimeout(open, 5);
const fs = require("fs");
open();
"""))
    livefix.wait("serving")
    gate.unlink()
    with Http2(node2.port) as client:
        broken = client.answer(client.ask("/exit"))
        assert broken.reset not in (None, NO_ERROR) and not broken.ended
        livefix.wait("crashed")  # what it took while it died would be lost: a POST is not sent again
        streams = [client.ask() for _ in range(20)]
        streams += [client.ask("/upload", "POST", body=bytes(50_000)) for _ in range(20)]
        left = client.ask()
        client.ping()
        assert not any(answer.over for stream, answer in client.answers.items() if stream != 1)
        client.reset(left)
        gate.write_text("")
        for stream in streams:
            answer = client.answer(stream)
            assert (answer.status, answer.ended) == (200, True)
    assert livefix.stop() == 0


def test_a_program_that_dies_breaks_its_answers_off(node2, start):
    livefix = start(node2)
    with Http2(node2.port) as client:
        others = [client.begin("/echo", "POST") for _ in range(3)]
        for stream in others:
            client.send(stream, b"x")
            client.until(lambda: client.answers[stream].text == "x", "the echo")
        broken = client.answer(client.ask("/exit"))
        assert not broken.ended and broken.reset not in (None, NO_ERROR)
        for stream in others:
            answer = client.answer(stream)
            assert not answer.ended and answer.reset not in (None, NO_ERROR)
        assert client.get().text == "release one", "the next process serves the same connection"
    assert livefix.stop() == 0


@pytest.mark.short
@pytest.mark.parametrize("how", ["SIGTERM", "stop"])
def test_a_stop_says_goaway_twice_and_finishes_what_was_begun(node2, start, how):
    livefix = start(node2)
    with Http2(node2.port) as client, Http2(node2.port) as idle:
        assert idle.get().text == "release one"
        stream = client.begin("/echo", "POST")
        client.send(stream, b"before ")
        client.until(lambda: client.answers[stream].text == "before ", "the echo")
        stopper = None
        if how == "SIGTERM":
            livefix.send(signal.SIGTERM)
        else:
            stopper = threading.Thread(target=lambda: livefix.command("stop"))
            stopper.start()
        client.until(lambda: client.goaways, "the first GOAWAY")
        assert client.goaways[0] == (LARGEST_STREAM, NO_ERROR)
        # The proxy asks for a pong first, and h2 has answered it: what comes from here is refused.
        client.until(lambda: len(client.goaways) == 2, "the second GOAWAY")
        assert client.goaways[1] == (stream, NO_ERROR)
        client.send(stream, b"after", ends=True)
        answer = client.answer(stream)
        assert (answer.text, answer.ended, answer.reset) == ("before after", True, None)
        client.wait_closed()
        idle.wait_closed()
        assert [code for _, code in idle.goaways] == [NO_ERROR, NO_ERROR]
        client.socket.close()
        idle.socket.close()
        if stopper:
            stopper.join()
        assert livefix.join() == 0
    assert livefix.wait("stopped")["lost"] == 0


def test_a_request_that_crosses_the_first_goaway_is_served(node2, start):
    livefix = start(node2)
    with Http2(node2.port) as client:
        first = client.begin("/echo", "POST")
        client.send(first, b"x")
        client.until(lambda: client.answers[first].text == "x", "the echo")
        livefix.send(signal.SIGTERM)
        select.select([client.socket], [], [], client.timeout)  # GOAWAY is there, and has not been read
        crossing = client.ask()
        assert client.answer(crossing).text == "release one"
        client.send(first, b"y", ends=True)
        assert client.answer(first).text == "xy"
        client.until(lambda: len(client.goaways) == 2, "both GOAWAYs")
        assert client.goaways[1][0] == crossing
        client.wait_closed()
    assert livefix.join() == 0


@pytest.mark.short
def test_a_large_answer_arrives_whole_though_livefix_stops(node2, start):
    """All of it is in the kernel when the proxy has said its last word, and then the client says
    something: on a connection that is closed, that would make the kernel throw the rest away."""
    livefix = start(node2)
    size = 300_000  # more than the client's kernel takes, and not more than livefix's does
    with Http2(node2.port, timeout=30, buffer=4096) as client:
        client.h2.increment_flow_control_window(1 << 30)
        client.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 1 << 30})
        client.ping()
        stream = client.ask(f"/big?size={size}")
        wait_until(lambda: in_flight(livefix) == 0, "the answer to be given to the proxy whole")
        livefix.send(signal.SIGTERM)
        wait_until(lambda: has_ended(node2.port, client), "the end of the connection to be on its way", 20 * PATIENCE)
        while not client.closed:
            client.receive()
            client.raw(frame(WINDOW_UPDATE, 0, 0, (1).to_bytes(4, "big")))
        answer = client.answers[stream]
        assert answer.ended and len(answer.body) == size
    assert livefix.join() == 0
    assert livefix.wait("stopped")["lost"] == 0


def has_ended(port, client):
    """Whether the other end of the connection is not simply open any more."""
    here = f":{client.socket.getsockname()[1]:04X}"
    for line in [*open("/proc/net/tcp"), *open("/proc/net/tcp6")]:
        _, local, remote, state, *_ = line.split()
        if local.endswith(f":{port:04X}") and remote.endswith(here):
            return state != "01"
    return False


def test_a_new_proxy_serves_new_connections(node2, start):
    livefix = start(node2)
    with Http2(node2.port) as client:
        assert client.get().text == "release one"
        livefix.kill("proxy")
        client.wait_closed()

    def served():
        try:
            with Http2(node2.port, timeout=5 * PATIENCE) as client:
                return client.get().text == "release one"
        except (OSError, AssertionError):
            return False
    wait_until(served, "the next proxy", 20 * PATIENCE)
    assert livefix.stop() == 0


@pytest.mark.short
def test_counters_are_back_at_zero(node2, start):
    livefix = start(node2)
    clients = [Http2(node2.port) for _ in range(4)]
    for client in clients:
        client.get()
        client.ask("/hang")
        client.ask(f"/big?size={4 << 20}")
        client.begin("/upload", "POST")
    wait_until(lambda: in_flight(livefix) == 12, "the requests to be in flight")
    for client in clients:
        client.socket.close()
    wait_until(lambda: in_flight(livefix) == 0, "the requests to be over")
    assert livefix.stop() == 0
    assert livefix.wait("stopped")["lost"] == 0
