"""Some of the points at which livefix can die, evenly; all system calls: tests/crash/run.py."""

import pytest
import run

POINTS = 3  # of each scenario and kind of death
CALLS = [(scenario, run.Kill(who)) for scenario in run.SCENARIOS for who in ("control", "livefix")] \
    + [("good", run.Kill("git"))]
STEPS = [(scenario, kill) for kill in run.AT_STEPS for scenario in run.SCENARIOS if run.meets(scenario, kill)]


def named(kinds):
    return [f"{scenario}, {kill}" for scenario, kill in kinds]


@pytest.fixture
def die(place, counted):
    def until(scenario, kill, most):
        count = run.kill_everywhere(place, scenario, kill, most=most)
        counted(f"{scenario}, {kill}: {count.points} points, {count.crashes} deaths, {len(count.broken)} broken promises")
        assert not count.broken, "\n".join(count.broken)
        return count
    return until


@pytest.mark.parametrize("scenario, kill", CALLS, ids=named(CALLS))
def test_a_death_breaks_no_promise(die, scenario, kill):
    count = die(scenario, kill, POINTS)
    assert count.points > POINTS and count.crashes >= POINTS - 1, f"{count.crashes} crashes"


# What control is told of when another dies; control itself, and the whole, at each call above.
@pytest.mark.parametrize("who", ["proxy", "old", "candidate"])
def test_what_the_keeper_runs_dies_in_the_middle_of_a_push(die, who):
    count = die("good", run.Kill(who, steps=True), 2 * POINTS)
    assert count.points > 2 * POINTS and count.crashes >= POINTS, f"{count.crashes} crashes"


@pytest.mark.soak
@pytest.mark.parametrize("scenario, kill", STEPS, ids=named(STEPS))
def test_a_death_at_any_step_on_record_breaks_no_promise(die, scenario, kill):
    count = die(scenario, kill, None)
    assert count.crashes > 0, "nobody was killed"


def test_it_can_fail(place):
    """Another release than the one that was wanted is a broken promise."""
    shop = run.new_shop(place)
    try:
        run.prepare(shop)
        running = shop.running()
        shop.check([running])
        with pytest.raises(AssertionError):
            shop.check(["0" * 40])
    finally:
        shop.end()
