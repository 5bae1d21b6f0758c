"""Clock: the time of day when a run begins, and from then on seconds that only grow.

The clock of the machine is set while trainings run: by the daemon that keeps it, by hand, after a suspension.
An end before the start, or epochs out of order, would be the result.
"""

from __future__ import annotations

import time
from collections.abc import Callable


def steady_clock() -> Callable[[], float]:
    """A clock in seconds since 1970 that is right now, and that nobody sets afterwards."""
    start = time.time() - _seconds()
    return lambda: start + _seconds()


def _seconds() -> float:
    """Seconds that only grow; where the system counts them so, while the machine sleeps as well."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()
