"""One measurement: a proxy, the load in front of it, and what the proxy's processes spent."""

import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

import contestants
from support import ports, processes


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    load: tuple
    of_capacity: float = 0  # open loop at this share of what nginx did in the case "64 connections"


IDLE = min(10_000, contestants.CONNECTIONS - 300)
CASES = [
    Case("1 connection", ("--connections", 1)),
    Case("16 connections", ("--connections", 16)),
    Case("64 connections", ("--connections", 64)),
    Case("256 connections", ("--connections", 256)),
    Case("64, at 80 % of nginx's most", ("--connections", 64), 0.8),
    Case("64, Connection: close", ("--connections", 64, "--close")),
    Case("64, POST of 16 KiB", ("--connections", 64, "--post", 16384)),
    Case("64, answers of 64 KiB", ("--connections", 64, "--body", 65536)),
    Case("16, answers of 1 MiB", ("--connections", 16, "--body", 1 << 20)),
    Case(f"64, beside {IDLE:,} idle", ("--connections", 64, "--idle", IDLE)),
]
FULL = CASES[2]
BESIDE_IDLE = CASES[-1]


class NotCarried(RuntimeError):
    """The requests did not go through the proxy: livefix, say, could not take the port over."""


def tree(pid):
    return [pid, *(below for child in processes.children(pid) for below in tree(child))]


def proxies(root):
    """The processes that are the proxy's: all that were started, without the load pair."""
    return [pid for pid in tree(root) if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() != "loadpair"]


def spent(pids):
    """Seconds of processor."""
    total = 0
    for pid in pids:
        for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):  # it has ended
                total += int((thread / "schedstat").read_text().split()[0])
    return total / 1e9


def memory(pids):
    """Bytes that are theirs alone."""
    total = 0
    for pid in pids:
        try:
            lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except PermissionError:  # livefix's proxy hides; what is there for everybody is nearly the same
            resident, shared = pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1:3]
            total += (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")
            continue
        for line in lines:
            if line.startswith(("Private_Dirty:", "Private_Clean:")):
                total += int(line.split()[1]) * 1024
    return total


def line_with(pair, begins):
    """The first such line; those before it are in `pair.before`."""
    pair.before = ""
    for line in pair.stdout:
        if line.startswith(begins):
            return line
        pair.before += line
    raise SystemExit(f"the load ended before it said {begins}: {pair.before}")


def end(started):
    for process in started:
        process.send_signal(signal.SIGTERM)
    for process in started:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def loaded(contestant, load):
    """A proxy under load, from the moment at which the measurement begins: (pids of the proxy, load)."""
    with tempfile.TemporaryDirectory(prefix="proxybench-") as home:
        proxy, pair = contestant.start(ports.free_port(), ports.free_port(), pathlib.Path(home), load)
        try:
            line_with(pair, "begin")
            yield proxies(proxy.pid), pair
        finally:
            end({proxy, pair})


def measure(contestant, case, seconds, rate=0, also=lambda pids: {}):
    """`also`: further figures of the proxy's processes, at the end."""
    load = [*case.load, "--seconds", seconds, *(("--rate", rate) if rate else ())]
    with loaded(contestant, load) as (pids, pair):
        said, before = pair.before, spent(pids)
        line_with(pair, "end")
        cpu = spent(pids) - before
        held = memory(pids)
        more = also(pids)
        result = json.loads(line_with(pair, "{"))
    if cpu < 1e-6 * result["requests"]:
        raise NotCarried(f"{contestant.name}: {cpu * 1e3:.1f} ms of processor for {result['requests']} requests. {said}")
    return {"rate": result["requests"] / result["seconds"], "cpu": cpu / max(1, result["requests"]) * 1e6,
            "p50": result["p50_us"], "p99": result["p99_us"], "errors": result["errors"], "memory": held,
            "bytes": result["bytes"] / result["seconds"], **more}


class Apart:
    """A proxy with its backend as a process of its own. Leaving the context ends both."""

    def __init__(self, contestant):
        self.contestant = contestant
        self.home = tempfile.TemporaryDirectory(prefix="proxybench-")
        self.directory = pathlib.Path(self.home.name)
        self.public = ports.free_port()
        self.started = []

    def __enter__(self):
        self.mark("a")
        backend = ports.free_port()
        self.started = self.contestant.start_apart(backend, self.public, self.directory)
        self.proxy = self.started[0]
        wait_for(self.public)
        return self

    def mark(self, mark):
        """What the next backend puts into its answers."""
        (self.directory / "mark").write_text(mark)

    def switch(self):
        """To a new backend, as somebody would who had only this proxy."""
        self.mark("b")
        backend = ports.free_port()
        if self.contestant.name != "livefix":  # that starts it by itself
            self.started.append(subprocess.Popen(contestants.backend_command(backend, self.directory)))
            wait_for(backend)
        new = self.contestant.switch(self.proxy, backend, self.public, self.directory)
        if new:
            self.started.append(new)

    def __exit__(self, *_):
        end(self.started)
        self.home.cleanup()


def wait_for(port):
    limit = time.monotonic() + 20
    while not ports.listening(port):
        if time.monotonic() > limit:
            raise SystemExit(f"nobody listens on port {port}")
        time.sleep(0.002)
