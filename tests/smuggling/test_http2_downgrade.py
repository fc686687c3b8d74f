"""Requests of HTTP/2 that become others when they are written down in HTTP/1.1: H2.CL, H2.TE, line ends in
names and values, pseudo-fields with blanks and lines of their own, and trailers.

Sources: RFC 9113 sections 8.1 to 8.3 and 10.3, and "HTTP/2: The Sequel is Always Worse" (PortSwigger, 2021)."""

from typing import NamedTuple

import pytest
from smuggling.case import SMUGGLED
from smuggling.models import MODELS, faults, length_first
from smuggling.service import shorten
from support.http2 import DATA, Http2, frame


class Down(NamedTuple):
    name: str
    method: str = "POST"
    path: str = "/case"
    pseudo: dict = {}
    fields: tuple = ()
    body: str = ""
    trailers: tuple = ()
    meant: tuple | None = None  # (method, target, body) of what the backend gets; None: nothing whole
    refused: bool = True  # with `meant`: its fault may show when it is whole by its length, and was passed on
    has: dict = {}


def passed(name, target="/case", method="POST", **more):
    body = more.get("body", "").encode("latin-1")
    return Down(name, method, meant=(method, target, body), refused=False, **more)


HIDDEN = f"x\r\n\r\n{SMUGGLED}"
LINES = {"CRLF": "\r\n", "LF": "\n", "CR": "\r", "NUL": "\0"}

CASES = [
    # Lengths: DATA frames say how long a body is, and no field may say anything else.
    Down("a length of 0 and a body", fields=(("content-length", "0"),), body=SMUGGLED, meant=("POST", "/case", b"")),
    Down("a length too short", fields=(("content-length", "3"),), body="abc" + SMUGGLED),
    Down("a length too long", fields=(("content-length", "500"),), body="abc"),
    Down("two lengths", fields=(("content-length", "3"), ("content-length", "0")), body="abc"),
    Down("a length and a list of it", fields=(("content-length", "3, 3"),), body="abc"),
    Down("a length with a sign", fields=(("content-length", "+3"),), body="abc"),
    Down("a length in hexadecimal", fields=(("content-length", "0x3"),), body="abc"),
    Down("a length with a line end", fields=(("content-length", f"0\r\n\r\n{SMUGGLED}"),), body="abc"),
    passed("the right length", fields=(("content-length", "3"),), body="abc"),
    passed("no length", body="abc"),
    passed("a body that looks like chunks", body=f"0\r\n\r\n{SMUGGLED}"),
    passed("a body that looks like a request, without a length", body=SMUGGLED),
    # Codings: HTTP/2 has none.
    Down("chunked", fields=(("transfer-encoding", "chunked"),), body=f"0\r\n\r\n{SMUGGLED}"),
    Down("chunked, in capitals", fields=(("Transfer-Encoding", "chunked"),), body=f"0\r\n\r\n{SMUGGLED}"),
    Down("chunked and a length", fields=(("transfer-encoding", "chunked"), ("content-length", "5")),
         body="0\r\n\r\n"),
    Down("identity", fields=(("transfer-encoding", "identity"),), body="abc"),
    Down("a coding behind a blank", fields=(("transfer-encoding ", "chunked"),), body=f"0\r\n\r\n{SMUGGLED}"),
    Down("a coding with a tab", fields=(("transfer-encoding", "\tchunked"),), body=f"0\r\n\r\n{SMUGGLED}"),
    *(Down(f"a coding in a value, behind {name}", fields=(("x", f"y{end}transfer-encoding: chunked"),),
           body=f"0\r\n\r\n{SMUGGLED}") for name, end in LINES.items()),
    # Line ends and colons where HTTP/1.1 takes them for the structure.
    *(Down(f"a value with {name}", fields=(("x", f"a{end}b: c"),)) for name, end in LINES.items()),
    *(Down(f"a name with {name}", fields=((f"x: a{end}y", "b"),)) for name, end in LINES.items()),
    Down("a value with a whole request", fields=(("x", HIDDEN),)),
    Down("a name with a whole request", fields=((f"x: y\r\n\r\n{SMUGGLED}z", "b"),)),
    Down("a name with a colon", fields=(("transfer-encoding: chunked\r\nx", "y"),), body=f"0\r\n\r\n{SMUGGLED}"),
    Down("a name with a colon inside", fields=(("host:b", "y"),)),
    Down("a name with a blank", fields=(("x y", "z"),)),
    Down("a name that is empty", fields=(("", "x"),)),
    Down("a value that begins with a blank", fields=(("x", " y"),)),
    # Pseudo-fields become the request line and Host.
    Down("a method with a blank", pseudo={"method": "GET /smuggled HTTP/1.1\r\nx: y"}),
    Down("a method with a request line", pseudo={"method": "GET /smuggled"}),
    Down("a method that is empty", pseudo={"method": ""}),
    Down("a path with a version", path="/case HTTP/1.1\r\nHost: b\r\n\r\nGET /smuggled"),
    Down("a path with a blank", path="/case /smuggled"),
    Down("a path with a line end", path="/case\r\nx: y"),
    Down("a path with LF", path="/case\nx: y"),
    Down("a path that is empty", path=""),
    Down("a path that is no path", path="smuggled"),
    Down("an authority with a line end", pseudo={"authority": f"a\r\n\r\n{SMUGGLED}"}),
    Down("an authority with a blank", pseudo={"authority": "a b"}),
    Down("an authority with a path", pseudo={"authority": "a/smuggled"}),
    Down("a scheme with a line end", pseudo={"scheme": "http\r\nx: y"}),
    Down("a scheme with a whole address", pseudo={"scheme": "http://b/smuggled?"}),
    Down("no method", pseudo={"method": None}),
    Down("no path", pseudo={"path": None}),
    Down("no scheme", pseudo={"scheme": None}),
    Down("a path for a second time", fields=((":path", "/smuggled"),)),
    Down("a method for a second time", fields=((":method", "GET"),)),
    Down("a pseudo-field behind a field", fields=(("x", "y"), (":authority", "b"))),
    Down("a pseudo-field that nobody knows", fields=((":smuggled", "b"),)),
    Down("a status", fields=((":status", "200"),)),
    # Two hosts.
    Down("another Host", fields=(("host", "b"),)),
    Down("two of Host", pseudo={"authority": None}, fields=(("host", "a"), ("host", "b"))),
    passed("the same Host", fields=(("host", "a"),), pseudo={"authority": "a"}, has={"host": "a"}),
    passed("Host alone", fields=(("host", "a"),), pseudo={"authority": None}, has={"host": "a"}),
    # Fields of a connection.
    Down("Connection", fields=(("connection", "close"),)),
    Down("Connection with a name", fields=(("connection", "x-forwarded-for"),)),
    Down("Keep-Alive", fields=(("keep-alive", "timeout=5"),)),
    Down("Proxy-Connection", fields=(("proxy-connection", "close"),)),
    Down("Upgrade", fields=(("upgrade", "h2c"), ("http2-settings", "AAMAAABk"))),
    Down("TE with more than trailers", fields=(("te", "chunked"),)),
    # Trailers.
    passed("trailers", body="abc", trailers=(("x-sum", "1"),)),
    *(Down(f"trailers with {name}", body="abc", trailers=(("x-sum", f"1{end}{end}{SMUGGLED}"),))
      for name, end in LINES.items()),
    Down("trailers with a pseudo-field", body="abc", trailers=((":path", "/smuggled"),)),
    Down("trailers with a coding", body="abc", trailers=(("transfer-encoding", "chunked"),)),
    Down("trailers with Connection", body="abc", trailers=(("connection", "close"),)),
    # What HTTP/1.1 can say in other ways.
    passed("Cookie in pieces", fields=(("cookie", "a=1"), ("cookie", "b=2")), has={"cookie": "a=1; b=2"}),
    passed("a method of one's own", method="MKCOL"),
]


def send(client, case):
    pseudo = {"path": case.path, "method": case.method, **case.pseudo}
    stream = client.begin(fields=case.fields, ends=not case.body and not case.trailers, **pseudo)
    if case.body:
        client.raw(frame(DATA, 0 if case.trailers else 1, stream, case.body.encode("latin-1")))
    if case.trailers:
        client.end(stream, case.trailers)
    return stream


def written_down(case):
    """As by a proxy that looks at nothing."""
    pseudo = {"path": case.path, "method": case.method, "authority": "a", **case.pseudo}
    fields = [("host", pseudo["authority"]), ("x-forwarded-for", "127.0.0.1"), *case.fields]
    if case.body and "content-length" not in dict(case.fields):
        fields.append(("content-length", str(len(case.body))))
    lines = [f"{pseudo['method']} {pseudo['path']} HTTP/1.1", *(f"{name}: {value}" for name, value in fields)]
    return ("\r\n".join(lines) + f"\r\n\r\n{case.body}").encode("latin-1")


def test_a_careless_proxy_would_be_led_astray():
    def is_clean(case):
        seen, rest = length_first(written_down(case))
        wanted = [(case.method, case.path, case.body.encode("latin-1"))]
        return [(one.method, one.target, one.body) for one in seen] == wanted and not any(map(faults, seen))
    assert sum(not is_clean(case) for case in CASES if case.refused) > 40


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_downgrade(case, service):
    service.take_record()
    with Http2(service.port) as client:
        stream = send(client, case)
        client.until(lambda: client.closed or client.answers[stream].over, "an end")
        answer = client.answers[stream]
        if not case.refused:
            assert answer.status == 200 and answer["x-seen"] == " ".join(case.meant[:2]), answer
        else:
            assert answer.status >= 400 or answer.reset is not None or client.closed, answer
    with Http2(service.port) as other:
        assert other.get("/probe")["x-seen"] == "GET /probe"
    record = service.take_record()
    try:
        check_backend(case, record)
    except AssertionError as error:
        raise AssertionError(f"{error}\n--- {case}\n--- the backend got\n{record}") from None


def check_backend(case, record):
    probe = ("GET", "/probe", b"")
    wanted = [[case.meant, probe]] if case.meant else [[probe]]
    if case.refused and case.meant:
        wanted.append([probe])
    for model in MODELS:
        requests = record.requests(model)
        seen = [(request.method, request.target, request.body) for request in requests]
        assert seen in wanted, f"{model} saw {shorten(seen)} and not {shorten(wanted)}"
        assert not record.faults(model), f"{model} saw {record.faults(model)}"
        for name, value in case.has.items():
            assert requests[0].fields.get(name) == value, f"{name}: {requests[0].fields.get(name)} and not {value}"
        for number, rest in record.rests(model).items():
            # One whose fault shows behind its head: the program has got a part, and an end that is none.
            assert number in record.ended, f"{model} waits for the rest of {shorten(rest)}"
            assert rest.startswith(b"POST /case HTTP/1.1\r\n"), f"{model} saw the begin of {shorten(rest)}"
            assert b"smuggled" not in rest.split(b"\r\n\r\n")[0]
