"""Is livefix still cheaper than nginx? In half a minute, on a machine that others use too."""

import statistics
import sys

import contestants
import measure

BOUND = 0.80  # of nginx's processor time a request
ROUNDS, SECONDS = 11, 0.7
ATTEMPTS = 4  # since whatever else runs on the machine makes both dearer by about the same
SPOILT = 2  # rounds in which the load did not go through the proxy


def ratios(pair, order):
    """Of one round each: both proxies at nearly the same time, so that what disturbs one disturbs the other."""
    found, spoilt = [], 0
    while len(found) < ROUNDS:
        try:
            cost = {c.name: measure.measure(c, measure.FULL, SECONDS) for c in order.sample(pair, 2)}
        except measure.NotCarried as reason:
            spoilt += 1
            print(f"a round that does not count: {reason}", file=sys.stderr, flush=True)
            if spoilt > SPOILT:
                raise
            continue
        errors = {name: result["errors"] for name, result in cost.items() if result["errors"]}
        if errors:
            raise SystemExit(f"requests failed: {errors}")
        found.append(cost["livefix"]["cpu"] / cost["nginx"]["cpu"])
        print(f"round {len(found)}: livefix {cost['livefix']['cpu']:.2f} us, nginx {cost['nginx']['cpu']:.2f} us: "
              f"{found[-1]:.3f}", file=sys.stderr, flush=True)
    return found


def run(order):
    """The exit status."""
    if len(contestants.CPUS) < 2:
        print(f"skipped: one processor for the proxy and one for the load are needed, here is {len(contestants.CPUS)}")
        return 0
    pair = [c for c in contestants.ALL if c.name in ("livefix", "nginx")]
    for attempt in range(1, ATTEMPTS + 1):
        found = ratios(pair, order)
        ratio = statistics.median(found)
        figures = (f"a request costs livefix {ratio:.2f} of nginx's processor time (median of {ROUNDS} rounds, "
                   f"{min(found):.2f} to {max(found):.2f}); the bound is {BOUND:.2f}")
        if ratio <= BOUND:
            print(f"good: {figures}" + (f" (try {attempt}, those before were over it)" if attempt > 1 else ""))
            return 0
        if attempt < ATTEMPTS:
            print(f"once more, since try {attempt} says: {figures}", flush=True)
    print(f"too dear, {ATTEMPTS} times: {figures}")
    return 1
