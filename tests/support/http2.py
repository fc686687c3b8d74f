"""The client side of HTTP/2 with prior knowledge: the h2 library over a plain socket, one thread.

h2 takes no frame more after a GOAWAY, though the answers that were begun follow it; so GOAWAYs are
taken out before h2 sees the frames, and everything else of what livefix says is checked by h2.
"""

import dataclasses
import socket
import struct
import time

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings

from .livefix import PATIENCE

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = (
    0, 1, 2, 3, 4, 6, 7, 8, 9)
END_STREAM, ACK, END_HEADERS = 1, 1, 4
NO_ERROR, PROTOCOL_ERROR, CANCEL, ENHANCE_YOUR_CALM = 0, 1, 8, 11


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


@dataclasses.dataclass
class Answer:
    status: int = 0
    fields: list = dataclasses.field(default_factory=list)
    interim: list = dataclasses.field(default_factory=list)  # (status, fields)
    body: bytearray = dataclasses.field(default_factory=bytearray)
    trailers: list = dataclasses.field(default_factory=list)
    ended: bool = False
    reset: int | None = None  # the error code

    @property
    def over(self):
        return self.ended or self.reset is not None

    @property
    def text(self):
        return self.body.decode()

    def __getitem__(self, name):
        return next((value for key, value in self.fields if key == name), None)


class Http2:
    """`window`: of each stream, to begin with. `opens`: windows are given back as data comes.
    `buffer`: how much the kernel may take before it is read."""

    def __init__(self, port, *, window=None, opens=True, buffer=None, timeout=20.0):
        self.port = port
        self.timeout = timeout * PATIENCE
        self.opens = opens
        self.answers = {}
        self.goaways = []  # (last stream, error code)
        self.pongs = 0
        self.closed = False
        self._next = 1
        self._data = b""
        self.socket = socket.socket()
        self.socket.settimeout(self.timeout)
        if buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=True, header_encoding="latin-1", validate_outbound_headers=False,
            normalize_outbound_headers=False))
        self.h2.initiate_connection()
        if window is not None:
            self.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window})
            self.ping()  # h2 reckons with it when it was acknowledged
        self.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    # --- requests --------------------------------------------------------------------------------

    def begin(self, path="/", method="GET", fields=(), *, ends=False, **pseudo):
        """Sends a head. `pseudo`: other pseudo-fields, None for one that is left out."""
        stream = self._next
        self._next += 2
        first = {"method": method, "scheme": "http", "authority": f"localhost:{self.port}", "path": path, **pseudo}
        head = [(f":{name}", value) for name, value in first.items() if value is not None]
        self.answers[stream] = Answer()
        self.h2.send_headers(stream, [*head, *fields], end_stream=ends)
        self.flush()
        return stream

    def ask(self, path="/", method="GET", fields=(), body=b"", **pseudo):
        """A whole request; the number of its stream."""
        stream = self.begin(path, method, fields, ends=not body, **pseudo)
        if body:
            self.send(stream, body, ends=True)
        return stream

    def get(self, path="/", method="GET", fields=(), body=b"", **pseudo):
        """A whole request and its whole answer."""
        return self.answer(self.ask(path, method, fields, body, **pseudo))

    def send(self, stream, body, ends=False):
        """As the windows allow it; stops when the answer is over."""
        if not body and ends:
            return self.end(stream)
        body = memoryview(body)
        while body and not self.answers[stream].over:
            room = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size, len(body))
            if room == 0:
                self.receive()
                continue
            self.h2.send_data(stream, bytes(body[:room]), end_stream=ends and room == len(body))
            body = body[room:]
            self.flush()

    def end(self, stream, trailers=()):
        if trailers:
            self.h2.send_headers(stream, list(trailers), end_stream=True)
        else:
            self.h2.end_stream(stream)
        self.flush()

    def reset(self, stream, error=CANCEL):
        self.h2.reset_stream(stream, error)
        self.answers[stream].reset = error
        self.flush()

    def raw(self, data):
        """Past h2, which would not send it. False when the connection is gone."""
        try:
            self.socket.sendall(data)
        except OSError:
            self.closed = True
        return not self.closed

    # --- answers ---------------------------------------------------------------------------------

    def answer(self, stream):
        self.until(lambda: self.answers[stream].over, f"the answer on {stream}")
        return self.answers[stream]

    def until(self, condition, what="the condition"):
        end = time.monotonic() + self.timeout
        while not condition():
            assert not self.closed, f"closed before {what}: {self.goaways}"
            assert time.monotonic() < end, f"waited in vain for {what}"
            self.receive()

    def ping(self):
        """A round trip: everything that was said before has been answered."""
        before = self.pongs
        self.h2.ping(b"12345678")
        self.flush()
        self.until(lambda: self.pongs > before, "a pong")

    def wait_closed(self):
        while not self.closed:
            self.receive()

    def receive(self):
        """Takes what comes next."""
        try:
            data = self.socket.recv(1 << 18)
        except ConnectionError:
            data = b""
        if not data:
            self.closed = True
            return
        self._data += data
        frames = b""
        while len(self._data) >= 9:
            size = 9 + int.from_bytes(self._data[:3], "big")
            if len(self._data) < size:
                break
            one, self._data = self._data[:size], self._data[size:]
            if one[3] == GOAWAY:
                self.goaways.append(struct.unpack("!II", one[9:17]))
            else:
                frames += one
        for event in self.h2.receive_data(frames):
            self._take(event)
        self.flush()

    def _take(self, event):
        if isinstance(event, h2.events.PingAckReceived):
            self.pongs += 1
        answer = self.answers.get(getattr(event, "stream_id", None))
        if answer is None:
            return
        if isinstance(event, h2.events.InformationalResponseReceived):
            fields = list(event.headers)
            answer.interim.append((int(fields[0][1]), fields[1:]))
        elif isinstance(event, h2.events.ResponseReceived):
            answer.fields = list(event.headers)
            answer.status = int(answer.fields.pop(0)[1])
        elif isinstance(event, h2.events.DataReceived):
            answer.body += event.data
            if self.opens and event.flow_controlled_length:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.TrailersReceived):
            answer.trailers = list(event.headers)
        elif isinstance(event, h2.events.StreamEnded):
            answer.ended = True
        elif isinstance(event, h2.events.StreamReset):
            answer.reset = int(event.error_code)

    def flush(self):
        data = self.h2.data_to_send()
        if data:
            self.raw(data)
