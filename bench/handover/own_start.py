"""How long a program takes to start by itself, on a machine that serves its old copy meanwhile."""

import time

from running import Client, Running
from support import ports


def measure_own_start(case, home, number, before):
    """Milliseconds from the spawn of a second copy of the program to its first answer. The load
    begins `before` seconds earlier."""
    loaded, other = ports.free_port(), ports.free_port()
    with Running(case, home / "old", loaded) as old, Running(case, home / "new", other) as new:
        old.start()
        with Client(loaded) as load:
            load.load()
            time.sleep(before)
            load.watch("none")  # the questions of a watch load the machine too, in both measurements
            new.save(f"r{number}")
            with Client(other) as watcher:
                watcher.watch(f"r{number}")
                spawned = time.time_ns()
                new.spawn()
                seen = watcher.seen()
            load.end()
    if seen is None:
        raise SystemExit(f"{case.program}: the program does not start")
    return {"ms": (seen - spawned) / 1e6}
