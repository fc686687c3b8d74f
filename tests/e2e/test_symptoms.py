"""Symptoms: requests that fail alike are one line, with the line that the program wrote, and a push says what
became of them."""

import json
import re

import pytest

from support.carts import BUG, FIXED, carts
from support.http import try_get
from support.livefix import PATIENCE
from support.shop import Shop
from support.waiting import wait_until

PLANTED = "zq7hunter2qz"
LEAK = """
  console.error(`Error: no session for password=${process.env.NOTHING ?? 'PLANTED1'} of ${request.headers.authorization}`);
  response.statusCode = 500;
  response.end('oh');
""".replace("PLANTED1", PLANTED + "1")
LINE = "TypeError: Cannot read properties of undefined (reading 'rate')"


@pytest.fixture
def shop(place, port, start):
    return Shop(place, port, start)


def serving(shop, handler, **config):
    """The first release serves so."""
    shop.config(**config)
    shop.serve()
    shop.release("one", handler=handler)
    pushed = shop.repository.push()
    assert pushed.returncode == 0, pushed.stderr + shop.livefix.story()
    return shop


def symptoms(shop, *options):
    done = shop.command("symptoms", "--json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["symptoms"]


def the_symptom(shop, fits=lambda one: True):
    found = wait_until(lambda: [one for one in symptoms(shop) if fits(one)], "a symptom", 20 * PATIENCE)
    assert len(found) == 1, found
    return found[0]


# Enough at each share for a verdict; no gate on errors, since these are what is judged here.
# What is worse goes live, too.
SLOWLY = 'steps = ["50%", "100%"]\nbake = "3s"\nwarm = "5s"\nmax_error_rate = "+100%"\nreplay = "off"'


@pytest.mark.short
def test_what_fails_has_its_line_and_its_share(shop):
    serving(shop, BUG)
    done = shop.command("symptoms")
    assert done.stdout == "no symptoms in the last hour\n", done.stderr
    with carts(shop.port) as load:
        load.more(400)
        one = the_symptom(shop, lambda one: (one["share"] or 0) > 0.1 and one["failures"] > 30)
        assert (one["method"], one["route"], one["status"], one["error"]) == ("GET", "/cart/:id", 500, LINE)
        assert one["share"] < 0.3 and one["recent"] == one["failures"]
        table = shop.command("symptoms").stdout
        assert re.search(rf"{one['id']} +GET +/cart/:id +500 +{re.escape(LINE)} +\d+ in 5 m · \d+ %", table), table
    # What was counted is what failed: the recorder alone would not know all of it.
    whole = shop.command("symptoms", one["id"])
    assert whole.returncode == 0 and "livefix request " in whole.stdout, whole.stderr
    sample = re.search(r"\(livefix request (\d+)\)", whole.stdout).group(1)
    assert "/cart/" in shop.command("request", sample).stdout


def test_failures_are_counted_once_each(shop):
    serving(shop, BUG)
    for number in range(100):
        try_get(shop.port, f"/cart/{number}")
    wait_until(lambda: symptoms(shop) and symptoms(shop)[0]["failures"] >= 20, "all failures", 20 * PATIENCE)
    # Counts are read once a second: what is missing would be added by then.
    reads = [0]
    def later():
        reads[0] += 1
        return reads[0] > 40
    wait_until(later, "some readings", 60 * PATIENCE)
    one = the_symptom(shop)
    assert one["failures"] == 20 and one["share"] == pytest.approx(0.2)


def test_what_is_not_recorded_is_counted(shop):
    serving(shop, BUG, more="record = { failures = false }")
    for number in range(50):
        try_get(shop.port, f"/cart/{number}")
    one = the_symptom(shop, lambda one: one["failures"] == 10)
    assert one["error"] == "" and one["route"] == "/cart/:id"
    said = shop.command("symptoms").stdout
    assert "failures of shop are not recorded" in said


@pytest.mark.short
def test_a_push_of_the_fix_says_gone_and_one_of_the_bug_says_new(shop):
    serving(shop, BUG, rollout=SLOWLY)
    with carts(shop.port) as load:
        load.more(600)
        the_symptom(shop, lambda one: (one["share"] or 0) > 0.1)
        shop.release("two", handler=FIXED)
        pushed = shop.repository.push()
        assert pushed.returncode == 0, pushed.stderr + shop.livefix.story()
        assert re.search(r"100 % · GET /cart/:id 500: [\d.]+ % → 0 % of [\d,]+ requests: gone", pushed.stderr), \
            pushed.stderr
        shop.release("three", handler=BUG)
        pushed = shop.repository.push()
        assert re.search(r"GET /cart/:id 500: [\d,]+ of [\d,]+ requests, none of [\d,]+ before: new", pushed.stderr) \
            or re.search(r"GET /cart/:id 500: .*: more", pushed.stderr), pushed.stderr
    shown = shop.command("show", "2").stdout
    assert "GET /cart/:id 500" in shown and ": gone" in shown, shown
    assert ": gone" in shop.command("audit", "log", "--most", "200").stdout
    assert shop.command("audit", "verify").returncode == 0


def test_a_rollout_that_is_taken_back_says_what_it_brought(shop):
    serving(shop, FIXED, rollout='steps = ["50%", "100%"]\nbake = "3s"\nwarm = "5s"\nreplay = "off"')
    with carts(shop.port) as load:
        load.more(600)
        shop.release("bad", handler=BUG)
        pushed = shop.repository.push()
    assert pushed.returncode != 0
    assert re.search(r"GET /cart/:id 500: [\d,]+ of [\d,]+ requests, none of [\d,]+ before: new", pushed.stderr), \
        pushed.stderr + shop.livefix.story()


@pytest.mark.short
def test_a_control_that_is_killed_has_them_again(shop):
    serving(shop, BUG)
    for number in range(50):
        try_get(shop.port, f"/cart/{number}")
    before = the_symptom(shop, lambda one: one["failures"] == 10)
    shop.livefix.kill("control")
    wait_until(lambda: shop.command("status").returncode == 0, "the next control", 20 * PATIENCE)
    after = the_symptom(shop)
    for field in ("id", "error", "route", "failures"):
        assert after[field] == before[field]
    assert after["share"] is None, "of those requests nothing is known any more"
    for number in range(50):
        try_get(shop.port, f"/cart/{number}")
    the_symptom(shop, lambda one: one["failures"] == 20)


@pytest.mark.short
def test_no_secret_is_shown(shop):
    serving(shop, LEAK)
    for number in range(5):
        try_get(shop.port, f"/cart/{number}", headers={"Authorization": f"Bearer {PLANTED}2"})
    one = the_symptom(shop, lambda one: one["failures"] == 5)
    assert "no session" in one["error"] and "redacted" in one["error"]
    for arguments in (["symptoms"], ["symptoms", "--json"], ["symptoms", one["id"]], ["symptoms", "--all"]):
        said = shop.command(*arguments).stdout
        assert said and PLANTED not in said


def test_mistakes_get_clear_sentences(shop):
    serving(shop, FIXED)
    for arguments, said in ((["symptoms", "0123456789"], "there is no symptom 0123456789"),
                            (["symptoms", "nonsense"], "ten digits"),
                            (["symptoms", "--service", "cart"], "cart")):
        done = shop.command(*arguments)
        assert done.returncode != 0 and said in done.stderr, done.stderr


def test_at_the_desk(place, start):
    from support import ports  # one that no fixture has taken
    port = ports.free_port()
    (place / "server.js").write_text(f"""
        require("http").createServer((q, s) => {{ console.error("Error: no stock for " + q.url.length);
          s.statusCode = 503; s.end(); }}).listen({port});""")
    livefix = start(["node", "server.js"], place)
    for _ in range(3):
        assert try_get(port, "/cart/7").status == 503
    def seen():
        done = livefix.command("symptoms", "--json")
        found = json.loads(done.stdout)["symptoms"]
        return found if found and found[0]["failures"] == 3 else None
    one, = wait_until(seen, "the symptom", 20 * PATIENCE)
    assert (one["error"], one["status"], one["route"]) == ("Error: no stock for <n>", 503, "/cart/:id")
    whole = json.loads(livefix.command("symptoms", one["id"], "--json").stdout)
    assert whole["releases"] == [{"release": "dev-1", "failures": 3}]
    assert livefix.stop() == 0
