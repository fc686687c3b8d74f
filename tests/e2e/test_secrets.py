"""Secrets are planted wherever there is a place for one, and then looked for in everything that livefix says.

Not looked at: what a program writes itself (`livefix logs`), and the access log, which has targets as they came."""

import base64
import json
import urllib.request

import pytest

from support import ports
from support.hooks import Hook
from support.http import get
from support.livefix import PATIENCE
from support.shop import Shop
from support.waiting import wait_until

# Of each request with one of these targets something fails; the error page prints the request, as many do.
HANDLER = """
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
    if (request.url.startsWith('/fails')) {
      console.error('Error: no rate for password=ERROR_LINE');
      response.statusCode = 500;
    }
    response.setHeader('Set-Cookie', 'sid=SET_COOKIE; HttpOnly');
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({token: 'ANSWER', seen: request.headers, body: Buffer.concat(chunks).toString()}));
  });
"""


class Planted(dict):
    """By where it is: a text that stands nowhere else."""

    def __missing__(self, where):
        self[where] = f"pl{len(self):02}{where.replace('_', '').lower()}nted9x"
        return self[where]

    def fill(self, text):
        for where in ("ERROR_LINE", "SET_COOKIE", "ANSWER"):
            text = text.replace(where, self[where])
        return text


def requests(planted):
    """Path, method, headers and body of each."""
    basic = base64.b64encode(f"anna:{planted['basic']}".encode()).decode()
    planted["basic_encoded"] = basic
    headers = {"Authorization": f"Bearer {planted['bearer']}", "Proxy-Authorization": f"Basic {basic}",
               "Cookie": f"theme=dark; sid={planted['cookie']}", "X-Api-Key": planted["api_key"],
               "X-Customer": planted["configured"], "Referer": f"https://shop.test/?token={planted['referer']}",
               "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
    query = f"?access_token={planted['query']}&user%5Bpassword%5D={planted['nested']}"
    json_body = json.dumps({"password": planted["json"], "deep": [{"apiToken": planted["deep"]}],
                            "iban": planted["iban"]})
    for path in ("/fails/1", "/fine"):
        yield path + query, "GET", headers, None
        yield path + query, "POST", {**headers, "Content-Type": "application/json"}, json_body
        yield (path, "POST", {**headers, "Content-Type": "application/x-www-form-urlencoded"},
               f"user=anna&password={planted['form']}")


@pytest.fixture
def planted():
    return Planted()


@pytest.fixture
def shop(place, port, start, planted):
    (place / "hook.secret").write_text(planted["hook"])
    return Shop(place, port, start, door=ports.free_port())


def told(shop, planted):
    """(from where, text) of all that livefix says of what has happened."""
    def command(*words, ok=(0,)):
        done = shop.command(*words)
        assert done.returncode in ok, (words, done.stderr)
        yield " ".join(words), done.stdout + done.stderr
        return done.stdout

    listed = yield from command("requests", "--json", "--most", "50")
    for line in listed.splitlines():
        for one in json.loads(line)["requests"]:
            for form in ([], ["--curl"], ["--har"], ["--json"]):
                yield from command("request", str(one["id"]), *form)
            yield from command("replay", str(one["id"]), "--any-method", "--whole", ok=(0, 1))
    found = yield from command("symptoms", "--json")
    for symptom in json.loads(found)["symptoms"]:
        yield from command("symptoms", symptom["id"])
        yield from command("symptoms", symptom["id"], "--json")
        yield from command("replay", "--symptom", symptom["id"], "--any-method", "--json", ok=(0, 1))
    for words in (["requests"], ["symptoms"], ["symptoms", "--all"], ["routes"], ["metrics"], ["status"],
                  ["status", "--json"], ["history"], ["history", "--json"], ["show", "1"], ["show", "2"],
                  ["show", "2", "--json"], ["audit", "log", "--json"], ["audit", "verify"], ["drift"],
                  ["token", "list"], ["notify", "test"]):
        yield from command(*words)
    token = planted["push_token"]
    authorized = {"Authorization": f"Bearer {token}"}
    for path in ("/", "/metrics", "/v1/status", "/v1/symptoms", "/v1/requests", "/v1/routes", "/v1/history"):
        yield f"GET {path}", get(shop.door, path, headers=authorized).text
    with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{shop.door}/v1/watch", headers=authorized),
                                timeout=20 * PATIENCE) as stream:
        yield "what the page is told at first", "".join(stream.readline().decode() for _ in range(4))
    console = [line for line in shop.livefix.lines if '"event":"output"' not in line] + shop.livefix.errors
    yield "what the console shows", "\n".join(console)


def test_none_is_in_anything_that_livefix_says(shop, planted):
    with Hook() as hook, Hook() as collector:
        shop.config(more=f'[service.shop.record]\nhealthy = "100%"\nredact = ["iban", "X-Customer"]\n'
                         '[service.shop.replay]\nmethods = ["POST"]')
        file = shop.place / "livefix.toml"
        file.write_text(f'{file.read_text()}\n[[notify]]\nurl = "http://127.0.0.1:{hook.port}/'
                        f'{planted["hook_path"]}?key={planted["hook_query"]}"\nsecret_file = "hook.secret"\n'
                        f'[otlp]\nendpoint = "http://127.0.0.1:{collector.port}"\n'
                        'headers = { Authorization = { file = "otlp.secret" } }\n')
        (shop.place / "otlp.secret").write_text(f"Bearer {planted['otlp']}")
        shop.serve()
        planted["push_token"] = shop.token(scope="admin")
        shop.release("one", handler=planted.fill(HANDLER))
        assert shop.publish(token=planted["push_token"]).returncode == 0, shop.livefix.story()
        for path, method, headers, body in requests(planted):
            get(shop.port, path, method=method, headers=headers, body=body)
        wait_until(lambda: '"status":500' in shop.command("symptoms", "--json").stdout, "a symptom", 20 * PATIENCE)
        shop.release("two", handler=planted.fill(HANDLER))
        pushed = shop.publish(token=planted["push_token"])
        hook.wait("promoted")

        outputs = [("the push", pushed.stdout + pushed.stderr), *told(shop, planted)]
        wait_until(lambda: b"/fails" in b"".join(body for _, _, body in collector.requests), "spans", 20 * PATIENCE)
        outputs += [("the webhook", body.decode()) for _, _, body in hook.requests]
        outputs += [("the collector", body.decode()) for _, _, body in collector.requests]
        outputs += [("the ledger", (shop.state / name).read_bytes().decode("latin-1"))
                    for name in ("ledger.db", "ledger.db-wal") if (shop.state / name).exists()]
    assert sum(len(text) for _, text in outputs) > 20_000, "something was said"
    for where, secret in planted.items():
        for said_by, text in outputs:
            assert secret not in text, f"{where} is in what is told by {said_by}:\n{text[:4000]}"
    assert shop.livefix.stop() == 0
