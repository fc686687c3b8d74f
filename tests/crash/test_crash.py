"""Some of the points at which livefix can die, evenly; all of them: tests/crash/run.py."""

import pytest
import run

POINTS = 5  # of each scenario and kind of death


@pytest.mark.parametrize("kill", run.KILLS)
@pytest.mark.parametrize("scenario", run.SCENARIOS)
def test_a_death_breaks_no_promise(place, scenario, kill, record_property):
    count = run.kill_everywhere(place, scenario, kill, most=POINTS)
    assert not count.broken, "\n".join(count.broken)
    assert count.points > POINTS and count.crashes >= POINTS - 1, f"{count.crashes} crashes"
    record_property("points", count.points)
    record_property("crashes", count.crashes)


def test_it_can_fail(place):
    """A branch that was moved by hand is a broken promise."""
    shop = run.new_shop(place)
    try:
        run.prepare(shop)
        running = shop.running()
        shop.check([running])
        with pytest.raises(AssertionError):
            shop.check(["0" * 40])
    finally:
        shop.end()
