"""The same proxies under wrk instead of our own load, as a check of that: 64 connections, 1 KiB."""

import re
import subprocess
import sys

import contestants
import measure
import tables
from measure import Apart

CONNECTIONS = 64
UNITS = {"us": 1, "ms": 1e3, "s": 1e6, "m": 60e6}


def run_wrk(port, seconds):
    command = ["taskset", "-c", str(contestants.LOAD_CPU), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s",
               "--latency", f"http://127.0.0.1:{port}/"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
    if done.returncode:
        raise SystemExit(f"wrk: {done.stderr.strip()}")
    return done.stdout


def parse(text):
    def latency(share):
        number, unit = re.search(rf"^ *{share}% +([\d.]+)([a-z]+)$", text, re.M).groups()
        return float(number) * UNITS[unit]

    refused = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return {"requests": int(re.search(r"(\d+) requests in", text)[1]),
            "rate": float(re.search(r"Requests/sec: +([\d.]+)", text)[1]),
            "p50": latency(50), "p99": latency(99),
            "errors": (sum(map(int, refused.groups())) if refused else 0) + (int(bad[1]) if bad else 0)}


def measure_with_wrk(contestant, seconds):
    with Apart(contestant) as running:
        run_wrk(running.public, 1)  # connections to the backend, and whatever warms up
        pids = measure.proxies(running.proxy.pid)
        before = measure.spent(pids)
        result = parse(run_wrk(running.public, seconds))
        return {**result, "cpu": (measure.spent(pids) - before) / max(1, result["requests"]) * 1e6}


def report(arguments, chosen, left_out, order):
    rounds = []
    seconds = max(1, round(arguments.seconds))
    for number in range(1, arguments.rounds + 1):
        results = {}
        for contestant in order.sample(chosen, len(chosen)):
            result = measure_with_wrk(contestant, seconds)
            results["wrk", contestant.name] = result
            print(f"round {number}: {contestant.name:8} {result['rate']:9.0f} requests/s, {result['cpu']:7.2f} us, "
                  f"p99 {result['p99']:8.0f} us, {result['errors']} errors", file=sys.stderr, flush=True)
        rounds.append(results)
    yield from tables.heading(f"--wrk --seconds {seconds}", arguments, chosen, left_out)
    yield "| proxy | requests/s | of nginx's | CPU a request | of nginx's | p50 | p99 | of nginx's | errors |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    for contestant in chosen:
        key = "wrk", contestant.name

        def of(what):
            return tables.median(rounds, key, what)
        yield (f"| {tables.shown(contestant)} | {of('rate'):.0f} | {tables.ratio(rounds, *key, 'rate')} "
               f"| {of('cpu'):.1f} us | {tables.ratio(rounds, *key, 'cpu')} | {of('p50'):.0f} us "
               f"| {of('p99'):.0f} us | {tables.ratio(rounds, *key, 'p99')} "
               f"| {sum(tables.values(rounds, key, 'errors'))} |")
