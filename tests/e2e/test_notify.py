"""Webhooks and commands are told of what happens to a `livefix serve`."""

import json
import pathlib
import re
import ssl
import subprocess
import time

import pytest

from support import ports, processes
from support.hooks import Hook, is_signed
from support.http import get
from support.livefix import PATIENCE, ROOT
from support.shop import Shop
from support.waiting import wait_until

SECRET = "planted-hook-secret-7c1e"


@pytest.fixture
def shop(place, port, start):
    (place / "hook.secret").write_text(SECRET + "\n")
    return Shop(place, port, start)


def receiver(what, more='secret_file = "hook.secret"'):
    return f"[[notify]]\n{what}\n{more}\n"


def serve(shop, *receivers, **more):
    """The first release runs."""
    shop.config()
    file = shop.place / "livefix.toml"
    file.write_text(file.read_text() + "".join(receivers))
    shop.serve(**more)
    return push(shop, "one")


def push(shop, name, ok=True, **more):
    commit = shop.release(name, **more)
    pushed = shop.repository.push()
    assert (pushed.returncode == 0) == ok, pushed.stderr + shop.livefix.story()
    return commit


def kinds(hook):
    return [event["event"] for event in hook.events()]


def hook_url(port):
    return f'url = "http://127.0.0.1:{port}/hooks/secret-path?a=b"'


def test_promoted_taken_back_and_drift_arrive_signed(shop):
    with Hook() as hook:
        commit = serve(shop, receiver(hook_url(hook.port)))
        promoted = hook.wait("promoted")
        assert promoted["run"] == "shop" and promoted["services"] == ["shop"] and promoted["who"]
        assert promoted["rollout"]["commit"] == commit and promoted["rollout"]["subject"] == "one"
        bad = push(shop, "bad", ok=False, start="throw new Error('password=hunter2');")
        taken_back = hook.wait("taken_back")
        assert taken_back["rollout"]["commit"] == bad and taken_back["rollout"]["message"]
        edited = next((shop.state / "releases").glob(f"{commit[:7]}*/server.js"))
        edited.write_text(edited.read_text() + "// by hand\n")
        assert shop.command("drift").returncode == 3
        drift = hook.wait("drift")
        assert drift["drift"]["what"] == "found" and drift["drift"]["files"] == ["server.js"]
        for path, headers, body in hook.requests:
            assert path == "/hooks/secret-path?a=b"
            assert headers["Content-Type"] == "application/json"
            assert headers["User-Agent"].startswith("livefix/")
            event = json.loads(body)
            assert headers["Livefix-Event"] == event["event"] and headers["Livefix-Delivery"] == event["id"]
            assert is_signed(SECRET.encode(), headers["Livefix-Signature"], body)
            assert not is_signed(b"another", headers["Livefix-Signature"], body)
            assert b"hunter2" not in body
        assert len({event["id"] for event in hook.events()}) == len(hook.events())


def test_a_new_symptom_arrives_once(shop):
    with Hook() as hook:
        serve(shop, receiver(hook_url(hook.port)))
        commit = push(shop, "two", handler="console.error(new TypeError('no rate'));"
                                           "response.statusCode = 500; response.end();")
        for _ in range(5):
            assert get(shop.port, "/checkout").status == 500
        symptom = hook.wait("symptom")
        assert symptom["services"] == ["shop"]
        assert symptom["symptom"]["text"] == "GET /checkout 500: TypeError: no rate"
        assert symptom["symptom"]["release"] == commit[:7]
        for _ in range(5):
            assert get(shop.port, "/checkout").status == 500
        push(shop, "three")
        wait_until(lambda: kinds(hook).count("promoted") == 3, "three releases")
        assert kinds(hook).count("symptom") == 1


def test_only_what_is_asked_for_arrives(shop):
    with Hook() as hook:
        commit = serve(shop, receiver(hook_url(hook.port), 'events = ["rollback"]'))
        push(shop, "two")
        done = shop.command("rollback")
        assert done.returncode == 0, done.stderr
        assert hook.wait("rollback")["rollout"]["commit"] == commit
        assert len(hook.events()) == 1
        assert "Livefix-Signature" not in hook.requests[0][1], "there is no secret"


def test_the_secret_is_nowhere_to_be_seen(shop):
    with Hook(statuses=[404]) as hook:
        serve(shop, receiver(hook_url(hook.port)))
        hook.wait("promoted")
        shop.livefix.wait_for_text("promoted was not delivered: 404")
        said = [shop.command(*words) for words in (["status"], ["status", "--json"], ["notify", "test"],
                                                  ["audit", "log", "--json"], ["logs"])]
        shown = "".join(done.stdout + done.stderr for done in said) + shop.livefix.story()
        lines = [processes.command_line(pid) for pid in processes.with_mark(shop.livefix.mark)]
        assert lines
        for secret in (SECRET, "secret-path"):
            assert secret not in shown and not any(secret in line for line in lines)
        for file in [path for path in shop.state.rglob("*") if path.is_file()]:
            assert SECRET.encode() not in file.read_bytes(), file


def test_a_receiver_that_is_down_gets_it_when_it_is_back(shop):
    port = ports.free_port()
    serve(shop, receiver(hook_url(port)))
    shop.livefix.wait_for_text("it is tried again in 1")
    with Hook(port, statuses=[503]) as hook:
        wait_until(lambda: len(hook.requests) == 2, "a second try", 30 * PATIENCE)
        ids = [headers["Livefix-Delivery"] for _, headers, _ in hook.requests]
        assert ids[0] == ids[1]


def test_a_receiver_that_hangs_holds_nothing_up(shop):
    with Hook(hangs=True) as hanging, Hook() as hook:
        serve(shop, receiver(hook_url(hanging.port)), receiver(hook_url(hook.port)))
        hook.wait("promoted")
        began = time.monotonic()
        push(shop, "two")
        assert time.monotonic() - began < 8 * PATIENCE
        wait_until(lambda: len(hook.named("promoted")) == 2, "both", 20 * PATIENCE)
        assert len(hanging.requests) == 1, "one at a time"
        assert shop.answer() == "release two"


def test_who_is_being_told_does_not_hold_up_the_end(shop):
    with Hook(hangs=True) as hanging:
        serve(shop, receiver(hook_url(hanging.port)), receiver('command = "touch told; sleep 600 & wait"', ""))
        hanging.wait("promoted")
        wait_until((shop.place / "told").exists, "the command", 20 * PATIENCE)
        began = time.monotonic()
        shop.livefix.stop()
        assert time.monotonic() - began < 8 * PATIENCE
        wait_until(lambda: not processes.with_mark(shop.livefix.mark), "all to be ended", 5 * PATIENCE)


def test_what_a_control_that_dies_had_not_delivered_arrives(shop):
    """While the receiver hangs, the record is made and nothing delivered."""
    port = ports.free_port()
    with Hook(port, hangs=True) as hanging:
        serve(shop, receiver(hook_url(port)))
        first = hanging.wait("promoted")
        old = shop.livefix.kill("control")
    with Hook(port) as hook:
        shop.livefix.role("control", but_not=old)
        assert hook.wait("promoted")["id"] == first["id"]
        wait_until(lambda: (shop.state / "notified").read_text().split()[1] == first["id"].split("-")[1],
                   "the cursor behind it", 20 * PATIENCE)
        old = shop.livefix.kill("control")
        shop.livefix.role("control", but_not=old)
        push(shop, "two")
        wait_until(lambda: len(hook.named("promoted")) == 2, "the second", 20 * PATIENCE)
        assert len(hook.events()) == 2, "none came twice"


def test_a_command_is_told_and_its_failure_is_a_warning(shop):
    serve(shop, receiver('command = "cat > told.tmp && mv told.tmp told-$LIVEFIX_EVENT"', ""),
          receiver('command = "echo no chat today >&2; exit 3"', 'events = ["promoted"]'))
    told = shop.place / "told-promoted"
    wait_until(told.exists, "the command", 20 * PATIENCE)
    assert json.loads(told.read_text())["event"] == "promoted"
    shop.livefix.wait_for_text("the command echo: promoted was not delivered: it exited with 3: no chat today")


def test_notify_test_says_who_can_be_reached(shop):
    with Hook() as hook:
        serve(shop, receiver(hook_url(hook.port)))
        done = shop.command("notify", "test")
        assert done.returncode == 0, done.stderr
        assert re.fullmatch(rf"http://127\.0\.0\.1:{hook.port}: delivered in .*: 200 OK\n", done.stdout)
        test = hook.wait("test")
        assert test["who"] == "anna" and test["services"] == ["shop"]
    done = shop.command("notify", "test")
    assert done.returncode == 1
    assert "not delivered: it cannot be connected to: Connection refused" in done.stderr
    assert shop.command("notify").returncode == 2


def test_nobody_to_tell_is_said(shop):
    serve(shop)
    done = shop.command("notify", "test")
    assert done.returncode == 1 and "no [[notify]]" in done.stderr


def test_a_certificate_has_to_be_trusted(shop):
    certificate, key = shop.place / "cert.pem", shop.place / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Hook(tls=context) as hook:
        receivers = [receiver(f'url = "https://{host}:{hook.port}/"') for host in ("localhost", "127.0.0.1")]
        serve(shop, *receivers, environment={"SSL_CERT_FILE": str(certificate)})
        done = shop.command("notify", "test")
        assert done.returncode == 1
        assert f"https://localhost:{hook.port}: delivered" in done.stderr
        assert f"https://127.0.0.1:{hook.port}: not delivered: its certificate is not to be trusted" in done.stderr


def blocks(language):
    text = (pathlib.Path(ROOT) / "docs/notifications.md").read_text()
    return re.findall(rf"```{language}\n(.*?)```", text, re.S)


@pytest.mark.parametrize("language, command", [("python", ["/usr/bin/python3", "-c"]), ("js", ["node", "-e"])])
def test_the_examples_of_the_documentation_verify(shop, language, command):
    with Hook() as hook:
        serve(shop, receiver(hook_url(hook.port)))
        hook.wait("promoted")
        _, headers, body = hook.requests[0]
    code, = blocks(language)
    signature, text = json.dumps(headers["Livefix-Signature"]), json.dumps(body.decode())
    call = {
        "python": "\nprint(is_from_livefix({secret}.encode(), {signature}, {text}.encode()))",
        "js": "\nconsole.log(isFromLivefix({secret}, {signature}, Buffer.from({text})))",
    }[language]
    for secret, expected in ((SECRET, "true"), ("another", "false")):
        program = code + call.format(secret=json.dumps(secret), signature=signature, text=text)
        done = subprocess.run([*command, program], capture_output=True, text=True, timeout=60)
        assert done.stdout.strip().lower() == expected, done.stdout + done.stderr
