"""HTTP versions that are none of ours, or hardly any."""

from smuggling.case import GET, RFC9110, RFC9112, SMUGGLED, Request, get, http2, passed, post, refused

SOURCE = RFC9112 + "2.3"
SPOKEN = "only HTTP/1.1 and HTTP/1.0"
NONE = "does not end in a version"
PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\x00\x00\x00\x04\x00\x00\x00\x00\x00"


def bad(name, version, status=400, says=NONE, source=SOURCE):
    return refused(name, source, get(line=f"GET /case {version}"), status, says)


CASES = [
    bad("HTTP/0.9 with its version", "HTTP/0.9", 505, SPOKEN),
    bad("HTTP/1.2", "HTTP/1.2", 505, SPOKEN, RFC9110 + "2.5: one may take it for 1.1"),
    bad("HTTP/1.9", "HTTP/1.9", 505, SPOKEN),
    bad("HTTP/2.0", "HTTP/2.0", 505, SPOKEN),
    bad("HTTP/3.0", "HTTP/3.0", 505, SPOKEN),
    bad("HTTP/9.9", "HTTP/9.9", 505, SPOKEN),
    bad("HTTP/0.0", "HTTP/0.0", 505, SPOKEN),
    bad("http/1.1", "http/1.1"),
    bad("Http/1.1", "Http/1.1"),
    bad("HTTP/1", "HTTP/1"),
    bad("HTTP/2", "HTTP/2"),
    bad("HTTP/1.", "HTTP/1."),
    bad("HTTP/.1", "HTTP/.1"),
    bad("HTTP/1,1", "HTTP/1,1"),
    bad("HTTP 1.1", "HTTP 1.1"),
    bad("HTTP1.1", "HTTP1.1"),
    bad("HTTP/-1.1", "HTTP/-1.1"),
    bad("HTTP/+1.1", "HTTP/+1.1"),
    bad("HTTP/ 1.1", "HTTP/ 1.1"),
    bad("HTTP/1.10", "HTTP/1.10", says="does not end where it should"),
    bad("HTTP/1.1.1", "HTTP/1.1.1", says="does not end where it should"),
    bad("HTTP/01.1", "HTTP/01.1"),
    bad("HTTP/11", "HTTP/11.1"),
    bad("HTTPS/1.1", "HTTPS/1.1"),
    bad("ICAP/1.0", "ICAP/1.0", source="RFC 3507"),
    bad("RTSP/1.0", "RTSP/1.0", source="RFC 2326"),
    bad("NUL behind it", "HTTP/1.1\x00", says="does not end where it should"),
    bad("a digit of Unicode", "HTTP/1.\xb9"),
    passed("HTTP/1.0", SOURCE, get(line="GET /case HTTP/1.0"), GET, closes=True),
    passed("HTTP/1.0 with a body", SOURCE, post("Content-Length: 5", line="POST /case HTTP/1.0", body="hello"),
           Request("POST", "/case", b"hello"), closes=True),
    passed("HTTP/1.0 that stays", RFC9112 + "C.2.2", get("Connection: keep-alive", line="GET /case HTTP/1.0"), GET),
    passed("HTTP/1.0 that stays, with a body", RFC9112 + "C.2.2",
           post("Connection: Keep-Alive", "Content-Length: 5", line="POST /case HTTP/1.0", body="hello"),
           Request("POST", "/case", b"hello", lacks=("connection",))),
    passed("HTTP/1.0 that would and would not stay", RFC9112 + "9.3",
           get("Connection: keep-alive, close", line="GET /case HTTP/1.0"), GET, closes=True),
    passed("HTTP/1.0 with Expect", RFC9110 + "10.1.1",
           post("Expect: 100-continue", "Content-Length: 5", line="POST /case HTTP/1.0", body="hello"),
           Request("POST", "/case", b"hello"), closes=True),
    passed("HTTP/1.0 with Upgrade", RFC9110 + "7.8",
           get("Connection: Upgrade", "Upgrade: websocket", line="GET /case HTTP/1.0"),
           GET._replace(lacks=("upgrade", "connection")), closes=True),
    passed("HTTP/1.0 with Keep-Alive only", "RFC 2068 section 19.7.1",
           get("Keep-Alive: timeout=5", line="GET /case HTTP/1.0"), GET._replace(lacks=("keep-alive",)), closes=True),
    # --- HTTP/2 and HTTP/0.9 ---
    http2("the preface of HTTP/2", "RFC 9113 section 3.4", PREFACE),
    http2("the preface of HTTP/2, then HTTP/1", "RFC 9113 section 3.4", PREFACE + SMUGGLED),
    http2("the preface of HTTP/2, cut", "RFC 9113 section 3.4", "PRI * HTTP/2.0\r\n\r\n" + get()),
    http2("the request line of the preface, with fields", "RFC 9113 section 3.4", get(line="PRI * HTTP/2.0")),
    refused("the preface of HTTP/2, behind an empty line", "RFC 9113 section 3.4", "\r\n" + PREFACE, 400,
            "the target * is for OPTIONS only"),
    refused("the preface of HTTP/2 in small letters", "RFC 9113 section 3.4", PREFACE.lower(), 400,
            "the target * is for OPTIONS only"),
    refused("HTTP/0.9 as it was", "RFC 1945 section 5.1", "GET /case\r\n", 400, NONE),
    refused("HTTP/0.9 with LF", "RFC 1945 section 5.1", "GET /case\n", 400, NONE),
    refused("HTTP/0.9 and fields", "RFC 1945 section 5.1", get(line="GET /case"), 400, NONE),
    refused("HTTP/0.9 and a blank", "RFC 1945 section 5.1", "GET /case \r\n", 400, NONE),
]
