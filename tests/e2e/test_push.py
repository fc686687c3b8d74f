"""Commits that are pushed to `livefix serve`: which go live, which do not, and what Git says then."""

import json
import re
import subprocess

import pytest

from support.http import Load, try_get
from support.repository import environment
from support.serving import more_of
from support.waiting import wait_until


def test_a_first_push_starts_the_service(shop):
    shop.serve()
    commit = shop.release("one")
    pushed = shop.repository.push()
    assert pushed.returncode == 0, pushed.stderr + shop.livefix.story()
    assert "live" in pushed.stderr and commit[:7] in pushed.stderr
    assert shop.answer() == "release one"
    assert shop.repository.live() == commit


@pytest.mark.short
def test_a_good_fix_goes_live_and_nothing_is_lost(live):
    commit = live.release("two")
    with Load(live.port) as load:
        more_of(load, 200)
        pushed = live.repository.push()
        more_of(load, 200)
    assert pushed.returncode == 0, pushed.stderr + live.livefix.story()
    load.check()
    assert live.answer() == "release two"
    assert live.repository.live() == commit


BAD = {
    "crashes": (dict(start="throw new Error('no coupon table');"), "no coupon table"),
    "never listens": (dict(start="setInterval(() => {}, 1000); return;"), "did not listen"),
    "exits": (dict(start="process.exit(3);"), "exited with 3"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_commit_is_refused_and_the_old_one_serves_on(live, what):
    fault, said = BAD[what]
    before = live.repository.live()
    bad = live.release("bad", **fault)
    with Load(live.port) as load:
        more_of(load, 50)
        pushed = live.repository.push()
        more_of(load, 50)
    assert pushed.returncode != 0
    assert said in pushed.stderr, pushed.stderr + live.livefix.story()
    load.check()
    assert live.answer() == "release one"
    assert live.repository.live() == before
    story = live.history()["rollouts"][0]
    assert story["commit"] == bad and story["outcome"] == "taken_back"


@pytest.mark.short
def test_what_comes_behind_a_refused_push_goes_live(live):
    live.release("bad", start="throw new Error('oh');")
    assert live.repository.push().returncode != 0
    good = live.release("good")
    pushed = live.repository.push()
    assert pushed.returncode == 0, pushed.stderr
    assert live.repository.live() == good
    assert live.answer() == "release good"


def test_other_branches_and_tags_are_stored(live):
    live.release("topic")
    pushed = live.repository.push("live", "main:topic")
    assert pushed.returncode == 0 and "stored" in pushed.stderr
    live.repository.git("tag", "v1")
    assert live.repository.push("live", "v1").returncode == 0
    assert live.answer() == "release one"


def test_the_live_branch_cannot_be_deleted(live):
    pushed = live.repository.push("live", ":main")
    assert pushed.returncode != 0 and "cannot be deleted" in pushed.stderr
    assert live.repository.live() != ""


def test_a_forced_push_goes_live_and_is_named(live):
    live.release("two")
    assert live.repository.push().returncode == 0
    live.repository.git("reset", "-q", "--hard", "HEAD~1")
    other = live.release("other")
    pushed = live.repository.push("live", "+main")
    assert pushed.returncode == 0 and "forced" in pushed.stderr
    assert live.repository.live() == other and live.answer() == "release other"


@pytest.mark.short
def serving(live):
    status = json.loads(live.command("status", "--json").stdout)
    return next(one for one in status["generations"] if one["state"] == "serving")


def test_a_rollback_is_live_and_git_says_so(live):
    first = live.repository.live()
    second = live.release("two")
    before = serving(live)["pid"]
    assert live.repository.push().returncode == 0
    with Load(live.port) as load:
        more_of(load, 50)
        done = live.command("rollback")
        more_of(load, 50)
    assert done.returncode == 0, done.stderr + live.livefix.story()
    load.check()
    assert live.answer() == "release one"
    assert serving(live)["pid"] == before, "what is warm is not started again"
    assert re.search(r"live after \d+ ms", done.stdout), f"not within a second: {done.stdout}"
    story = live.history()["rollouts"][0]
    assert story["rollback"] and 0 < story["took_ms"] < 1_000
    assert re.search(r"^  took +\d+ ms$", live.command("show", str(story["id"])).stdout, re.MULTILINE)
    head = live.repository.live()
    assert head not in (first, second)
    live.repository.git("fetch", "-q", "live")
    assert live.repository.git("rev-parse", f"{head}^").stdout.strip() == second
    tree = live.repository.git("rev-parse", f"{head}^{{tree}}").stdout
    assert tree == live.repository.git("rev-parse", f"{first}^{{tree}}").stdout


def server_of(live, commit):
    return next((live.state / "releases").glob(f"{commit[:12]}*/server.js"))


def test_what_was_edited_by_hand_does_not_run_after_a_rollback(live):
    first = live.repository.live()
    live.release("two")
    assert live.repository.push().returncode == 0
    live.livefix.stop()  # no old generation is warm any more
    edited = server_of(live, first)
    edited.write_text(edited.read_text().replace("'release '", "'edited '"))
    live.serve()
    wait_until(lambda: try_get(live.port), "it to serve again", 20)
    done = live.command("rollback")
    assert done.returncode == 0, done.stderr + live.livefix.story()
    assert live.answer() == "release one"
    branch = re.search(r"as committed again: server.js; the edits are on (drift/\S+?-1)", done.stdout)[1]
    live.repository.git("fetch", "-q", "live", branch)
    assert "'edited '" in live.repository.git("show", "FETCH_HEAD:server.js").stdout
    assert "drift restored" in live.command("audit", "log").stdout


def test_a_commit_that_comes_again_is_judged_as_it_was_committed(live):
    bad = live.release("bad", start="throw new Error('no coupon table');")
    assert live.repository.push().returncode != 0
    edited = server_of(live, bad)
    edited.write_text(edited.read_text().replace("throw", "if (false) throw"))
    again = live.repository.push()
    assert again.returncode != 0 and "no coupon table" in again.stderr, again.stderr
    assert "edited by hand where the release lay, and as committed again: server.js" in again.stderr
    assert live.answer() == "release one"


def test_history_and_show_tell_what_was(live):
    live.release("bad", start="throw new Error('oh');")
    live.repository.push()
    table = live.command("history").stdout
    assert "taken back" in table and "live" in table and "anna" in table
    shown = live.command("show", "2").stdout
    assert "oh" in shown and "taken back" in shown
    assert live.command("audit", "verify").returncode == 0


def test_after_a_restart_the_promoted_release_runs(live):
    live.release("two")
    assert live.repository.push().returncode == 0
    live.livefix.stop()
    live.serve()
    wait_until(lambda: try_get(live.port), "it to serve again", 20)
    assert live.answer() == "release two"


@pytest.mark.parametrize("victim", ["control", "proxy"])
def test_a_role_that_is_killed_leaves_the_promoted_release(live, victim):
    live.release("two")
    assert live.repository.push().returncode == 0
    live.livefix.kill(victim)
    wait_until(lambda: live.answer() == "release two", "release two", 20)
    live.release("three")
    pushed = live.repository.push()
    assert pushed.returncode == 0, pushed.stderr + live.livefix.story()
    assert live.answer() == "release three"


def test_a_pusher_who_leaves_takes_the_rollout_back(live):
    live.reconfigure(rollout='steps = ["50%", "100%"]\nbake = "10m"')
    before = live.repository.live()
    live.release("two")
    pushing = live.repository.begin_push()
    wait_until(lambda: live.history()["now"].endswith("(shifting)"), "the rollout to shift", 20)
    pushing.kill()
    pushing.wait()
    wait_until(lambda: live.history()["now"] == "", "it to be taken back", 20)
    story = live.history()["rollouts"][0]
    assert story["outcome"] == "taken_back" and "broken off" in story["message"]
    assert live.repository.live() == before
    wait_until(lambda: live.answer() == "release one", "the old one to have all traffic", 20)


def test_an_abort_takes_it_back_and_the_pusher_hears_who(live):
    live.reconfigure(rollout='steps = ["50%", "100%"]\nbake = "10m"')
    live.release("two")
    pushing = live.repository.begin_push()
    wait_until(lambda: live.history()["now"].endswith("(shifting)"), "the rollout to shift", 20)
    refused = live.repository.push()
    assert refused.returncode != 0 and "is being rolled out" in refused.stderr
    resumed = live.command("resume")
    assert resumed.returncode == 1 and "nobody has paused it" in resumed.stderr
    assert "(shifting, paused)" in live.command("pause").stdout
    assert live.history()["now"].endswith("(shifting, paused)")
    assert live.command("abort").returncode == 0
    said = pushing.communicate(timeout=30)[1]
    assert pushing.returncode != 0 and "anna aborted it" in said
    assert live.answer() == "release one"


def test_answers_of_500_are_taken_back(live):
    live.reconfigure(rollout='steps = ["50%", "100%"]\nbake = "10m"\nreplay = "off"')
    live.release("bad", handler="console.error('no coupon table');"
                                "response.statusCode = 500; response.end('oh');")
    with Load(live.port) as load:
        pushed = live.repository.push(timeout=120)
    assert pushed.returncode != 0
    assert "errors" in pushed.stderr, pushed.stderr
    assert "no coupon table" in pushed.stderr, "the program says why"
    assert {failure for failure in load.failures if "500" not in str(failure)} == set()
    assert live.answer() == "release one"


# What a candidate does to replayed samples can be known before its end is, or after.
@pytest.mark.parametrize("replay, reasons", [
    ("off", ["exited with 7 after it was ready"]),
    ("on", ["exited with 7 after it was ready", "GET /: 200 → closed"])])
def test_one_that_crashes_at_work_is_not_said_to_have_crashed_before(live, replay, reasons):
    live.reconfigure(rollout=f'steps = ["50%", "100%"]\nbake = "10m"\nreplay = "{replay}"')
    live.release("bad", handler="console.error('no coupon table'); process.exit(7);")
    with Load(live.port) as load:
        pushed = live.repository.push(timeout=120)
        more_of(load)
    assert pushed.returncode != 0
    assert any(reason in pushed.stderr for reason in reasons), pushed.stderr
    assert "before it was ready" not in pushed.stderr and "no coupon table" in pushed.stderr
    assert live.answer() == "release one"


def test_one_that_is_not_healthy_says_why(live):
    live.reconfigure(more='health = { path = "/", timeout = "2s" }')
    live.release("bad", handler="console.error('no coupon table');"
                                "response.statusCode = 503; response.end('oh');")
    pushed = live.repository.push(timeout=120)
    assert pushed.returncode != 0
    assert "503" in pushed.stderr and "no coupon table" in pushed.stderr
    assert live.answer() == "release one"


def test_what_a_build_prints_does_not_act_on_the_pushers_terminal(live):
    live.reconfigure(more='build = "sh build.sh"')
    live.repository.write("build.sh", r"printf '\033]0;owned\007 \033[2J \033[31mred\n'; exit 3")
    live.release("bad")
    pushed = live.repository.push()
    assert pushed.returncode != 0 and "^[]0;owned^G ^[[2J" in pushed.stderr, pushed.stderr
    assert "\x07" not in pushed.stderr and "\x1b]" not in pushed.stderr
    assert "\x1b[31mred\x1b[0m" in pushed.stderr, "colours stay, and end with their line"


FLAKY = """
  global.served = (global.served || 0) + 1;
  if (global.served % 4 == 0) response.statusCode = 500;
  response.end('release ' + release);
"""


def test_without_a_shared_step_it_is_compared_with_what_the_old_one_did_before(live):
    live.reconfigure(rollout='steps = ["100%"]\nbake = "1s"\nlittle_traffic = "go_on"\nmax_p99 = "+10000%"')
    live.release("flaky", handler=FLAKY)
    pushed = live.repository.push()
    assert pushed.returncode == 0, pushed.stderr
    live.release("as flaky", handler=FLAKY)
    with Load(live.port) as load:
        more_of(load, 100)
        pushed = live.repository.push(timeout=120)
    assert pushed.returncode == 0, pushed.stderr
    assert re.search(r"errors [\d.]+ % \(old: [1-9]", pushed.stderr), pushed.stderr


def test_what_git_lfs_keeps_elsewhere_is_refused(live):
    before = live.repository.live()
    live.repository.write("logo.png", "version https://git-lfs.github.com/spec/v1\n"
                          f"oid sha256:{'ab' * 32}\nsize 12345\n")
    live.repository.commit("a logo")
    pushed = live.repository.push()
    assert pushed.returncode != 0
    assert "Git LFS" in pushed.stderr and "logo.png" in pushed.stderr, pushed.stderr
    assert live.repository.live() == before and live.answer() == "release one"


def test_a_shallow_clone_pushes_what_the_server_can_join(live, place):
    for name in ("two", "three"):
        live.release(name)
        assert live.repository.push().returncode == 0
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{live.state}/shop.git", place / "shallow"],
                   env=environment(), check=True, capture_output=True)
    live.repository.directory = place / "shallow"
    live.repository.git("remote", "rename", "origin", "live")
    live.release("four")
    pushed = live.repository.push("live", "HEAD:main")
    assert pushed.returncode == 0, pushed.stderr
    assert live.answer() == "release four"


def test_the_last_of_several_commits_is_what_runs(live):
    for name in ("two", "three", "four"):
        last = live.release(name)
    assert live.repository.push().returncode == 0
    assert live.answer() == "release four" and live.repository.live() == last
    assert len(live.history()["rollouts"]) == 2
