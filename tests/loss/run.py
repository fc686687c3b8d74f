#!/usr/bin/python3
"""The loss test: many changes in a row under load, and every request has its right answer.

    tests/loss/run.py                            100 handovers of each service, 64 connections
    tests/loss/run.py --service node --handovers 1000   a soak: with a million requests at least
    tests/loss/run.py --kill-control             control is killed (-9) at random moments
    tests/loss/run.py --kill-proxy               the proxy is: only what it carried may be lost
    tests/loss/run.py --crash-every 3            every third release cannot start
    tests/loss/run.py --driver naive             kill and restart, to see that this test can fail
Exit status: 0 when nothing was lost, duplicated, mixed or wrong; 1 otherwise.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from loss import drivers, services  # noqa: E402
from support import ports  # noqa: E402
from support.livefix import ROOT  # noqa: E402
from support.waiting import wait_until  # noqa: E402

SOAK, MILLION = 1_000, 1_000_000


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--service", action="append", choices=[*services.ALL], help="default: all")
    parser.add_argument("--handovers", type=int, default=100)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--driver", choices=["livefix", "naive"], default="livefix")
    parser.add_argument("--kill-control", action="store_true")
    parser.add_argument("--kill-proxy", action="store_true")
    parser.add_argument("--kill-interval", type=float, default=2.0, help="mean seconds between kills")
    parser.add_argument("--crash-every", type=int, default=0, metavar="N")
    parser.add_argument("--min-requests", type=int,
                        help="default: 60 for each handover; from 1,000 handovers on a million, of all services")
    parser.add_argument("--mix", help="weights of the kinds of request (see loadgen --help)")
    parser.add_argument("--think", default="20ms", help="mean pause of a client between two requests")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000_000)
    parser.add_argument("--report", type=pathlib.Path, default=ROOT / "build/tests/loss",
                        help="folder of the JSON reports")
    parser.add_argument("--option", action="append", default=[], help="more options for livefix")
    arguments = parser.parse_args()
    arguments.service = arguments.service or [*services.ALL]
    if arguments.min_requests is None:
        arguments.min_requests = 60 * arguments.handovers
        if arguments.handovers >= SOAK:
            arguments.min_requests = max(arguments.min_requests, MILLION // len(arguments.service) + 1)
    return arguments


def run_service(name, arguments, loadgen):
    """One service from start to end. Returns the report of the generator with our counts added."""
    with tempfile.TemporaryDirectory(prefix=f"livefix-loss-{name}-") as directory:
        directory = pathlib.Path(directory)
        service = services.ALL[name](directory / name, ports.free_port())
        service.save("r0")
        log = directory / "executed"
        kind = {"naive": drivers.NaiveDriver}.get(arguments.driver) or (
            drivers.HarriedLivefixDriver if arguments.kill_control else drivers.LivefixDriver)
        driver = kind(service, {"EXECUTED_LOG": str(log)}, arguments.option)
        try:
            report = under_load(driver, directory, log, arguments, loadgen)
            driver.stop()
        except AssertionError:
            driver.tell_story()
            raise
        finally:
            driver.abandon()
        return report


def under_load(driver, directory, log, arguments, loadgen):
    end, floor, output = directory / "end", directory / "floor", directory / "report.json"
    floor.write_text("r0")
    made = Share(directory / "progress", arguments.min_requests / arguments.handovers)
    mix = arguments.mix or driver.service.mix
    if not driver.speaks_http2:
        mix = ",".join(kind for kind in mix.split(",") if not kind.startswith("h2="))
    load = subprocess.Popen(
        [loadgen, "--url", f"http://127.0.0.1:{driver.service.port}", "--until-file", end,
         "--connections", str(arguments.connections), "--min-requests", str(arguments.min_requests),
         "--executed-log", log, "--release-floor-file", floor, "--think", arguments.think,
         "--kills-file", directory / "kills", "--progress-file", made.file, "--json", output,
         "--seed", str(arguments.seed), "--mix", mix])
    killers = []
    try:
        if arguments.kill_control:
            killers.append(drivers.Killer(driver, "control", arguments.kill_interval, arguments.seed))
        if arguments.kill_proxy:
            killers.append(drivers.Killer(driver, "proxy", arguments.kill_interval, arguments.seed + 1))
        counts = hand_over(driver, floor, made, arguments)
        for killer in killers:
            killer.stop()
    finally:
        end.touch()
        try:
            load.wait(120)
        except subprocess.TimeoutExpired:
            load.kill()
            raise
    report = json.loads(output.read_text())
    report.update(counts, service=driver.service.name, driver=arguments.driver)
    for killer in killers:
        report[f"{killer.role}_kills"] = killer.count
        if killer.gaps:
            report["proxy_gaps_ms"] = sorted(round(gap * 1000, 1) for gap in killer.gaps)
            check_gaps(report)
    check_releases(report, arguments)
    return report


class Share:
    """What of the load each handover has to meet: without it, quick ones would all be over first."""

    def __init__(self, file, requests):
        self.file, self.requests = file, requests

    def wait(self, handovers):
        wanted = int(self.requests * handovers)
        wait_until(lambda: self.file.exists() and int(self.file.read_text()) >= wanted,
                   f"{wanted} requests to be made in {handovers} handovers", 120, pause=0.02)


def hand_over(driver, floor, made, arguments):
    """The changes, one after the other."""
    pauses = random.Random(arguments.seed)
    times, failed, previous = [], 0, "r0"
    number = 0
    while len(times) < arguments.handovers:
        number += 1
        if arguments.crash_every and number % arguments.crash_every == 0:
            driver.fail(number, f"r{number}-broken")
            failed += 1
            release = drivers.release_of(driver.service.port)
            assert release == previous, f"{release} answers after a release that could not start"
            continue
        release = f"r{number}"
        times.append(driver.change(number, release))
        driver.service.settle(release)
        save_floor(floor, release if driver.floor_is_sure else previous)
        previous = release
        if len(times) % 25 == 0:
            driver.all_drained()
            print(f"  {driver.service.name}: {len(times)} handovers, the last in "
                  f"{times[-1] * 1000:.0f} ms", flush=True)
        time.sleep(pauses.uniform(0, 0.2))  # so that saves meet every state of the load
        made.wait(len(times))
    times.sort()
    return {"handovers": len(times), "broken_releases": failed,
            "save_to_serving_ms": {"p50": times[len(times) // 2] * 1000,
                                   "p99": times[len(times) * 99 // 100] * 1000,
                                   "max": times[-1] * 1000}}


def save_floor(floor, release):
    new = floor.with_name("floor.new")
    new.write_text(release)
    new.rename(floor)


def check_gaps(report):
    slow = [gap for gap in report["proxy_gaps_ms"] if gap > 100]
    if slow:
        report["verdict"].append(f"{len(slow)} new proxies came after more than 100 ms: {slow}")


def check_releases(report, arguments):
    """The load has to have met every release, and no broken one."""
    broken = [r for r in report["releases"] if r.endswith("-broken")]
    if broken:
        report["verdict"].append(f"answers by releases that cannot start: {broken}")
    good = len(report["releases"]) - len(broken)
    if good < arguments.handovers * 9 // 10:
        report["verdict"].append(f"only {good} releases answered, {arguments.handovers} were made")


def summary(reports):
    print(f"\n{'service':10} {'handovers':>9} {'broken':>6} {'sent':>8} {'answered':>8} {'lost':>5} "
          f"{'excused':>7} {'twice':>5} {'mixed':>5} {'wrong':>5} {'stale':>5} {'save to serving p50/max':>24}")
    for r in reports:
        t, times = r["total"], r["save_to_serving_ms"]
        print(f"{r['service']:10} {r['handovers']:9} {r['broken_releases']:6} {t['sent']:8} "
              f"{t['answered']:8} {t['lost']:5} {t['excused']:7} {r['duplicated']:5} {t['mixed']:5} "
              f"{t['mismatched']:5} {t['stale']:5} {times['p50']:13.0f} / {times['max']:5.0f} ms")
        for name, p in r["protocols"].items():
            messages = f", {p['messages']} messages and their echoes" if p.get("messages") else ""
            print(f"{'':10}   {name:9} {p['sent']:8} sent, {p['answered']} answered, {p['lost']} lost, "
                  f"{p['excused']} excused, {p['mixed'] + p['mismatched'] + p['stale']} wrong{messages}")
        for role in ("control", "proxy"):
            if f"{role}_kills" in r:
                print(f"{'':10} {role} killed {r[f'{role}_kills']} times", end="")
                gaps = r.get("proxy_gaps_ms", []) if role == "proxy" else []
                print(f", first answer of the next one after {gaps[len(gaps) // 2]} ms (max {gaps[-1]} ms)"
                      if gaps else "")
        for line in r["verdict"]:
            print(f"{'':10} FAILED: {line}")


def main():
    arguments = parse()
    loadgen = services.build_loadgen()
    arguments.report.mkdir(parents=True, exist_ok=True)
    print(f"seed {arguments.seed}")
    reports = []
    for name in arguments.service:
        print(f"{name}: {arguments.handovers} handovers, {arguments.connections} connections", flush=True)
        report = run_service(name, arguments, loadgen)
        (arguments.report / f"{name}.json").write_text(json.dumps(report, indent=2) + "\n")
        reports.append(report)
    summary(reports)
    return 1 if any(r["verdict"] for r in reports) else 0


if __name__ == "__main__":
    sys.exit(main())
