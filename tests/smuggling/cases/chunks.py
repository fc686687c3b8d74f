"""Chunked bodies. TERM.EXT and the like are the names of Weikop, "Funky chunks" (2025): which of two
servers takes a lone LF for the end of a line, and where."""

from smuggling.case import POST, RFC9112, SMUGGLED, chunked, passed, refused

SOURCE = RFC9112 + "7.1"
EXTENSIONS = RFC9112 + "7.1.1"
WEIKOP = "Weikop 2025, Funky chunks"
END = "0\r\n\r\n"


def bad(name, body, source=SOURCE):
    return refused(name, source, chunked(body), 400, "not chunked as it should be", begun="POST /case")


def good(name, body, payload, source=SOURCE):
    return passed(name, source, chunked(body), POST(payload))


CASES = [
    bad("minus", "-5\r\nhello\r\n" + END),
    bad("minus nothing", "-0\r\n\r\n" + SMUGGLED),
    bad("plus", "+5\r\nhello\r\n" + END),
    bad("0x", "0x5\r\nhello\r\n" + END, "CVE-2022-24761 and many others"),
    bad("0x0", "0x0\r\n\r\n" + SMUGGLED),
    bad("underscore", "0_5\r\nhello\r\n" + END, "Python's int()"),
    bad("quoted", '"5"\r\nhello\r\n' + END),
    bad("not hexadecimal", "g\r\nhello\r\n" + END),
    bad("hexadecimal and more", "5g\r\nhello\r\n" + END),
    bad("full-width digit", "\xef\xbc\x95\r\nhello\r\n" + END),
    bad("empty size", "\r\nhello\r\n" + END),
    bad("extension without size", ";a=b\r\nhello\r\n" + END),
    bad("blank before the size", " 5\r\nhello\r\n" + END),
    bad("tab before the size", "\t5\r\nhello\r\n" + END),
    bad("blank behind the size", "5 \r\nhello\r\n" + END),
    bad("tab behind the size", "5\t\r\nhello\r\n" + END),
    bad("blank before the extension", "5 ;a\r\nhello\r\n" + END, EXTENSIONS + ": BWS, which is refused here"),
    bad("vertical tab behind the size", "5\x0b\r\nhello\r\n" + END),
    bad("NUL behind the size", "5\x00\r\nhello\r\n" + END),
    bad("comma behind the size", "5,5\r\nhello\r\n" + END),
    bad("just beyond 63 bits", "8000000000000000\r\n" + SMUGGLED, "CVE-2013-2028 and many others"),
    bad("all of 64 bits", "ffffffffffffffff\r\n" + SMUGGLED),
    bad("5 modulo 2 to the 64", "10000000000000005\r\nhello\r\n" + END),
    bad("0 modulo 2 to the 64", "10000000000000000\r\n\r\n" + SMUGGLED),
    bad("more zeros than digits of 64 bits", "00000000000000005\r\nhello\r\n" + END),
    bad("LF behind the size", "5\nhello\r\n" + END),
    bad("CR behind the size", "5\rhello\r\n" + END),
    bad("CR, CR, LF behind the size", "5\r\r\nhello\r\n" + END),
    bad("LF behind the data", "5\r\nhello\n" + END),
    bad("CR behind the data", "5\r\nhello\r" + END),
    bad("LF, CR behind the data", "5\r\nhello\n\r" + END),
    bad("nothing behind the data", "5\r\nhello" + END),
    bad("any two bytes behind the data", "5\r\nhelloXX" + END, WEIKOP + ", SPILL"),
    bad("data longer than its size", "5\r\nhello!\r\n" + END),
    bad("data shorter than its size", "6\r\nhello\r\n" + END),
    bad("LF behind the last size", "0\n\r\n" + SMUGGLED),
    bad("LF as the end", "0\r\n\n" + SMUGGLED),
    bad("two LFs as the end", "0\n\n" + SMUGGLED),
    bad("CR as the end", "0\r\n\rX" + SMUGGLED),
    bad("nothing as the end", "0\r\n" + SMUGGLED, WEIKOP + ", ZERO.TWO"),
    bad("LF in an extension", "5;\nxx;\r\nhello\r\n" + END, WEIKOP + ", TERM.EXT"),
    bad("LF in the extension of the last", "2;\nxx\r\n4b\r\n0\r\n\r\n" + SMUGGLED, WEIKOP + ", EXT.TERM"),
    bad("CR in an extension", "5;a\rb\r\nhello\r\n" + END, WEIKOP),
    bad("NUL in an extension", "5;a\x00b\r\nhello\r\n" + END),
    bad("an extension without end", "5;" + "x" * 17_000, EXTENSIONS + ": a limit on their total"),
    bad("extensions that add up", ("1;" + "x" * 1000 + "\r\ny\r\n") * 17, EXTENSIONS + ": a limit on their total"),
    good("capital and small digits", "A\r\n0123456789\r\nb\r\n0123456789a\r\n" + END, "0123456789" "0123456789a"),
    good("leading zeros", "0005\r\nhello\r\n" + END, "hello"),
    good("many zeros at the end", "5\r\nhello\r\n0000000000000000\r\n\r\n", "hello"),
    good("an extension", "5;name=value\r\nhello\r\n0;last\r\n\r\n", "hello", EXTENSIONS),
    good("a quoted extension", '5;name="a;b"\r\nhello\r\n' + END, "hello", EXTENSIONS),
    good("a quote that does not end", '5;name="a\r\nhello\r\n' + END, "hello", EXTENSIONS),
    good("an extension that looks like a size", "5;0\r\nhello\r\n" + END, "hello", EXTENSIONS),
    good("blanks in an extension", "5; name = value\r\nhello\r\n" + END, "hello", EXTENSIONS),
    good("an end inside the data", "7\r\n0\r\n\r\nGE\r\n" + END, "0\r\n\r\nGE"),
    good("a size inside the data", "8\r\n\r\n5\r\n\r\nX\r\n" + END, "\r\n5\r\n\r\nX"),
    good("of one byte each", "1\r\na\r\n1\r\n\r\r\n1\r\n\n\r\n" + END, "a\r\n"),
    good("empty", END, ""),
]
