"""What livefix counts: by a real Prometheus, its promtool, and for people."""

import base64
import http.client
import json
import pathlib
import re
import subprocess
import urllib.parse

import pytest

from support import ports, processes
from support.http import get, try_get
from support.shop import Shop
from support.waiting import wait_until

SERVER = """
const server = require("http").createServer((request, response) => {
  const path = request.url.split("?")[0];
  if (path === "/drop") return request.socket.destroy();
  if (path === "/checkout") response.statusCode = 500;
  if (path.startsWith("/nothing")) response.statusCode = 404;
  request.resume().on("end", () => response.end("0123456789"));
}).listen(PORT);
"""
HANDLER = "if (request.url === '/checkout') response.statusCode = 500; response.end('release ' + release);"
SAMPLE = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Samples:
    """Of a text exposition."""

    def __init__(self, text):
        self.text = text
        self.all = []
        for line in text.splitlines():
            if line and not line.startswith("#"):
                name, labels, value = SAMPLE.match(line).groups()
                self.all.append((name, dict(LABEL.findall(labels or "")), float(value)))

    def sum(self, name, **labels):
        return sum(value for one, has, value in self.all
                   if one == name and all(has.get(key) == want for key, want in labels.items()))

    def routes(self):
        return {labels["route"] for name, labels, _ in self.all if name == "livefix_requests_total"}


@pytest.fixture
def configured(place, start, port):
    def run(settings=""):
        pathlib.Path(place / "server.js").write_text(SERVER.replace("PORT", str(port)))
        pathlib.Path(place / "livefix.toml").write_text(
            f'[service.shop]\ncommand = "node server.js"\n{settings}\n')
        return start([], place)

    return run


def metrics(livefix):
    done = livefix.command("metrics")
    assert done.returncode == 0, done.stderr + livefix.story()
    return Samples(done.stdout)


def ask_for(port, paths, method="GET"):
    """Each of them, by one connection as long as it stays."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for path in paths:
        connection.request(method, path, body=b"12345" if method == "POST" else None)
        connection.getresponse().read()
    connection.close()


def check_by_promtool(text):
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_what_comes_is_counted_and_promtool_has_no_complaint(configured, port):
    livefix = configured()
    ask_for(port, [f"/cart/{number}" for number in range(20)] + ["/cart/list"])
    ask_for(port, ["/checkout"] * 3, method="POST")
    ask_for(port, [f"/nothing/{number}/x" for number in range(5)])
    with pytest.raises(http.client.RemoteDisconnected):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("POST", "/drop")
        answer = connection.getresponse()
        if answer.status == 502:
            raise http.client.RemoteDisconnected()
    samples = metrics(livefix)
    check_by_promtool(samples.text)
    total = "livefix_requests_total"
    assert samples.sum(total, route="/cart/:id", method="GET", status="200") == 20
    assert samples.sum(total, route="/cart/list", status="200") == 1
    assert samples.sum(total, route="/checkout", method="POST", status="500") == 3
    assert samples.sum(total, route="(unknown)", status="404") == 5
    assert samples.sum(total, route="/drop", status="502") == 1
    assert samples.sum("livefix_requests_lost_total", service="shop") == 1
    assert samples.sum("livefix_request_bytes_total", route="/checkout") == 15
    assert samples.sum("livefix_response_bytes_total", route="/cart/:id") == 200
    assert samples.sum("livefix_request_duration_seconds_count", route="/cart/:id") == 20
    assert 0 < samples.sum("livefix_request_duration_seconds_sum", route="/cart/:id") < 20
    assert samples.sum("livefix_request_duration_seconds_bucket", route="/cart/:id", le="+Inf") == 20
    assert samples.sum("livefix_generations", service="shop") == 1
    assert samples.sum("livefix_generation_info", state="serving") == 1
    assert samples.sum("livefix_generation_resident_memory_bytes") > 10_000_000
    assert samples.sum("livefix_generation_cpu_seconds_total") > 0
    assert samples.sum("livefix_build_info") == 1


def test_people_get_a_table(configured, port):
    livefix = configured()
    assert livefix.command("routes").stdout == "no request has been answered yet\n"
    ask_for(port, ["/cart/1", "/cart/2", "/checkout"])
    lines = livefix.command("routes").stdout.splitlines()
    assert lines[0].split() == ["METHOD", "ROUTE", "REQUESTS", "ERRORS", "P50", "P99"]
    assert lines[1].split()[:4] == ["GET", "/cart/:id", "2", "0"]
    assert lines[2].split()[:6] == ["GET", "/checkout", "1", "1", "100.0", "%"]
    routes = json.loads(livefix.command("routes", "--json").stdout)["routes"]
    assert {one["route"]: one["statuses"] for one in routes} == \
        {"/cart/:id": {"200": 2}, "/checkout": {"500": 1}}


def test_a_service_can_list_its_routes(configured, port):
    livefix = configured('routes = ["/user/:name", "/files/*"]')
    ask_for(port, ["/user/anna", "/user/ben", "/files/a/b", "/cart/1"])
    assert metrics(livefix).routes() == {"/user/:name", "/files/*", "/cart/:id"}


def test_a_scanner_fills_neither_memory_nor_prometheus(configured, port, measured):
    livefix = configured()
    ask_for(port, ["/cart/1"])
    before = len(metrics(livefix).all)
    proxy, control = livefix.role("proxy"), livefix.role("control")
    memory = {pid: processes.resident_bytes(pid) for pid in (proxy, control)}
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [a + b + c for a in letters for b in letters for c in letters][:10_000]
    ask_for(port, [f"/nothing/{word}" for word in words])
    after_nothing = metrics(livefix)
    assert after_nothing.routes() == {"/cart/:id", "(unknown)"}
    assert len(after_nothing.all) - before < 25
    assert after_nothing.sum("livefix_requests_total", route="(unknown)", status="404") == len(words)

    methods = [word.upper() for word in words[:1_000]]
    for method in methods:
        ask_for(port, ["/cart/1"], method)
    after_methods = metrics(livefix)
    known = {labels["method"] for name, labels, _ in after_methods.all if name == "livefix_requests_total"}
    assert known <= {"GET", "OTHER", "any"}
    assert after_methods.sum("livefix_requests_total") == len(words) + len(methods) + 1

    # The worst program answers all of them. Each worker learns which places are crowded.
    ask_for(port, [f"/{word[0]}/{word}" for word in words])
    everything = metrics(livefix)
    check_by_promtool(everything.text)
    assert len(everything.routes()) <= 1026
    assert everything.sum("livefix_requests_total") == 2 * len(words) + len(methods) + 1
    for name, pid in (("proxy", proxy), ("control", control)):
        grown = processes.resident_bytes(pid) - memory[pid]
        measured(f"{name} has grown by", grown / 2**20, "MiB")
        assert grown < 24 * 2**20, f"{name} has {grown >> 20} MiB more"
    measured("series of 10,000 routes", len(everything.all), "series")


def test_counts_outlive_the_proxy_and_control(configured, port):
    livefix = configured()
    ask_for(port, ["/cart/1"] * 3)
    livefix.kill("proxy")
    livefix.kill("control")
    wait_until(lambda: try_get(port, "/cart/2") is not None, "it to serve again")
    wait_until(lambda: livefix.command("metrics").returncode == 0, "a control that answers")
    assert metrics(livefix).sum("livefix_requests_total", route="/cart/:id") >= 4


# --- the control port ----------------------------------------------------------------------------

@pytest.fixture
def shop(place, port, start):
    shop = Shop(place, port, start, door=ports.free_port())
    shop.serve()
    shop.release("one", handler=HANDLER)
    pushed = shop.repository.push()
    assert pushed.returncode == 0, pushed.stderr
    return shop


def scrape(shop, authorization=None):
    return get(shop.door, "/metrics", headers={"Authorization": authorization} if authorization else {})


def test_the_control_port_wants_a_token_that_may_read(shop):
    get(shop.port, "/cart/1")
    assert scrape(shop).status == 401
    assert scrape(shop, "Bearer livefix_" + "0" * 64).status == 401
    secret = shop.token("prometheus", "read")
    for authorization in (f"Bearer {secret}", "Basic " + base64.b64encode(f"x:{secret}".encode()).decode()):
        answer = scrape(shop, authorization)
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert Samples(answer.text).sum("livefix_requests_total", route="/cart/:id") == 1
        assert secret not in answer.text
    assert get(shop.door, "/metrics/", headers={"Authorization": f"Bearer {secret}"}).status == 404


class Prometheus:
    """A real one that scrapes the control port."""

    def __init__(self, place, shop, secret):
        self.port = ports.free_port()
        (place / "prometheus.yml").write_text(f"""
global: {{ scrape_interval: 1s, scrape_timeout: 1s }}
scrape_configs:
  - job_name: livefix
    authorization: {{ credentials: {secret} }}
    static_configs: [{{ targets: ["127.0.0.1:{shop.door}"] }}]
""")
        self.log = open(place / "prometheus.log", "w+")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={place}/prometheus.yml",
             f"--storage.tsdb.path={place}/prometheus", f"--web.listen-address=127.0.0.1:{self.port}"],
            cwd=place, stdout=self.log, stderr=subprocess.STDOUT)

    def ask(self, query):
        answer = try_get(self.port, "/api/v1/query?" + urllib.parse.urlencode({"query": query}))
        if answer is None or answer.status != 200:
            return None
        result = json.loads(answer.text)["data"]["result"]
        return float(result[0]["value"][1]) if result else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


def test_a_real_prometheus_scrapes_it(place, shop):
    with Prometheus(place, shop, shop.token("prometheus", "read")) as prometheus:
        for number in range(10):
            get(shop.port, f"/cart/{number}")
        get(shop.port, "/checkout")
        wait_until(lambda: prometheus.ask("sum(livefix_requests_total)") == 11, "a scrape of all", 60)
        assert prometheus.ask("up") == 1
        assert prometheus.ask('livefix_requests_total{route="/checkout",status="500"}') == 1
        share = 'sum(livefix_requests_total{status=~"5.."}) / sum(livefix_requests_total)'
        assert prometheus.ask(share) == pytest.approx(1 / 11)
        quantile = prometheus.ask("histogram_quantile(0.5, sum by (le) "
                                  "(livefix_request_duration_seconds_bucket{route='/cart/:id'}))")
        assert 0 < quantile < 17
        shop.release("two", handler=HANDLER)
        assert shop.repository.push().returncode == 0
        get(shop.port, "/checkout")
        wait_until(lambda: prometheus.ask("count(count by (release) (livefix_requests_total))") == 2,
                   "the release that was pushed", 60)
