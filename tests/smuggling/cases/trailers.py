"""Fields behind a chunked body: a server that merges them into the head must not be misled."""

from smuggling.case import POST, RFC9110, RFC9112, SMUGGLED, chunked, passed, refused

SOURCE = RFC9110 + "6.5.1"
SYNTAX = RFC9112 + "7.1.2"


def bad(name, trailers, source=SOURCE):
    return refused(name, source, chunked(f"5\r\nhello\r\n0\r\n{trailers}\r\n\r\n" + SMUGGLED), 400,
                   "not chunked as it should be", begun="POST /case")


def good(name, trailers, source=SOURCE):
    return passed(name, source, chunked(f"5\r\nhello\r\n0\r\n{trailers}\r\n\r\n"), POST("hello"))


CASES = [
    bad("Content-Length", "Content-Length: 5"),
    bad("content-LENGTH", "content-LENGTH: 5"),
    bad("Transfer-Encoding", "Transfer-Encoding: chunked"),
    bad("Host", "Host: b"),
    bad("Connection", "Connection: close"),
    bad("Upgrade", "Upgrade: h2c"),
    bad("Content_Length", "Content_Length: 5", "RFC 3875 section 4.1.18"),
    bad("X-Forwarded-For", "X-Forwarded-For: 6.6.6.6"),
    bad("x_forwarded_for", "x_forwarded_for: 6.6.6.6", "RFC 3875 section 4.1.18"),
    bad("X-Forwarded-Host", "X-Forwarded-Host: b"),
    bad("Forwarded", "Forwarded: for=6.6.6.6"),
    bad("behind one that is fine", "X-Sum: 1\r\nTransfer-Encoding: x"),
    bad("blank before the colon", "X-Sum : 1", SYNTAX),
    bad("folded", "X-Sum: 1\r\n 2", SYNTAX),
    bad("folding first", " X-Sum: 1", SYNTAX),
    bad("LF at its end", "X-Sum: 1\nX: 2", SYNTAX),
    bad("LF before the empty line", "X-Sum: 1\n", SYNTAX),
    bad("CR in it", "X-Sum: 1\rX: 2", SYNTAX),
    bad("NUL in it", "X-Sum: \x00", SYNTAX),
    bad("no colon", "X-Sum", SYNTAX),
    bad("no name", ": 1", SYNTAX),
    bad("a request line", "GET /smuggled HTTP/1.1", "Weikop 2025, ONE.TWO"),
    bad("a high byte in the name", "X-S\xfcm: 1", SYNTAX),
    bad("too long", "X-Sum: " + "1" * 17_000, SYNTAX),
    good("a sum", "X-Sum: 1"),
    good("an empty value", "X-Sum:"),
    good("a value that looks like a request", f"X-Sum: {SMUGGLED.strip().splitlines()[0]}"),
    good("a value that looks like a framing", "X-Sum: Content-Length: 5"),
    good("names that begin like framing", "Content-Length-Of-It: 7\r\nTransfer-Encoding-X: chunked"),
    good("a very long name", f"{'X' * 300}: 1"),
]
