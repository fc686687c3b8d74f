"""A service whose livefix dies again and again, and what has to hold each time."""

import contextlib
import json
import subprocess

from support import processes
from support.http import Load, get, try_get
from support.livefix import BINARY, PATIENCE, Livefix
from support.repository import Repository, environment
from support.waiting import wait_until

SERVER = """
const http = require('node:http');
http.createServer((request, response) => {
  HANDLER
  response.end('NAME');
}).listen(PORT);
"""
CONFIG = """
[service.shop]
command = "node server.js"
build = "touch built"
ready = "10s"
stop_grace = "1s"
[service.shop.rollout]
steps = ["50%", "100%"]
bake = "100ms"
warm = "2s"
"""
CLIENTS = 4
BRANCH_PATIENCE = 20 * PATIENCE  # until a branch says what runs, also behind a lock that Git left


class BrokenPromise(AssertionError):
    pass


class Shop:
    def __init__(self, place, port, faults=None, state=None):
        self.place, self.port, self.faults = place, port, faults
        self.state = state or place / "state"
        (place / "livefix.toml").write_text(CONFIG)
        self.repository = Repository(place / "tree", self.state / "shop.git")
        self.livefix = None
        self._releases = 0

    # --- livefix ---------------------------------------------------------------------------------

    def serve(self, wait=True):
        self.livefix = Livefix(
            ["serve", "--config", str(self.place / "livefix.toml"), "--state", str(self.state)],
            self.place, environment=self.faults.environment if self.faults else {})
        if wait:
            self.wait_for_control()
        return self.livefix

    def wait_for_control(self):
        wait_until(lambda: self.try_history() is not None, "livefix to answer", 20 * PATIENCE, 0.02)

    def command(self, *arguments, timeout=60):
        return subprocess.run([BINARY, *arguments, "--state", str(self.state)], cwd=self.place,
                              env=environment(), capture_output=True, text=True,
                              timeout=timeout * PATIENCE)

    def try_history(self):
        done = self.command("history", "--json")
        return json.loads(done.stdout) if done.returncode == 0 else None

    def history(self):
        return wait_until(self.try_history, "the history", 20 * PATIENCE, 0.05)

    def replace_livefix(self):
        """Starts the next one after a death of the whole; it ends what the dead one had started."""
        dead = self.livefix
        wait_until(lambda: dead.process.poll() is not None, "the keeper to be dead", 10 * PATIENCE)
        self.serve()
        wait_until(lambda: not processes.with_mark(dead.mark), "the programs of the dead livefix to end",
                   10 * PATIENCE)
        dead.abandon()

    def end(self):
        if self.livefix:
            self.livefix.abandon()

    def stop(self):
        status = self.livefix.stop()
        assert status == 0, self.livefix.story()

    # --- commits ---------------------------------------------------------------------------------

    def release(self, handler="", files=()):
        """Commits a server that answers with its own name. The commit and the name."""
        self._releases += 1
        name = f"release-{self._releases}"
        self.repository.write("server.js", SERVER.replace("NAME", name).replace("HANDLER", handler)
                              .replace("PORT", str(self.port)))
        for path, content in files:
            self.repository.write(path, content)
        return self.repository.commit(name)

    def name_of(self, commit):
        return self.repository.git("show", "-s", "--format=%s", commit).stdout.strip()

    def push_good(self):
        commit = self.release()
        pushed = self.repository.push("live", "main")
        assert pushed.returncode == 0, pushed.stderr + self.livefix.story()
        return commit

    def follow_branch(self):
        """The next commit stands on what production runs."""
        self.repository.git("fetch", "-q", "live")
        self.repository.git("reset", "-q", "--hard", "live/main")

    # --- the promise -----------------------------------------------------------------------------

    def running(self):
        return self.history()["running"].get("shop", "")

    @contextlib.contextmanager
    def load(self, may_lose=0):
        """Clients all the time, of whose requests so many may get no answer; None: the whole livefix is down for
        a while."""
        with Load(self.port, clients=CLIENTS) as load:
            enough = load.count + 5
            wait_until(lambda: load.count >= enough, "answers", 20 * PATIENCE)
            yield load
        if may_lose is not None and len(load.failures) > may_lose:
            load.check()

    def check(self, allowed, wanted=None):
        """What has to hold after a death. Returns the commit that runs."""
        history = self.history()
        wait_until(lambda: self.history()["now"] == "", "the rollout to end", 30 * PATIENCE, 0.05)
        history = wait_until(lambda: self._all_ended(), "every rollout to have its outcome",
                             20 * PATIENCE, 0.05)
        running = history["running"]["shop"]
        if running not in allowed or (wanted and running != wanted):
            raise BrokenPromise(f"{self.name_of(running)} runs; wanted: "
                                f"{[self.name_of(one) for one in ([wanted] if wanted else allowed)]}")
        last = next(one for one in history["rollouts"] if one["outcome"] == "promoted")
        if last["commit"] != running:
            raise BrokenPromise(f"{running} runs, and promoted was {last['commit']}")
        name = self.name_of(running)
        wait_until(lambda: self._answers(name), f"{name} to serve alone", 20 * PATIENCE, 0.02)
        wait_until(lambda: self._branch_says(running), f"the branch to say {name}, not "
                   f"{self.repository.live()[:7]}", BRANCH_PATIENCE, 0.1)
        audit = self.command("audit", "verify")
        if audit.returncode != 0:
            raise BrokenPromise(audit.stderr)
        if not self._answers(name):
            raise BrokenPromise(f"{name} stopped serving alone: {get(self.port)}")
        return running

    def _all_ended(self):
        history = self.history()
        return history if all(one["outcome"] for one in history["rollouts"]) else None

    def _answers(self, name):
        answers = [try_get(self.port) for _ in range(6)]
        return all(one is not None and one.status == 200 and one.text == name for one in answers)

    def _branch_says(self, commit):
        head = self.repository.live()
        if not head:
            return False
        if head == commit:
            return True
        tree = [subprocess.run(["git", "-C", self.state / "shop.git", "rev-parse", f"{one}^{{tree}}"],
                               env=environment(), capture_output=True, text=True).stdout
                for one in (head, commit)]
        return tree[0] == tree[1] and tree[0] != ""
