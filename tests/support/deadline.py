"""Waiting for something to become true, never longer than a deadline."""

import os
import time

# Sanitizer builds and loaded machines may stretch every deadline; none is ever waited out in vain.
STRETCH = float(os.environ.get("LONGHAUL_TEST_STRETCH", "1"))


def until(condition, timeout=20, what="the condition", pause=0.02):
    """Calls `condition` until it gives something true, and returns that."""
    end = time.monotonic() + timeout * STRETCH
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout * STRETCH:.0f} s in vain for {what}")
        time.sleep(pause)
