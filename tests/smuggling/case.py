"""What a case is: bytes that a client sends, and what the proxy has to make of them.

The bytes are written as text; a character is a byte (latin-1), so "\\xff" is the byte 0xff.
"""

from typing import NamedTuple

# Stands where only a reader of another meaning finds a request. It must never reach a backend.
SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

RFC9110 = "RFC 9110 section "
RFC9112 = "RFC 9112 section "


class Request(NamedTuple):
    """One that has to reach the backend."""

    method: str
    target: str
    body: bytes = b""
    has: dict = {}  # names in lower case, and the one value that each has
    lacks: tuple = ()


class Case(NamedTuple):
    name: str
    source: str  # the section of an RFC, or who published it
    sent: bytes
    meant: tuple  # the requests that reach the backend, whole and in this order
    status: int = 200  # of the refusal behind them; 200 when there is none
    says: str = ""  # in the refusal, so that a case is not refused for something else
    begun: str = ""  # "POST /case": may reach the backend in part before its fault is seen
    closes: bool = False  # the connection ends behind the last answer
    http2: bool = False  # answered in HTTP/2, and the connection ends

    @property
    def refused(self):
        return self.status != 200


def refused(name, source, text, status, says, *, after=(), begun=""):
    return Case(name, source, text.encode("latin-1"), tuple(after), status, says, begun, True)


def passed(name, source, text, *requests, closes=False):
    return Case(name, source, text.encode("latin-1"), requests, closes=closes)


def http2(name, source, text):
    """Begins HTTP/2: what comes behind is frames, and is none here. Nothing may reach the backend."""
    return Case(name, source, text.encode("latin-1"), (), closes=True, http2=True)


# --- the usual shapes of a request ---------------------------------------------------------------


def get(*fields, line="GET /case HTTP/1.1", host="Host: a\r\n", body=""):
    return f"{line}\r\n{host}{''.join(field + chr(13) + chr(10) for field in fields)}\r\n{body}"


def post(*fields, line="POST /case HTTP/1.1", body=""):
    return get(*fields, line=line, body=body)


def chunked(body, *fields):
    return post("Transfer-Encoding: chunked", *fields, body=body)


GET = Request("GET", "/case")


def POST(body="", **more):  # noqa: N802: it stands beside GET
    return Request("POST", "/case", body.encode("latin-1"), **more)
