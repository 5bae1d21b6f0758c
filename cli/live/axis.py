"""Axis: one side of a text chart, whose round ends give way to the numbers that come."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from nnbabysit.core.report.charts.scale import WIDE, Scale

ALWAYS, NEVER = 1.0, math.inf
"""Ratio of the largest number to the smallest from which on an axis is logarithmic, beside ``WIDE``."""
STEPS = 16
"""Steps of a linear axis, at most, between which its ends are rounded."""


@dataclass(slots=True)
class Axis:
    """Ends, and where a number lies between them.

    The ends are rounded outwards. So they seldom move, and few of the points that come make all others move.

    Attributes:
        name: What it shows.
        log_from: ``ALWAYS``, ``WIDE`` or ``NEVER``; an axis with a number at 0 or below is linear anyway.
        low: Lower end.
        high: Upper end.
        log: Whether it is logarithmic now.
    """

    name: str
    log_from: float = WIDE
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    _least: float = field(default=math.inf, repr=False)
    _most: float = field(default=-math.inf, repr=False)

    def take(self, value: float) -> bool:
        """Make room for a finite number; True where that moved the ends."""
        if self._least <= value <= self._most:
            return False
        self._least, self._most = min(self._least, value), max(self._most, value)
        before = (self.low, self.high, self.log)
        self.log = self._least > 0 and self._most >= self.log_from * self._least
        self.low, self.high = rounded_ends(self._least, self._most, log=self.log)
        return before != (self.low, self.high, self.log)

    def places(self, count: int) -> Scale:
        """Places 0 … ``count`` − 1 along the axis."""
        return Scale(low=self.low, high=self.high, start=0, end=count - 1, log=self.log)


def rounded_ends(least: float, most: float, *, log: bool) -> tuple[float, float]:
    """Round numbers around a range: 1, 2 or 5 times a power of ten, or multiples of such a step if linear.

    A log axis over less than a factor of 5 is rounded as a linear one is; then its lower end stays above 0.
    """
    if log and most >= 5 * least:
        return _power(least, up=False), _power(most, up=True)
    if most - least <= 1e-9 * max(abs(least), abs(most)):
        air = abs(least) / 10 or 0.5
        return least - air, most + air
    step = _power((most - least) / STEPS, up=True)
    low, high = math.floor(least / step + 1e-9) * step, math.ceil(most / step - 1e-9) * step
    return (least if log and low <= 0 else float(f"{low:.12g}")), float(f"{high:.12g}")


def _power(value: float, *, up: bool) -> float:
    """The next 1, 2 or 5 times a power of ten; the value itself if it is one."""
    exponent = math.floor(math.log10(value))
    near = [float(f"{factor}e{exponent + e}") for e in (-1, 0, 1) for factor in (1, 2, 5)]
    if up:
        return min(number for number in near if number >= value * (1 - 1e-9))
    return max(number for number in near if number <= value * (1 + 1e-9))
