"""Where the time of a push to livefix goes: Git's own trace, and the times of livefix's ledger."""

import datetime
import json
import sqlite3

PARTS = ["git sends", "hook and examine", "lay out", "build", "start", "shift", "keep", "git ends"]


def parts_of(push, state):
    """Milliseconds of each of PARTS, one behind the other; they add up to the whole push."""
    moments = [push.began / 1e6, _hook_began(push.trace), *_ledger(state), push.ended / 1e6]
    return [later - earlier for earlier, later in zip(moments, moments[1:])]


def _hook_began(trace):
    """Milliseconds since 1970, when Git had the objects and called pre-receive."""
    for line in trace.read_text().splitlines():
        event = json.loads(line)
        if event["event"] == "child_start" and event.get("hook_name") == "pre-receive":
            return datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp() * 1000
    raise RuntimeError(f"{trace}: Git called no pre-receive hook")


def _ledger(state):
    """Of the last rollout: examined, laid out, built, ready, shifted, kept."""
    ledger = sqlite3.connect(f"{(state / 'ledger.db').as_uri()}?mode=ro", uri=True)
    try:
        events = [(time, kind, json.loads(body)) for time, kind, body in ledger.execute(
            "SELECT time_ms, kind, body FROM event ORDER BY sequence")]
    finally:
        ledger.close()
    last = max(i for i, (_, kind, _) in enumerate(events) if kind == "rollout")
    moments = {}
    for time, kind, body in events[last:]:
        moments.setdefault(body.get("phase") or kind if kind == "phase" else kind, time)
    return [moments[name] for name in ("rollout", "building", "starting", "shifting", "promoting", "promoted")]
