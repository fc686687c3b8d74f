"""Methods, and what stands between the parts of a request line."""

from smuggling.case import RFC9110, RFC9112, Request, get, passed, refused

SOURCE = RFC9112 + "3"
METHOD = "method is malformed"


def bad(name, line, says=METHOD, source=SOURCE, status=400):
    return refused(name, source, get(line=line), status, says)


CASES = [
    bad("blank in front", " GET /case HTTP/1.1"),
    bad("tab in front", "\tGET /case HTTP/1.1"),
    bad("NUL in front", "\x00GET /case HTTP/1.1"),
    bad("byte order mark in front", "\xef\xbb\xbfGET /case HTTP/1.1"),
    bad("two blanks behind the method", "GET  /case HTTP/1.1", "target is malformed"),
    bad("tab behind the method", "GET\t/case HTTP/1.1"),
    bad("vertical tab behind the method", "GET\x0b/case HTTP/1.1"),
    bad("two blanks behind the target", "GET /case  HTTP/1.1", "does not end in a version"),
    bad("tab behind the target", "GET /case\tHTTP/1.1", "target is malformed"),
    bad("blank in the target", "GET /ca se HTTP/1.1", "does not end in a version"),
    bad("a second version in the target", "GET /smuggled HTTP/1.1 HTTP/1.1", "does not end where it should"),
    bad("blank at the end", "GET /case HTTP/1.1 ", "does not end where it should"),
    bad("tab at the end", "GET /case HTTP/1.1\t", "does not end where it should"),
    bad("more behind the version", "GET /case HTTP/1.1x", "does not end where it should"),
    bad("no method", "/case HTTP/1.1"),
    bad("method in parentheses", "(GET) /case HTTP/1.1"),
    bad("colon in the method", "GET: /case HTTP/1.1"),
    bad("slash in the method", "GET/ /case HTTP/1.1"),
    bad("quote in the method", 'G"ET /case HTTP/1.1'),
    bad("NUL in the method", "G\x00ET /case HTTP/1.1"),
    bad("high byte in the method", "G\xcaT /case HTTP/1.1"),
    bad("method alone", "GET"),
    bad("CONNECT", "CONNECT a:80 HTTP/1.1", "CONNECT is not served here", RFC9110 + "9.3.6", 501),
    bad("CONNECT with a path", "CONNECT /case HTTP/1.1", "not host:port", RFC9112 + "3.2.3"),
    bad("CONNECT without port", "CONNECT a HTTP/1.1", "not host:port", RFC9112 + "3.2.3"),
    bad("CONNECT with a user", "CONNECT u@a:80 HTTP/1.1", "not host:port", RFC9112 + "3.2.3"),
    bad("a field for a request line", "X: y"),
    refused("TLS", SOURCE, "\x16\x03\x01\x00\x05hello", 400, METHOD),
    refused("SSH", SOURCE, "SSH-2.0-OpenSSH_9.2\r\n", 400, METHOD),
    refused("PROXY", "The PROXY protocol", "PROXY TCP4 6.6.6.6 127.0.0.1 1 80\r\n" + get(), 400, "target is malformed"),
    passed("TRACE", RFC9110 + "9.3.8", get(line="TRACE /case HTTP/1.1"), Request("TRACE", "/case")),
    passed("a method nobody knows", RFC9110 + "9.1", get(line="BREW /case HTTP/1.1"), Request("BREW", "/case")),
    passed("a method in small letters is another one", RFC9110 + "9.1", get(line="head /case HTTP/1.1"),
           Request("head", "/case")),
    passed("a method of all characters", RFC9110 + "9.1", get(line="!#$%&'*+-.^_`|~09 /case HTTP/1.1"),
           Request("!#$%&'*+-.^_`|~09", "/case")),
]
