"""What is on record of pushes to `livefix serve`, and what stays of their releases."""

import os
import pwd
import subprocess

import pytest

from support.http import Load, try_get
from support.livefix import BINARY, PATIENCE
from support.repository import environment
from support.serving import more_of
from support.shop import Shop
from support.waiting import wait_until


@pytest.fixture
def live(place, port, start):
    """The first release serves."""
    shop = Shop(place, port, start)
    shop.serve()
    shop.release("one")
    pushed = shop.repository.push()
    assert pushed.returncode == 0, pushed.stderr + shop.livefix.story()
    return shop


def test_a_refused_commit_is_on_record(live):
    live.repository.git("update-index", "--add", "--cacheinfo", f"160000,{live.repository.head()},lib")
    live.repository.git("commit", "-q", "-m", "a submodule")
    assert live.repository.push().returncode != 0
    story = live.history()["rollouts"][0]
    assert story["outcome"] == "refused" and "submodules" in story["message"]
    assert story["commit"] == live.repository.head() and story["who"] == "anna"
    assert story["subject"] == "a submodule"
    live.release("two")
    assert live.repository.push().returncode == 0 and live.answer() == "release two"


def test_the_history_has_the_figures_of_old_and_new_code(live):
    live.reconfigure(rollout='steps = ["50%", "100%"]\nbake = "500ms"\nreplay = "off"\nmax_p99 = "+1000%"')
    live.release("two")
    with Load(live.port) as load:
        more_of(load)
        pushed = live.repository.push()
        assert pushed.returncode == 0, pushed.stderr + live.livefix.story()
        live.release("bad", handler="response.statusCode = 500; response.end('oh');")
        assert live.repository.push().returncode != 0
    bad, good, first = (rollout["figures"] for rollout in live.history()["rollouts"])
    assert first == [], "nobody asked for anything"
    assert [(one["service"], one["percent"], one["errors"]) for one in good] == [("shop", 100, 0)]
    assert good[0]["requests"] > 0 and good[0]["p99_us"] > 0 and good[0]["old"]["requests"] > 0
    assert bad[0]["percent"] == 50 and bad[0]["requests"] > 0
    assert bad[0]["errors"] == bad[0]["requests"] and bad[0]["old"]["errors"] == 0
    said = f"shop · 50 % · {bad[0]['requests']:,} requests · errors 100 % (old: 0 %) · p99 "
    assert said in live.command("history").stdout
    assert f"figures   {said}" in live.command("show", "3").stdout
    live.livefix.stop()
    live.serve()
    assert [rollout["figures"] for rollout in live.history()["rollouts"]] == [bad, good, first]


def test_who_gave_a_command_is_known_without_variables_too(live):
    live.release("two")
    assert live.repository.push().returncode == 0
    nameless = {name: value for name, value in environment().items()
                if name not in ("USER", "LOGNAME", "SUDO_USER")}
    subprocess.run([BINARY, "rollback", "--state", str(live.state)], env=nameless, check=True,
                   cwd=live.place, timeout=60)
    assert live.history()["rollouts"][0]["who"] == pwd.getpwuid(os.getuid()).pw_name


def test_there_is_no_way_back_to_what_was_never_live(live):
    bad = live.release("bad", start="throw new Error('oh');")
    assert live.repository.push().returncode != 0
    done = live.command("rollback", bad[:7])
    assert done.returncode == 1 and "was never live" in done.stderr
    assert live.answer() == "release one"


def test_a_rollback_to_a_number_is_to_that_rollout(live):
    first = live.repository.head()
    live.release("two")
    assert live.repository.push().returncode == 0
    live.release("bad", start="throw new Error('oh');")
    assert live.repository.push().returncode != 0
    done = live.command("rollback", "3")
    assert done.returncode == 1 and "rollout 3 was taken back and never live" in done.stderr
    assert live.answer() == "release two"
    done = live.command("rollback", "1")
    assert done.returncode == 0, done.stderr + live.livefix.story()
    assert live.answer() == "release one"
    assert live.history()["rollouts"][0]["commit"] == first


def test_a_rollback_of_the_ref_alone_makes_no_commit(live):
    first = live.repository.live()
    live.release("two")
    assert live.repository.push().returncode == 0
    done = live.command("rollback", "--ref-only")
    assert done.returncode == 0, done.stderr + live.livefix.story()
    assert f"the branch is at {first[:7]}" in done.stdout
    assert live.repository.live() == first and live.answer() == "release one"
    live.livefix.stop()
    live.serve()
    wait_until(lambda: try_get(live.port) is not None, "it to serve again", 20 * PATIENCE)
    assert live.repository.live() == first and live.answer() == "release one"


@pytest.fixture
def signing(live):
    """Commits that are signed with `-S` are Anna's; others are refused."""
    key = live.place / "key"
    made = subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=False)
    if made.returncode != 0:
        pytest.skip("there is no ssh-keygen")
    public = key.with_suffix(".pub").read_text()
    (live.place / "signers").write_text(f"anna@example.com {public}")
    live.repository.git("config", "gpg.format", "ssh")
    live.repository.git("config", "user.signingKey", str(key))
    live.reconfigure(rollout='steps = ["100%"]\nbake = "0s"\n[push]\nrequire_signed = "signers"')
    return live


def test_the_signature_of_the_tip_counts_for_what_is_below_it(signing):
    unsigned = signing.release("two")
    pushed = signing.repository.push()
    assert pushed.returncode != 0 and "sign" in pushed.stderr
    story = signing.history()["rollouts"][0]
    assert story["outcome"] == "refused" and story["subject"] == "two"
    signing.repository.git("commit", "-q", "-S", "--allow-empty", "-m", "signed")
    assert signing.repository.git("rev-parse", "HEAD^").stdout.strip() == unsigned
    pushed = signing.repository.push()
    assert pushed.returncode == 0, pushed.stderr + signing.livefix.story()
    assert "signed by anna@example.com" in pushed.stderr and signing.answer() == "release two"


def test_bad_releases_push_no_good_one_out(live):
    live.reconfigure(rollout='steps = ["100%"]\nbake = "0s"\nwarm = "0s"\n[push]\nkeep_releases = 1')
    first = live.repository.head()
    for name in ("two", "three"):
        live.release(name)
        assert live.repository.push().returncode == 0
    for name in ("bad", "worse", "worst"):
        live.release(name, start="throw new Error('oh');")
        assert live.repository.push().returncode != 0
    done = live.command("rollback", first[:7])
    assert done.returncode == 0, done.stderr + live.livefix.story()
    assert live.answer() == "release one"
