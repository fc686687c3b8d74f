"""The example shops under load: one good fix and every kind of bad one, pushed both ways.

A shop's livefix serves all pushes of its way, one after the other, so that each bad one also has to leave
behind what the next one finds.
"""

import json
import pathlib
import shutil
import tempfile

import pytest

from support import ports
from support.files import replace
from support.http import Load, get
from support.livefix import PATIENCE, ROOT, Livefix
from support.serving import Serving, more_of

# Slow is what takes 250 ms; on a busy machine the old one's p99 may be 50. With a replay what answers 500 would
# be refused before it has traffic: test_replay_push.py.
CONFIG = """
[service.shop]
command = '{command}'
build = '{build}'
port = {port}
ready = "{ready}s"
stop_grace = "1s"
[service.shop.rollout]
steps = ["50%", "100%"]
bake = "800ms"
warm = "1s"
max_p99 = "+400%"
replay = "off"
"""

# What a commit does: the gate that it does not pass, and the words that name it.
BAD = {
    "crashes at start": ("start", "did not start"),
    "answers 500": ("errors", "errors "),
    "is slow": ("p99", "p99 "),
    "never listens": ("start", "did not listen"),
    "does not build": ("build", "did not build"),
}


CHECKOUT = {"path": "/api/checkout", "method": "POST", "body": json.dumps({"items": {"kettle": 1}, "coupon": ""})}


class Node:
    name, command, build = "shop", "node server.js", "node --check server.js"
    fix = ("src/coupons.js", "coupon ?? NONE", "coupon || NONE")
    _products = "(request, response) => sendJson(response, 200, catalogue.list())"
    faults = {
        "crashes at start": ("server.js", "const port =", "throw new Error('no coupon table');\nconst port ="),
        "answers 500": ("server.js", _products, "() => { throw new Error('no coupon table'); }"),
        "is slow": ("server.js", _products, "(request, response) =>\n"
                    "    setTimeout(() => sendJson(response, 200, catalogue.list()), 250)"),
        "never listens": ("server.js", "http.createServer(handle).listen(port, () => console.log("
                          "`shop: open on port ${port}`));", "setInterval(() => port, 1000);"),
        "does not build": ("server.js", "async function handle(", "async function handle(("),
    }


class Python:
    name, command, build = "shop-python", "python3 shop.py", "python3 -m compileall -q ."
    fix = ("coupons.py", "if coupon is None:", "if not coupon:")
    _products, _main = "    return 200, catalogue.listing(), None", 'if __name__ == "__main__":\n'
    faults = {
        "crashes at start": ("shop.py", _main, _main + '    raise RuntimeError("no coupon table")\n'),
        "answers 500": ("shop.py", _products, '    raise RuntimeError("no coupon table")'),
        "is slow": ("shop.py", _products, "    time.sleep(0.25)\n" + _products),
        "never listens": ("shop.py", 'ThreadingHTTPServer(("", port), Shop).serve_forever()', "time.sleep(600)"),
        "does not build": ("shop.py", "def products(shop):", "def products(shop:"),
    }


class Go:
    name, command, build = "shop-go", "{output}", "go build -o {output} ."
    fix = ("coupons.go", "if code == nil {", 'if code == nil || *code == "" {')
    _products, _port = "sendJSON(w, http.StatusOK, products)", '	port := os.Getenv("PORT")'
    faults = {
        "crashes at start": ("main.go", _port, '	log.Fatal("no coupon table")\n' + _port),
        "answers 500": ("main.go", _products, 'panic("no coupon table")'),
        "is slow": ("main.go", _products, "time.Sleep(250 * time.Millisecond)\n" + _products),
        "never listens": ("main.go", 'log.Fatal(http.ListenAndServe(":"+port, answering(shop)))',
                          "answering(shop)\n	time.Sleep(10 * time.Minute)"),
        "does not build": ("main.go", "func orderNumber() string {", "func orderNumber() string {\n	return 7"),
    }


class Open:
    """A shop that is open, and the working tree of those who mend it."""

    def __init__(self, place, start, shop, door):
        self.shop, self.port = shop, ports.free_port()
        shutil.copytree(ROOT / "examples" / shop.name, place / "tree")
        config = CONFIG.format(command=shop.command, build=shop.build, port=self.port, ready=5 * PATIENCE)
        self.serving = Serving(place, start, config, door=door)
        self.serving.push("the shop")

    def edit(self, file, old, new):
        """On top of what is live."""
        repository = self.serving.repository
        repository.git("reset", "-q", "--hard", repository.live())
        replace(repository.directory / file, old, new)

    def push(self, message):
        """Under load: what Git said, how it ended, and what the clients got instead of 200."""
        repository = self.serving.repository
        repository.commit(message)
        with Load(self.port, clients=16, path="/api/products", pause=0.03) as load:
            more_of(load, 100)
            pushed = repository.push(timeout=60 * PATIENCE)
            more_of(load, 100)
        return pushed, load.failures

    def process(self):
        """(generation, process id) of what serves."""
        done = self.serving.command("status", "--json")
        assert done.returncode == 0, done.stderr
        return [(one["id"], one["pid"]) for one in json.loads(done.stdout)["generations"]
                if one["state"] == "serving"]

    def buy(self):
        """What the bug is about: an empty coupon."""
        return get(self.port, **CHECKOUT).status


@pytest.fixture(scope="module", params=[(shop, way) for shop in (Node, Python, Go) for way in ("hook", "http")],
                ids=lambda one: f"{one[0].name}-{one[1]}")
def shop(request):
    kind, way = request.param
    place, running = pathlib.Path(tempfile.mkdtemp(prefix="lfe2e-")), []

    def start(command, directory, *, ready):
        running.append(Livefix(command, directory))
        return running[-1]

    try:
        yield Open(place, start, kind, ports.free_port() if way == "http" else None)
        assert running[0].stop() == 0, running[0].story()
    finally:
        for one in running:
            one.abandon()
        shutil.rmtree(place, ignore_errors=True)


@pytest.mark.parametrize("what", BAD)
def test_a_commit_that_is_no_good_changes_nothing(shop, what):
    gate, said = BAD[what]
    before, process, bought = shop.serving.repository.live(), shop.process(), shop.buy()
    shop.edit(*shop.shop.faults[what])
    pushed, failures = shop.push(f"it {what}")
    assert pushed.returncode != 0 and said in pushed.stderr, pushed.stderr + shop.serving.livefix.story()
    wrong_answers = [one for one in failures if gate == "errors" and "status 500" in one]
    assert len(failures) == len(wrong_answers), failures[:5]
    told = shop.serving.last_rollout()
    assert told["gate"] == gate and told["commit"] == shop.serving.repository.head()
    assert told["outcome"] == ("refused" if gate == "build" else "taken_back")
    assert shop.serving.repository.live() == before, "the branch moved"
    assert shop.process() == process, "the old release was started anew"
    assert shop.buy() == bought and get(shop.port, "/api/products").status == 200


def test_the_fix_goes_live_and_nothing_is_lost(shop):
    assert shop.buy() == 500
    shop.edit(*shop.shop.fix)
    # They fail at once, and wait for the card company afterwards: that must not count as slow.
    with Load(shop.port, clients=12, pause=0.03, **CHECKOUT) as buyers:
        pushed, failures = shop.push("fix: checkout with an empty coupon")
    assert pushed.returncode == 0 and "live after" in pushed.stderr, pushed.stderr + shop.serving.livefix.story()
    assert not failures, failures[:5]
    assert buyers.count > 0 and all("status 500" in one for one in buyers.failures), buyers.failures[:5]
    assert shop.buy() == 201
    assert shop.serving.repository.live() == shop.serving.repository.head()
