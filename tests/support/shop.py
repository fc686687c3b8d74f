"""A Node service whose releases are commits that are pushed, and the livefix that serves it."""

import json
import subprocess

from .http import get, try_get
from .livefix import BINARY
from .repository import Repository, environment
from .waiting import wait_until

SERVER = """
const http = require('node:http');
const release = 'RELEASE';
START
http.createServer((request, response) => {
  HANDLER
}).listen(PORT, () => console.log('open'));
"""
ANSWER = "response.setHeader('X-Release', release); response.end('release ' + release);"


class Shop:
    """`release` commits, `repository` pushes them; with a `door` (a port) also over HTTP."""

    def __init__(self, place, port, start, *, door=None, command="node server.js"):
        self.place, self.port, self.door = place, port, door
        self._program = command
        self.state = place / "state"
        self.config()
        self.repository = Repository(place / "tree", self.state / "shop.git")
        self._start = start
        self.livefix = None

    def config(self, more="", rollout='steps = ["50%", "100%"]\nbake = "0s"\nwarm = "30s"'):
        door = f'[push]\nlisten = "127.0.0.1:{self.door}"' if self.door else ""
        (self.place / "livefix.toml").write_text(f"""
[service.shop]
command = "{self._program}"
ready = "10s"
{more}
[service.shop.rollout]
{rollout}
{door}
""")

    def serve(self, **more):
        self.livefix = self._start(
            ["serve", "--config", str(self.place / "livefix.toml"), "--state", str(self.state)],
            self.place, ready=False, **more)
        wait_until(lambda: (self.state / "run/shop/control.sock").exists()
                   and (self.state / "shop.git/hooks/pre-receive").exists(), "it to be there", 20)
        if self.door:
            wait_until(lambda: try_get(self.door) is not None, "the door for pushes", 20)
        return self.livefix

    def reconfigure(self, **settings):
        """Settings are read at the start."""
        self.livefix.stop()
        self.config(**settings)
        self.serve()
        wait_until(lambda: try_get(self.port) is not None, "it to serve again", 20)

    def release(self, name, *, start="", handler=ANSWER):
        """Commits a server that answers with this name."""
        self.repository.write("server.js", SERVER.replace("RELEASE", name).replace("START", start)
                              .replace("HANDLER", handler).replace("PORT", str(self.port)))
        return self.repository.commit(name)

    def command(self, *arguments, timeout=60):
        return subprocess.run([BINARY, *arguments, "--state", str(self.state)], cwd=self.place,
                              env=environment(), capture_output=True, text=True, timeout=timeout)

    def token(self, name="ci", scope="push"):
        """The secret of a new one."""
        done = self.command("token", "add", name, "--scope", scope)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def url(self, token=""):
        return f"http://{token + '@' if token else ''}127.0.0.1:{self.door}/shop.git"

    def publish(self, *arguments, token="", url=None, timeout=60, **more):
        """What `livefix push` in the working tree came to."""
        variables = {**environment(), "LIVEFIX_URL": url or self.url(), "LIVEFIX_TOKEN": token}
        return subprocess.run([BINARY, "push", *map(str, arguments)], env=variables,
                              cwd=self.repository.directory, capture_output=True, text=True,
                              timeout=timeout, **more)

    def history(self):
        done = self.command("history", "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def answer(self):
        return get(self.port).text
