"""A client of the proxy that sends any bytes, and reads answers by the book only."""

import re
import socket
from typing import NamedTuple

from support.livefix import PATIENCE

STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [^\x00-\x08\x0a-\x1f\x7f]*")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([^\x00-\x08\x0a-\x1f\x7f]*)")
CHUNK = re.compile(rb"([0-9a-fA-F]{1,16})(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?\r\n")
BODILESS = (204, 304)


class Answer(NamedTuple):
    status: int
    fields: dict
    body: bytes
    whole: bool  # False: a client can tell that some of it is missing

    @property
    def seen(self):
        """The request that the backend answered."""
        return self.fields.get("x-seen", "")


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10 * PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.ended = self.was_reset = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """What the proxy does not want any more is thrown away."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def read(self):
        """False at the end."""
        try:
            data = self.socket.recv(1 << 20)
        except ConnectionResetError:
            data, self.was_reset = b"", True
        self.received += data
        self.ended = self.ended or not data
        return not self.ended

    def read_to_end(self):
        while self.read():
            pass

    def read_answers(self, methods):
        """Until there is a whole one for each of these requests, or the end."""
        while True:
            answers, _ = parse_answers(self.received, methods, self.ended)
            final = [answer for answer in answers if answer.status >= 200 and answer.whole]
            if len(final) >= len(methods) or not self.read():
                return

    def answers(self, methods):
        """All that came, and the bytes behind it that are no answer."""
        return parse_answers(self.received, methods, self.ended)


def parse_answers(data, methods, ended):
    """Answers to requests of these methods; interim ones (1xx) are among them.

    What is behind the last one, or breaks the rules, is left: it must not be there.
    """
    answers, methods = [], list(methods)
    while methods and (end := data.find(b"\r\n\r\n")) >= 0:
        lines = data[:end].split(b"\r\n")
        status_line = STATUS_LINE.fullmatch(lines[0])
        matches = [FIELD.fullmatch(line) for line in lines[1:]]
        if not status_line or not all(matches):
            return answers, data
        status, names = int(status_line[1]), [match[1].decode().lower() for match in matches]
        fields = {name: match[2].decode("latin-1").strip() for name, match in zip(names, matches)}
        if names.count("content-length") + names.count("transfer-encoding") > 1:
            return answers, data
        rest = data[end + 4:]
        if 100 <= status < 200 and status != 101:
            if {"content-length", "transfer-encoding"} & set(names):
                return answers, data
            answers.append(Answer(status, fields, b"", True))
            data = rest
            continue
        body, rest, whole = take_body(status, methods.pop(0), fields, rest, ended)
        if body is None:
            return answers, data
        answers.append(Answer(status, fields, body, whole))
        data = rest
    return answers, data


def take_body(status, method, fields, rest, ended):
    """The body, what is behind it, whether it is whole; no body where there is none that is right."""
    if status == 101:
        return rest, b"", True
    if method == "HEAD" or status in BODILESS:
        return b"", rest, True
    if "transfer-encoding" in fields:
        return take_chunks(rest) if fields["transfer-encoding"] == "chunked" else (None, rest, False)
    if "content-length" not in fields:
        return rest, b"", ended
    size = int(fields["content-length"])
    return rest[:size], rest[size:], len(rest) >= size


def take_chunks(rest):
    body = b""
    while found := CHUNK.match(rest):
        size = int(found[1], 16)
        if size == 0:
            trailers = re.compile(rb"(?:" + FIELD.pattern + rb"\r\n)*\r\n").match(rest, found.end())
            return (body, rest[trailers.end():], True) if trailers else (body, b"", False)
        data = rest[found.end():]
        body += data[:size]
        if data[size:size + 2] != b"\r\n":
            return body, b"", False
        rest = data[size + 2:]
    return body, b"", False
