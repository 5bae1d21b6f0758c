"""Speed: how many trials end in a second, smoothed over the last seconds; and when all will have ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

SECONDS = 10.0
"""How far back the speed looks, if that is more than two groups."""
TOGETHER = 0.1
"""Trials that end within so many seconds are one group."""
LEAST_SHARE = 0.002
"""Share of the work that must be done before its speed says when the rest will be."""


class Speed:
    """Counts trials as they end. Groups are kept, not trials, and few of them."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Nothing has ended; ``clock`` gives seconds that only grow."""
        self._clock = clock
        self._groups: deque[tuple[float, int]] = deque()
        self._start = clock()
        self._first_share: tuple[float, float] | None = None
        self._share = 0.0

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
        self._share = share
        if self._first_share is None or share < self._first_share[1]:
            self._first_share = self._clock(), share

    def per_second(self) -> float | None:
        """Trials per second between the ends of the last groups; of one group alone, since the start."""
        if not self._groups:
            return None
        last, trials = self._groups[-1]
        if len(self._groups) == 1:
            return trials / (last - self._start) if last - self._start >= TOGETHER else None
        first, before = self._groups[0]
        return (sum(count for _, count in self._groups) - before) / (last - first)

    def seconds_left(self) -> float | None:
        """By the share of the work that was done so far; None if that says too little."""
        if self._first_share is None:
            return None
        begun, first = self._first_share
        done, seconds = self._share - first, self._clock() - begun
        return seconds / done * (1 - self._share) if done >= LEAST_SHARE and seconds > 0 else None
