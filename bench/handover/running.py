"""A tool that runs a program, and the clients that ask it. All that is started here is ended here."""

import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import uuid

from support import processes

HERE = pathlib.Path(__file__).resolve().parent
CLIENT = HERE.parents[1] / "build/bench/client"


def renamed(text, release):
    """The source of a program that answers with another release."""
    new = re.sub(r"""(?i)(release = ["'])r\d+""", rf"\g<1>{release}", text)
    assert new != text
    return new


def end_all(process, mark, patience):
    """Asks the process to end, and ends whatever carries this run's mark, and nothing else."""
    if process and process.poll() is None:
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            pass
    for pid in processes.with_mark(mark):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        processes.wait_gone(pid)
    if process:
        process.wait()


def close_output(output, who, failed):
    if failed:
        output.seek(0)
        print(f"{who}:\n" + output.read().decode(errors="replace")[-3000:])
    output.close()


class Running:
    """One tool on a copy of its program. Leaving the context ends it and all that it started."""

    def __init__(self, case, directory, port):
        self.case, self.directory, self.port = case, directory, port
        self.mark = f"livefix-bench-{uuid.uuid4().hex}"
        shutil.copytree(HERE / "programs" / case.program, directory)
        self.file = directory / case.source
        self.output = tempfile.TemporaryFile()
        self.process = None
        clean = {k: v for k, v in os.environ.items()
                 if not k.startswith(("LIVEFIX", "LISTEN_", "PM2", "WEB_CONCURRENCY"))}
        self.environment = {**clean, "PORT": str(port), "LIVEFIX_BENCH": self.mark,
                            "PM2_HOME": str(directory.with_name("pm2"))}

    def __enter__(self):
        return self

    def spawn(self):
        command = [word.format(port=self.port) for word in self.case.command]
        self.process = subprocess.Popen(
            command, cwd=self.directory, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=self.output, stderr=subprocess.STDOUT, start_new_session=True)

    def start(self):
        """Returns when the program answers."""
        with Client(self.port) as watcher:
            watcher.watch("r0", 60)
            self.spawn()
            if watcher.seen() is None:
                raise RuntimeError("the program does not start")

    def save(self, release):
        """Saves a new release by rename. The moment of it, in Unix nanoseconds."""
        new = renamed(self.file.read_text(), release)
        saved = self.file.with_name(f".{self.file.name}.new")
        saved.write_text(new)
        moment = time.time_ns()
        saved.rename(self.file)
        return moment

    def after_save(self):
        """What the user of the tool has to do besides saving. Does not wait for it."""
        if self.case.after_save == ("HUP",):
            self.process.send_signal(signal.SIGHUP)
        elif self.case.after_save:
            subprocess.Popen(self.case.after_save, cwd=self.directory, env=self.environment,
                             stdin=subprocess.DEVNULL, stdout=self.output, stderr=subprocess.STDOUT,
                             start_new_session=True)

    def steps(self, saved, seen):
        """livefix only: from the save to what its events tell, in milliseconds between them."""
        if self.case.name != "livefix" or seen is None:
            return None
        times = {}
        self.output.seek(0)
        for line in self.output.read().decode().splitlines():
            event = json.loads(line) if line.startswith("{") else {}
            if event.get("release") == "dev-2" and event["event"] in ("changed", "serving"):
                moment = datetime.datetime.fromisoformat(event["time"])
                times[event["event"]] = moment.timestamp() * 1000
        whole = [saved / 1e6, times["changed"], times["serving"], seen / 1e6]
        return [b - a for a, b in zip(whole, whole[1:])]

    def __exit__(self, *failure):
        if self.case.end:
            subprocess.run(self.case.end, env=self.environment, stdin=subprocess.DEVNULL, timeout=30,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end_all(self.process, self.mark, 10)
        close_output(self.output, self.case, failure[0])


class Client:
    """The load client: build/bench/client, see client/main.go."""

    STEADY = ["-keep", "8", "-fresh", "4", "-slow", "2"]

    def __init__(self, port):
        self.port = port
        self._watcher = self._load = None

    def __enter__(self):
        return self

    def load(self):
        self._load = self._spawn(self.STEADY)

    def watch(self, release, seconds=20):
        self._watcher = self._spawn(["-longest", f"{seconds}s"])
        self._tell(self._watcher, f"watch {release}")

    def seen(self):
        """When the watched release was seen, in Unix nanoseconds; None when it was not in time."""
        answer = self._watcher.stdout.readline().split()
        return int(answer[2]) if answer[:1] == ["seen"] else None

    def end(self):
        """Ends the load: (sent, lost, losses by kind)."""
        self._tell(self._load, "end")
        _, sent, lost = self._load.stdout.readline().split()
        kinds = {}
        for line in self._load.stdout:
            _, count, kind = line.rstrip("\n").split(" ", 2)
            kinds[kind] = int(count)
        if int(sent) < 100:
            raise RuntimeError(f"only {sent} requests were made")
        return int(sent), int(lost), kinds

    def _spawn(self, options):
        return subprocess.Popen([CLIENT, "-port", str(self.port), *options], text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    @staticmethod
    def _tell(client, command):
        client.stdin.write(command + "\n")
        client.stdin.flush()

    def __exit__(self, *_):
        for client in (self._watcher, self._load):
            if client:
                client.kill()
                client.wait()
                client.stdin.close()
                client.stdout.close()


def build_client():
    CLIENT.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["go", "build", "-o", CLIENT, "."], cwd=HERE / "client", check=True, timeout=120)
