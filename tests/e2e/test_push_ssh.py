"""Commits that are pushed to `livefix serve` through a real SSH server, as most people push."""

import getpass
import os
import signal

import pytest

from support import ssh
from support.http import Load
from support.serving import more_of
from support.waiting import wait_until

# As docs/push.md shows it: the account is one, the keys say who it is.
ANNA = 'restrict,command="LIVEFIX_PUSHER=anna git-shell -c \\"$SSH_ORIGINAL_COMMAND\\""'


@pytest.fixture
def sshd(place):
    why_not = ssh.missing()
    if why_not:
        pytest.skip(why_not)
    with ssh.Sshd(place) as server:
        yield server


@pytest.fixture
def live(shop, sshd):
    """The first release serves, and pushes go over SSH with Anna's key."""
    shop.serve()
    sshd.let_in("anna", ANNA)
    sshd.connect(shop.repository, shop.state / "shop.git", "anna")
    shop.release("one")
    pushed = shop.repository.push()
    assert pushed.returncode == 0, pushed.stderr + sshd.story() + shop.livefix.story()
    return shop


def test_a_good_fix_goes_live_and_the_key_says_who_pushed_it(live):
    commit = live.release("two")
    with Load(live.port) as load:
        more_of(load)
        pushed = live.repository.push()
        more_of(load)
    assert pushed.returncode == 0, pushed.stderr + live.livefix.story()
    load.check()
    assert f"remote: livefix  {commit[:7]}  two" in pushed.stderr and "live after" in pushed.stderr
    assert live.answer() == "release two"
    assert live.repository.live() == commit
    assert live.history()["rollouts"][0]["who"] == "anna"


def test_a_key_without_a_name_pushes_as_the_account(live, sshd):
    sshd.let_in("other")
    sshd.connect(live.repository, live.state / "shop.git", "other")
    live.release("two")
    pushed = live.repository.push()
    assert pushed.returncode == 0, pushed.stderr + sshd.story()
    assert live.history()["rollouts"][0]["who"] == getpass.getuser()


def test_a_refused_commit_leaves_the_branch_and_says_why(live):
    before = live.repository.live()
    live.release("bad", start="throw new Error('no coupon table');")
    with Load(live.port) as load:
        more_of(load)
        pushed = live.repository.push()
        more_of(load)
    assert pushed.returncode != 0
    assert "did not start" in pushed.stderr and "no coupon table" in pushed.stderr, pushed.stderr
    load.check()
    assert live.repository.live() == before and live.answer() == "release one"


def test_a_client_that_is_killed_takes_the_rollout_back(live):
    live.reconfigure(rollout='steps = ["50%", "100%"]\nbake = "10m"')
    before = live.repository.live()
    live.release("two")
    pushing = live.repository.begin_push()
    wait_until(lambda: live.history()["now"].endswith("(shifting)"), "the rollout to shift", 20)
    os.killpg(pushing.pid, signal.SIGKILL)  # with its ssh
    pushing.communicate(timeout=20)
    wait_until(lambda: live.history()["now"] == "", "it to be taken back", 20)
    story = live.history()["rollouts"][0]
    assert story["outcome"] == "taken_back" and "broken off" in story["message"]
    assert live.repository.live() == before
    wait_until(lambda: live.answer() == "release one", "the old one to have all traffic", 20)
