"""Recorded requests that are sent again: what is told of them, what is sent, and what nobody sees."""

import json
import socket
import subprocess
import threading

import pytest

from support import ports
from support.http import get
from support.livefix import BINARY, PATIENCE, clean_environment
from support.waiting import wait_until

SERVER = """
const http = require("http");
let asked = 0;
http.createServer((q, s) => {
  let body = "";
  q.on("data", piece => body += piece);
  q.on("end", () => {
    const again = q.headers["livefix-replay"] || "";
    const path = q.url.split("?")[0];
    if (again) console.log(`replayed ${again} ${q.method} ${path} ${body.length} ${q.headers.authorization === "Bearer planted-credential"}`);
    if (path === "/asked") return s.end(JSON.stringify({asked: ++asked}));
    if (path === "/cart/7") return s.end(JSON.stringify({id: 7, total: TOTAL}));
    s.setHeader("Content-Type", "text/plain");
    if (FIXED) return s.end("paid " + (q.headers.authorization || ""));
    s.statusCode = 500;
    s.end("TypeError: coupon is undefined\\n    at pay (server.js:3:4)\\n" + (q.headers.authorization || ""));
  });
}).listen(PORT, "127.0.0.1", () => console.log("open"));
"""
SECRET = "planted-credential"


def server(port, fixed=False, total=12):
    return SERVER.replace("PORT", str(port)).replace("FIXED", str(fixed).lower()).replace("TOTAL", str(total))


class Desk:
    def __init__(self, livefix, place, port):
        self.livefix, self.place, self.port = livefix, place, port

    def recorded(self, least=1):
        def find():
            done = self.livefix.command("requests", "--json")
            assert done.returncode == 0, done.stderr
            found = json.loads(done.stdout)["requests"]
            return found if len(found) >= least else None
        return wait_until(find, f"{least} records", 20 * PATIENCE)

    def id_of(self, target, least=1):
        return next(r["id"] for r in self.recorded(least) if r["target"] == target)

    def replay(self, *arguments):
        return self.livefix.command("replay", *map(str, arguments))

    def told(self, *arguments):
        return [json.loads(line) for line in self.replay("--json", *arguments).stdout.splitlines()]


@pytest.fixture
def desk(place, start):
    def desk_with(more=""):
        port = ports.free_port()
        (place / "server.js").write_text(server(port))
        (place / "livefix.toml").write_text(
            f'[service.shop]\ncommand = "node server.js"\nwatch = false\n{more}\n'
            '[service.shop.record]\nhealthy = "100%"\n')
        return Desk(start([], place), place, port)

    return desk_with


@pytest.fixture
def fixed_program(place):
    """The same program, fixed, as somebody runs it at the desk: where its output goes, and its port."""
    running = []

    def start_it(**more):
        port = ports.free_port()
        (place / "fixed.js").write_text(server(port, fixed=True, **more))
        output = place / "fixed.log"
        with output.open("w") as file:
            running.append(subprocess.Popen(["node", place / "fixed.js"], stdout=file))
        wait_until(lambda: "open" in output.read_text(), "the program at the desk", 20 * PATIENCE)
        return output, port

    yield start_it
    for one in running:
        one.kill()
        one.wait()


@pytest.mark.short
def test_what_failed_fails_alike_at_what_runs_and_is_fixed_at_the_desk(desk, fixed_program):
    one = desk()
    get(one.port, "/pay?coupon=x", headers={"Authorization": f"Bearer {SECRET}"})
    number = one.id_of("/pay?coupon=x")
    live = one.replay(number)
    assert live.returncode == 1 and "500 → 500" in live.stdout and "still fails" in live.stdout, live
    output, port = fixed_program()
    there = one.replay(number, "--to", f"http://127.0.0.1:{port}")
    assert there.returncode == 0, there
    assert "500 → 200" in there.stdout and "TypeError gone" in there.stdout
    assert f"replayed {number} GET /pay 0 true" in output.read_text()
    assert one.livefix.stop() == 0


def test_what_failed_alike_is_sent_by_its_symptom(desk, fixed_program):
    one = desk()
    for coupon in range(3):
        assert get(one.port, f"/pay?coupon={coupon}").status == 500

    def symptoms():
        return json.loads(one.livefix.command("symptoms", "--json").stdout)["symptoms"]

    symptom = wait_until(lambda: [s["id"] for s in symptoms() if s["failures"] == 3], "the symptom", 20 * PATIENCE)[0]
    _, port = fixed_program()
    told = one.told("--symptom", symptom, "--to", f"http://127.0.0.1:{port}")
    assert [line["outcome"] for line in told[:-1]] == ["fixed"] * 3 and told[-1]["sent"] == 3
    cases = {
        ("--symptom", "0000000000"): "no request is kept",
        ("--symptom", "POST /pay"): "is none; livefix symptoms lists them",
        (1, "--symptom", symptom): "not both",
    }
    for arguments, why in cases.items():
        done = one.replay(*arguments)
        assert done.returncode != 0 and why in done.stderr and done.stdout == "", (arguments, done)


def test_recorded_credentials_are_used_and_never_shown(desk, fixed_program):
    one = desk()
    get(one.port, "/pay", headers={"Authorization": f"Bearer {SECRET}"})
    number = one.id_of("/pay")
    output, port = fixed_program()
    for options in ((), ("--whole",), ("--json",), ("--json", "--whole")):
        done = one.replay(number, "--to", f"http://127.0.0.1:{port}", *options)
        assert done.returncode == 0 and SECRET not in done.stdout + done.stderr, done
    whole = one.replay(number, "--to", f"http://127.0.0.1:{port}", "--whole").stdout
    assert "paid [redacted]" in whole or "paid Bearer [redacted]" in whole, whole
    assert output.read_text().count("replayed") == 5 and " false" not in output.read_text()
    assert SECRET not in one.livefix.story()


def test_what_went_well_is_compared(desk, fixed_program):
    one = desk()
    get(one.port, "/cart/7")
    number = one.id_of("/cart/7")
    assert "200 → 200" in one.replay(number).stdout
    told, totals = one.told(number)
    assert (told["outcome"], told["text"], totals["failing"]) == ("unchanged", "unchanged", 0)
    _, port = fixed_program(total=13)
    other = one.replay(number, "--to", f"http://localhost:{port}/")
    assert other.returncode == 0 and "$.total: 12 → 13" in other.stdout, other


def test_it_is_sent_again_only_where_that_is_safe_or_wanted(desk):
    one = desk()
    get(one.port, "/pay", method="POST", body="coupon=x")
    number = one.id_of("/pay")
    refused = one.replay(number)
    assert refused.returncode == 1 and "not sent: POST may change something" in refused.stdout, refused
    assert not one.livefix.seen("output", line=f"replayed {number} POST /pay 8 false")
    assert "500 → 500" in one.replay(number, "--any-method").stdout
    one.livefix.wait("output", line=f"replayed {number} POST /pay 8 false")


def test_a_service_may_allow_more_methods(desk):
    one = desk('replay = { methods = ["POST"] }')
    get(one.port, "/pay", method="POST", body="coupon=x")
    assert "500 → 500" in one.replay(one.id_of("/pay")).stdout


def test_it_counts_as_no_traffic(desk):
    one = desk()
    get(one.port, "/pay")
    number = one.id_of("/pay")
    before = one.livefix.command("metrics").stdout
    for _ in range(3):
        assert "500 → 500" in one.replay(number).stdout
    assert len(one.recorded()) == 1
    counted = [line for line in one.livefix.command("metrics").stdout.splitlines()
               if line.startswith("livefix_requests_total") or line.startswith("livefix_route")]
    assert counted and set(counted) <= set(before.splitlines())


def hostile(answer, *, closes=True, ends=True):
    """A program that answers each connection with these bytes; endless when it does not end."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        try:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)
                while not ends:
                    connection.sendall(answer)
                if not closes:
                    connection.recv(65536)
        except OSError:
            pass

    threading.Thread(target=serve, daemon=True).start()
    return listener, listener.getsockname()[1]


@pytest.mark.parametrize("answer, more, word", [
    (b"", {}, "closed"),
    (b"SSH-2.0-OpenSSH\r\n", {}, "no HTTP"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", {}, "broken off"),
    (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 4096, {"ends": False}, "200"),
])
def test_a_target_that_does_not_answer_well_is_told_by_a_word(desk, answer, more, word):
    one = desk()
    get(one.port, "/pay")
    number = one.id_of("/pay")
    listener, port = hostile(answer, **more)
    with listener:
        told = one.replay(number, "--to", f"http://127.0.0.1:{port}")
    assert f"500 → {word} " in told.stdout, told


def test_what_cannot_be_is_refused_in_a_sentence(desk):
    one = desk()
    get(one.port, "/pay")
    number = one.id_of("/pay")
    cases = {
        (): "takes the numbers of requests",
        ("x",): "is no number of a request",
        (number, "--to", "candidate"): "no new shop is being proven now",
        (number, "--to", "https://127.0.0.1"): "speaks TLS",
        (number, "--to", "http://127.0.0.1/a/path"): "each request has its own",
        (number, "--to", "http://192.0.2.1:3000"): "--elsewhere sends them",
        (number, 99, "--whole"): "--whole shows one request",
    }
    for arguments, why in cases.items():
        done = one.replay(*arguments)
        assert done.returncode != 0 and why in done.stderr and done.stdout == "", (arguments, done)
    unknown = one.replay(number, 999)
    assert unknown.returncode == 1 and "999  not sent: it is not kept" in unknown.stdout
    nobody = one.replay(number, "--to", f"http://127.0.0.1:{ports.free_port()}")
    assert nobody.returncode == 1 and "500 → not reached" in nobody.stdout


def test_a_long_list_is_told_in_its_order(desk):
    one = desk()
    for coupon in range(20):
        get(one.port, f"/pay?coupon={coupon}")
    numbers = [r["id"] for r in one.recorded(20)]
    told = one.told(*numbers)
    assert [t["id"] for t in told[:-1]] == numbers
    assert (told[-1]["sent"], told[-1]["failing"]) == (20, 20)


def test_what_was_recorded_in_part_is_not_sent(desk):
    one = desk()
    get(one.port, "/pay", method="POST", body="x" * 200_000)
    refused = one.replay(one.id_of("/pay"), "--any-method")
    assert refused.returncode == 1 and "not sent: only the beginning of it was recorded" in refused.stdout, refused


def test_it_ends_when_whoever_asked_leaves(desk):
    one = desk()
    for coupon in range(20):
        get(one.port, f"/pay?coupon={coupon}")
    numbers = [str(r["id"]) for r in one.recorded(20)]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        asking = subprocess.Popen(
            [BINARY, "replay", *numbers, "--to", f"http://127.0.0.1:{listener.getsockname()[1]}"],
            cwd=one.place, env=clean_environment(), stdout=subprocess.DEVNULL)
        taken = [listener.accept()[0] for _ in range(4)]
        asking.kill()
        asking.wait()
        for connection in taken:
            connection.settimeout(5 * PATIENCE)  # less than the time limit of a request
            while connection.recv(65536):
                pass
            connection.close()
        # Nobody comes in the place of those that ended.
        assert one.replay(numbers[0]).returncode == 1
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
