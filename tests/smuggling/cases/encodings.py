"""Two framings in one request, and Transfer-Encoding written so that only some understand it.

CL.TE, TE.CL and TE.TE are the names of Kettle, "HTTP Desync Attacks" (2019), after Linhart, Klein,
Heled and Orrin, "HTTP Request Smuggling" (2005): which field each of two servers believes.
"""

from smuggling.case import POST, RFC9112, SMUGGLED, chunked, passed, post, refused

SOURCE = RFC9112 + "6.1"
BOTH = RFC9112 + "6.3 rule 3"
LISTS = RFC9112 + "6.3 rule 4"
OBFUSCATED = "Kettle 2019, TE.TE"
EMPTY = "0\r\n\r\n"
HELLO = "5\r\nhello\r\n0\r\n\r\n"


def obfuscated(name, field, status, says, source=OBFUSCATED):
    """One whose length hides a request from who does not see the coding, and the other way round."""
    return refused(name, source, post(field, "Content-Length: 4", body="0\r\n\r\n" + SMUGGLED), status, says)


def alone(name, field, status, says, source=SOURCE):
    return refused(name, source, post(field, body=HELLO), status, says)


CASES = [
    refused("CL.TE", BOTH, post("Content-Length: 6", "Transfer-Encoding: chunked", body=EMPTY + "G"), 400, "both"),
    refused("CL.TE with a whole request", BOTH,
            post(f"Content-Length: {5 + len(SMUGGLED)}", "Transfer-Encoding: chunked", body=EMPTY + SMUGGLED),
            400, "both"),
    refused("TE.CL", BOTH, post("Content-Length: 4", "Transfer-Encoding: chunked",
                                body=f"{len(SMUGGLED):x}\r\n{SMUGGLED}\r\n0\r\n\r\n"), 400, "both"),
    refused("TE before CL", BOTH, post("Transfer-Encoding: chunked", "Content-Length: 6", body=EMPTY + "G"),
            400, "both"),
    refused("both, and they agree", BOTH, post("Content-Length: 15", "Transfer-Encoding: chunked", body=HELLO),
            400, "both"),
    refused("both, and the length is 0", "Kettle 2021, H2.CL and its kin",
            post("Content-Length: 0", "Transfer-Encoding: chunked", body=EMPTY + SMUGGLED), 400, "both"),
    refused("both in HTTP/1.0", BOTH, post("Content-Length: 5", "Transfer-Encoding: chunked",
                                           line="POST /case HTTP/1.0", body=EMPTY + SMUGGLED), 400, "both"),
    refused("both, the coding in upper case", BOTH,
            post("CONTENT-LENGTH: 5", "TRANSFER-ENCODING: CHUNKED", body=EMPTY + SMUGGLED), 400, "both"),
    refused("both, for a GET", BOTH, post("Content-Length: 5", "Transfer-Encoding: chunked",
                                          line="GET /case HTTP/1.1", body=EMPTY + SMUGGLED), 400, "both"),
    obfuscated("blank before the colon", "Transfer-Encoding : chunked", 400, "blank before the colon"),
    obfuscated("tab before the colon", "Transfer-Encoding\t: chunked", 400, "blank before the colon"),
    obfuscated("no blank behind the colon", "Transfer-Encoding:chunked", 400, "both"),
    obfuscated("tab behind the colon", "Transfer-Encoding:\tchunked", 400, "both"),
    obfuscated("blanks and tabs around the value", "Transfer-Encoding: \t chunked\t ", 400, "both"),
    obfuscated("vertical tab before the value", "Transfer-Encoding: \x0bchunked", 400, "control character"),
    obfuscated("vertical tab behind the value", "Transfer-Encoding: chunked\x0b", 400, "control character"),
    obfuscated("form feed before the value", "Transfer-Encoding: \x0cchunked", 400, "control character"),
    obfuscated("NUL before the value", "Transfer-Encoding: \x00chunked", 400, "control character"),
    obfuscated("NUL behind the value", "Transfer-Encoding: chunked\x00", 400, "control character"),
    obfuscated("CR before the value", "Transfer-Encoding: \rchunked", 400, "CR without LF"),
    obfuscated("high blank before the value", "Transfer-Encoding: \xa0chunked", 400, "coding is malformed"),
    obfuscated("next-line byte behind the value", "Transfer-Encoding: chunked\x85", 400, "coding is malformed"),
    obfuscated("xchunked", "Transfer-Encoding: xchunked", 501, "other than chunked"),
    obfuscated("chunkedx", "Transfer-Encoding: chunkedx", 501, "other than chunked"),
    obfuscated("chunk", "Transfer-Encoding: chunk", 501, "other than chunked"),
    obfuscated("quoted", 'Transfer-Encoding: "chunked"', 400, "coding is malformed"),
    obfuscated("single quotes", "Transfer-Encoding: 'chunked'", 501, "other than chunked"),
    obfuscated("with a parameter", "Transfer-Encoding: chunked;q=1", 400, "coding is malformed"),
    obfuscated("two words", "Transfer-Encoding: x chunked", 400, "coding is malformed"),
    obfuscated("folded", "Transfer-Encoding:\r\n chunked", 400, "folding"),
    obfuscated("folded with a tab", "Transfer-Encoding:\r\n\tchunked", 400, "folding"),
    obfuscated("folded behind the value", "Transfer-Encoding: chunked\r\n ", 400, "folding"),
    obfuscated("blank before the name", " Transfer-Encoding: chunked", 400, "begins with a blank"),
    obfuscated("behind a lone LF", "X: y\nTransfer-Encoding: chunked", 400, "LF without CR"),
    obfuscated("behind a lone CR", "X: y\rTransfer-Encoding: chunked", 400, "CR without LF"),
    obfuscated("line separator in the name", "Transfer\xe2\x80\x90Encoding: chunked", 400, "not allowed"),
    obfuscated("backslash before the value", "Transfer-Encoding: \\chunked", 400, "coding is malformed"),
    obfuscated("first coding then a second field", "Transfer-Encoding: chunked\r\nTransfer-encoding: x",
               400, "not the last"),
    obfuscated("a second field then the coding", "Transfer-Encoding: x\r\nTransfer-encoding: chunked",
               501, "other than chunked"),
    obfuscated("identity", "Transfer-Encoding: identity", 501, "other than chunked", "RFC 2616 section 3.6"),
    obfuscated("identity, chunked", "Transfer-Encoding: identity, chunked", 501, "other than chunked"),
    obfuscated("chunked, identity", "Transfer-Encoding: chunked, identity", 400, "not the last", LISTS),
    obfuscated("chunked, cow", "Transfer-Encoding: chunked, cow", 400, "not the last", LISTS),
    alone("gzip, chunked", "Transfer-Encoding: gzip, chunked", 501, "other than chunked"),
    alone("chunked, gzip", "Transfer-Encoding: chunked, gzip", 400, "not the last", LISTS),
    alone("chunked twice in a list", "Transfer-Encoding: chunked, chunked", 400, "chunked twice"),
    alone("chunked twice in two fields", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400,
          "chunked twice"),
    alone("an empty coding", "Transfer-Encoding:", 400, "is empty"),
    alone("a list of nothing", "Transfer-Encoding: , ,", 400, "is empty"),
    alone("nothing known", "Transfer-Encoding: zstd", 501, "other than chunked"),
    refused("chunked in HTTP/1.0", SOURCE, post("Transfer-Encoding: chunked", line="POST /case HTTP/1.0", body=HELLO),
            400, "HTTP/1.0 has no Transfer-Encoding"),
    refused("chunked in HTTP/1.0 that stays", SOURCE,
            post("Connection: keep-alive", "Transfer-Encoding: chunked", line="POST /case HTTP/1.0", body=HELLO),
            400, "HTTP/1.0 has no Transfer-Encoding"),
    passed("chunked", SOURCE, chunked(HELLO), POST("hello", has={"transfer-encoding": "chunked"})),
    passed("ChUnKeD with blanks", SOURCE, post("TRANSFER-encoding: \t ChUnKeD \t", body=HELLO),
           POST("hello", has={"transfer-encoding": "chunked"})),
    passed("empty members around it", "RFC 9110 section 5.6.1.2", post("Transfer-Encoding: ,chunked, ", body=HELLO),
           POST("hello", has={"transfer-encoding": "chunked"})),
    passed("a request hidden in a chunk", SOURCE,
           chunked(f"{len(SMUGGLED):x}\r\n{SMUGGLED}\r\n0\r\n\r\n"), POST(SMUGGLED)),
]
