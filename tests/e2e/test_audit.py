"""Who did what to a `livefix serve` is on record: tokens, reloads, stops."""

import contextlib
import json
import os
import signal
import socket
import sqlite3

from support import ports
from support.http import get, try_get
from support.livefix import PATIENCE
from support.shop import Shop
from support.waiting import wait_until


def log(shop):
    done = shop.command("audit", "log", "--most", "200", "--json")
    assert done.returncode == 0, done.stderr + shop.livefix.story()
    return json.loads(done.stdout)["events"]


def commands(shop):
    """Of those on record, as in "anna: reload shop"; without when a token was made."""
    return [f"{event['who']}: {event['text'].split(', at ')[0]}"
            for event in log(shop) if event["kind"] == "command"]


def wait_for(shop, expected):
    wait_until(lambda: commands(shop) == expected, f"{expected}, not {commands(shop)}",
               20 * PATIENCE)


def is_whole(shop):
    return shop.command("audit", "verify").returncode == 0


def test_tokens_reloads_and_stops_are_on_record_once_with_who(shop):
    assert shop.command("token", "add", "early").returncode == 0
    shop.serve()
    shop.release("one")
    assert shop.repository.push().returncode == 0
    expected = ["anna: token add early (push)"]
    wait_for(shop, expected)
    shop.token("ci", scope="read")
    expected.append("anna: token add ci (read)")
    wait_for(shop, expected)
    reloaded = shop.command("reload", "--service", "shop")
    assert reloaded.returncode == 0, reloaded.stderr
    expected.append("anna: reload shop")
    assert commands(shop) == expected
    stopped = shop.command("stop")
    assert stopped.returncode == 0, stopped.stderr
    shop.livefix.join()
    expected.append("anna: stop")
    assert shop.command("token", "remove", "early").returncode == 0
    shop.serve()
    expected.append("anna: token remove early (push)")
    wait_for(shop, expected)
    assert is_whole(shop)
    table = shop.command("audit", "log").stdout.splitlines()
    assert "token remove early (push), at " in table[-1] and "anna" in table[-1]
    assert shop.command("audit", "log", "--most", "1").stdout.split()[3:] == table[-1].split()


def test_a_signal_stops_and_is_on_record_once(live):
    live.livefix.stop(signal.SIGINT)
    live.serve()
    assert commands(live) == ["signal: stop SIGINT"]


def test_what_is_refused_is_not_on_record(shop):
    shop.serve()
    assert shop.command("reload").returncode == 1, "nothing runs"
    assert shop.command("reload", "--service", "cart").returncode == 1
    assert commands(shop) == []


def test_a_strange_name_is_recorded_as_far_as_it_goes(live):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(60 * PATIENCE)
        client.connect(str(live.state / "run/shop/control.sock"))
        client.sendall(b"POST /v1/reload?who=" + b"\xff" * 300 + b" HTTP/1.1\r\nHost: livefix\r\n\r\n")
        assert b" 200 " in client.recv(4096).splitlines()[0]
    assert commands(live) == ["\ufffd" * 64 + ": reload shop"]
    live.token("ci")
    wait_until(lambda: len(commands(live)) == 2, "what comes behind it", 20 * PATIENCE)


def test_a_control_that_dies_between_two_looks_takes_each_change_once(live):
    expected = []
    for turn in range(5):
        name = f"token-{turn}"
        live.token(name)
        old = live.livefix.kill("control")
        live.livefix.role("control", but_not=old)
        assert live.command("token", "remove", name).returncode == 0
        expected += [f"anna: token {what} {name} (push)" for what in ("add", "remove")]
    wait_for(live, expected)
    old = live.livefix.kill("control")
    live.livefix.role("control", but_not=old)
    assert live.command("token", "add", "last").returncode == 0
    wait_for(live, [*expected, "anna: token add last (push)"])
    assert is_whole(live)
    assert get(live.port).text == "release one"


def test_a_backup_of_the_tokens_that_is_put_back_is_on_record(live):
    live.token("ci")
    tokens = live.state / "tokens"
    backup = tokens.read_bytes()
    assert live.command("token", "remove", "ci").returncode == 0
    wait_for(live, ["anna: token add ci (push)", "anna: token remove ci (push)"])
    new = live.state / "tokens.new"
    new.write_bytes(backup)
    os.chmod(new, 0o600)
    new.rename(tokens)
    wait_until(lambda: len(commands(live)) == 3, "a record of it", 20 * PATIENCE)
    assert commands(live)[-1].startswith("livefix: token file another file was put back")
    assert "ci (push)" in commands(live)[-1]


def test_a_broken_token_file_is_said_and_stops_nothing(live):
    (live.state / "tokens").write_text('{"tokens":[],"changes":[{"id":"\x1b[2J"}]}')
    os.chmod(live.state / "tokens", 0o600)
    wait_until(lambda: live.livefix.seen("warning"), "a warning", 20 * PATIENCE)
    said = live.livefix.seen("warning")[-1]["message"]
    assert "tokens: " in said and "until that is mended" in said
    done = live.command("token", "add", "ci")
    assert done.returncode == 1 and str(live.state / "tokens") in done.stderr
    assert commands(live) == [] and get(live.port).text == "release one"


def test_who_comes_with_a_token_comes_after_it_on_record(place, port, start):
    shop = Shop(place, port, start, door=ports.free_port())
    shop.serve()
    shop.release("one")
    pushed = shop.publish(token=shop.token("ci"))
    assert pushed.returncode == 0, pushed.stderr
    kinds = [event["kind"] for event in log(shop)]
    assert kinds.index("command") < kinds.index("rollout")


def head(shop):
    """As people keep it, to compare with later."""
    done = shop.command("audit", "verify")
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


def tamper(shop, sql):
    """By somebody else, while livefix is not there."""
    ledger = sqlite3.connect(shop.state / "ledger.db")
    ledger.executescript(sql)
    ledger.close()


def test_an_end_that_was_cut_off_is_seen_by_a_head_of_before(live):
    before = head(live)
    assert live.command("reload").returncode == 0
    after = head(live)
    assert before != after
    for known in (before, after):
        assert live.command("audit", "verify", "--head", known).returncode == 0
    sequence, _, digest = after.partition(":")
    other = f"{sequence}:{digest[::-1]}"
    done = live.command("audit", "verify", "--head", other)
    assert done.returncode == 1 and f"event {sequence} is another than it was" in done.stderr
    live.livefix.stop()
    tamper(live, f"DELETE FROM event WHERE sequence >= {sequence}")
    live.serve()
    assert live.command("audit", "verify", "--head", before).returncode == 0
    done = live.command("audit", "verify", "--head", after)
    assert done.returncode == 1, "one chain is as good as another without a head"


def test_what_is_no_head_is_refused_in_a_sentence(live):
    for wrong, status in (("12", 1), ("x y", 2)):
        done = live.command("audit", "verify", "--head", wrong)
        assert done.returncode == status and "SEQUENCE:HASH" in done.stderr
        assert done.stderr.count("\n") == 1
    assert live.command("audit", "log", "--head", head(live)).returncode == 2


def test_a_ledger_that_was_changed_is_moved_away_to_begin_anew(live):
    live.token("ci")
    wait_for(live, ["anna: token add ci (push)"])
    live.livefix.stop()
    tamper(live, "UPDATE event SET body = replace(body, 'one', 'two') WHERE sequence = 1")
    done = live.command("serve", "--config", "livefix.toml")
    assert done.returncode == 1 and "event 1 was changed" in done.stderr
    assert f"keep a copy of it and of {live.state}/ledger.db-wal" in done.stderr
    for file in live.state.glob("ledger.db*"):
        file.rename(live.place / file.name)
    live.serve()
    wait_for(live, ["anna: token add ci (push)"])
    assert live.history()["rollouts"] == [] and len(log(live)) == 1
    pushed = live.repository.push()
    assert pushed.returncode == 0 and "up-to-date" in pushed.stderr, "Git has not lost anything"
    assert try_get(live.port) is None, "nothing runs until something is pushed"
    pushed = live.repository.push("live", "main:refs/rollout/again")
    assert "livefix  100 % · live after" in pushed.stderr, pushed.stderr + live.livefix.story()
    assert live.answer() == "release one" and is_whole(live)
    assert [one["id"] for one in live.history()["rollouts"]] == [1]


def test_a_backup_of_the_ledger_that_is_put_back_says_what_runs(live):
    first = live.repository.head()
    with contextlib.closing(sqlite3.connect(live.place / "backup.db")) as backup, \
         contextlib.closing(sqlite3.connect(live.state / "ledger.db")) as ledger:
        ledger.backup(backup)
    live.release("two")
    assert live.repository.push().returncode == 0
    live.livefix.stop()
    for file in live.state.glob("ledger.db*"):
        file.rename(live.place / file.name)
    (live.place / "backup.db").rename(live.state / "ledger.db")
    live.serve()
    wait_until(lambda: try_get(live.port) is not None, "it to serve again", 20 * PATIENCE)
    assert live.answer() == "release one"
    wait_until(lambda: live.repository.live() == first, "the branch to be there", 20 * PATIENCE)
    assert [one["id"] for one in live.history()["rollouts"]] == [1] and is_whole(live)


def test_the_log_of_a_directory_is_refused_in_a_sentence(node, start):
    done = start(node).command("audit", "log")
    assert done.returncode == 1 and "livefix serve" in done.stderr
    assert done.stderr.count("\n") == 1
