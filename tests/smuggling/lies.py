"""Backends that lie: what they answer to one request, and what the client may be told."""

from typing import NamedTuple

from smuggling.case import RFC9110, RFC9112

CRLF = "\r\n"
# What a client that is led astray would take for the answer to its next request.
POISON = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nX-Seen: POISON\r\n\r\npoison"


class Lie(NamedTuple):
    name: str
    source: str
    answer: bytes
    status: int  # that the client gets; 0 for a connection that is reset
    body: bytes = b""
    says: str = ""  # in the 502
    interim: tuple = ()  # statuses before it
    lacks: tuple = ()  # names of fields that must not come through
    request: bytes = b"GET /lie HTTP/1.1\r\nHost: a\r\n\r\n"
    reused: bool = False  # the connection to the backend is good for the next request
    stays: bool = True  # the client's connection is
    leaves: bool = False  # the backend closes behind its answer
    late: bytes = b""  # what it sends when nobody asks any more

    @property
    def method(self):
        return self.request.split(b" ")[0].decode()


def head(*fields, line="HTTP/1.1 200 OK"):
    return CRLF.join([line, *fields]) + CRLF * 2


def binary(more):
    return {name: value.encode("latin-1") if isinstance(value, str) and name in ("body", "late") else value
            for name, value in more.items()}


def refused(name, source, answer, says, **more):
    """502, and the connection to the backend is closed: nothing of the lie comes through."""
    return Lie(name, source, answer.encode("latin-1"), 502, says=says, **binary(more))


def broken(name, source, answer, **more):
    """Begins well and is not whole: the client is reset, so that it cannot take it for the whole."""
    return Lie(name, source, answer.encode("latin-1"), 0, stays=False, **binary(more))


def passed(name, source, answer, status=200, **more):
    return Lie(name, source, answer.encode("latin-1"), status, **binary(more))


def asking(method, *fields, version="HTTP/1.1"):
    return CRLF.join([f"{method} /lie {version}", "Host: a", *fields, "", ""]).encode()


HEAD, POST, OLD = asking("HEAD"), asking("POST", "Content-Length: 0"), asking("GET", version="HTTP/1.0")
OLD_THAT_STAYS = asking("GET", "Connection: keep-alive", version="HTTP/1.0")
UPGRADE = asking("GET", "Connection: Upgrade", "Upgrade: websocket")
FRAMING, LINES, STATUS = RFC9112 + "6.3", RFC9112 + "2.2", RFC9112 + "4"
CHUNKED = head("Transfer-Encoding: chunked")
HELLO = "5\r\nhello\r\n0\r\n\r\n"
FIVE = head("Content-Length: 5")


def length(name, value, says="Content-Length is not a number"):
    return refused(f"a length: {name}", FRAMING, head(f"Content-Length: {value}") + "hello", says)


def coding(name, value, says):
    return refused(f"a coding: {name}", RFC9112 + "6.1", head(f"Transfer-Encoding: {value}") + HELLO, says)


def chunks(name, body, **more):
    return broken(f"chunks: {name}", RFC9112 + "7.1", CHUNKED + body, **more)


def line(name, text, says, source=STATUS):
    return refused(f"status line: {name}", source, head("Content-Length: 5", line=text) + "hello", says)


def field(name, text, says):
    return refused(f"field: {name}", RFC9110 + "5.5", head(text, "Content-Length: 5") + "hello", says)


LIES = [
    # --- two framings ---
    refused("two lengths", FRAMING, head("Content-Length: 5", "Content-Length: 6") + "hello", "two different lengths"),
    refused("two lengths in a list", FRAMING, head("Content-Length: 5, 6") + "hello", "two different lengths"),
    refused("a length and chunks", FRAMING, head("Content-Length: 5", "Transfer-Encoding: chunked") + HELLO, "both"),
    refused("chunks and a length", FRAMING, head("Transfer-Encoding: chunked", "Content-Length: 0") + HELLO, "both"),
    refused("chunks in HTTP/1.0", RFC9112 + "6.1", head("Transfer-Encoding: chunked", line="HTTP/1.0 200 OK") + HELLO,
            "HTTP/1.0 has no Transfer-Encoding"),
    length("plus", "+5"),
    length("minus", "-5"),
    length("hexadecimal", "0x5"),
    length("empty", ""),
    length("beyond 64 bits", "18446744073709551621"),
    length("a word behind it", "5 bytes"),
    length("an empty member", "5,"),
    coding("gzip", "gzip", "other than chunked"),
    coding("identity", "identity", "other than chunked"),
    coding("xchunked", "xchunked", "other than chunked"),
    coding("chunked twice", "chunked, chunked", "chunked twice"),
    coding("chunked, gzip", "chunked, gzip", "not the last"),
    coding("with vertical tab", "\x0bchunked", "control character"),
    passed("two lengths that are the same", FRAMING, head("Content-Length: 5", "Content-Length: 5") + "hello",
           body="hello", reused=True),
    passed("a length in a list", FRAMING, head("Content-Length: 5, 05") + "hello", body="hello", reused=True),
    passed("chunks", RFC9112 + "7.1", head("transfer-encoding: CHUNKED") + HELLO, body="hello", reused=True),
    passed("chunks with extensions and trailers", RFC9112 + "7.1",
           CHUNKED + "5;a=b\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n", body="hello", reused=True),
    # --- line ends, fields ---
    refused("LF behind the status line", LINES, "HTTP/1.1 200 OK\nContent-Length: 5\r\n\r\nhello", "LF without CR"),
    refused("LF behind a field", LINES, "HTTP/1.1 200 OK\r\nContent-Length: 5\n\r\nhello", "LF without CR"),
    refused("LF as the empty line", LINES, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\nhello", "LF without CR"),
    refused("LF everywhere", LINES, "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", "LF without CR"),
    refused("CR behind a field", LINES, "HTTP/1.1 200 OK\r\nX: y\rContent-Length: 5\r\n\r\nhello", "CR without LF"),
    refused("an empty line in front", LINES, CRLF + FIVE + "hello", "does not begin with HTTP/1"),
    field("folded", "X: y\r\n z", "folding"),
    field("a blank before the colon", "X : y", "blank before the colon"),
    field("NUL", "X: \x00", "control character"),
    field("an escape", "X: \x1b[31m", "control character"),
    field("no colon", "X", "not allowed"),
    field("no name", ": y", "no name"),
    field("too many", CRLF.join(["X: y"] * 128), "too many fields"),
    field("too long", "X: " + "y" * 70_000, "too large"),
    line("HTTP/2", "HTTP/2 200", "does not begin with HTTP/1"),
    line("HTTP/1.2", "HTTP/1.2 200 OK", "unknown HTTP version"),
    line("HTTP/0.9", "hello, I am a text", "does not begin with HTTP/1"),
    line("small letters", "http/1.1 200 OK", "does not begin with HTTP/1"),
    line("shoutcast", "ICY 200 OK", "does not begin with HTTP/1"),
    line("two digits", "HTTP/1.1 20 OK", "malformed status"),
    line("four digits", "HTTP/1.1 2000 OK", "does not end where it should"),
    line("a sign", "HTTP/1.1 +20 OK", "malformed status"),
    line("099", "HTTP/1.1 099 OK", "malformed status"),
    line("two blanks", "HTTP/1.1  200 OK", "malformed status"),
    line("a control in the reason", "HTTP/1.1 200 O\x01K", "does not end where it should"),
    # --- interim answers, and what has no body ---
    refused("101 unasked", RFC9110 + "15.2.2", head("Connection: Upgrade", "Upgrade: websocket",
            line="HTTP/1.1 101 Switching Protocols") + POISON, "without being asked"),
    refused("101 to an offer, without Upgrade", RFC9110 + "7.8",
            head(line="HTTP/1.1 101 Switching Protocols") + POISON, "without being asked", request=UPGRADE),
    refused("101 to another offer", RFC9110 + "7.8", head("Connection: Upgrade", "Upgrade: chat",
            line="HTTP/1.1 101 Switching Protocols") + POISON, "another protocol", request=UPGRADE),
    refused("101 to more than was offered", RFC9110 + "7.8", head("Connection: Upgrade", "Upgrade: websocket, chat",
            line="HTTP/1.1 101 Switching Protocols") + POISON, "another protocol", request=UPGRADE),
    refused("101 to an empty list", RFC9110 + "7.8", head("Connection: Upgrade", "Upgrade: ,",
            line="HTTP/1.1 101 Switching Protocols") + POISON, "another protocol", request=UPGRADE),
    passed("101 to an offer in other letters", RFC9110 + "7.8", head("Connection: Upgrade", "Upgrade: WebSocket",
           line="HTTP/1.1 101 Switching Protocols") + POISON, 101, body=POISON, request=UPGRADE, leaves=True,
           stays=False),
    passed("101 to an offer", RFC9110 + "7.8", head("Connection: Upgrade", "Upgrade: websocket",
           line="HTTP/1.1 101 Switching Protocols") + POISON, 101, body=POISON, request=UPGRADE, leaves=True,
           stays=False),
    passed("sixteen interim answers", RFC9110 + "15.2", head("X: y", line="HTTP/1.1 103 Early Hints") * 16
           + FIVE + "hello", body="hello", interim=(103,) * 16, reused=True),
    refused("a thousand interim answers", RFC9110 + "15.2", head("X: y", line="HTTP/1.1 103 Early Hints") * 1000
            + FIVE + "hello", "too many interim answers", interim=(103,) * 16),
    refused("large interim answers", RFC9110 + "15.2", head("X: " + "y" * 40_000, line="HTTP/1.1 103 Early Hints") * 2
            + FIVE + "hello", "too many interim answers", interim=(103,)),
    passed("100 unasked", RFC9110 + "15.2.1", head(line="HTTP/1.1 100 Continue") + FIVE + "hello", body="hello",
           interim=(100,), reused=True),
    passed("interim answers for HTTP/1.0", RFC9110 + "15.2", head(line="HTTP/1.1 103 Early Hints") * 3 + FIVE + "hello",
           body="hello", request=OLD, reused=True, stays=False),
    passed("an interim answer with a length and no body", RFC9110 + "8.6",
           head("Content-Length: 5", line="HTTP/1.1 103 Early Hints") + FIVE + "hello", body="hello", interim=(103,),
           reused=True),
    refused("an interim answer with a body", RFC9110 + "15.2",
            head("Content-Length: 6", line="HTTP/1.1 103 Early Hints") + "poison" + FIVE + "hello",
            "does not begin with HTTP/1", interim=(103,)),
    refused("an interim answer, then nonsense", RFC9110 + "15.2", head(line="HTTP/1.1 103 Early Hints") + "nonsense",
            "does not begin with HTTP/1", interim=(103,)),
    passed("204 with a body", RFC9110 + "15.3.5", head("Content-Length: 5", line="HTTP/1.1 204 No Content") + "hello",
           204, lacks=("content-length",)),
    passed("204 with an answer for a body", RFC9110 + "15.3.5",
           head(f"Content-Length: {len(POISON)}", line="HTTP/1.1 204 No Content") + POISON, 204,
           lacks=("content-length",)),
    passed("204 with chunks", RFC9112 + "6.1", head("Transfer-Encoding: chunked", line="HTTP/1.1 204 No Content")
           + HELLO, 204, lacks=("transfer-encoding",)),
    passed("304 with a body", RFC9110 + "15.4.5", head("Content-Length: 5", line="HTTP/1.1 304 Not Modified") + "hello",
           304),
    passed("304 with a length", RFC9110 + "15.4.5", head("Content-Length: 5", line="HTTP/1.1 304 Not Modified"), 304,
           reused=True),
    passed("304 with chunks", RFC9110 + "15.4.5", head("Transfer-Encoding: chunked", line="HTTP/1.1 304 Not Modified")
           + HELLO, 304),
    passed("HEAD with a length", RFC9110 + "9.3.2", FIVE, request=HEAD, reused=True),
    passed("HEAD with a body", RFC9110 + "9.3.2", FIVE + "hello", request=HEAD),
    passed("HEAD with an answer for a body", RFC9110 + "9.3.2", head(f"Content-Length: {len(POISON)}") + POISON,
           request=HEAD),
    passed("HEAD with chunks", RFC9110 + "9.3.2", CHUNKED + HELLO, request=HEAD),
    # --- bytes that nobody asked for ---
    passed("a second answer behind the first", RFC9112 + "9.2", FIVE + "hello" + POISON, body="hello"),
    passed("a second answer behind chunks", RFC9112 + "9.2", CHUNKED + HELLO + POISON, body="hello"),
    passed("more than its length", FRAMING, FIVE + "hello!", body="hello"),
    passed("an empty line behind the body", FRAMING, FIVE + "hello\r\n", body="hello"),
    passed("a second answer, later", RFC9112 + "9.2", FIVE + "hello", body="hello", late=POISON),
    passed("the body of a 204, later", RFC9112 + "9.2", head("Content-Length: 160", line="HTTP/1.1 204 No Content"),
           204, lacks=("content-length",), late=POISON),
    passed("408 before the end", RFC9110 + "15.5.9", FIVE + "hello", body="hello",
           late="HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    # --- bytes that do not come ---
    broken("less than its length", FRAMING, FIVE + "hell", leaves=True),
    broken("no body", FRAMING, FIVE, leaves=True),
    chunks("the last is missing", "5\r\nhello\r\n", leaves=True),
    chunks("one is cut", "5\r\nhel", leaves=True),
    chunks("a size is cut", "5", leaves=True),
    chunks("the empty line is missing", "5\r\nhello\r\n0\r\n", leaves=True),
    chunks("nothing", "", leaves=True),
    refused("an answer that is cut in its head", RFC9112 + "8", "HTTP/1.1 200 OK\r\nContent-Le", "ended before it",
            request=POST, leaves=True),
    refused("no answer", RFC9112 + "8", "", "ended before it", request=POST, leaves=True),
    passed("until it closes", FRAMING, head() + "hello", body="hello", leaves=True, stays=False),
    passed("until it closes, with a second answer", FRAMING, head() + POISON, body=POISON, leaves=True, stays=False),
    # --- chunks that are none ---
    chunks("minus", "-5\r\nhello\r\n0\r\n\r\n"),
    chunks("0x", "0x5\r\nhello\r\n0\r\n\r\n"),
    chunks("blank behind a size", "5 \r\nhello\r\n0\r\n\r\n"),
    chunks("LF behind a size", "5\nhello\r\n0\r\n\r\n"),
    chunks("LF behind the data", "5\r\nhello\n0\r\n\r\n"),
    chunks("too much data", "5\r\nhello!\r\n0\r\n\r\n"),
    chunks("beyond 64 bits", "10000000000000005\r\nhello\r\n0\r\n\r\n"),
    chunks("an empty size", "\r\nhello\r\n0\r\n\r\n"),
    chunks("a trailer that frames", "5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n"),
    chunks("a trailer with LF", "5\r\nhello\r\n0\r\nX: y\n\r\n"),
    # --- the connection ---
    passed("Connection: close", RFC9112 + "9.6", head("Connection: close", "Content-Length: 5") + "hello", body="hello",
           lacks=("connection",)),
    passed("names of the hop", RFC9110 + "7.6.1", head("Connection: X-Hop", "X-Hop: 1", "Keep-Alive: timeout=9",
           "Content-Length: 5") + "hello", body="hello", lacks=("x-hop", "keep-alive", "connection"), reused=True),
    passed("Connection names the length", RFC9110 + "7.6.1", head("Connection: Content-Length", "Content-Length: 5")
           + "hello", body="hello", reused=True),
    refused("Connection is malformed", RFC9110 + "7.6.1", head("Connection: a b", "Content-Length: 5") + "hello",
            "Connection is malformed"),
    passed("HTTP/1.0 that stays", RFC9112 + "9.3", head("Connection: keep-alive", "Content-Length: 5",
           line="HTTP/1.0 200 OK") + "hello", body="hello", reused=True),
    passed("HTTP/1.0 that closes", RFC9112 + "9.3", head("Content-Length: 5", line="HTTP/1.0 200 OK") + "hello",
           body="hello"),
    passed("chunks for HTTP/1.0", RFC9112 + "7.1", CHUNKED + HELLO, body="hello", request=OLD, stays=False,
           lacks=("transfer-encoding",), reused=True),
    passed("chunks for HTTP/1.0 that would stay", RFC9112 + "7.1", CHUNKED + HELLO, body="hello",
           request=OLD_THAT_STAYS, stays=False, lacks=("transfer-encoding",), reused=True),
    passed("an Upgrade that is not taken", RFC9110 + "7.8", head("Connection: Upgrade", "Upgrade: websocket",
           "Content-Length: 5") + "hello", body="hello", request=UPGRADE, lacks=("upgrade", "connection"), reused=True),
]
