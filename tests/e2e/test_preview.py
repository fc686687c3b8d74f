"""A release that is being tried is shown to whoever has a pass, and to nobody else."""

import json
import os
import re

import pytest

from support.http import get
from support.livefix import PATIENCE
from support.waiting import wait_until

STEPS = 'steps = ["50%", "100%"]\nbake = "0s"\nwarm = "30s"'
# Says what it was sent, so that a pass that gets through would show.
HANDLER = """
  response.setHeader('X-Release', release);
  response.end('release ' + release + ' ' + request.url + ' ' + JSON.stringify(request.headers));"""


def preview(one, *arguments):
    done = one.command("preview", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def fields(told):
    name, value = told["field"].split(": ")
    return {name: value}


def secret(told):
    return told["field"].split(": ")[1]


@pytest.fixture
def held(shop):
    """The first release serves, the second is ready, paused before its first step."""
    shop.config(rollout=STEPS)
    shop.serve()
    shop.release("one", handler=HANDLER)
    assert shop.repository.push().returncode == 0, shop.livefix.story()
    # Its start waits for this file, so that the pause comes before its first step.
    gate = shop.place / "go"
    shop.release("two", handler=HANDLER, start=f"""
const fs = require('node:fs');
while (!fs.existsSync({json.dumps(str(gate))})) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);""")
    shop.pushing = shop.repository.begin_push()
    wait_until(lambda: shop.command("pause").returncode == 0, "the rollout to be paused", 20 * PATIENCE)
    gate.write_text("")
    wait_until(lambda: preview(shop)["release"], "a candidate", 20 * PATIENCE)
    return shop


@pytest.mark.short
def test_the_candidate_is_seen_before_it_has_traffic_and_by_nobody_else(held):
    told = preview(held)
    assert told["release"] == held.repository.head()[:7] and told["service"] == "shop"
    for _ in range(5):
        shown = get(held.port, headers=fields(told))
        assert "release two" in shown.text
        assert shown.headers["livefix-preview"] == f"candidate {told['release']}"
        assert shown.headers["cache-control"] == "no-store"
        everybody = get(held.port)
        assert "release one" in everybody.text and "livefix-preview" not in everybody.headers
    assert "preview" not in shown.text.replace(told["release"], "").lower(), "the program sees no pass"

    assert held.command("resume").returncode == 0
    assert held.pushing.wait(30 * PATIENCE) == 0, held.livefix.story()
    over = get(held.port, headers=fields(told))
    assert "release two" in over.text and over.headers["livefix-preview"] == "over"


@pytest.mark.short
def test_a_link_is_opened_by_a_browser(held):
    link = preview(held, "--for", "10m")["links"][0]
    assert link.startswith(f"http://localhost:{held.port}/?livefix-preview=")
    query = link.partition("?")[2]
    opened = get(held.port, "/cart?a=1&" + query)
    assert opened.status == 303 and opened.headers["location"] == "/cart?a=1"
    cookie = opened.headers["set-cookie"]
    assert re.search(r"; Path=/; Max-Age=(5\d\d|600); HttpOnly; SameSite=Lax$", cookie), cookie
    shown = get(held.port, "/cart?a=1", headers={"Cookie": "a=b; " + cookie.partition(";")[0]})
    assert "release two /cart?a=1 " in shown.text
    assert '"cookie":"a=b"' in shown.text, "the program sees its own cookies"
    elsewhere = get(held.port, "//evil.example/?" + query)
    assert elsewhere.headers["location"] == "/.//evil.example/"


def test_without_a_good_pass_nobody_sees_it(held):
    good = secret(preview(held))
    what, until, signature = good.split(".")
    for bad in (f"{what}.{int(until) + 1}.{signature}", f"{held.repository.head()[:7]}.{until}.{signature}",
                good[:-1], "candidate", ""):
        answer = get(held.port, headers={"Livefix-Preview": bad})
        assert "release one" in answer.text and "livefix-preview" not in answer.headers, bad
        refused = get(held.port, f"/?livefix-preview={bad}")
        assert refused.status == 403 and "livefix preview gives another one" in refused.text, bad


def test_what_is_previewed_is_no_traffic(held):
    told = preview(held)
    for _ in range(10):
        assert "release two" in get(held.port, headers=fields(told)).text
    status = json.loads(held.command("status", "--json").stdout)
    assert [one["requests"] for one in status["generations"] if one["release"] == told["release"]] == [0]
    assert told["release"] not in held.command("requests", "--json").stdout


def test_a_rollout_waits_for_whoever_wants_to_look(shop):
    shop.config(rollout=STEPS + '\npreview = "10m"')
    shop.serve()
    shop.release("one", handler=HANDLER)
    assert shop.repository.push().returncode == 0, "a first release has nobody to wait for"
    shop.release("two", handler=HANDLER)
    pushing = shop.repository.begin_push()
    wait_until(lambda: preview(shop)["release"], "a candidate", 20 * PATIENCE)
    wait_until(lambda: "release two" in get(shop.port, headers=fields(preview(shop))).text, "it to be shown", 20)
    assert "release one" in get(shop.port).text
    wait_until(lambda: shop.command("resume").returncode == 0, "it to wait", 20 * PATIENCE)
    assert pushing.wait(30 * PATIENCE) == 0, shop.livefix.story()
    assert "release two" in get(shop.port).text


def test_what_is_kept_warm_can_be_seen_by_its_number(live):
    live.release("two", handler=HANDLER)
    assert live.repository.push().returncode == 0

    def warm():
        status = json.loads(live.command("status", "--json").stdout)
        return next((one for one in status["generations"] if one["state"] == "warm"), None)
    old = wait_until(warm, "the old one to be warm", 20 * PATIENCE)
    told = preview(live, "--generation", str(old["id"]))
    assert told["release"] == old["release"] and not told["candidate"]
    answer = get(live.port, headers=fields(told))
    assert "release one" in answer.text
    assert answer.headers["livefix-preview"] == f"warm {old['release']}"
    assert "release two" in get(live.port).text
    assert live.command("rollback").returncode == 0, "it is as ready as before"
    assert get(live.port, headers=fields(told)).headers["livefix-preview"] == f"live {old['release']}"


@pytest.mark.short
def test_taken_back_the_link_shows_what_everybody_sees(held):
    told = preview(held)
    assert held.command("abort").returncode == 0
    assert held.pushing.wait(30 * PATIENCE) != 0
    answer = get(held.port, headers=fields(told))
    assert "release one" in answer.text and answer.headers["livefix-preview"] == "over"


def test_links_outlive_control_and_livefix_itself(held):
    told = preview(held)
    held.livefix.kill("control")
    wait_until(lambda: held.command("status").returncode == 0, "another control", 20 * PATIENCE)
    held.pushing.wait(30 * PATIENCE)  # the new one has taken the rollout back
    assert get(held.port, headers=fields(told)).headers["livefix-preview"] == "over"
    held.reconfigure(rollout=STEPS)
    assert get(held.port, headers=fields(told)).headers["livefix-preview"] == "over"


def test_a_pass_is_told_to_nobody_but_who_asked(held):
    told = preview(held)
    get(held.port, "/?livefix-preview=" + secret(told))
    get(held.port, headers=fields(told))
    key_file = held.state / "preview-key"
    assert key_file.stat().st_mode & 0o777 == 0o600
    key = key_file.read_text().strip()
    assert len(key) == 64
    outputs = [held.command(*words).stdout for words in (
        ("audit", "log"), ("history",), ("status", "--json"), ("logs",), ("requests", "--json"), ("metrics",),
        ("show", held.repository.head()[:7]))]
    assert "preview shop candidate for 1 h" in outputs[0], outputs[0]
    outputs += held.livefix.lines + held.livefix.errors
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    outputs.append(file.read().decode(errors="replace"))
            except OSError:
                continue
    for output in outputs:
        assert key not in output and secret(told) not in output, output


def test_what_is_typed_wrong_is_told(held):
    for words, why in ((("--for", "5"), "has no unit"), (("--for", "2d"), "--for"),
                       (("--service", "card"), "there is no service card here"),
                       (("--generation", "99"), "no generation 99 of shop can be shown")):
        done = held.command("preview", *words)
        assert done.returncode != 0 and why in done.stderr, done
    printed = held.command("preview").stdout
    assert "in a browser  http://localhost:" in printed and "curl -H 'Livefix-Preview: candidate." in printed


def test_of_a_directory_there_is_nothing_to_preview(node, start):
    one = start(node)
    done = one.command("preview")
    assert done.returncode == 1 and "livefix serve runs commits" in done.stderr, done
