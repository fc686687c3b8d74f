"""Commits that are pushed to `livefix serve` over HTTP, with a token, by Git itself."""

import os
import signal
import socket

import pytest

from support import ports
from support.http import Load
from support.serving import more_of
from support.shop import Shop
from support.waiting import wait_until

SLOW = 'steps = ["50%", "100%"]\nbake = "10m"'


@pytest.fixture
def shop(place, port, start):
    return Shop(place, port, start, door=ports.free_port())


@pytest.fixture
def live(shop):
    """The first release serves; `secret` is a token that may push."""
    shop.secret = shop.token()
    shop.serve()
    shop.release("one")
    pushed = push(shop)
    assert pushed.returncode == 0, pushed.stderr + shop.livefix.story()
    return shop


def push(shop, token=None):
    return shop.repository.push(shop.url(token or shop.secret), "main")


def test_a_good_push_goes_live_and_lines_come_meanwhile(live):
    commit = live.release("two")
    with Load(live.port) as load:
        more_of(load)
        pushed = push(live)
        more_of(load)
    assert pushed.returncode == 0, pushed.stderr + live.livefix.story()
    assert "remote: livefix  " in pushed.stderr and "live after" in pushed.stderr
    load.check()
    assert live.answer() == "release two"
    assert live.repository.live() == commit
    assert live.history()["rollouts"][0]["who"] == "ci", "the name of the token"


def test_a_bad_push_is_refused_and_git_says_why(live):
    before = live.repository.live()
    live.release("bad", start="throw new Error('no coupon table');")
    pushed = push(live)
    assert pushed.returncode != 0
    assert "no coupon table" in pushed.stderr
    assert live.answer() == "release one" and live.repository.live() == before


def test_a_wrong_token_changes_nothing(live):
    live.release("two")
    refused = push(live, "x:livefix_" + "0" * 64)
    assert refused.returncode != 0 and "not known here" in refused.stderr
    reader = live.token("reader", "read")
    refused = push(live, "x:" + reader)
    assert refused.returncode != 0 and "is for read only" in refused.stderr
    assert len(live.history()["rollouts"]) == 1 and live.answer() == "release one"


def test_a_client_that_is_killed_takes_the_rollout_back(live):
    live.reconfigure(rollout=SLOW)
    live.release("two")
    live.repository.git("remote", "set-url", "live", live.url(live.secret))
    pushing = live.repository.begin_push()
    wait_until(lambda: live.history()["now"].endswith("(shifting)"), "the rollout to shift", 20)
    os.killpg(pushing.pid, signal.SIGKILL)  # with Git's helper for HTTP
    pushing.communicate(timeout=20)
    wait_until(lambda: live.history()["now"] == "", "it to be taken back", 20)
    story = live.history()["rollouts"][0]
    assert story["outcome"] == "taken_back" and "broken off" in story["message"]
    wait_until(lambda: live.answer() == "release one", "the old one to have all traffic", 20)


def test_the_opening_line_says_where_pushes_come(shop):
    shop.serve(json=False)
    assert shop.url() in shop.livefix.wait_for_text("pushes at")
    assert "livefix token add" in shop.livefix.wait_for_text("over HTTP")


def test_a_port_that_is_taken_is_told_and_tried_again(shop):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", shop.door))
        other.listen()
        shop.door, door = None, shop.door  # nobody to wait for
        shop.serve()
        shop.door = door
        warning = shop.livefix.wait("warning")["message"]
        assert f"127.0.0.1:{shop.door}" in warning and "pushes over HTTP" in warning
        commit = shop.release("one")
        assert shop.repository.push().returncode == 0, "the other way is open"
    shop.secret = shop.token()
    shop.release("two")
    wait_until(lambda: push(shop).returncode == 0, "the port to be taken again", 20)
    assert shop.answer() == "release two" and shop.repository.live() != commit


def test_a_new_control_takes_pushes_again(live):
    live.livefix.kill("control")
    live.release("two")
    wait_until(lambda: push(live).returncode == 0, "a control that listens", 20)
    assert live.answer() == "release two"
