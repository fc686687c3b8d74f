"""Names and values of fields."""

from smuggling.case import GET, POST, RFC9110, RFC9112, get, passed, post, refused

NAMES = RFC9110 + "5.1"
VALUES = RFC9110 + "5.5"
COLON = RFC9112 + "5.1"
FOLDING = RFC9112 + "5.2"
CONTROL, NOT_ALLOWED = "control character", "not allowed"


def value(name, text, says=CONTROL):
    return refused(f"{name} in a value", VALUES, get(f"X: {text}"), 400, says)


def name_with(name, text):
    return refused(f"{name} in a name", NAMES, get(f"{text}: y"), 400, NOT_ALLOWED)


def underscore(field):
    """CGI, WSGI and PHP take it for the field with hyphens."""
    name = field.split(":")[0]
    return refused(f"{name} with an underscore", "RFC 3875 section 4.1.18", get(field), 400, "underscore")


CASES = [
    value("NUL", "a\x00b"),
    value("NUL at the end", "a\x00"),
    value("SOH", "\x01"),
    value("backspace", "a\x08"),
    value("vertical tab", "a\x0bb"),
    value("form feed", "a\x0cb"),
    value("file separator", "a\x1cb"),
    value("escape", "\x1b[31m"),
    value("DEL", "a\x7f"),
    value("a control behind many bytes", "0123456789abcdef" * 3 + "\x1f"),
    name_with("NUL", "X\x00"),
    name_with("a high byte", "X\xff"),
    name_with("UTF-8", "X-\xc3\xa4"),
    name_with("a parenthesis", "X(y)"),
    name_with("a quote", 'X"'),
    name_with("a slash", "X/Y"),
    name_with("a comma", "X,Y"),
    name_with("an at", "X@Y"),
    name_with("a bracket", "X[0]"),
    name_with("DEL", "X\x7f"),
    name_with("an equals sign", "X=Y"),
    refused("a blank in a name", NAMES, get("X Y: z"), 400, "blank before the colon"),
    refused("a blank before the colon", COLON, get("X : y"), 400, "blank before the colon"),
    refused("a tab before the colon", COLON, get("X\t: y"), 400, "blank before the colon"),
    refused("no name", COLON, get(": y"), 400, "no name"),
    refused("a pseudo field of HTTP/2", "RFC 9113 section 8.3", get(":path: /smuggled"), 400, "no name"),
    refused("no colon", COLON, get("X"), 400, NOT_ALLOWED),
    refused("an equals sign for a colon", COLON, get("X=y"), 400, NOT_ALLOWED),
    refused("folded", FOLDING, get("X: y\r\n z"), 400, "folding"),
    refused("folded with a tab", FOLDING, get("X: y\r\n\tz"), 400, "folding"),
    refused("folded into a request", FOLDING, get("X: y\r\n GET /smuggled HTTP/1.1"), 400, "folding"),
    refused("folding first", RFC9112 + "2.2", get(host=" Host: a\r\n"), 400, "begins with a blank"),
    refused("a tab before the first field", RFC9112 + "2.2", get(host="\tHost: a\r\n"), 400, "begins with a blank"),
    refused("a field of the proxy behind a fold", FOLDING, get("X: y\r\n X-Forwarded-For: 6.6.6.6"), 400, "folding"),
    passed("an empty value", VALUES, get("X:"), GET._replace(has={"x": ""})),
    passed("blanks around a value", VALUES, get("X: \t y z \t"), GET._replace(has={"x": "y z"})),
    passed("high bytes in a value", VALUES, get("X: \xe4\xff\x80"), GET._replace(has={"x": "\xe4\xff\x80"})),
    passed("next-line byte in a value", VALUES, get("X: a\x85b"), GET._replace(has={"x": "a\x85b"})),
    passed("line separator of Unicode in a value", VALUES, get("X: a\xe2\x80\xa8b"),
           GET._replace(has={"x": "a\xe2\x80\xa8b"})),
    passed("CRLF as percents in a value", VALUES, get("X: a%0d%0aContent-Length: 5"),
           GET._replace(has={"x": "a%0d%0aContent-Length: 5"})),
    passed("a colon behind the colon", VALUES, get("X:: y"), GET._replace(has={"x": ": y"})),
    passed("every character of a token in a name", NAMES, get("!#$%&'*+-.^`|~09azAZ: y"),
           GET._replace(has={"!#$%&'*+-.^`|~09azaz": "y"})),
    passed("a name in quotes of a token", NAMES, get("'Content-Length': 5"), GET._replace(lacks=("content-length",))),
    underscore("Content_Length: 5"),
    underscore("content_LENGTH: 5"),
    underscore("Transfer_Encoding: chunked"),
    underscore("X_Forwarded_For: 6.6.6.6"),
    underscore("X-Forwarded_For: 6.6.6.6"),
    underscore("X_FORWARDED_PROTO: https"),
    underscore("Keep_Alive: timeout=9"),
    underscore("HTTP2_Settings: AA"),
    passed("an underscore in a name that means nothing", NAMES, get("X_Y: z"), GET._replace(has={"x-y": "z"})),
    passed("a request in a value", VALUES, post("X: GET /smuggled HTTP/1.1", "Content-Length: 5", body="hello"),
           POST("hello")),
    # --- where the request comes from ---
    passed("X-Forwarded-For of the client", "MDN; last is who connected", get("X-Forwarded-For: 6.6.6.6"),
           GET._replace(has={"x-forwarded-for": "6.6.6.6, 127.0.0.1"})),
    passed("X-Forwarded-For of the client twice", "MDN", get("X-Forwarded-For: 6.6.6.6", "x-forwarded-FOR: 7.7.7.7"),
           GET._replace(has={"x-forwarded-for": "6.6.6.6, 7.7.7.7, 127.0.0.1"})),
    passed("X-Forwarded-For with an open quote", "RFC 7239 section 4", get('X-Forwarded-For: "6.6.6.6'),
           GET._replace(has={"x-forwarded-for": "127.0.0.1"})),
    passed("Forwarded with an open quote", "RFC 7239 section 4", get('Forwarded: for="6.6.6.6'),
           GET._replace(has={"forwarded": "for=127.0.0.1;proto=http"})),
]
