"""The livefix that all cases share, and the record of its backend."""

import json
import pathlib
import shutil
import socket
import tempfile
from typing import NamedTuple

from support import ports
from support.livefix import PATIENCE, Livefix

from .client import Client
from .models import MODELS, faults

HERE = pathlib.Path(__file__).resolve().parent
BARRIER = b"GET /barrier HTTP/1.1\r\nHost: a\r\n\r\n"


class Arrived(NamedTuple):
    """A request as a model saw it at the backend."""

    connection: int
    method: str
    target: str
    body: bytes
    fields: dict
    moment: int  # which piece of the record ended it


class Service:
    def __init__(self):
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="lfsm-"))
        self.port = ports.free_port()
        control = self.place / "control"
        # The client is a proxy of ours: what it says of others is kept, so that one sees what happens to it.
        (self.place / "livefix.toml").write_text('[proxy]\ntrusted = ["127.0.0.0/8"]\n')
        # One worker: its loop makes an answer the proof that what was sent before has been read.
        self.livefix = Livefix(
            ["/usr/bin/python3", str(HERE / "backend.py"), str(self.port), str(control)], self.place,
            options=["--no-watch", "--workers", "1"])
        try:
            self.livefix.wait("ready", timeout=60)
            self.control = socket.socket(socket.AF_UNIX)
            self.control.settimeout(20 * PATIENCE)
            self.control.connect(str(control))
            self.replies = self.control.makefile("rb")
            self.pacer = Client(self.port)
        except BaseException:
            self.abandon()
            raise

    def abandon(self):
        self.livefix.abandon()
        shutil.rmtree(self.place, ignore_errors=True)

    def stop(self):
        self.pacer.socket.close()
        return self.livefix.stop()

    def connect(self):
        return Client(self.port)

    def barrier(self):
        """Returns when the proxy has read all that was sent to it before."""
        self.pacer.received = b""
        self.pacer.send(BARRIER)
        self.pacer.read_answers(["GET"])
        if not self.pacer.received:
            self.pacer = self.connect()
            raise AssertionError(f"the proxy closed a connection that was fine\n{self.livefix.story()}")

    # --- the backend -----------------------------------------------------------------------------

    def command(self, **what):
        self.control.sendall(json.dumps(what).encode() + b"\n")
        return json.loads(self.replies.readline())

    def take_record(self):
        return Record(self.command(take=True))


class Record:
    """What came to the backend in one case; a connection may have been there before."""

    def __init__(self, pieces):
        self.data, self.ends, self.ended = {}, {}, set()
        for moment, piece in enumerate(pieces):
            number = piece["connection"]
            if "ended" in piece:
                self.ended.add(number)
                continue
            self.data[number] = self.data.get(number, b"") + bytes.fromhex(piece["bytes"])
            self.ends.setdefault(number, []).append((len(self.data[number]), moment))

    def requests(self, model):
        """All whole requests in the order of their ends, without the barriers."""
        found = []
        for number, data in self.data.items():
            for seen in MODELS[model](data)[0]:
                moment = next(moment for size, moment in self.ends[number] if size >= seen.end)
                found.append(Arrived(number, seen.method, seen.target, seen.body, dict(seen.fields), moment))
        return [request for request in sorted(found, key=lambda request: request.moment)
                if request.target != "/barrier"]

    def rests(self, model):
        """Of each connection, what is no whole request."""
        return {number: data[MODELS[model](data)[1]:] for number, data in self.data.items()
                if MODELS[model](data)[1] < len(data)}

    def faults(self, model):
        return [fault for data in self.data.values() for seen in MODELS[model](data)[0]
                for fault in faults(seen)]

    def __str__(self):
        return "\n".join(f"  {number}{' (ended)' if number in self.ended else ''}: {shorten(data)}"
                         for number, data in self.data.items()) or "  nothing"


def shorten(data, most=1500):
    return repr(data if len(data) <= most else data[:most] + b" ... ")
