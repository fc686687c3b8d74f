"""Fields of one connection: Connection and what it names, Upgrade, Expect, TE."""

from smuggling.case import GET, POST, RFC9110, SMUGGLED, Request, get, passed, post, refused

SOURCE = RFC9110 + "7.6.1"
UPGRADE = RFC9110 + "7.8"
EXPECT = RFC9110 + "10.1.1"
H2C = "Emil and Hoyt 2020, h2c smuggling"
NAMED = "Davison 2019, Abusing HTTP hop-by-hop request headers"
WEBSOCKET = ("Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")


def kept(name, option, *fields, **has):
    """What stays although Connection names it."""
    wanted = {field.replace("_", "-"): value for field, value in has.items()}
    return passed(name, NAMED, get(f"Connection: {option}", *fields), GET._replace(has=wanted, lacks=("connection",)))


def not_offered(name, *fields, source=H2C):
    return passed(name, source, get(*fields),
                  GET._replace(lacks=("upgrade", "http2-settings", "connection")))


CASES = [
    kept("names Host", "host", host="a"),
    kept("names Cookie", "close-not, Cookie", "Cookie: a=b", cookie="a=b"),
    kept("names Authorization", "Authorization", "Authorization: Basic x", authorization="Basic x"),
    kept("names X-Forwarded-For", "X-Forwarded-For", x_forwarded_for="127.0.0.1"),
    kept("names X-Forwarded-For of the client", "X-Forwarded-For", "X-Forwarded-For: 6.6.6.6",
         x_forwarded_for="6.6.6.6, 127.0.0.1"),
    kept("names X-Forwarded-Proto", "X-Forwarded-Proto", x_forwarded_proto="http"),
    kept("names X-Forwarded-Host", "X-Forwarded-Host", "X-Forwarded-Host: b", x_forwarded_host="b"),
    kept("names X-Real-IP", "X-Real-IP", "X-Real-IP: 6.6.6.6", x_real_ip="6.6.6.6"),
    kept("names Forwarded", "Forwarded", forwarded="for=127.0.0.1;proto=http"),
    kept("names Content-Type", "Content-Type", "Content-Type: text/plain", content_type="text/plain"),
    passed("names Content-Length", NAMED, post("Connection: content-length", "Content-Length: 5", body="hello"),
           POST("hello", has={"content-length": "5"})),
    passed("names Transfer-Encoding", NAMED,
           post("Connection: transfer-encoding", "Transfer-Encoding: chunked", body="5\r\nhello\r\n0\r\n\r\n"),
           POST("hello", has={"transfer-encoding": "chunked"})),
    passed("names a field of its own", SOURCE, get("Connection: X-Hop, x-NEXT", "X-Hop: 1", "X-Next: 2", "X-End: 3"),
           GET._replace(has={"x-end": "3"}, lacks=("x-hop", "x-next", "connection"))),
    passed("names a field in a second line", SOURCE, get("X-Hop: 1", "Connection: keep-alive", "Connection: x-hop"),
           GET._replace(lacks=("x-hop", "connection"))),
    passed("names itself", SOURCE, get("Connection: connection"), GET._replace(lacks=("connection",))),
    passed("empty", SOURCE, get("Connection:"), GET._replace(lacks=("connection",))),
    passed("close", SOURCE, get("Connection: close"), GET._replace(lacks=("connection",)), closes=True),
    passed("CLOSE among others", SOURCE, get("Connection: x, CLOSE , y"), GET._replace(lacks=("connection",)),
           closes=True),
    passed("close with a body", SOURCE, post("Connection: close", "Content-Length: 5", body="hello"), POST("hello"),
           closes=True),
    refused("two words", SOURCE, get("Connection: a b"), 400, "Connection is malformed"),
    refused("quoted", SOURCE, get('Connection: "close"'), 400, "Connection is malformed"),
    refused("a semicolon", SOURCE, get("Connection: close;"), 400, "Connection is malformed"),
    refused("names too many", SOURCE, get("Connection: " + ",".join(f"x{i}" for i in range(17))), 400, "Connection"),
    passed("Proxy-Connection", "RFC 9112 appendix C.2.2", get("Proxy-Connection: close"),
           GET._replace(lacks=("proxy-connection",))),
    passed("Keep-Alive", SOURCE, get("Keep-Alive: timeout=1000"), GET._replace(lacks=("keep-alive",))),
    passed("Proxy-Authorization", RFC9110 + "11.7.2", get("Proxy-Authorization: Basic x"),
           GET._replace(lacks=("proxy-authorization",))),
    passed("TE", RFC9110 + "10.1.4", get("TE: trailers, chunked;q=0", "Connection: TE"),
           GET._replace(has={"te": "trailers", "connection": "TE"})),
    passed("TE without trailers", RFC9110 + "10.1.4", get("TE: gzip"), GET._replace(lacks=("te",))),
    # --- Upgrade: the backend of these tests answers 200, and what is behind is the next request ---
    not_offered("h2c", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQCAAAA"),
    not_offered("h2c without its settings in Connection", "Connection: Upgrade", "Upgrade: h2c", "HTTP2-Settings: AA"),
    not_offered("H2C", "Connection: upgrade", "Upgrade: H2C"),
    not_offered("h2c behind websocket", "Connection: Upgrade", "Upgrade: websocket, h2c"),
    not_offered("h2c before websocket", "Connection: Upgrade", "Upgrade: h2c,websocket"),
    not_offered("h2c-14", "Connection: Upgrade", "Upgrade: h2c-14"),
    not_offered("HTTP/2.0", "Connection: Upgrade", "Upgrade: HTTP/2.0"),
    not_offered("h2c not named in Connection", "Upgrade: h2c", "HTTP2-Settings: AA"),
    not_offered("settings alone", "HTTP2-Settings: AA"),
    not_offered("websocket not named in Connection", *WEBSOCKET, source=UPGRADE),
    passed("h2c with a body", H2C, post("Connection: Upgrade", "Upgrade: h2c", "Content-Length: 5", body="hello"),
           POST("hello", lacks=("upgrade",))),
    passed("websocket with a body", UPGRADE,
           post("Connection: Upgrade", *WEBSOCKET, f"Content-Length: {len(SMUGGLED)}", body=SMUGGLED),
           POST(SMUGGLED, lacks=("upgrade",))),
    passed("websocket with chunks", UPGRADE,
           post("Connection: Upgrade", *WEBSOCKET, "Transfer-Encoding: chunked", body="5\r\nhello\r\n0\r\n\r\n"),
           POST("hello", lacks=("upgrade",))),
    passed("websocket that is not taken", "Egorov 2019, websocket-smuggle", get("Connection: Upgrade", *WEBSOCKET),
           GET._replace(has={"upgrade": "websocket", "connection": "Upgrade"})),
    passed("websocket of a version that nobody speaks", "Egorov 2019, websocket-smuggle",
           get("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 777"),
           GET._replace(has={"upgrade": "websocket"})),
    refused("two Upgrades", UPGRADE, get("Connection: Upgrade", "Upgrade: websocket", "Upgrade: h2c"), 400,
            "more than one Upgrade"),
    refused("a framing error behind an upgrade that is not taken", "Egorov 2019, websocket-smuggle",
            get("Connection: Upgrade", *WEBSOCKET) + "\x81\x05hello", 400, "method is malformed", after=[GET]),
    # --- Expect ---
    passed("Expect with a body", EXPECT, post("Expect: 100-continue", "Content-Length: 5", body="hello"),
           POST("hello", has={"expect": "100-continue"})),
    passed("Expect with chunks", EXPECT,
           post("Expect: 100-continue", "Transfer-Encoding: chunked", body="5\r\nhello\r\n0\r\n\r\n"), POST("hello")),
    passed("Expect without a body", "Kettle 2025, HTTP/1.1 must die", get("Expect: 100-continue"), GET),
    passed("Expect of a GET with a body", "Kettle 2025, HTTP/1.1 must die",
           get("Expect: 100-continue", f"Content-Length: {len(SMUGGLED)}", body=SMUGGLED),
           GET._replace(body=SMUGGLED.encode())),
    passed("Expect of a HEAD with a body", "Kettle 2025, HTTP/1.1 must die",
           get("Expect: 100-continue", "Content-Length: 5", line="HEAD /case HTTP/1.1", body="hello"),
           Request("HEAD", "/case", b"hello")),
    passed("Expect nobody knows", "Kettle 2025, HTTP/1.1 must die",
           post("Expect: y 100-continue", "Content-Length: 5", body="hello"), POST("hello")),
    passed("Expect twice", "Kettle 2025, HTTP/1.1 must die",
           post("Expect: 100-continue", "Expect: 100-continue", "Content-Length: 5", body="hello"), POST("hello")),
    passed("Expect in Connection", NAMED,
           post("Connection: expect", "Expect: 100-continue", "Content-Length: 5", body="hello"),
           POST("hello", lacks=("expect",))),
]
