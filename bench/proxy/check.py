"""Is livefix still cheaper than nginx? In half a minute, on a machine that others use too.

Nine tenths of what a request costs is the kernel's, and how dear that is differs from machine to
machine: where even a relay that reads nothing comes near to the bound, livefix may not be much
dearer than the relay.
"""

import statistics
import sys

import contestants
import measure

BOUND = 0.80  # of nginx's processor time a request
RELAY_BOUND = 1.25  # of the relay's
ROUNDS, SECONDS = 11, 0.7
ATTEMPTS = 4  # since whatever else runs on the machine makes all of them dearer by about the same
SPOILT = 2  # rounds in which the load did not go through the proxy
CONTESTANTS = [c for c in contestants.ALL if c.name in ("livefix", "nginx")] + [contestants.Relay()]


def costs(order):
    """Microseconds a request by contestant, of each round: all at nearly the same time, so that what disturbs
    one disturbs the others."""
    found, spoilt = [], 0
    while len(found) < ROUNDS:
        try:
            results = {c.name: measure.measure(c, measure.FULL, SECONDS) for c in order.sample(CONTESTANTS, 3)}
        except measure.NotCarried as reason:
            spoilt += 1
            print(f"a round that does not count: {reason}", file=sys.stderr, flush=True)
            if spoilt > SPOILT:
                raise
            continue
        errors = {name: result["errors"] for name, result in results.items() if result["errors"]}
        if errors:
            raise SystemExit(f"requests failed: {errors}")
        found.append({name: result["cpu"] for name, result in results.items()})
        print(f"round {len(found)}: " + ", ".join(f"{name} {cost:.2f} us" for name, cost in sorted(found[-1].items())),
              file=sys.stderr, flush=True)
    return found


def compare(rounds, name):
    """The median of livefix's share, and how it is said."""
    ratios = sorted(costs["livefix"] / costs[name] for costs in rounds)
    ratio = statistics.median(ratios)
    who = "the relay" if name == "relay" else name
    return ratio, f"{ratio:.2f} of {who}'s ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def run(order):
    """The exit status."""
    if len(contestants.CPUS) < 2:
        print(f"skipped: one processor for the proxy and one for the load are needed, here is {len(contestants.CPUS)}")
        return 0
    for attempt in range(1, ATTEMPTS + 1):
        rounds = costs(order)
        of_nginx, beside_nginx = compare(rounds, "nginx")
        of_relay, beside_relay = compare(rounds, "relay")
        figures = f"a request costs livefix {beside_nginx} and {beside_relay} processor time; medians of {ROUNDS} rounds"
        if of_nginx <= BOUND or of_relay <= RELAY_BOUND:
            bound = f"{BOUND:.2f} of nginx's" if of_nginx <= BOUND else f"{RELAY_BOUND:.2f} of the relay's"
            print(f"good, within {bound}{f', at try {attempt}' if attempt > 1 else ''}: {figures}")
            return 0
        if attempt < ATTEMPTS:
            print(f"once more, since try {attempt} says: {figures}", flush=True)
    print(f"too dear, {ATTEMPTS} times, for {BOUND:.2f} of nginx's and {RELAY_BOUND:.2f} of the relay's: {figures}")
    return 1
