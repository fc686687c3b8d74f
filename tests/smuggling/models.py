"""Two lenient readers of HTTP/1 requests, as careless servers are, written apart from each other.

Where they do not see the same requests in the same bytes, these bytes can be used to smuggle.

length_first    believes Content-Length before Transfer-Encoding, and the first of several lengths
encoding_first  believes Transfer-Encoding before Content-Length, and the last of several lengths;
                takes a lone CR for the end of a line and control bytes for blanks

Both take a lone LF for the end of a line, blanks around names, folded lines, names with `_` for `-`
as CGI makes them, signs, `0x` and rubbish around numbers, and any coding that contains "chunked".
"""

import re
from typing import NamedTuple


class Seen(NamedTuple):
    method: str
    target: str
    body: bytes
    fields: list  # pairs of name and value; names as the reader compares them
    head: bytes  # as it came
    end: int  # where the next request begins


class NotWhole(Exception):
    """The bytes end inside a request."""


# --- the one that believes lengths ---------------------------------------------------------------


def length_first(data):
    """The whole requests in `data`, and where the rest begins that is none yet."""
    seen, at = [], 0
    try:
        while at < len(data):
            seen.append(_request_by_length(data, at))
            at = seen[-1].end
    except NotWhole:
        pass
    return seen, at


def _line(data, at):
    end = data.find(b"\n", at)
    if end < 0:
        raise NotWhole
    return data[at:end].rstrip(b"\r"), end + 1


def _request_by_length(data, start):
    line, at = _line(data, start)
    while not line:
        line, at = _line(data, at)
    words = line.decode("latin-1").split() or [""]
    fields = []
    line, at = _line(data, at)
    while line:
        text = line.decode("latin-1")
        if text[0] in " \t" and fields:
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {text.strip()}")
        else:
            name, _, value = text.partition(":")
            fields.append((name.strip().lower().replace("_", "-"), value.strip()))
        line, at = _line(data, at)
    head = data[start:at]
    lengths = [value for name, value in fields if name == "content-length"]
    codings = [value for name, value in fields if name == "transfer-encoding"]
    body = b""
    if lengths:
        size = _number(lengths[0])
        if at + size > len(data):
            raise NotWhole
        body, at = data[at:at + size], at + size
    elif any("chunked" in coding.lower() for coding in codings):
        body, at = _chunks(data, at)
    return Seen(words[0], words[1] if len(words) > 1 else "", body, fields, head, at)


def _number(text, base=10):
    """As strtol reads it, and 0 for what is none."""
    prefix = "0x" if base == 16 else ""
    digits = "0-9a-fA-F" if base == 16 else "0-9"
    found = re.match(rf"\s*\+?(?:{prefix})?([{digits}]+)", text)
    return int(found[1], base) if found else 0


def _chunks(data, at):
    body = b""
    while True:
        line, at = _line(data, at)
        size = _number(line.decode("latin-1"), 16)
        if size == 0:
            break
        if at + size > len(data):
            raise NotWhole
        body += data[at:at + size]
        ending, at = _line(data, at + size)
        if ending:
            at -= len(ending) + 1  # nothing ends the chunk: the next size follows at once
    trailer, at = _line(data, at)
    while trailer:
        trailer, at = _line(data, at)
    return body, at


# --- the one that believes encodings -------------------------------------------------------------

# A CR at the very end may yet become a CRLF.
LINE_END = re.compile(rb"\r\n|\n|\r(?=[^\n])")
BLANKS = "".join(map(chr, [*range(0x21), 0x7f]))


class _Reader:
    def __init__(self, data, at):
        self.data, self.at = data, at

    def line(self):
        found = LINE_END.search(self.data, self.at)
        if not found:
            raise NotWhole
        line = self.data[self.at:found.start()]
        self.at = found.end()
        return line.decode("latin-1")

    def take(self, count):
        if self.at + count > len(self.data):
            raise NotWhole
        self.at += count
        return self.data[self.at - count:self.at]

    def chunk(self):
        digits = re.search(r"[0-9a-fA-F]+", self.line().lower().replace("0x", "").split(";")[0])
        data = self.take(int(digits[0], 16)) if digits else b""
        ending = LINE_END.match(self.data, self.at)
        if data and ending:
            self.at = ending.end()
        elif data and self.at + 2 > len(self.data):
            raise NotWhole
        return data


def encoding_first(data):
    """The same for the other one."""
    seen, reader = [], _Reader(data, 0)
    whole = 0
    while reader.at < len(data):
        try:
            seen.append(_request_by_encoding(reader))
        except NotWhole:
            break
        whole = reader.at
    return seen, whole


def _request_by_encoding(reader):
    start = reader.at
    first = reader.line()
    while not first.strip(BLANKS):
        first = reader.line()
    lines = [first]
    while line := reader.line():
        if line[0] in " \t":
            lines[-1] += " " + line
        else:
            lines.append(line)
    head = reader.data[start:reader.at]
    fields = []
    for line in lines[1:]:
        name, _, value = line.partition(":")
        fields.append((name.strip(BLANKS).replace("_", "-").lower(), value.strip(BLANKS)))
    known = dict(fields)  # the last of each name
    body = b""
    if "chunked" in " ".join(value for name, value in fields if name == "transfer-encoding").lower():
        while data := reader.chunk():
            body += data
        while reader.line():
            pass
    elif "content-length" in known:
        digits = re.search(r"\d+", known["content-length"])
        body = reader.take(int(digits[0])) if digits else b""
    method, _, target = lines[0].strip(BLANKS).partition(" ")
    return Seen(method, target.strip(BLANKS).split(" ")[0], body, fields, head, reader.at)


MODELS = {"the one that believes lengths": length_first, "the one that believes encodings": encoding_first}

# --- and a strict one, for the heads that the proxy writes -----------------------------------------

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
VALUE = rb"(?:[^\x00-\x20\x7f](?:[^\x00-\x08\x0a-\x1f\x7f]*[^\x00-\x20\x7f])?)?"
HEAD = re.compile(rb"%s [^\x00-\x20\x7f]+ HTTP/1\.1\r\n(?:%s: %s\r\n)*\r\n" % (TOKEN, TOKEN, VALUE))
HOP_BY_HOP = {"keep-alive", "proxy-connection", "proxy-authorization", "http2-settings"}


def faults(seen):
    """What is wrong with a head that has to be beyond doubt."""
    names = [name for name, _ in seen.fields]
    fields = dict(seen.fields)
    found = []
    if not HEAD.fullmatch(seen.head):
        found.append("a head that is not strict HTTP/1.1")
    if names.count("host") != 1:
        found.append(f"{names.count('host')} Host")
    if names.count("content-length") + names.count("transfer-encoding") > 1:
        found.append("two framings")
    if fields.get("transfer-encoding", "chunked") != "chunked":
        found.append("a coding that is not chunked")
    if not re.fullmatch("[0-9]+", fields.get("content-length", "0")):
        found.append("a length that is no number")
    if "h2c" in fields.get("upgrade", "").lower():
        found.append("an upgrade to h2c")
    if HOP_BY_HOP & set(names):
        found.append(f"fields of the client's connection: {sorted(HOP_BY_HOP & set(names))}")
    if names.count("x-forwarded-for") != 1 or not fields["x-forwarded-for"].endswith("127.0.0.1"):
        found.append("another client than the real one")
    return found
