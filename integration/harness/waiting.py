"""Waiting for events, never for time."""

import time


def eventually(look, timeout_s, what):
    """Calls `look` until it gives something true, and gives that back. An AssertionError of `look` is no end either, only
    its last one is shown when the time is over."""
    deadline = time.monotonic() + timeout_s
    pause_s = 0.05
    last = None
    while True:
        try:
            found = look()
            if found:
                return found
            last = found
        except AssertionError as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s} s: {what}; last seen: {last!r}")
        time.sleep(pause_s)
        pause_s = min(1.0, pause_s * 1.5)


def holds(look, duration_s, what):
    """Asserts that `look` stays true for the whole time."""
    end = time.monotonic() + duration_s
    while time.monotonic() < end:
        assert look(), what
        time.sleep(0.2)
