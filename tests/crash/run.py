#!/usr/bin/python3
"""Kills livefix at every point of a push, a bad push, a rollback and its own start.

    tests/crash/run.py                          every point, in about an hour
    tests/crash/run.py --most 40                of each kind 40, evenly
    tests/crash/run.py --scenario good --kill control --from 120
    tests/crash/run.py --steps                  before and after each event that the ledger is told
    tests/crash/run.py --steps --kill proxy

Points are system calls, see faults.c: a process that is killed leaves behind what its calls did, and
nothing else, so whoever dies before each of them has died everywhere. A point that was written into
the code by hand would show only what its author thought of. In the other direction it is not exact:
two threads make calls in an order that changes, so that point 120 is not always the same call.

With --steps a point is the moment before or after an event of the ledger: what a rollout has decided is on
record, and what follows from it has not begun. There all that the keeper runs dies: control, the proxy, the
program that serves, the one that is to follow it; and the whole.
"""

import argparse
import contextlib
import dataclasses
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time
from typing import NamedTuple

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1])]
import faults as fault  # noqa: E402
from shop import CLIENTS, Shop  # noqa: E402
from support import ports  # noqa: E402
from support.livefix import PATIENCE  # noqa: E402
from support.waiting import wait_until  # noqa: E402

CRASH = "if (Math.random() < 0.2) process.exit(3);"  # only once it has requests: in its first bake


class Kill(NamedTuple):
    who: str
    steps: bool = False  # at events of the ledger; False: at system calls

    def __str__(self):
        return f"{self.who}{' at a step' if self.steps else ''}"

    @property
    def mode(self):
        return {"control": fault.KILL_CONTROL, "livefix": fault.KILL_LIVEFIX,
                "git": fault.KILL_GIT}.get(self.who, fault.KILL_CHILD)

    def may_lose(self, scenario):
        """Requests: of each client the one that the dead had. A program that is killed may also take the one that
        it was asked again with, once; and a bad candidate dies by itself beside that. None: any number."""
        if self.who in ("control", "git"):
            return 0
        return None if self.who == "livefix" else CLIENTS * (2 if scenario == "bad" else 1)


AT_CALLS = [Kill(who) for who in ("control", "livefix", "git")]
AT_STEPS = [Kill(who, steps=True) for who in ("control", "livefix", "proxy", "old", "candidate")]


# --- what is under way when it dies --------------------------------------------------------------

# Each calls arm(old, candidate), the commits of what runs and of what is to run, before it begins. It returns
# the commits that may run afterwards, and the one that has to where that is known.


def good_push(shop, arm):
    before = shop.running()
    after = shop.release()
    arm(before, after)
    pushed = shop.repository.push()
    return [before, after], after if pushed.returncode == 0 else None


def bad_push(shop, arm):
    before = shop.running()
    bad = shop.release(CRASH)
    arm(before, bad)
    pushed = shop.repository.push()
    assert pushed.returncode != 0, "a commit that crashes was taken"
    return [before], before


def rollback(shop, arm):
    kept = [one["commit"] for one in shop.history()["rollouts"] if one["outcome"] == "promoted"]
    before = kept[0]
    other = next(one for one in kept if one != before)
    arm(before, other)
    done = shop.command("rollback")
    return [before, other], other if done.returncode == 0 else None


def start(shop, arm):
    """Of control, or of the whole, where a rollout was cut off."""
    before = shop.running()
    after = shop.release()
    pushing = shop.repository.begin_push()
    wait_until(lambda: "rolled out" in shop.history()["now"] or pushing.poll() is not None, "a rollout",
               20 * PATIENCE)
    arm(before, after)
    with contextlib.suppress(ProcessLookupError):  # what it did last for the push was the point
        os.kill(shop.faults.control, signal.SIGKILL)
    pushing.communicate(timeout=60 * PATIENCE)
    wait_until(lambda: shop.faults.hit or shop.try_history() is not None, "control to begin", 20 * PATIENCE, 0.02)
    return [before, after], None


SCENARIOS = {"good": good_push, "bad": bad_push, "rollback": rollback, "start": start}


def meets(scenario, kill):
    """Whether that can be killed in it at all."""
    if kill.who == "git":  # the Gits of a good push before its promotion, and none that writes
        return scenario not in ("bad", "start")
    return scenario != "start" or kill.who in ("control", "livefix")


# --- one death, and all of them ------------------------------------------------------------------


@dataclasses.dataclass
class Count:
    points: int = 0
    crashes: int = 0
    broken: list = dataclasses.field(default_factory=list)


def prepare(shop):
    shop.serve()
    for _ in range(2):
        shop.push_good()


def arm(shop, kill, at=0, *, count=False):
    """What a scenario calls."""
    def when_it_begins(old, candidate):
        child = shop.livefix.role("proxy") if kill.who == "proxy" else 0
        where = {"old": old, "candidate": candidate}.get(kill.who, "")[:12]
        shop.faults.arm(fault.COUNT if count else kill.mode, at, steps=kill.steps, child=child,
                        where=f"/releases/{where}")
    return when_it_begins


def one(shop, scenario, kill, at):
    """Dies at that point. False: the scenario was over before."""
    whole = kill.who == "livefix"
    shop.follow_branch()
    with shop.load(may_lose=kill.may_lose(scenario)):
        allowed, wanted = SCENARIOS[scenario](shop, arm(shop, kill, at))
        time.sleep(0.2 if not shop.faults.hit else 0)  # what control does behind the answer
        shop.faults.disarm()
        hit = shop.faults.hit
        if whole and (hit or shop.livefix.process.poll() is not None):
            shop.replace_livefix()
        if wanted is None and kill.mode == fault.KILL_CHILD:
            wanted = allowed[0]  # who decides was not killed: a push that is refused is
        shop.check(allowed, wanted)
    return hit


def count_points(shop, scenario, kill):
    """How many there are about now, by a run in which nothing dies."""
    shop.follow_branch()
    with shop.load():
        allowed, wanted = SCENARIOS[scenario](shop, arm(shop, kill, count=True))
        time.sleep(0.5)
        total = shop.faults.disarm()
        shop.check(allowed, wanted)
    names = [shop.faults.name(at) for at in range(1, total + 1)]
    return sum(name.startswith("git") for name in names) if kill.who == "git" else total


def kill_everywhere(place, scenario, kill, *, most=None, first=1, say=print):
    """All points, or `most` of them, evenly. A broken promise ends its livefix, and the next goes on."""
    shop = new_shop(place)
    count = Count()
    try:
        prepare(shop)
        count.points = count_points(shop, scenario, kill)
        stride = max(1.0, count.points / most) if most else 1.0
        at = float(first)
        while True:
            try:
                hit = one(shop, scenario, kill, int(at))
                if hit and kill.mode == fault.KILL_CHILD and not shop.faults.killed:
                    say(f"{scenario}, {kill} {int(at)}: {shop.faults.name(int(at))}: there was none")
                elif hit:
                    count.crashes += 1
                    say(f"{scenario}, {kill} {int(at)}: {shop.faults.name(int(at))}")
            except (AssertionError, OSError) as error:
                count.crashes += 1
                name = shop.faults.name(int(at))
                count.broken.append(f"{scenario}, {kill} killed at {int(at)} ({name}): {error}")
                say(f"BROKEN {count.broken[-1]}\n{shop.livefix.story()}")
                shop.end()
                shop = new_shop(place)
                prepare(shop)
                hit = True
            at += stride
            if not hit or (most and at > count.points):
                break
        shop.stop()
    finally:
        shop.end()
    return count


def new_shop(place):
    directory = pathlib.Path(tempfile.mkdtemp(dir=place, prefix="shop-"))
    return Shop(directory, ports.free_port(), fault.Faults(directory))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenario", choices=SCENARIOS, action="append")
    parser.add_argument("--steps", action="store_true", help="at events of the ledger, not at system calls")
    parser.add_argument("--kill", choices=sorted({kill.who for kill in AT_CALLS + AT_STEPS}), action="append")
    parser.add_argument("--most", type=int, help="points of each kind, evenly [all]")
    parser.add_argument("--from", type=int, default=1, dest="first")
    settings = parser.parse_args()
    kills = [kill for kill in (AT_STEPS if settings.steps else AT_CALLS)
             if not settings.kill or kill.who in settings.kill]
    if not kills:
        parser.error(f"{', '.join(settings.kill)}: only {'without' if settings.steps else 'with'} --steps")
    place = pathlib.Path(tempfile.mkdtemp(prefix="lfcrash-"))
    total, began = Count(), time.monotonic()
    try:
        for kill in kills:
            for scenario in settings.scenario or SCENARIOS:
                if not meets(scenario, kill):
                    continue
                count = kill_everywhere(place, scenario, kill, most=settings.most, first=settings.first,
                                        say=lambda text: print(text, flush=True))
                print(f"{scenario}, {kill} killed: {count.points} points, {count.crashes} crashes, "
                      f"{len(count.broken)} broken promises", flush=True)
                total.points += count.points
                total.crashes += count.crashes
                total.broken += count.broken
    finally:
        shutil.rmtree(place, ignore_errors=True)
    print(f"{total.points} points: {total.crashes} crashes, {len(total.broken)} broken promises "
          f"in {time.monotonic() - began:.0f} s")
    for broken in total.broken:
        print("   ", broken)
    return 1 if total.broken else 0


if __name__ == "__main__":
    sys.exit(main())
