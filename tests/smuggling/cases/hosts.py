"""Host: none, two, empty, or not an authority."""

from smuggling.case import GET, RFC9110, RFC9112, Request, get, passed, refused

SOURCE = RFC9112 + "3.2"
SYNTAX = RFC9110 + "7.2"
MALFORMED = "Host is malformed"


def bad(name, value, says=MALFORMED):
    return refused(name, SYNTAX, get(host=f"Host: {value}\r\n"), 400, says)


def good(name, value):
    return passed(name, SYNTAX, get(host=f"Host: {value}\r\n"), GET._replace(has={"host": value}))


CASES = [
    refused("none", SOURCE, get(host=""), 400, "there is no Host"),
    refused("none in an absolute one", SOURCE, get(line="GET http://a/case HTTP/1.1", host=""), 400, "no Host"),
    refused("two", SOURCE, get("Host: b"), 400, "more than one Host"),
    refused("two that are the same", SOURCE, get("Host: a"), 400, "more than one Host"),
    refused("two in other cases", SOURCE, get("hOST: b"), 400, "more than one Host"),
    refused("two around another field", SOURCE, get("X: y", "Host: b"), 400, "more than one Host"),
    refused("two, the first is empty", SOURCE, get("Host: b", host="Host:\r\n"), 400, "more than one Host"),
    refused("two in an absolute one", SOURCE, get("Host: b", line="GET http://c/case HTTP/1.1"), 400, "more than one"),
    refused("two in HTTP/1.0", SOURCE, get("Host: b", line="GET /case HTTP/1.0"), 400, "more than one Host"),
    refused("a second one folded", RFC9112 + "5.2", get("X: y\r\n Host: b"), 400, "folding"),
    refused("a second one with a blank before its colon", RFC9112 + "5.1", get("Host : b"), 400, "blank before"),
    refused("a second one behind a blank", RFC9112 + "2.2", get(host=" Host: b\r\nHost: a\r\n"), 400, "blank"),
    refused("malformed in an absolute one", SOURCE, get(line="GET http://b/case HTTP/1.1", host="Host: u@a\r\n"),
            400, MALFORMED),
    bad("a user", "u@a"),
    bad("a path", "a/b"),
    bad("a query", "a?b"),
    bad("a fragment", "a#b"),
    bad("a scheme", "http://a"),
    bad("a blank", "a b"),
    bad("two with a comma and a blank", "a, b"),
    bad("a tab", "a\tb"),
    bad("a backslash", "a\\b"),
    bad("a quote", 'a"b'),
    bad("a high byte", "\xe4"),
    bad("NUL", "a\x00b", "control character"),
    bad("a port that is none", "a:b"),
    bad("a port with a path", "a:80/b"),
    bad("a port too high", "a:65536"),
    bad("a port with a sign", "a:-1"),
    bad("two ports", "a:80:81"),
    bad("a port alone", ":80"),
    bad("an address without brackets", "::1"),
    bad("an address without its end", "[::1"),
    bad("behind an address", "[::1]b"),
    bad("no address in brackets", "[b-c]"),
    bad("nothing in brackets", "[]"),
    bad("an escape without digits", "a%zz"),
    good("empty", ""),
    good("a port", "a:80"),
    good("an empty port", "a:"),
    good("an address", "127.0.0.1:80"),
    good("an address in brackets", "[::1]:80"),
    good("an underscore", "a_b"),
    good("an escape", "a%20b"),
    passed("none in HTTP/1.0", SOURCE, get(line="GET /case HTTP/1.0", host=""),
           GET._replace(has={"host": "localhost"}), closes=True),
    passed("none in an absolute one of HTTP/1.0", SOURCE, get(line="GET http://b/case HTTP/1.0", host=""),
           GET._replace(has={"host": "b"}), closes=True),
    passed("in a Connection field", RFC9110 + "7.6.1", get("Connection: Host"), GET._replace(has={"host": "a"})),
    passed("named as another field", "Kettle 2019; many applications believe it", get("X-Forwarded-Host: b"),
           Request("GET", "/case", has={"host": "a"})),
]
