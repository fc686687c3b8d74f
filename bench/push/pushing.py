"""A service that takes pushes, and the tree that is pushed. All that is started here is ended here."""

import os
import pathlib
import shutil
import signal
import subprocess
import time
import uuid

import ways
from running import Client, close_output, end_all, renamed  # of bench/handover
from support import waiting
from support.repository import Repository, environment

PROGRAMS = ways.ROOT / "bench/handover/programs"


class Push:
    """When it began and ended, Unix nanoseconds, and where Git wrote what it did."""

    def __init__(self, began, ended, trace):
        self.began, self.ended, self.trace = began, ended, trace


class Pushed:
    """One way, with a repository of its own. Leaving the context ends it and all that it started."""

    def __init__(self, way, home, port):
        self.way, self.home, self.port = way, pathlib.Path(home), port
        self.mark = f"livefix-bench-{uuid.uuid4().hex}"
        self.home.mkdir(parents=True)
        self.output = open(self.home / "output", "w+b")
        self.process = None
        self.environment = {**environment(), "PORT": str(port), "LIVEFIX_BENCH": self.mark,
                            "PM2_HOME": str(self.home / "pm2")}
        self.tree = Repository(self.home / "tree", self.bare)
        shutil.copytree(PROGRAMS / way.program, self.tree.directory, dirs_exist_ok=True)
        self.tree.commit("r0")

    def __enter__(self):
        return self

    # --- what each way does its own way ----------------------------------------------------------

    @property
    def bare(self):
        """The repository that is pushed to."""
        return self.home / "app.git"

    def run(self):
        """Starts what takes the pushes."""
        raise NotImplementedError

    def end(self):
        """Beside the process."""

    # --- what all do alike -----------------------------------------------------------------------

    def filled(self, text, **more):
        return text.format(port=self.port, **more)

    def spawn(self, command, **more):
        self.process = subprocess.Popen(command, cwd=self.home, stdin=subprocess.DEVNULL, stdout=self.output,
                                        stderr=subprocess.STDOUT, start_new_session=True,
                                        env={**self.environment, **more})

    def start(self):
        """Returns when the first release answers."""
        self.run()
        with Client(self.port) as watcher:
            watcher.watch("r0", 60)
            self.push()
            if watcher.seen() is None:
                raise RuntimeError("the program does not start")

    def change(self, release):
        file = self.tree.directory / ways.SOURCES[self.way.program]
        file.write_text(renamed(file.read_text(), release))
        self.tree.commit(release)

    def push(self):
        trace = self.home / f"trace-{time.time_ns()}"
        began = time.time_ns()
        done = subprocess.run(["git", "push", "--quiet", "live", "main"], cwd=self.tree.directory, timeout=120,
                              env={**self.environment, "GIT_TRACE2_EVENT": str(trace)},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        ended = time.time_ns()
        if done.returncode != 0:
            raise RuntimeError(f"the push failed: {done.stderr}")
        return Push(began, ended, trace)

    def __exit__(self, *failure):
        self.end()
        end_all(self.process, self.mark, 20)
        close_output(self.output, self.way, failure[0])


class ByLivefix(Pushed):
    @property
    def state(self):
        return self.home / "state"

    @property
    def bare(self):
        return self.state / "app.git"

    def run(self):
        program = self.way.program
        build = ways.BUILDS.get(program)
        command = ways.COMMANDS[program].replace("{port}", str(self.port))
        (self.home / "livefix.toml").write_text(
            "[service.app]\n" + (f'build = "{build}"\n' if build else "")
            + f'command = "{command}"\n[service.app.rollout]\nsteps = ["50%", "100%"]\nbake = "0s"\n')
        self.spawn([ways.LIVEFIX, "--json", "serve", "--config", str(self.home / "livefix.toml"), "--state",
                    str(self.state)])
        waiting.wait_until(lambda: (self.state / "run/app/control.sock").exists()
                           and (self.bare / "hooks/pre-receive").exists(), "livefix to take pushes", 30)


class ByHook(Pushed):
    """A bare repository whose post-receive checks out, builds and restarts, as piku and dokku do it."""

    def restart(self):
        """What the hook does at last, in shell."""
        raise NotImplementedError

    def program(self):
        return self.filled(ways.COMMANDS[self.way.program], output=self.home / "built")

    def run(self):
        self.tree.git("init", "-q", "--bare", "-b", "main", str(self.bare))
        self.application = self.home / "app"
        self.application.mkdir()
        build = ways.BUILDS.get(self.way.program, "true").format(output=self.home / "built")
        hook = self.bare / "hooks/post-receive"
        hook.write_text(f"#!/bin/sh\nset -e\ngit --work-tree={self.application} checkout --quiet -f main\n"
                        f"unset GIT_DIR\ncd {self.application}\n{build}\n{self.restart()}\n")
        hook.chmod(0o755)


class BySupervisor(ByHook):
    MODULES = {"PYTHONPATH": str(ways.SUPERVISOR)}

    def restart(self):
        return (f"PYTHONPATH={ways.SUPERVISOR} /usr/bin/python3 -m supervisor.supervisorctl "
                f"-c {self.home}/supervisord.conf restart app")

    def run(self):
        super().run()
        socket = self.home / "supervisor.sock"
        (self.home / "supervisord.conf").write_text(f"""
[supervisord]
nodaemon = true
logfile = {self.home}/supervisord.log
pidfile = {self.home}/supervisord.pid
user = {os.environ.get("USER", "root")}
[unix_http_server]
file = {socket}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl = unix://{socket}
[program:app]
command = {self.program()}
directory = {self.application}
autostart = false
startsecs = 0
""")
        self.spawn(["/usr/bin/python3", "-m", "supervisor.supervisord", "-c", "supervisord.conf"],
                   **self.MODULES)
        waiting.wait_until(socket.exists, "supervisord", 30)


class ByPm2(ByHook):
    def restart(self):
        return (f"{ways.PM2} reload app --silent || "
                f"{ways.PM2} start server.js --name app -i 1 --silent")

    def end(self):
        subprocess.run([ways.PM2, "kill", "--silent"], env=self.environment, stdin=subprocess.DEVNULL,
                       timeout=30, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class ByPiku(Pushed):
    """piku itself, but for its nginx: the program has the port."""

    @property
    def root(self):
        return self.home / "piku"

    @property
    def bare(self):
        return self.root / "repos/app"

    def run(self):
        self.environment["PIKU_ROOT"] = str(self.root)
        command = self.filled(ways.COMMANDS[self.way.program])
        self.tree.write("Procfile", f"release: true\nweb: {command}\n")
        self.tree.write("ENV", f"PORT={self.port}\n")
        self.tree.commit("r0")
        script = self.home / "piku.py"  # its first line would take another Python, without its modules
        script.write_text("#!/usr/bin/python3\n" + pathlib.Path(ways.PIKU).read_text())
        script.chmod(0o755)
        # The second one makes the repository and its hook, and then finds nobody who pushes.
        for arguments in (["setup"], ["git-receive-pack", "app"]):
            subprocess.run([script, *arguments], cwd=self.home, env=self.environment, stdin=subprocess.DEVNULL,
                           stdout=self.output, stderr=self.output, timeout=60)
        self.spawn([ways.UWSGI, "--ini", str(self.root / "uwsgi/uwsgi.ini")])
        waiting.wait_until((self.root / "uwsgi/uwsgi.sock").exists, "uwsgi", 30)

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # SIGTERM is a reload to it


KINDS = {"livefix": ByLivefix, "supervisor": BySupervisor, "pm2": ByPm2, "piku": ByPiku}
