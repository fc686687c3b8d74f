"""`livefix push`, as pipelines call it: artifacts, the verdict, exit statuses."""

import json
import os
import pathlib
import signal
import subprocess

import pytest

from support import ports, processes
from support.http import Load, get, try_get
from support.livefix import BINARY
from support.repository import environment
from support.serving import more_of
from support.shop import Shop
from support.waiting import wait_until

SLOW = 'steps = ["50%", "100%"]\nbake = "10m"'
NOBODY = "http://127.0.0.1:1/shop.git"

GO = """package main

import (
	"fmt"
	"log"
	"net/http"
)

var release = "none"

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "release "+release)
	})
	log.Fatal(http.ListenAndServe(":PORT", nil))
}
"""


@pytest.fixture
def shop(place, port, start):
    """Serves, and has a token; nothing was pushed yet."""
    return serving(Shop(place, port, start, door=ports.free_port()))


@pytest.fixture
def live(shop):
    shop.release("one")
    assert verdict(shop)["outcome"] == "promoted"
    return shop


@pytest.fixture
def compiled(place, port, start):
    """A Go service: its sources are in the commits, its binary comes as an artifact."""
    shop = serving(Shop(place, port, start, door=ports.free_port(), command="./bin/shop"))
    shop.repository.write("main.go", GO.replace("PORT", str(port)))
    shop.repository.write("go.mod", "module example.com/shop\n\ngo 1.19\n")
    shop.repository.write(".gitignore", "bin/\n")
    shop.repository.commit("sources")
    return shop


def serving(shop):
    shop.secret = shop.token()
    shop.serve()
    return shop


def build(shop, release, to="bin/shop"):
    (shop.repository.directory / to).unlink(missing_ok=True)
    subprocess.run(["go", "build", "-ldflags", f"-X main.release={release}", "-o", to, "."],
                   cwd=shop.repository.directory, check=True, env=dict(os.environ, CGO_ENABLED="0"))


def verdict(shop, *arguments, status=0, **more):
    """The object of --json, of a push that ended with that exit status."""
    done = shop.publish(*arguments, "--json", token=more.pop("token", shop.secret), **more)
    assert done.returncode == status, done.stdout + done.stderr + shop.livefix.story()
    assert shop.secret not in done.stdout + done.stderr
    return json.loads(done.stdout)


def stored(shop):
    return {path.name for path in (shop.state / "artifacts").iterdir()}


def test_a_good_commit_is_live_when_it_ends(live):
    commit = live.release("two")
    with Load(live.port) as load:
        more_of(load)
        told = verdict(live)
        more_of(load)
    load.check()
    assert told["ok"] and told["outcome"] == "promoted" and told["commit"] == commit
    assert told["gate"] == "" and told["took_ms"] > 0 and "live after" in told["message"]
    assert told["lines"][-1] == told["message"]
    assert live.answer() == "release two" and live.repository.live() == commit


def test_lines_are_shown_and_the_token_is_not(live):
    live.release("two")
    done = live.publish(url=live.url(live.secret))
    assert done.returncode == 0, done.stderr
    assert "live after" in done.stdout and "livefix-verdict" not in done.stdout
    assert live.secret not in done.stdout + done.stderr


def test_a_bad_commit_is_the_exit_status(live):
    before = live.repository.live()
    live.release("bad", start="throw new Error('no coupon table');")
    told = verdict(live, status=1)
    assert not told["ok"] and told["outcome"] == "taken_back"
    assert "no coupon table" in told["message"]
    assert live.answer() == "release one" and live.repository.live() == before
    done = live.publish(token=live.secret)
    assert done.returncode == 1 and "no coupon table" in done.stdout


def test_errors_of_a_candidate_name_their_gate(live):
    live.reconfigure(rollout=SLOW)
    live.release("bad", handler="response.statusCode = 500; response.end('oh');")
    with Load(live.port):
        told = verdict(live, status=1, timeout=120)
    assert told["outcome"] == "taken_back" and told["gate"], told
    assert live.answer() == "release one"


def test_what_runs_already_is_no_push(live):
    told = verdict(live)
    assert told["ok"] and told["outcome"] == "unchanged"
    assert len(live.history()["rollouts"]) == 1
    assert live.repository.git("ls-remote", "live", "refs/rollout/*").stdout == ""


def test_usage_and_nobody_there_have_statuses_of_their_own(live):
    assert live.publish("--commit", "nonsense", token=live.secret).returncode == 2
    assert live.publish("--artifact", "nothing", token=live.secret).returncode == 2
    assert live.publish("--timeout", "5", token=live.secret).returncode == 2
    without = live.publish()
    assert without.returncode == 2 and "LIVEFIX_TOKEN" in without.stderr
    assert verdict(live, status=3, url=NOBODY)["outcome"] == "unreachable"
    wrong = live.publish(token="livefix_" + "0" * 64)
    assert wrong.returncode == 3 and "not known here" in wrong.stderr
    missing = live.publish(token=live.secret, url=live.url().replace("shop.git", "cart.git"))
    assert missing.returncode == 3 and "/shop.git" in missing.stderr


def test_a_branch_that_went_another_way_needs_force(live):
    live.release("two")
    assert verdict(live)["ok"]
    assert live.command("rollback").returncode == 0
    live.release("three")
    told = verdict(live, status=1)
    assert told["outcome"] == "refused" and "--force" in told["message"]
    assert live.answer() == "release one"
    assert verdict(live, "--force")["ok"] and live.answer() == "release three"


@pytest.mark.parametrize("how", ["signal", "timeout", "killed"])
def test_a_pipeline_that_ends_takes_the_rollout_back(live, how):
    live.reconfigure(rollout=SLOW)
    live.release("two")
    command = [BINARY, "push", "--json", "--timeout", "5s" if how == "timeout" else "10m"]
    variables = {**environment(), "LIVEFIX_URL": live.url(), "LIVEFIX_TOKEN": live.secret}
    with subprocess.Popen(command, cwd=live.repository.directory, env=variables, text=True,
                          stdout=subprocess.PIPE) as pushing:
        wait_until(lambda: live.history()["now"].endswith("(shifting)"), "it to shift", 20)
        git = [line for pid in processes.children(pushing.pid)
               for line in [processes.command_line(pid)]]
        assert git and live.secret not in " ".join(git), "others may read its arguments"
        if how == "signal":
            pushing.send_signal(signal.SIGTERM)
        if how == "killed":  # alone: its Git and the helper of that know nothing of it
            pushing.kill()
            pushing.wait()
        else:
            told = json.loads(pushing.communicate(timeout=60)[0])
            assert pushing.returncode == 1 and told["outcome"] == "broken_off"
    wait_until(lambda: live.history()["now"] == "", "it to be taken back", 20)
    assert live.history()["rollouts"][0]["outcome"] == "taken_back"
    wait_until(lambda: live.answer() == "release one", "the old one to have all traffic", 20)


# --- artifacts -----------------------------------------------------------------------------------


def test_a_binary_comes_as_an_artifact_and_is_sent_once(compiled):
    build(compiled, "one")
    told = verdict(compiled, "--artifact", "bin/shop")
    assert told["outcome"] == "promoted" and compiled.answer() == "release one"
    assert "sent" in told["lines"][0]
    hashes = stored(compiled)
    assert len(hashes) == 1
    compiled.repository.write("README", "words")
    compiled.repository.commit("words")
    told = verdict(compiled, "--artifact", "bin/shop")
    assert "is there already" in told["lines"][0] and told["outcome"] == "promoted"
    assert stored(compiled) == hashes


def test_another_binary_of_the_same_commit_is_another_release(compiled):
    build(compiled, "one")
    first = verdict(compiled, "--artifact", "bin/shop")
    build(compiled, "two")
    with Load(compiled.port) as load:
        more_of(load)
        second = verdict(compiled, "--artifact", "bin/shop")
        more_of(load)
    load.check()
    assert second["commit"] == first["commit"] and second["outcome"] == "promoted"
    assert compiled.answer() == "release two"
    assert verdict(compiled, "--artifact", "bin/shop")["outcome"] == "unchanged"
    assert compiled.repository.git("ls-remote", "live", "refs/rollout/*").stdout == ""
    rolled = compiled.command("rollback")
    assert rolled.returncode == 0, rolled.stderr
    assert compiled.answer() == "release one", "a release has its artifacts for good"
    compiled.livefix.stop()
    compiled.serve()
    wait_until(lambda: try_get(compiled.port), "it to serve again", 20)
    assert compiled.answer() == "release one"


def test_two_artifacts_are_where_they_were_wanted(compiled):
    build(compiled, "one", "bin/one")
    (compiled.repository.directory / "bin/data").write_text("prices")
    told = verdict(compiled, "--artifact", "bin/one=bin/shop", "--artifact",
                   "bin/data=share/deep/prices.txt")
    assert told["outcome"] == "promoted", told
    release = next(path for path in (compiled.state / "releases").iterdir()
                   if path.is_dir() and "-" in path.name)
    assert (release / "share/deep/prices.txt").read_text() == "prices"
    assert os.access(release / "bin/shop", os.X_OK) and (release / "main.go").exists()


def test_a_bad_binary_is_taken_back_and_a_good_one_goes_live(compiled):
    build(compiled, "one")
    assert verdict(compiled, "--artifact", "bin/shop")["ok"]
    bad = compiled.repository.directory / "bin/shop"
    bad.write_text("#!/bin/sh\necho no such table; exit 3\n")
    told = verdict(compiled, "--artifact", "bin/shop", status=1)
    assert told["outcome"] == "taken_back" and "no such table" in told["message"]
    assert compiled.answer() == "release one"
    build(compiled, "two")
    assert verdict(compiled, "--artifact", "bin/shop")["ok"] and compiled.answer() == "release two"


def test_what_the_commit_has_itself_is_not_replaced(compiled):
    build(compiled, "one")
    told = verdict(compiled, "--artifact", "bin/shop=main.go", status=1)
    assert told["outcome"] == "refused" and "main.go is in the commit" in told["message"]


def test_a_hash_that_nobody_sent_is_refused(compiled):
    option = "livefix.artifact=bin/shop:" + "a" * 64
    pushed = compiled.repository.push("-o", option, "live", "main")
    assert pushed.returncode != 0 and "is not here" in pushed.stderr
    pushed = compiled.repository.push("-o", "livefix.artifact=../x:" + "a" * 64, "live", "main")
    assert pushed.returncode != 0 and "no place for an artifact" in pushed.stderr
    answer = get(compiled.door, "/shop.git/artifacts/" + "a" * 64, method="PUT", body=b"bytes",
                 headers={"Authorization": f"Bearer {compiled.secret}"})
    assert answer.status == 422 and stored(compiled) == set()


def test_a_shallow_checkout_is_told_what_to_do(live, place):
    live.release("two")
    shallow = place / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth", "1", live.repository.directory.as_uri(),
                    shallow], check=True, env=environment())
    live.repository.directory = pathlib.Path(shallow)
    (shallow / "more").write_text("more")
    live.repository.commit("more")
    done = live.publish(token=live.secret)
    assert done.returncode == 1 and "fetch-depth" in done.stderr
