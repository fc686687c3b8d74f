"""What was recorded is sent to a candidate before it gets traffic: told, and the gate of a push."""

import json

import pytest

from support.http import Load, get
from support.livefix import PATIENCE
from support.serving import more_of
from support.shop import Shop
from support.waiting import wait_until

RECORD = 'record = { healthy = "100%" }'
AT_ONCE = 'steps = ["50%", "100%"]\nbake = "0s"\nwarm = "30s"'


def handler(pay=500, cart='{"id":7,"total":12}', cart_status=200, hangs=False):
    return f"""
      const again = 'livefix-replay' in request.headers;
      console.log(`${{again ? 'replayed' : 'asked'}} ${{request.method}} ${{request.url}}`);
      if (again && {str(hangs).lower()}) return;
      response.setHeader('Content-Type', 'application/json');
      if (request.url === '/') return response.end('"' + release + '"');
      if (request.url === '/cart/7') {{ response.statusCode = {cart_status}; return response.end('{cart}'); }}
      response.statusCode = {pay};
      request.resume().on('end', () => response.end('"pay"'));  // with the whole body, a record can be sent again"""


@pytest.fixture
def shop(place, port, start):
    """The first release serves, with something recorded: GET and POST /pay failed, GET /cart/7 did not."""
    def shop_with(more="", rollout=AT_ONCE):
        one = Shop(place, port, start)
        one.config(f"{RECORD}\n{more}", rollout)
        one.serve()
        one.release("one", handler=handler())
        pushing = one.repository.begin_push()
        if "10m" in rollout:
            wait_until(lambda: one.command("promote").returncode == 0, "the first one to start", 20 * PATIENCE)
        assert pushing.wait(60 * PATIENCE) == 0, one.livefix.story()
        get(port, "/cart/7")
        get(port, "/pay")
        get(port, "/pay", method="POST", body="x")
        wait_until(lambda: len(recorded(one)) == 3, "three records", 20 * PATIENCE)
        return one

    return shop_with


def recorded(one):
    return json.loads(one.command("requests", "--json").stdout)["requests"]


def lines_of(one, text):
    return [line for line in one.command("logs", "--most", "1000").stdout.splitlines() if text in line]


@pytest.mark.short
def test_a_fix_is_seen_before_it_has_traffic(shop):
    one = shop()
    one.release("two", handler=handler(pay=200))
    pushed = one.repository.push()
    assert pushed.returncode == 0, pushed.stderr + one.livefix.story()
    assert "livefix  replay  1 recorded failure → 1 answered 200 · 1 healthy sample → 1 unchanged" in pushed.stderr
    shown = one.command("show", one.repository.head()[:7])
    assert "1 recorded failure → 1 answered 200" in shown.stdout, shown
    assert len(recorded(one)) == 3, "what was sent again is not recorded"
    assert get(one.port, "/pay").status == 200
    assert one.livefix.stop() == 0


@pytest.mark.short
def test_one_that_breaks_a_route_is_refused_and_no_client_saw_it(shop):
    one = shop()
    one.release("two", handler=handler(pay=200, cart_status=503))
    with Load(one.port) as load:
        more_of(load, 50)
        pushed = one.repository.push()
        more_of(load, 50)
    assert pushed.returncode != 0
    assert "GET /cart/:id: 200 → 503 (1 of" in pushed.stderr, pushed.stderr
    load.check()
    assert set(load.answers) == {'"one"'}
    story = one.history()["rollouts"][0]
    assert (story["outcome"], story["gate"]) == ("taken_back", "replay")
    assert get(one.port, "/cart/7").status == 200


def test_what_still_fails_is_told_and_refused_only_where_it_must_pass(shop):
    one = shop()
    one.release("two", handler=handler())
    pushed = one.repository.push()
    assert pushed.returncode == 0 and "1 still fails (GET /pay: 500)" in pushed.stderr, pushed.stderr
    one.reconfigure(more=RECORD + '\nreplay = { failures = "must_pass" }', rollout=AT_ONCE)
    get(one.port, "/pay")
    wait_until(lambda: recorded(one), "a record", 20 * PATIENCE)
    one.release("three", handler=handler())
    pushed = one.repository.push()
    assert pushed.returncode != 0 and "still fails with what was recorded: GET /pay: 500" in pushed.stderr
    assert one.history()["rollouts"][0]["gate"] == "replay"


def test_differences_are_told_and_refused_only_where_they_must_be_alike(shop):
    one = shop()
    one.release("two", handler=handler(cart='{"id":7,"total":13}'))
    pushed = one.repository.push()
    assert pushed.returncode == 0, pushed.stderr
    assert "1 differs" in pushed.stderr and "GET /cart/:id: $.total: 12 → 13" in pushed.stderr
    one.reconfigure(more=RECORD + '\nreplay = { healthy = "must_be_alike" }', rollout=AT_ONCE)
    wait_until(lambda: get(one.port, "/cart/7") and [r for r in recorded(one) if r["target"] == "/cart/7"],
               "a record: one a second is taken", 20 * PATIENCE)
    one.release("three", handler=handler())
    pushed = one.repository.push()
    assert pushed.returncode != 0 and "$.total: 13 → 12" in pushed.stderr, pushed.stderr


def test_a_post_is_sent_only_where_the_service_chose_it(shop):
    one = shop()
    one.release("two", handler=handler(pay=200))
    assert one.repository.push().returncode == 0
    assert lines_of(one, "replayed GET /pay") and not lines_of(one, "replayed POST /pay")


def test_a_post_that_the_service_chose_is_sent(shop):
    one = shop(more='replay = { methods = ["POST"] }')
    one.release("two", handler=handler(pay=200))
    pushed = one.repository.push()
    assert pushed.returncode == 0, pushed.stderr
    assert "2 recorded failures → 2 answered 200" in pushed.stderr, pushed.stderr + one.livefix.story()
    assert lines_of(one, "replayed POST /pay")


def test_it_can_be_off(shop):
    one = shop(rollout=AT_ONCE + '\nreplay = "off"')
    one.release("two", handler=handler(cart_status=503))
    pushed = one.repository.push()
    assert pushed.returncode == 0 and "replay" not in pushed.stderr
    assert not lines_of(one, "replayed")


def test_one_that_is_slow_is_judged_by_what_it_answered(shop):
    one = shop(more='replay = { time = "200ms" }')
    one.release("two", handler=handler(hangs=True))
    pushed = one.repository.push()
    assert pushed.returncode == 0, pushed.stderr


def test_it_ends_with_the_push(shop):
    one = shop(more='replay = { time = "10m" }')
    one.release("two", handler=handler(hangs=True))
    pushing = one.repository.begin_push()
    wait_until(lambda: lines_of(one, "replayed GET /pay"), "the replay", 20 * PATIENCE)
    pushing.terminate()
    pushing.wait(60)
    wait_until(lambda: one.history()["rollouts"][0]["outcome"] == "taken_back", "the way back", 20 * PATIENCE)
    assert get(one.port).text == '"one"'


def test_a_control_that_is_killed_in_it_takes_the_rollout_back(shop):
    one = shop(more='replay = { time = "10m" }')
    one.release("two", handler=handler(hangs=True))
    pushing = one.repository.begin_push()
    wait_until(lambda: lines_of(one, "replayed GET /pay"), "the replay", 20 * PATIENCE)
    with Load(one.port) as load:
        more_of(load, 20)
        one.livefix.kill("control")
        assert pushing.wait(60 * PATIENCE) != 0
        more_of(load, 20)
    load.check()
    wait_until(lambda: one.history()["rollouts"][0]["outcome"] == "taken_back", "the way back", 20 * PATIENCE)
    assert get(one.port).text == '"one"'


def test_a_candidate_can_be_asked_by_hand(shop):
    one = shop(rollout='steps = ["1%", "100%"]\nbake = "10m"\nreplay = "off"')
    number = str(next(r["id"] for r in recorded(one) if (r["method"], r["target"]) == ("GET", "/pay")))
    one.release("two", handler=handler(pay=200))
    pushing = one.repository.begin_push()
    try:
        asked = wait_until(lambda: found if (found := one.command("replay", number, "--to", "candidate")).stdout
                           else None, "the candidate", 20 * PATIENCE)
        assert asked.returncode == 0 and "500 → 200" in asked.stdout, asked
        live = one.command("replay", number)
        assert live.returncode == 1 and "500 → 500" in live.stdout
        on_record = one.command("audit", "log").stdout
        assert f"replay {number} to candidate" in on_record and f"replay {number} to live" in on_record
    finally:
        one.command("abort")
        pushing.wait(60)
