"""Content-Length: more than one, not quite a number, or where nobody expects it."""

from smuggling.case import GET, POST, RFC9110, RFC9112, SMUGGLED, Request, get, passed, post, refused

SOURCE = RFC9110 + "8.6"
LISTS = RFC9112 + "6.3 rule 5"
NONE = "is not a number"


def bad(name, value, says=NONE, source=SOURCE):
    return refused(name, source, post(f"Content-Length: {value}", body="hello" + SMUGGLED), 400, says)


def same(name, *fields, source=LISTS):
    """Goes on as one plain number."""
    return passed(name, source, post(*fields, body="hello"), POST("hello", has={"content-length": "5"}))


CASES = [
    bad("plus", "+5"),
    bad("minus", "-5"),
    bad("minus nothing", "-0"),
    bad("hexadecimal", "0x5"),
    bad("hexadecimal digits", "5a"),
    bad("exponent", "5e0"),
    bad("fraction", "5.0"),
    bad("underscore in it", "0_5", source="Python's int()"),
    bad("quoted", '"5"'),
    bad("blank inside", "5 5"),
    bad("tab inside", "5\t5"),
    bad("word behind it", "5 bytes"),
    bad("semicolon behind it", "5;"),
    bad("empty", ""),
    bad("blanks only", " \t "),
    bad("comma only", ","),
    bad("empty member behind it", "5,"),
    bad("empty member before it", ",5"),
    bad("just beyond 63 bits", "9223372036854775808"),
    bad("just beyond 64 bits", "18446744073709551616"),
    bad("5 modulo 2 to the 64", "18446744073709551621"),
    bad("beyond 128 bits", "9" * 60),
    bad("high digits", "\xb2\xb3"),
    bad("full-width digit", "\xef\xbc\x95", source="Python's and Java's digits of Unicode"),
    bad("NUL behind it", "5\x00", "control character"),
    bad("vertical tab before it", "\x0b5", "control character"),
    bad("high blank before it", "\xa05"),
    bad("lone CR behind it", "5\r", "CR without LF"),
    bad("folded", "\r\n 5", "folding"),
    bad("two in a list", "5, 6", "two different lengths", LISTS),
    bad("two in a list, 0 first", "0, 5", "two different lengths", LISTS),
    bad("equal in another base", "5, 0x5", source=LISTS),
    bad("two fields", "5\r\nContent-Length: 6", "two different lengths", LISTS),
    bad("two fields, 0 first", "0\r\nContent-Length: 5", "two different lengths", LISTS),
    bad("two fields in other cases", "5\r\ncontent-LENGTH: 40", "two different lengths", LISTS),
    bad("two fields, one of them none", "5\r\nContent-Length: x", source=LISTS),
    bad("two fields, one of them empty", "5\r\nContent-Length:", source=LISTS),
    bad("two fields, one with a blank before its colon", "5\r\nContent-Length : 40", "blank before the colon",
        "CVE-2019-16276"),
    refused("a name with a blank before the colon", RFC9112 + "5.1",
            post("Content-Length : 5", body="hello" + SMUGGLED), 400, "blank before the colon"),
    refused("a name with NUL", RFC9110 + "5.1", post("Content-Length\x00: 5", body="hello"), 400, "not allowed"),
    same("a plain one", "Content-Length: 5"),
    same("without a blank", "Content-Length:5"),
    same("blanks around it", "Content-Length: \t5 \t"),
    same("leading zeros", "Content-Length: 0005"),
    same("very many leading zeros", f"Content-Length: {'0' * 200}5"),
    same("twice the same", "Content-Length: 5", "Content-Length: 5"),
    same("twice the same in a list", "Content-Length: 5, 5"),
    same("the same in list and field", "Content-Length: 5,05", "content-length: 005"),
    passed("of a request hidden in the body", "CL.0: Kettle 2022, Browser-Powered Desync Attacks",
           post(f"Content-Length: {len(SMUGGLED)}", body=SMUGGLED), POST(SMUGGLED)),
    passed("0 and the next behind it", SOURCE, post("Content-Length: 0"), POST(has={"content-length": "0"})),
    passed("none and the next behind it", RFC9112 + "6.3 rule 7", post(), POST(lacks=("content-length",))),
    passed("a GET with a body", RFC9110 + "9.3.1", get(f"Content-Length: {len(SMUGGLED)}", body=SMUGGLED),
           GET._replace(body=SMUGGLED.encode(), has={"content-length": str(len(SMUGGLED))})),
    passed("a HEAD with a body", RFC9110 + "9.3.2",
           get("Content-Length: 5", line="HEAD /case HTTP/1.1", body="hello"), Request("HEAD", "/case", b"hello")),
    passed("a DELETE with a body", RFC9110 + "9.3.5",
           get("Content-Length: 5", line="DELETE /case HTTP/1.1", body="hello"),
           Request("DELETE", "/case", b"hello")),
    passed("an OPTIONS * with a body", RFC9110 + "9.3.7",
           get("Content-Length: 5", line="OPTIONS * HTTP/1.1", body="hello"), Request("OPTIONS", "*", b"hello")),
    passed("a GET with chunks", RFC9110 + "9.3.1", get("Transfer-Encoding: chunked", body="5\r\nhello\r\n0\r\n\r\n"),
           GET._replace(body=b"hello")),
    passed("an unknown method with a body", RFC9110 + "9.1",
           get("Content-Length: 5", line="get /case HTTP/1.1", body="hello"), Request("get", "/case", b"hello")),
    passed("in a Connection field", "Kettle 2019; CVE-2022-1388",
           post("Connection: Content-Length", "Content-Length: 5", body="hello"),
           POST("hello", has={"content-length": "5"})),
]
