"""A `livefix serve`, and the tree whose commits are pushed to it."""

import json
import subprocess

from . import http
from .livefix import BINARY, PATIENCE
from .repository import Repository, environment
from .waiting import wait_until

# Two steps and no bake: what a rollout takes is then what it has to do.
AT_ONCE = 'steps = ["50%", "100%"]\nbake = "0s"'


class Serving:
    """The tree is in `tree`; `start` is the fixture of that name, `options` go to it. With a `door` (a port)
    pushes go over HTTP, with a token of `ci`."""

    def __init__(self, place, start, config, *, door=None, **options):
        self.place, self.state = place, place / "state"
        if door:
            config += f'[push]\nlisten = "127.0.0.1:{door}"\n'
        (place / "livefix.toml").write_text(config)
        self.repository = Repository(place / "tree", self.state / "shop.git")
        self.livefix = start(["serve", "--name", "shop", "--config", str(place / "livefix.toml"),
                              "--state", str(self.state)], place, ready=False, **options)
        wait_until(lambda: (self.state / "run/shop/control.sock").exists()
                   and (self.state / "shop.git/hooks/pre-receive").exists(), "it to take pushes", 20 * PATIENCE)
        if door:
            self._push_over_http(door)

    def _push_over_http(self, door):
        made = self.command("token", "add", "ci", "--scope", "push")
        assert made.returncode == 0, made.stderr
        self.repository.git("remote", "set-url", "live", f"http://{made.stdout.strip()}@127.0.0.1:{door}/shop.git")
        wait_until(lambda: http.try_get(door) is not None, "the door for pushes", 20 * PATIENCE)

    def push(self, message="change", *, ok=True, timeout=60):
        """Commits what is in the tree and pushes it. What Git said."""
        self.repository.commit(message)
        pushed = self.repository.push(timeout=timeout * PATIENCE)
        assert (pushed.returncode == 0) == ok, pushed.stderr + self.livefix.story()
        return pushed.stderr

    def command(self, *arguments, timeout=60):
        return subprocess.run([BINARY, *arguments, "--state", str(self.state)], cwd=self.place, env=environment(),
                              capture_output=True, text=True, timeout=timeout * PATIENCE)

    def last_rollout(self):
        done = self.command("history", "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["rollouts"][0]


def more_of(load, requests=50):
    """Waits until the load has had so many more answers."""
    enough = load.count + requests
    wait_until(lambda: load.count >= enough, f"{requests} answers", 20 * PATIENCE)


def pushed_under_load(serving, port, path="/", **more):
    """Pushes what is in the tree under load, of which nothing may be lost. What Git said."""
    with http.Load(port, path=path) as load:
        more_of(load, 100)
        said = serving.push(**more)
        more_of(load, 100)
    load.check()
    return said
