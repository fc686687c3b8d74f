"""Some of the points at which livefix can die, evenly; all of them: tests/crash/run.py."""

import pytest
import run

POINTS = 3  # of each scenario and kind of death
KINDS = [(scenario, kill) for scenario in run.SCENARIOS for kill in ("control", "livefix")] + [("good", "git")]


@pytest.mark.parametrize("scenario, kill", KINDS)
def test_a_death_breaks_no_promise(place, scenario, kill):
    count = run.kill_everywhere(place, scenario, kill, most=POINTS)
    assert not count.broken, "\n".join(count.broken)
    assert count.points > POINTS and count.crashes >= POINTS - 1, f"{count.crashes} crashes"
    print(f"{scenario}, {kill} killed: {count.points} points, {count.crashes} crashes")


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
