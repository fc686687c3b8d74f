"""Live requests are sent to a candidate as well, before it has traffic: told, and the gate of a push."""

import json

import pytest

from support.http import Load, get
from support.livefix import PATIENCE
from support.serving import more_of
from support.waiting import wait_until

MIRROR = '[service.shop.mirror]\nshare = "100%"\nrequests = 10\ntime = "1m"\n'
AT_ONCE = 'steps = ["50%", "100%"]\nbake = "0s"\nwarm = "30s"\nreplay = "off"'


def handler(total=12, status=200):
    return f"""
      const again = 'livefix-replay' in request.headers;
      console.log(`${{again ? 'mirrored' : 'asked'}} ${{request.method}} ${{release}}`);
      response.setHeader('Content-Type', 'application/json');
      response.statusCode = request.url === '/cart/7' ? {status} : 200;
      response.end(JSON.stringify({{total: {total}, now: new Date().toISOString(), token: 'planted-secret'}}));"""


@pytest.fixture
def mirrored(shop):
    """The first release serves, and what it is asked is mirrored."""
    def begin():
        shop.config(MIRROR, AT_ONCE)
        shop.serve()
        shop.release("one", handler=handler())
        assert shop.repository.push().returncode == 0, shop.livefix.story()
        return shop

    return begin


def pushed(one, path="/cart/7"):
    """What a push under load came to; of the load nothing may be lost."""
    with Load(one.port, path=path, pause=0.02) as load:
        more_of(load, 20)
        done = one.repository.push(timeout=60 * PATIENCE)
        more_of(load, 20)
    load.check()
    return done


@pytest.mark.short
def test_one_that_answers_alike_is_told_and_goes_on(mirrored):
    one = mirrored()
    one.release("two", handler=handler())
    done = pushed(one)
    assert done.returncode == 0, done.stderr + one.livefix.story()
    assert "livefix  mirror  10 live requests → 10 alike" in done.stderr, done.stderr
    assert "10 alike" in one.command("show", one.repository.head()[:7]).stdout
    logs = one.command("logs", "--most", "1000").stdout
    assert "mirrored GET two" in logs and "mirrored GET one" in logs
    requests = json.loads(one.command("requests", "--json").stdout)["requests"]
    assert len(requests) < 5, "what was mirrored is not kept"


@pytest.mark.short
def test_differences_are_told_without_secrets_and_refused_where_they_may_not_be(mirrored):
    one = mirrored()
    one.release("two", handler=handler(total=13))
    done = pushed(one)
    assert done.returncode == 0, done.stderr
    assert "10 differ" in done.stderr and "GET /cart/:id: $.total: 12 → 13" in done.stderr, done.stderr
    assert "planted-secret" not in done.stderr
    one.reconfigure(more=MIRROR + 'answers = "must_be_alike"\n', rollout=AT_ONCE)
    one.release("three", handler=handler(total=14))
    done = pushed(one)
    assert done.returncode != 0 and "$.total: 13 → 14" in done.stderr, done.stderr
    story = one.history()["rollouts"][0]
    assert (story["outcome"], story["gate"]) == ("taken_back", "mirror")


def test_one_that_fails_where_the_old_one_does_not_is_taken_back_and_no_user_saw_it(mirrored):
    one = mirrored()
    one.release("two", handler=handler(status=500))
    done = pushed(one)
    assert done.returncode != 0
    assert "shop fails where the old one does not: GET /cart/:id: 200 → 500" in done.stderr, done.stderr
    assert one.history()["rollouts"][0]["gate"] == "mirror"
    assert get(one.port, "/cart/7").status == 200


def test_promote_does_not_wait_for_it(mirrored):
    one = mirrored()
    one.release("two", handler=handler())
    pushing = one.repository.begin_push()
    wait_until(lambda: "verifying" in one.history()["now"], "it to be mirrored to", 20 * PATIENCE)
    assert one.command("promote").returncode == 0
    assert pushing.wait(20 * PATIENCE) == 0, one.livefix.story()


def test_without_requests_it_goes_on_after_its_time(shop):
    shop.config('[service.shop.mirror]\nshare = "100%"\ntime = "1s"\n', AT_ONCE)
    shop.serve()
    shop.release("one")
    assert shop.repository.push().returncode == 0, "a first release has nobody to be compared with"
    shop.release("two")
    done = shop.repository.push()
    assert done.returncode == 0 and "mirror  no live requests to compare" in done.stderr, done.stderr
