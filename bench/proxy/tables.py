"""Rounds become tables, and tables go into the page. A result is kept by (case, contestant) in each round."""

import os
import pathlib
import platform
import statistics
import time

import measure

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/benchmarks.md"
BASE = "nginx"


def values(rounds, key, what):
    return [r[key][what] for r in rounds if key in r]


def median(rounds, key, what):
    return statistics.median(values(rounds, key, what))


def ratio(rounds, case, name, what):
    """The median of the ratios to nginx within a round."""
    ratios = [r[case, name][what] / r[case, BASE][what] for r in rounds
              if (case, name) in r and r.get((case, BASE), {}).get(what)]
    return f"{statistics.median(ratios):.2f}" if ratios else "-"


def shown(contestant):
    return f"**{contestant.name}**" if contestant.name == "livefix" else contestant.name


def heading(options, arguments, chosen, left_out=()):
    words = f"bench/proxy/run {options} --rounds {arguments.rounds} --seed {arguments.seed}".replace("  ", " ")
    versions = ", ".join(dict.fromkeys(f"{c.name.split()[0]} {c.version()}" for c in chosen))
    yield (f"`{words}` on {os.cpu_count()} processors, Linux {platform.release()}, load average "
           f"{os.getloadavg()[2]:.1f}, {time.strftime('%Y-%m-%d')}. {versions}.")
    for name, reason in left_out:
        yield f"Without {name}: {reason}."
    yield ""


def costs(cases, chosen, rounds):
    yield "| case | proxy | requests/s | of nginx's | MB/s | CPU a request | of nginx's | p50 | p99 | of nginx's | memory | errors |"
    yield "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    for case in cases:
        for contestant in chosen:
            key = case.name, contestant.name
            if not any(key in r for r in rounds):
                continue

            def of(what):
                return median(rounds, key, what)
            yield (f"| {case.name} | {shown(contestant)} | {of('rate'):.0f} | {ratio(rounds, *key, 'rate')} "
                   f"| {of('bytes') / 1e6:.0f} | {of('cpu'):.1f} us | {ratio(rounds, *key, 'cpu')} "
                   f"| {of('p50'):.0f} us | {of('p99'):.0f} us | {ratio(rounds, *key, 'p99')} "
                   f"| {of('memory') / 2**20:.1f} MiB | {sum(values(rounds, key, 'errors'))} |")


def idle_memory(chosen, rounds):
    """What an idle connection costs: (memory with idle ones - memory without) / their number."""
    lines = []
    for contestant in chosen:
        full, idle = ((case.name, contestant.name) for case in (measure.FULL, measure.BESIDE_IDLE))
        both = [(r[full]["memory"], r[idle]["memory"]) for r in rounds if full in r and idle in r]
        if both:
            each = statistics.median((more - less) / measure.IDLE for less, more in both)
            lines.append(f"| {shown(contestant)} | {median(rounds, full, 'memory') / 2**20:.1f} MiB "
                         f"| {median(rounds, idle, 'memory') / 2**20:.1f} MiB | {each:.0f} |")
    if lines:
        yield from ["", f"| proxy | memory, 64 connections | beside {measure.IDLE:,} idle | bytes an idle connection |",
                    "|---|--:|--:|--:|", *lines]


def write(page, part, text):
    """Puts the text between the markers of the part."""
    begin, end = f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
    whole = page.read_text()
    if whole.count(begin) != 1 or whole.count(end) != 1:
        raise SystemExit(f"{page}: the markers {begin} and {end} are not there once each")
    head, rest = whole.split(begin)
    page.write_text(f"{head}{begin}\n{text}\n{end}{rest.split(end)[1]}")
