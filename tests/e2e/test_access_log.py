"""The access log: every request has its line, in a file that others rotate, and nobody waits for it."""

import datetime
import json
import os
import re
import socket
import stat

import pytest

from support import ports
from support.http import Load, get
from support.http2 import Http2
from support.livefix import PATIENCE, serving
from support.waiting import wait_until

SERVER = """
const server = require("http").createServer((q, s) => {
  if (q.url === "/never") return;
  s.end("release one");
});
server.on("upgrade", (q, socket) => {
  if (q.url === "/plain") return socket.end("HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n");
  socket.write("HTTP/1.1 101 Switching\\r\\nConnection: Upgrade\\r\\nUpgrade: " + q.headers.upgrade +
    "\\r\\n\\r\\nhello");
  socket.on("data", () => socket.end());
});
server.listen(PORT);
"""

# Apache's and nginx's `combined`, as strictly as its readers take it.
COMBINED = re.compile(
    r'(?P<client>\S+) - - \[(?P<time>[^\]]+)\] "(?P<request>(?:[^"\\]|\\x[0-9A-F]{2})*)" '
    r'(?P<status>\d{3}) (?P<bytes>\d+) "(?P<referer>(?:[^"\\]|\\x[0-9A-F]{2})*)" '
    r'"(?P<agent>(?:[^"\\]|\\x[0-9A-F]{2})*)"')


def parsed(path):
    """The lines of a JSON log; a line that is none fails."""
    text = path.read_bytes() if path.exists() else b""
    assert not text or text.endswith(b"\n"), text[-200:]
    return [json.loads(line) for line in text.split(b"\n")[:-1]]


def raw(port, data):
    """What comes back for these bytes, until the end."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(data)
        while chunk := client.recv(65536):
            answer += chunk
    return answer


class Shop:
    def __init__(self, livefix, port, log):
        self.livefix, self.port, self.log = livefix, port, log

    def lines(self, what="all lines", until=lambda lines: lines):
        """The lines of the log, once they are as wanted."""
        def find():
            found = parsed(self.log)
            return found if until(found) else None
        return wait_until(find, what, 20 * PATIENCE)

    def line(self, **fields):
        """The one line with these fields."""
        def matching(lines):
            return [one for one in lines if all(one.get(k) == v for k, v in fields.items())]
        found = matching(self.lines(f"a line with {fields}", matching))
        assert len(found) == 1, found
        return found[0]


@pytest.fixture
def shop(place, start):
    """shop(access_log, proxy) starts a service with a log by name; `place` has its files."""
    def shop_with(log='file = "access.log"', proxy="", file="access.log", **more):
        port = ports.free_port()
        (place / "server.js").write_text(SERVER.replace("PORT", str(port)))
        (place / "livefix.toml").write_text(
            f'[service.shop]\ncommand = "node server.js"\n[proxy]\n{proxy}\n[proxy.access_log]\n{log}\n')
        return Shop(start([], place, **more), port, place / file)

    return shop_with


@pytest.mark.short
def test_each_request_has_a_line(shop):
    one = shop(proxy='trusted = ["127.0.0.1"]')
    before = datetime.datetime.now(datetime.timezone.utc)
    get(one.port, "/cart?x=1", headers={"User-Agent": 'me "\\', "Referer": "https://a.test/",
                                        "X-Forwarded-For": "6.6.6.6, 203.0.113.9", "X-Request-Id": "abc"})
    line = one.line(target="/cart?x=1")
    assert abs((datetime.datetime.fromisoformat(line.pop("time")) - before).total_seconds()) < 20
    assert 0 <= line.pop("first_byte_ms") <= line.pop("duration_ms") < 20_000
    assert line.pop("generation") >= 1 and line.pop("release") == "dev-1"
    assert re.fullmatch("[0-9a-f]{32}", line.pop("trace"))
    assert line == {"client": "203.0.113.9", "method": "GET", "host": f"127.0.0.1:{one.port}",
                    "target": "/cart?x=1", "protocol": "HTTP/1.1", "status": 200, "bytes": 11, "service": "shop",
                    "id": "abc", "referer": "https://a.test/", "user_agent": 'me "\\', "complete": True}
    assert stat.S_IMODE(one.log.stat().st_mode) & 0o137 == 0
    assert one.livefix.stop() == 0


def test_whatever_comes_it_is_a_line(shop):
    one = shop()
    raw(one.port, b"GET /\xff\xfe\xc3\xa9 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        b'Referer: "}{"status":\tnull}\r\nUser-Agent: \xe2\x80\xa8\xc2\x85\x80\r\n\r\n')
    line = one.line(target="/\ufffd\ufffd\u00e9")
    assert (line["user_agent"], line["referer"]) == ("\u2028\u0085\ufffd", '"}{"status":\tnull}')
    assert raw(one.port, b"GET / HTTP/1.1\n{\"status\": 200}\r\n\r\n").startswith(b"HTTP/1.1 400")
    assert one.line(unreadable="GET / HTTP/1.1")["status"] == 400
    raw(one.port, b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n")
    assert one.line(status=501)["method"] == "CONNECT"
    raw(one.port, b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    one.line(target="/" + "a" * 1796 + "...")
    with socket.create_connection(("127.0.0.1", one.port), timeout=20) as client:
        client.sendall(b"GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_until(lambda: one.livefix.status()["generations"][0]["in_flight"] == 1, "the request")
    assert one.line(target="/never") | {"status": 499, "bytes": 0, "complete": False} == one.line(target="/never")
    assert one.livefix.stop() == 0


def test_http2_and_websockets_are_there(shop):
    one = shop()
    with Http2(one.port) as client:
        assert client.get("/two").text == "release one"
        stream = client.begin("/socket", "CONNECT", [("sec-websocket-version", "13")], protocol="websocket")
        client.until(lambda: client.answers[stream].body == b"hello", "the tunnel")
        client.send(stream, b"bye", ends=True)
        line = one.line(target="/socket")
        assert (line["method"], line["status"], line["complete"]) == ("GET", 200, True)
        stream = client.begin("/plain", "CONNECT", [("sec-websocket-version", "13")], protocol="websocket")
        client.until(lambda: client.answers[stream].status == 502, "the refusal")
        assert one.line(target="/plain")["status"] == 502
        stream = client.begin("/never", "GET", ends=True)
        wait_until(lambda: one.livefix.status()["generations"][0]["in_flight"] == 1, "the request")
        client.reset(stream)
        assert one.line(target="/never")["status"] == 499
    line = one.line(target="/two")
    assert (line["protocol"], line["status"], line["bytes"]) == ("HTTP/2.0", 200, 11)
    answer = raw(one.port, b"GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\nbye")
    assert answer.endswith(b"hello")
    line = one.line(target="/chat")
    assert (line["status"], line["bytes"], line["complete"]) == (101, 5, True)
    assert one.livefix.stop() == 0


@pytest.mark.short
def test_combined_is_what_its_readers_expect(shop):
    one = shop('file = "access.log"\nformat = "combined"', "threads = 1")
    get(one.port, "/a", headers={"User-Agent": 'x" 200 1 "', "Referer": "\\"})
    raw(one.port, b'"nonsense\xff\r\n\r\n')
    lines = wait_until(lambda: len(t := one.log.read_text().splitlines()) == 2 and t, "two lines")
    first, second = (COMBINED.fullmatch(line) for line in lines)
    assert first and second, lines
    datetime.datetime.strptime(first["time"], "%d/%b/%Y:%H:%M:%S %z")
    assert (first["client"], first["request"], first["status"], first["bytes"]) == (
        "127.0.0.1", "GET /a HTTP/1.1", "200", "11")
    assert (first["referer"], first["agent"]) == ("\\x5C", "x\\x22 200 1 \\x22")
    assert (second["request"], second["status"]) == ("\\x22nonsense\\xFF", "400")
    assert one.livefix.stop() == 0


def test_rotation_by_name_loses_no_line(shop, place):
    one = shop()
    with Load(one.port, path="/load") as load:
        for i in range(1, 4):
            before = load.count
            wait_until(lambda: load.count > before + 50, "the load to run")
            os.rename(one.log, place / f"access.log.{i}")
            wait_until(one.log.exists, "a new file", 5 * PATIENCE)
        before = load.count
        wait_until(lambda: load.count > before + 50, "the load to run")
    load.check(least=200)
    assert one.livefix.stop() == 0
    files = [parsed(path) for path in sorted(place.glob("access.log*"))]
    assert len(files) == 4 and all(files)
    assert sum(line.get("target") == "/load" for lines in files for line in lines) == load.count


def test_rotation_by_copy_and_truncation_goes_on_at_the_beginning(shop):
    one = shop()
    copied = 0
    for _ in range(3):
        with Load(one.port, path="/load") as load:
            wait_until(lambda: load.count > 50, "the load to run")
        # What comes between the copy and the truncation is lost by that; so nothing does here.
        one.lines("its lines", lambda lines: len(lines) == load.count)
        copied += load.count
        os.truncate(one.log, 0)
        get(one.port, "/after")
        assert one.line(target="/after")
        os.truncate(one.log, 0)
    assert copied > 150
    assert one.livefix.stop() == 0


def test_a_file_that_cannot_be_opened_is_told_and_tried_again(shop, place):
    one = shop('file = "logs/access.log"', file="logs/access.log")
    warning = one.livefix.seen("warning")[0]
    assert warning["message"] == (
        f"the access log cannot be opened: {place.resolve()}/logs/access.log: its directory is not there; make it")
    get(one.port, "/before")
    (place / "logs").mkdir()
    assert one.line(target="/before")  # it has waited
    assert len(one.livefix.seen("warning")) == 1
    assert one.livefix.stop() == 0


def test_a_full_disk_stops_nobody_and_is_told(shop, place):
    os.symlink("/dev/full", place / "access.log")
    one = shop()
    get(one.port, "/full")
    warning = one.livefix.wait("warning")["message"]
    assert warning.startswith(f"the access log cannot be written to {place.resolve()}/access.log: No space left"), warning
    serving(one.port, "release one")
    os.unlink(place / "access.log")
    message = one.livefix.wait("warning")["message"]
    assert message.startswith("the access log is written again"), message
    assert one.line(target="/full")
    assert one.livefix.stop() == 0


def test_a_file_at_its_limit_is_a_full_disk(shop, place):
    limit = 16 << 10  # KiB; the memory of the counters counts as a file as well
    with open(place / "access.log", "wb") as log:
        log.truncate((limit - 64) << 10)
    one = shop(wrapper=["bash", "-c", f'ulimit -f {limit}; exec "$@"', "-"])
    with Load(one.port, path="/" + "x" * 1700, pause=0) as load:
        warning = one.livefix.wait("warning")["message"]
        assert "File too large" in warning, warning
    load.check()
    os.rename(one.log, place / "access.log.1")
    wait_until(lambda: one.log.exists() and one.log.stat().st_size > 0, "lines in the next file")
    one.livefix.stop()
    assert one.livefix.seen("crashed") == []


def test_what_finds_no_room_is_counted(shop, place):
    os.mkfifo(place / "access.log")
    one = shop(proxy="threads = 1")
    assert "nobody reads" in one.livefix.seen("warning")[0]["message"]
    long = "/" + "x" * 1700
    with Load(one.port, path=long, pause=0, clients=4) as load:
        one.livefix.wait("warning", timeout=60)  # of lines that are missing
        wait_until(lambda: load.count > 100, "the load to run")
    load.check()
    got = []
    with open(place / "access.log", "rb") as reader:
        for line in reader:
            got.append(json.loads(line))
            if "lines_missing" in got[-1]:
                break
    assert len(got) - 1 + got[-1]["lines_missing"] == load.count
    assert one.livefix.stop() == 0


@pytest.mark.short
def test_it_goes_on_when_proxy_or_control_are_killed(shop):
    one = shop()
    get(one.port, "/first")
    one.line(target="/first")
    old = one.livefix.kill("control")
    get(one.port, "/without")
    one.line(target="/without")
    one.livefix.role("control", but_not=old)
    one.livefix.kill("proxy")
    serving(one.port, "release one")
    get(one.port, "/next")
    one.line(target="/next")
    assert one.livefix.stop() == 0


def test_standard_output_has_whole_lines(shop):
    one = shop('file = "stdout"', json=False)
    one.livefix.wait_for_text("ready")
    with Load(one.port, path="/load") as load:
        wait_until(lambda: load.count > 100, "the load to run")
        old = one.livefix.kill("control")
        one.livefix.role("control", but_not=old)
        before = load.count
        wait_until(lambda: load.count > before + 20, "the load to run")
    get(one.port, "/last")
    assert one.livefix.stop() == 0
    targets = [json.loads(line)["target"] for line in one.livefix.lines if line.startswith("{")]
    assert targets.count("/last") == 1
    assert 20 < targets.count("/load") <= load.count


def test_standard_output_is_events_with_json(shop):
    one = shop('file = "stdout"')
    get(one.port, "/json")
    assert one.livefix.wait("access")["request"]["target"] == "/json"
    assert one.livefix.stop() == 0
    assert one.livefix.strange == []


def test_the_end_is_written(shop):
    one = shop()
    with Load(one.port, path="/load", pause=0) as load:
        wait_until(lambda: load.count > 100, "the load to run")
    assert one.livefix.stop() == 0
    assert len(parsed(one.log)) == load.count
