"""A handover under full load: latencies around the switch to another backend, beside the second before."""

import datetime
import json
import statistics
import subprocess
import sys
import time

import contestants
import measure
import tables
from measure import Apart

SLOTS = 10          # of 100 ms: a second, which begins half a second before the switch
BEFORE, AFTER = 2.2, 1.3  # seconds of load
SHARE = 0.6         # of its own most, where requests are due at a fixed rate
CASES = ["all it can", f"{SHARE * 100:.0f} % of its most"]


def p99(slots):
    latencies = sorted(latency for slot in slots for latency in slot)
    return latencies[min(len(latencies) - 1, int(len(latencies) * 0.99))] if latencies else float("inf")


def around(name, result):
    """The figures of one switch, from what the load saw."""
    moment = result["switched_unix"] - result["begin_unix"]
    if moment < 0:
        raise SystemExit(f"{name}: the new backend never answered")
    slots = result["slots"]
    middle = int(moment * 10)
    first = middle - SLOTS // 2
    if first < SLOTS or first + SLOTS > len(slots):
        raise SystemExit(f"{name}: the switch was {moment:.1f} s after the load began: too far from the middle")
    before, at = slots[first - SLOTS:first], slots[first:first + SLOTS]
    return {"before": p99(before), "at": p99(at), "ratio": p99(at) / p99(before),
            "worst": max(p99([slot]) for slot in at if slot) / p99(before),
            "longest": max(latency for slot in at for latency in slot),
            "both": max(0, result["last_old_unix"] - result["switched_unix"]) * 1e3,
            "errors": result["errors"], "rate": result["requests"] / result["seconds"]}


def measure_switch(contestant, rate=0):
    with Apart(contestant) as running:
        load = ["--role", "load", "--connections", 64, "--seconds", BEFORE + AFTER, "--slots",
                *(["--rate", rate] if rate else [])]
        pair = subprocess.Popen(contestants.load_command(0, running.public, load), stdout=subprocess.PIPE, text=True)
        try:
            measure.line_with(pair, "begin")
            time.sleep(BEFORE)
            running.switch()
            result = json.loads(measure.line_with(pair, "{"))
        finally:
            measure.end([pair])
        if contestant.name == "livefix":
            compare(result["switched_unix"], running.proxy)
    return around(contestant.name, result)


def compare(seen, livefix):
    """What the load saw is what livefix said."""
    said = moment_of_event(livefix)
    if abs(said - seen) > 0.1:
        raise SystemExit(f"livefix says that it switched {(seen - said) * 1e3:.0f} ms before its first new answer")


def moment_of_event(livefix):
    for line in livefix.stdout:
        event = json.loads(line)
        if event["event"] == "serving":
            return datetime.datetime.fromisoformat(event["time"]).timestamp()
    raise SystemExit("livefix did not say when it switched")


def report(arguments, chosen, left_out, order):
    chosen = [c for c in contestants.SWITCHING if c.name.split()[0] in {one.name for one in chosen}]
    rounds = []
    for number in range(1, arguments.rounds + 1):
        results = {}
        for contestant in order.sample(chosen, len(chosen)):
            rate = 0
            for case in CASES:
                result = measure_switch(contestant, rate)
                results[case, contestant.name] = result
                rate = rate or round(result["rate"] * SHARE)
                print(f"round {number}: {case:16} {contestant.name:12} {result['rate']:7.0f} requests/s, p99 "
                      f"{result['before']:6.0f} us, then {result['at']:6.0f} us: {result['ratio']:.2f}; worst slot "
                      f"{result['worst']:.2f}, {result['errors']} errors", file=sys.stderr, flush=True)
        rounds.append(results)
    yield from tables.heading("--handover", arguments, chosen, left_out)
    yield from table(chosen, rounds)


def table(chosen, rounds):
    yield ("| load | proxy | switched by | requests/s | p99 the second before | the second around | ratio "
           "| worst 100 ms | longest | both answer for | errors |")
    yield "|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    for case in CASES:
        for contestant in chosen:
            def of(what):
                return statistics.median(tables.values(rounds, (case, contestant.name), what))
            errors = sum(tables.values(rounds, (case, contestant.name), "errors"))
            yield (f"| {case} | {tables.shown(contestant)} | {contestant.how_it_switches} | {of('rate'):.0f} "
                   f"| {of('before'):.0f} us | {of('at'):.0f} us | {of('ratio'):.2f} | {of('worst'):.2f} "
                   f"| {of('longest') / 1e3:.1f} ms | {of('both'):.0f} ms | {errors} |")
