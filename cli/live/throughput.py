"""Speed: how many trials end in a second, smoothed over the last seconds; and when all will have ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

SECONDS = 10.0
"""How far back the speed looks, if that is more than two groups."""
TOGETHER = 0.1
"""Trials that end within so many seconds are one group."""
LEAST_SHARE = 0.002
"""Fraction of the work that must be done before its speed says when the rest will be."""


class Speed:
    """Counts trials as they end. Groups are kept, not trials, and few of them."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Nothing has ended; ``clock`` gives seconds that only grow."""
        self._clock = clock
        self._groups: deque[tuple[float, int]] = deque()
        self._start = clock()
        self._first_share: tuple[float, float] | None = None
        self._share, self._noted = 0.0, clock()

    def count(self, trials: int = 1) -> None:
        """Take in trials that have just ended."""
        now = self._clock()
        if self._groups and now - self._groups[-1][0] < TOGETHER:
            now, before = self._groups.pop()
            trials += before
        self._groups.append((now, trials))
        while len(self._groups) > 3 and now - self._groups[1][0] > SECONDS:
            self._groups.popleft()

    def note_share(self, share: float) -> None:
        """Take in how much of the whole work is done, in 0…1."""
        self._share, self._noted = share, self._clock()
        if self._first_share is None or share < self._first_share[1]:
            self._first_share = self._clock(), share

    def per_second(self, trials: int = 0) -> float | None:
        """Trials per second; by the fraction of the work if that is known, so a stack counts before it ends.

        Else between the ends of the last groups; of one group alone, since the start. When the next group is
        overdue, the wait counts too.

        Args:
            trials: How many there are in all, or 0.
        """
        pace = self._pace()
        if trials and pace is not None:
            return trials * pace
        if not self._groups:
            return None
        last, trials = self._groups[-1]
        if len(self._groups) == 1:
            return trials / (last - self._start) if last - self._start >= TOGETHER else None
        first, before = self._groups[0]
        overdue = self._clock() - last - (last - first) / (len(self._groups) - 1)
        return (sum(count for _, count in self._groups) - before) / (last - first + max(0.0, overdue))

    def _pace(self) -> float | None:
        """Fraction of the work per second in this session; None if too little is done to say."""
        if self._first_share is None:
            return None
        begun, first = self._first_share
        done, seconds = self._share - first, self._noted - begun
        return done / seconds if done >= LEAST_SHARE and seconds > 0 else None

    def seconds_left(self) -> float | None:
        """By the fraction of the work that was done so far; None if that says too little. It counts down."""
        pace = self._pace()
        if pace is None:
            return None
        return max(0.0, (1 - self._share) / pace - (self._clock() - self._noted))


class Countdown:
    """Seconds left as they were last told, less those that have passed since."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Nothing was told."""
        self._clock = clock
        self._told: tuple[float, float] | None = None

    def tell(self, seconds: float | None) -> None:
        """Take in how much is left now; None: that is not known."""
        self._told = None if seconds is None else (seconds, self._clock())

    def seconds_left(self) -> float | None:
        """What is left now, at least 0."""
        return None if self._told is None else max(0.0, self._told[0] - (self._clock() - self._told[1]))
