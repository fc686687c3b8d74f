"""What the benches have in common: medians, the line about the machine, and the way into the page."""

import os
import pathlib
import platform
import statistics

PAGE = pathlib.Path(__file__).resolve().parents[1] / "docs/benchmarks.md"


def milliseconds(value, form=".0f"):
    return "never" if value is None else f"{value:{form}} ms"


def median(values):
    """Of those that are; None when there is none."""
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo")
                  if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{os.cpu_count()} × {model}, {memory:.0f} GiB, Linux {platform.release().split('-')[0]}, "
            f"load average {os.getloadavg()[0]:.1f}")


def write(name, text):
    """Puts the text between the markers of that name."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    page = PAGE.read_text()
    if page.count(begin) != 1 or page.count(end) != 1:
        raise SystemExit(f"{PAGE}: the markers {begin} and {end} are not there once each")
    before, rest = page.split(begin)
    PAGE.write_text(f"{before}{begin}\n{text}\n{end}{rest.split(end)[1]}")
