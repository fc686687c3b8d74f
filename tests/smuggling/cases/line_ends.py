"""Line ends that only some take for one, and lines around the request."""

from smuggling.case import GET, POST, RFC9112, SMUGGLED, get, passed, post, refused

SOURCE = RFC9112 + "2.2"
LF, CR = "LF without CR", "CR without LF"

CASES = [
    refused("LF behind the request line", SOURCE, "GET /case HTTP/1.1\nHost: a\r\n\r\n", 400, LF),
    refused("LF behind a field", SOURCE, "GET /case HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400, LF),
    refused("LF behind the last field", SOURCE, "GET /case HTTP/1.1\r\nHost: a\n\r\n", 400, LF),
    refused("LF as the empty line", SOURCE, "GET /case HTTP/1.1\r\nHost: a\r\n\n", 400, LF),
    refused("LF everywhere", SOURCE, "GET /case HTTP/1.1\nHost: a\n\n", 400, LF),
    refused("LF twice inside a value", SOURCE, get(f"X: y\n\n{SMUGGLED.strip()}"), 400, LF),
    refused("LF at the end of an empty value", SOURCE, get("X:\n"), 400, LF),
    refused("LF inside a name", SOURCE, get("X\n: y"), 400, LF),
    refused("LF before the first field", SOURCE, get(host="\nHost: a\r\n"), 400, LF),
    refused("LF in front", SOURCE, "\n" + get(), 400, "method is malformed"),
    refused("LF, CR at the ends", SOURCE, "GET /case HTTP/1.1\n\rHost: a\n\r\n\r", 400, LF),
    refused("CR behind the request line", SOURCE, "GET /case HTTP/1.1\rHost: a\r\n\r\n", 400, CR),
    refused("CR behind a field", SOURCE, "GET /case HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", 400, CR),
    refused("CR as the empty line", SOURCE, "GET /case HTTP/1.1\r\nHost: a\r\n\rX\r\n\r\n", 400, CR),
    refused("CR everywhere", SOURCE, "GET /case HTTP/1.1\rHost: a\r\r", 400, CR),
    refused("CR, CR, LF behind the request line", SOURCE, "GET /case HTTP/1.1\r\r\nHost: a\r\n\r\n", 400, CR),
    refused("CR, CR, LF behind a field", SOURCE, get("X: y\r"), 400, CR),
    refused("CR, CR, LF as the empty line", SOURCE, "GET /case HTTP/1.1\r\nHost: a\r\n\r\r\n", 400, CR),
    refused("CR at the begin of a value", SOURCE, get("X: \ry"), 400, CR),
    refused("CR before the colon", SOURCE, get("X\r: y"), 400, "not allowed"),
    refused("CR in the target", SOURCE, get(line="GET /ca\rse HTTP/1.1"), 400,
            "does not end in a version"),
    refused("CR in the method", SOURCE, get(line="GE\rT /case HTTP/1.1"), 400, "method is malformed"),
    refused("CR in front", SOURCE, "\r" + get(), 400, CR),
    refused("vertical tab at the end", SOURCE, "GET /case HTTP/1.1\r\nHost: a\x0b\r\n\r\n", 400, "control character"),
    refused("two empty lines in front", SOURCE + ": at least one may be passed over", "\r\n\r\n" + get(), 400,
            "method is malformed"),
    refused("an empty line, then a blank one", SOURCE, "\r\n \r\n" + get(), 400, "method is malformed"),
    refused("a blank line between head and end", SOURCE, "GET /case HTTP/1.1\r\nHost: a\r\n \r\n\r\n", 400, "folding"),
    passed("one empty line in front", SOURCE, "\r\n" + get(), GET),
    passed("an empty line behind a body", SOURCE + ": old clients do that",
           post("Content-Length: 5", body="hello\r\n") + get(), POST("hello"), GET),
    passed("an empty line behind chunks", SOURCE,
           post("Transfer-Encoding: chunked", body="0\r\n\r\n\r\n") + get(), POST(), GET),
    refused("LF behind a body", SOURCE, post("Content-Length: 5", body="hello\n") + get(), 400,
            "method is malformed", after=[POST("hello")]),
    refused("more than the body", RFC9112 + "6.3", post("Content-Length: 5", body="hello(") + get(), 400,
            "method is malformed", after=[POST("hello")]),
]
