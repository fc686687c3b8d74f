"""Request targets: origin form, absolute form, asterisk."""

from smuggling.case import RFC9112, Request, get, passed, refused

SOURCE = RFC9112 + "3.2"
ABSOLUTE = RFC9112 + "3.2.2"
MALFORMED = "target is malformed"
AUTHORITY = "authority of the request target is malformed"


def bad(name, target, says=MALFORMED, source=SOURCE, method="GET"):
    return refused(name, source, get(line=f"{method} {target} HTTP/1.1"), 400, says)


def good(name, target, arrives=None, source=SOURCE, method="GET", host="a"):
    return passed(name, source, get(line=f"{method} {target} HTTP/1.1"),
                  Request(method, target if arrives is None else arrives, has={"host": host}))


CASES = [
    bad("NUL", "/ca\x00se"),
    bad("a control", "/ca\x01se"),
    bad("an escape", "/\x1b[31m"),
    bad("DEL", "/ca\x7fse"),
    bad("a fragment", "/case#part"),
    bad("a fragment that hides a host", "http://a#@b/"),
    bad("relative", "case"),
    bad("dots", "../case"),
    bad("a query alone", "?case"),
    bad("backslash for slash", "\\case"),
    bad("an authority", "a:80"),
    bad("an asterisk for GET", "*", "the target * is for OPTIONS only"),
    bad("an asterisk and more", "*/case", method="OPTIONS"),
    bad("another scheme", "ftp://a/case", "scheme other than http", ABSOLUTE),
    bad("a scheme with a blank byte", "http\xa0://a/case", "scheme other than http", ABSOLUTE),
    bad("a file", "file:///etc/passwd", "scheme other than http", ABSOLUTE),
    bad("a scheme that hides another", "x:http://a/case", "scheme other than http", ABSOLUTE),
    bad("one slash behind the scheme", "http:/a/case", MALFORMED, ABSOLUTE),
    bad("no authority", "http:///case", AUTHORITY, ABSOLUTE),
    bad("a user", "http://u@a/case", AUTHORITY, ABSOLUTE),
    bad("user and password", "http://u:p@a/case", AUTHORITY, ABSOLUTE),
    bad("a user that looks like a host", "http://b:80@a/case", AUTHORITY, ABSOLUTE),
    bad("a backslash in the authority", "http://a\\@b/case", AUTHORITY, ABSOLUTE),
    bad("a port that is none", "http://a:x/case", AUTHORITY, ABSOLUTE),
    bad("a port too high", "http://a:65536/case", AUTHORITY, ABSOLUTE),
    bad("a port with a sign", "http://a:+80/case", AUTHORITY, ABSOLUTE),
    bad("a port without host", "http://:80/case", AUTHORITY, ABSOLUTE),
    bad("an address without its bracket", "http://[::1/case", AUTHORITY, ABSOLUTE),
    bad("a zone in an address", "http://[fe80::1%25eth0]/case", AUTHORITY, ABSOLUTE),
    bad("an escape without digits in the authority", "http://a%2/case", AUTHORITY, ABSOLUTE),
    bad("a high byte in the authority", "http://\xe4/case", AUTHORITY, ABSOLUTE),
    good("absolute, the same host", "http://a/case", "/case", ABSOLUTE),
    good("absolute, another host than Host", "http://b:81/case?x", "/case?x", ABSOLUTE, host="b:81"),
    good("absolute in capital letters", "HTTP://b/case", "/case", ABSOLUTE, host="b"),
    good("absolute, https", "https://b/case", "/case", ABSOLUTE, host="b"),
    good("absolute without a path", "http://b", "/", ABSOLUTE, host="b"),
    good("absolute with a query alone", "http://b?x=/", "/?x=/", ABSOLUTE, host="b"),
    good("absolute, OPTIONS of the whole server", "http://b", "*", RFC9112 + "3.2.4", method="OPTIONS", host="b"),
    good("absolute, OPTIONS of the root", "http://b/", "/", RFC9112 + "3.2.4", method="OPTIONS", host="b"),
    good("absolute with an absolute path", "http://b/http://c/case", "/http://c/case", ABSOLUTE, host="b"),
    good("an asterisk for OPTIONS", "*", method="OPTIONS", source=RFC9112 + "3.2.4"),
    good("two slashes in front", "//b/case"),
    good("an absolute one in a path", "/http://b/case"),
    good("dots in a path", "/../../etc/passwd"),
    good("percents that would end a line", "/case%0d%0aHost:%20b"),
    good("a percent without digits", "/case%"),
    good("high bytes", "/\xc3\xa4\xff\x80"),
    good("characters that URIs do not have", '/<>"{}|\\^`'),
    good("a semicolon", "/a;b/..;/case"),
]
