"""Waiting for conditions, always with an end."""

import time


def wait_until(condition, what, timeout=20.0, pause=0.005):
    """The first true value of condition(); an AssertionError that says `what` after the timeout."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout:g} s in vain for: {what}")
        time.sleep(pause)
