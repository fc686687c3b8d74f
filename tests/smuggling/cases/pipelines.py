"""Several requests in one piece, good ones and bad ones."""

from smuggling.case import GET, POST, RFC9112, Request, chunked, get, passed, post, refused

SOURCE = RFC9112 + "9.3.2"
FIRST, SECOND, THIRD = (Request("GET", f"/{name}") for name in ("first", "second", "third"))


def get_of(request, *fields):
    return get(*fields, line=f"{request.method} {request.target} HTTP/1.1")


CASES = [
    passed("three", SOURCE, "".join(map(get_of, (FIRST, SECOND, THIRD))), FIRST, SECOND, THIRD),
    passed("twenty", SOURCE, get() * 20, *[GET] * 20),
    passed("lengths and chunks in turn", SOURCE,
           (post("Content-Length: 5", body="hello") + chunked("3\r\nabc\r\n0\r\n\r\n")) * 4,
           *[POST("hello"), POST("abc")] * 4),
    passed("HEAD, then GET", SOURCE, get_of(Request("HEAD", "/head")) + get_of(FIRST), Request("HEAD", "/head"), FIRST),
    passed("bodies that are requests", SOURCE,
           post(f"Content-Length: {len(get())}", body=get()) + chunked(f"{len(get()):x}\r\n{get()}\r\n0\r\n\r\n"),
           POST(get()), POST(get())),
    passed("empty lines between", RFC9112 + "2.2", "\r\n".join(["", get_of(FIRST), get_of(SECOND)]), FIRST, SECOND),
    passed("nothing behind one that closes", SOURCE, get_of(FIRST) + get("Connection: close") + get_of(Request(
        "GET", "/smuggled")), FIRST, GET, closes=True),
    passed("nothing behind HTTP/1.0", SOURCE, get_of(FIRST) + get(line="GET /case HTTP/1.0") + get_of(Request(
        "GET", "/smuggled")), FIRST, GET, closes=True),
    refused("a bad one behind a good one", SOURCE, get_of(FIRST) + get("X : y"), 400, "blank before the colon",
            after=[FIRST]),
    refused("CL.TE behind a good one", SOURCE,
            get_of(FIRST) + post("Content-Length: 6", "Transfer-Encoding: chunked", body="0\r\n\r\nG"), 400, "both",
            after=[FIRST]),
    refused("bad chunks behind a good one", SOURCE, get_of(FIRST) + chunked("5\r\nhello\n0\r\n\r\n"), 400,
            "not chunked", after=[FIRST], begun="POST /case"),
    refused("a bad one behind chunks", SOURCE, chunked("0\r\n\r\n") + get(host=""), 400, "no Host", after=[POST()]),
    refused("CONNECT behind a good one", SOURCE, get_of(FIRST) + get(line="CONNECT a:80 HTTP/1.1"), 501, "CONNECT",
            after=[FIRST]),
    refused("the preface of HTTP/2 behind a good one", SOURCE, get_of(FIRST) + "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400,
            "the target * is for OPTIONS only", after=[FIRST]),
    passed("a length that is too short for its body", SOURCE, post("Content-Length: 4", body="hello") + get(),
           POST("hell"), Request("oGET", "/case")),
    passed("a length that is too long for its body", SOURCE,
           post(f"Content-Length: {5 + len(get())}", body="hello") + get(), POST("hello" + get())),
    passed("a length that leaves a method of another name", "Kettle 2019",
           post("Content-Length: 5", body="helloG") + get_of(Request("PUT", "/second")),
           POST("hello"), Request("GPUT", "/second")),
]
