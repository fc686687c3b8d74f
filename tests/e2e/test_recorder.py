"""The recorder: what failed is there to be looked at, bounded, and no secret in it is ever shown."""

import base64
import json
import os
import socket
import threading

import pytest

from support import ports, processes
from support.http import get, try_get
from support.livefix import PATIENCE
from support.waiting import wait_until

SERVER = """
const http = require("http");
http.createServer((q, s) => {
  const path = q.url.split("?")[0];
  let size = 0, body = "";
  q.on("data", piece => { size += piece.length; if (body.length < 1e6) body += piece.toString("latin1"); });
  q.on("end", () => {
    if (path === "/ok") return s.end("fine");
    if (path === "/gone") return q.socket.destroy();
    if (path === "/half") { s.writeHead(200, {"Content-Length": 100}); s.write("half");
                            return setTimeout(() => q.socket.destroy(), 50); }
    if (path === "/slow") return;
    if (path === "/taken") { s.statusCode = 409; return s.end("taken"); }
    if (path === "/binary") { s.statusCode = 500; return s.end(Buffer.from([0, 1, 2, 255])); }
    if (path === "/escape") { s.statusCode = 500; return s.end("caf\\u00e9 \\u009b31m \\u202e end"); }
    if (path === "/huge") {
      s.writeHead(500, {"Content-Length": 1 << 30});
      const piece = Buffer.alloc(1 << 20, "h");
      let left = 1 << 10;
      const go = () => { while (left-- > 0) if (!s.write(piece)) return s.once("drain", go); s.end(); };
      return go();
    }
    if (path === "/size") { s.statusCode = 500; return s.end(String(size)); }
    // An error page that tells all it knows, as those of frameworks do.
    s.writeHead(500, {"Content-Type": "text/html", "Set-Cookie": "new=" + process.env.PLANTED_SET + "; Path=/"});
    s.end("<h1>Error</h1><pre>" + q.url + "\\n" + JSON.stringify(q.headers) + "\\n" + body + "</pre>");
  });
}).listen(PORT);
"""


class Shop:
    def __init__(self, livefix, port):
        self.livefix, self.port = livefix, port

    def list(self, *options):
        done = self.livefix.command("requests", "--json", *options)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def requests(self, *options, least=1):
        """What is recorded, newest first, once there are so many."""
        def find():
            found = self.list(*options)["requests"]
            return found if len(found) >= least else None
        return wait_until(find, f"{least} requests with {options}", 20 * PATIENCE)

    def text(self, *arguments):
        done = self.livefix.command("request", *map(str, arguments))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def request(self, number):
        return json.loads(self.text(number, "--json"))


@pytest.fixture
def shop(place, start):
    def shop_with(record="healthy = \"0%\"", service="", environment="", **more):
        port = ports.free_port()
        (place / "server.js").write_text(SERVER.replace("PORT", str(port)))
        (place / "livefix.toml").write_text(
            f'[service.shop]\ncommand = "node server.js"\nwatch = false\n{service}\n'
            f"environment = {{ {environment} }}\n[service.shop.record]\n{record}\n")
        return Shop(start([], place, **more), port)

    return shop_with


@pytest.mark.short
def test_a_failure_can_be_looked_at(shop):
    one = shop()
    assert get(one.port, "/ok").status == 200
    get(one.port, "/cart/17?page=2", method="POST", body='{"item":3}',
        headers={"Content-Type": "application/json", "X-Note": "it's me"})
    found, = one.requests()
    assert (found["method"], found["target"], found["route"], found["status"], found["cause"]) == \
        ("POST", "/cart/17?page=2", "/cart/:id", 500, "status")
    assert (found["service"], found["release"]) == ("shop", "dev-1")
    whole = one.request(found["id"])
    assert whole["request"]["body"]["text"] == '{"item":3}'
    assert whole["answer"]["first_line"] == "HTTP/1.1 500 Internal Server Error"
    text = one.text(found["id"])
    assert "POST /cart/17?page=2 HTTP/1.1\n" in text and '{"item":3}' in text and "<h1>Error</h1>" in text
    curl = one.text(found["id"], "--curl")
    assert f"http://127.0.0.1:{one.port}/cart/17?page=2" in curl and r"it'\''s me" in curl
    assert """--data-raw '{"item":3}'""" in curl
    entry = json.loads(one.text(found["id"], "--har"))["log"]["entries"][0]
    assert entry["request"]["postData"]["text"] == '{"item":3}' and entry["response"]["status"] == 500
    assert one.livefix.command("request", "999").returncode == 1
    table = one.livefix.command("requests").stdout
    assert "/cart/17?page=2" in table and "/ok" not in table
    assert one.livefix.stop() == 0


def test_each_way_to_fail_has_its_cause(shop):
    one = shop(record='healthy = "0%"\nstatuses = [409]', service='limits = { answer = "200ms" }')
    get(one.port, "/gone", method="POST", body="x")
    assert one.requests(least=1)[0]["cause"] == "backend_closed"
    get(one.port, "/slow")
    assert one.requests(least=2)[0]["cause"] == "timed_out"
    assert try_get(one.port, "/half") is None
    half = one.requests(least=3)[0]
    assert (half["cause"], half["status"], half["target"]) == ("broken_off", 200, "/half")
    assert "its answer began with 200" in one.text(half["id"])
    get(one.port, "/taken")
    assert one.requests(least=4)[0]["status"] == 409
    assert [r["target"] for r in one.list("--status", "504")["requests"]] == ["/slow"]
    assert [r["target"] for r in one.list("--route", "/gone")["requests"]] == ["/gone"]
    assert "502" in one.text(one.list("--route", "/gone")["requests"][0]["id"])
    assert one.livefix.stop() == 0


def test_healthy_ones_are_a_thin_sample(shop):
    one = shop(record='healthy = "100%"')
    for _ in range(30):
        get(one.port, "/ok")
    found = one.requests()
    assert {r["cause"] for r in found} == {"healthy"} and len(found) < 30
    assert one.list("--failures")["requests"] == []


def test_it_can_be_off(shop):
    one = shop(record='memory = "0"')
    get(one.port, "/fails")
    assert one.list() == {"requests": [], "kept": 0, "forgotten": 0, "dropped": 0}
    assert "nothing is recorded" in one.livefix.command("requests").stdout


def test_without_room_for_records_it_serves_on(shop):
    one = shop(record='memory = "64MiB"', wrapper=("bash", "-c", 'ulimit -f 32768; exec "$@"', "-"))
    one.livefix.wait_for_text("requests are not recorded")
    assert get(one.port, "/fails").status == 500
    assert one.list()["requests"] == []
    assert one.livefix.stop() == 0


def planted(kind, secrets):
    secrets[kind] = f"planted-{kind}-Qz7wX"
    return secrets[kind]


def test_no_secret_is_ever_shown(shop):
    secrets = {}
    set_cookie = planted("setcookie", secrets)
    one = shop(record='healthy = "100%"\nredact = ["iban", "X-Customer"]',
               environment=f'PLANTED_SET = "{set_cookie}"')
    basic = base64.b64encode(f"anna:{planted('basic', secrets)}".encode()).decode()
    secrets["basic64"] = basic
    headers = {"Authorization": f"Bearer {planted('bearer', secrets)}",
               "Proxy-Authorization": f"Basic {basic}",
               "Cookie": f"theme=dark; sid={planted('cookie', secrets)}",
               "X-Api-Key": planted("apikey", secrets),
               "X-Customer": planted("configured", secrets),
               "Referer": f"https://shop.test/?token={planted('referer', secrets)}"}
    query = f"/page?reset_token={planted('query', secrets)}&user%5Bpassword%5D={planted('nested', secrets)}"
    for body, kind in (
            (json.dumps({"password": planted("json", secrets), "deep": [{"apiToken": planted("deep", secrets)}],
                         "iban": planted("iban", secrets), "items": [1, 2]}), "application/json"),
            (f"user=anna&password={planted('form', secrets)}", "application/x-www-form-urlencoded"),
            (f'--b\r\nContent-Disposition: form-data; name="secret"\r\n\r\n{planted("part", secrets)}\r\n--b--\r\n',
             "multipart/form-data; boundary=b"),
            ('{"password":"' + planted("cut", secrets) + '","fill":"' + "x" * 100_000, "application/json"),
            (f"DB_URL=postgres://app:{planted('url', secrets)}@db/shop\n", "text/plain")):
        get(one.port, query, method="POST", body=body, headers={**headers, "Content-Type": kind})
    get(one.port, "/gone", method="POST", body=f"password={planted('lost', secrets)}", headers=headers)
    get(one.port, f"/ok?token={planted('healthy', secrets)}", headers=headers)
    found = one.requests(least=6)
    outputs = [json.dumps(one.list()), one.livefix.command("requests").stdout]
    for number in (r["id"] for r in found):
        outputs += [one.text(number), one.text(number, "--json"), one.text(number, "--curl"),
                    one.text(number, "--har")]
    outputs.append("\n".join(one.livefix.lines + one.livefix.errors))
    for output in outputs:
        for kind, secret in secrets.items():
            assert secret not in output, (kind, output)
    assert any('"items": [1, 2]' in output for output in outputs), "what is none is shown"
    assert one.livefix.stop() == 0


def test_bodies_that_are_no_text_are_not_shown(shop):
    one = shop()
    get(one.port, "/binary", method="POST", body=b"\x00\x01secret\xff")
    number = one.requests()[0]["id"]
    whole = one.request(number)
    assert whole["request"]["body"] == {"size": 9, "bytes": 9, "cut": False, "binary": True}
    assert whole["answer"]["body"]["size"] == 4
    for output in (one.text(number), one.text(number, "--curl"), one.text(number, "--har")):
        assert "secret" not in output and "binary" in output or "no text" in output
    get(one.port, "/escape")
    text = one.text(one.requests(least=2)[0]["id"])
    assert "café" in text and "\x9b" not in text and "\u202e" not in text


@pytest.mark.parametrize("path", ["/huge", "/size"])
def test_a_body_of_a_gigabyte_is_streamed(shop, path):
    one = shop()
    proxy, control = one.livefix.role("proxy"), one.livefix.role("control")
    before = processes.resident_bytes(proxy), processes.resident_bytes(control)
    total = 1 << 30
    with socket.create_connection(("127.0.0.1", one.port), timeout=60 * PATIENCE) as client:
        if path == "/huge":
            client.sendall(b"GET /huge HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        else:
            client.sendall(b"POST /size HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % total)
            piece = b"u" * (1 << 20)
            for _ in range(total >> 20):
                client.sendall(piece)
        received = 0
        while chunk := client.recv(1 << 20):
            received += len(chunk)
    assert received > (total if path == "/huge" else 50)
    found = one.requests()[0]
    whole = one.request(found["id"])
    side = whole["answer" if path == "/huge" else "request"]
    assert side["body"]["cut"] and side["body"]["bytes"] == total and side["body"]["size"] <= 64 << 10
    for pid, was in zip((proxy, control), before):
        assert processes.resident_bytes(pid) - was < 32 << 20
    assert one.livefix.stop() == 0


def storm(port, count_of_each, path="/storm/1"):
    """So many failures by each of four clients, as fast as they can. Returns how many."""
    made = []

    def work():
        request = b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path.encode() * 20
        count = 0
        with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
            while count < count_of_each:
                client.sendall(request)
                answers = b""
                while answers.count(b"</pre>") < 20:
                    answers += client.recv(1 << 20)
                count += 20
        made.append(count)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120 * PATIENCE)
    return sum(made)


def test_a_storm_of_failures_stays_bounded(shop):
    one = shop(record='healthy = "0%"\nmemory = "2MiB"')
    get(one.port, "/rare")
    one.requests()
    control = one.livefix.role("control")
    before = processes.resident_bytes(control)
    made = storm(one.port, 1_000)
    def everything():
        listed = one.list("--most", "1")
        return listed["kept"] + listed["forgotten"] + listed["dropped"] == made + 1
    wait_until(everything, "all to be kept, forgotten or counted", 20 * PATIENCE)
    listed = one.list("--most", "1000")
    assert 100 < listed["kept"] < 5_000 and listed["forgotten"] + listed["dropped"] > 1_000
    assert [r["target"] for r in one.list("--route", "/rare")["requests"]] == ["/rare"], \
        "the one that came before the storm is still there"
    assert processes.resident_bytes(control) - before < 24 << 20
    assert one.livefix.stop() == 0


def test_what_is_recorded_outlives_proxy_and_control(shop):
    one = shop()
    get(one.port, "/first")
    first = one.requests()[0]
    one.livefix.kill("control")
    get(one.port, "/while-it-is-away")
    one.livefix.role("control")
    def both():
        done = one.livefix.command("requests", "--json")
        found = json.loads(done.stdout)["requests"] if done.returncode == 0 else []
        return found if len(found) >= 2 else None
    found = wait_until(both, "what was recorded before and meanwhile", 20 * PATIENCE)
    assert [r["target"] for r in found] == ["/while-it-is-away", "/first"]
    assert found[1] == first, "it is what it was, number and all"
    one.livefix.kill("proxy")
    wait_until(lambda: try_get(one.port, "/after") is not None, "a new proxy", 20 * PATIENCE)
    assert one.requests(least=3)[0]["target"] == "/after"
    assert one.livefix.stop() == 0


def test_kills_in_the_middle_of_a_storm_do_no_harm(shop):
    one = shop(record='healthy = "0%"\nmemory = "2MiB"')
    stop = threading.Event()

    def work():
        while not stop.is_set():
            try_get(one.port, "/storm")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for role in ("control", "proxy", "control", "proxy"):
            seen = one.requests(least=3)[0]["id"]
            one.livefix.kill(role)
            one.livefix.role(role)
            def goes_on():
                done = one.livefix.command("requests", "--json", "--most", "1")
                found = json.loads(done.stdout)["requests"] if done.returncode == 0 else []
                return found and found[0]["id"] > seen
            wait_until(goes_on, f"more to be recorded without that {role}", 30 * PATIENCE)
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    whole = one.request(one.requests()[0]["id"])
    assert whole["answer"]["first_line"].startswith("HTTP/1.1 500")
    assert one.livefix.stop() == 0


def test_an_idle_livefix_is_not_woken(shop):
    one = shop()
    get(one.port, "/fails")
    one.requests()
    control = one.livefix.role("control")

    def switches():
        with open(f"/proc/{control}/status") as status:
            return sum(int(line.split()[1]) for line in status if "voluntary_ctxt_switches" in line)
    # Drift, certificates and the like are not configured: what is left must not look at rings.
    before = switches()
    with socket.create_connection(("127.0.0.1", one.port)) as client:
        client.settimeout(2)
        with pytest.raises(TimeoutError):
            client.recv(1)  # two seconds in which nothing happens
    assert switches() - before < 15
    assert os.path.exists(f"/proc/{control}")
