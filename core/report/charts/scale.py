"""Scale: where a number lies on an axis of a chart, and which numbers the axis names."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LARGEST, _SMALLEST = 1e100, 1e-100
WIDE = 50.0
"""Ratio of the largest setting of a search to the smallest from which on its axis is logarithmic."""
WIDE_CURVE = 100.0
"""The same for the numbers of a curve."""


def drawable(value: object) -> float | None:
    """The number if it can be drawn, finite and within ±1e100, else None; below 1e-100 it counts as 0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not math.isfinite(value) or abs(value) >= _LARGEST:
        return None
    return float(value) if abs(value) >= _SMALLEST else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """A linear or logarithmic axis.

    Attributes:
        low: Number at ``start``.
        high: Number at ``end``, above ``low``.
        start: Place of ``low`` in the chart's units.
        end: Place of ``high``.
        log: Whether equal ratios are equally far apart; then ``low`` is above 0.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def place(self, value: float) -> float | None:
        """Where a number lies; None where a log axis has no place for it."""
        if self.log and value <= 0:
            return None
        low, high, here = (math.log10(v) if self.log else v for v in (self.low, self.high, value))
        return round(self.start + (here - low) / (high - low) * (self.end - self.start), 1)

    def ticks(self, most: int = 5) -> list[tuple[float, str]]:
        """Places and labels of about ``most`` round numbers on the axis."""
        placed = ((self.place(value), text) for value, text in self.labels(most))
        return [(place, text) for place, text in placed if place is not None]

    def labels(self, most: int = 5) -> list[tuple[float, str]]:
        """About ``most`` round numbers on the axis, each with its text."""
        numbers = _log_numbers(self.low, self.high, most) if self.log else _numbers(self.low, self.high, most)
        label = _power_label if self.log else _plain_label
        return [(value, label(value)) for value in numbers]


def fitted(values: Iterable[float], start: float, end: float, *, log: bool) -> Scale:
    """A scale that shows all numbers: a log one by whole decades where there are some, a linear one with air.

    Args:
        values: Drawable numbers; those at 0 and below do not count on a log scale.
        start: Place of the lowest.
        end: Place of the highest.
        log: Logarithmic; without a positive number the scale is linear.
    """
    numbers = [value for value in values if value > 0] if log else list(values)
    if not numbers:
        return Scale(low=0.0, high=1.0, start=start, end=end)
    low, high = min(numbers), max(numbers)
    if log:
        span = max(math.log10(high / low), 0.3) * 0.04
        return Scale(low=low / 10**span, high=high * 10**span, start=start, end=end, log=True)
    air = (high - low) * 0.05 or abs(high) * 0.1 or 0.5
    return Scale(low=low - (0.0 if low == 0 else air), high=high + air, start=start, end=end)


def wants_log(values: Iterable[float], ratio: float = WIDE_CURVE) -> bool:
    """Whether positive numbers span so much that a linear axis would hide the small ones."""
    positive = [value for value in values if value > 0]
    return bool(positive) and max(positive) > ratio * min(positive)


def _numbers(low: float, high: float, most: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [float(f"{k * step:.12g}") for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _log_numbers(low: float, high: float, most: int) -> list[float]:
    """Powers of ten, thinned when there are many; 1, 2 and 5 within when there are few."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    powers = [p for p in range(first, last + 1) if low <= 10.0**p <= high]
    if len(powers) >= 3:
        every = -(-len(powers) // (most + 1))
        return [10.0**p for p in powers[::every]]
    near = [factor * 10.0**p for p in range(first, last + 1) for factor in (1, 2, 5)]
    within = [value for value in near if low <= value <= high]
    return within if len(within) > 1 else _numbers(low, high, 5)


def _plain_label(value: float) -> str:
    if value and not 1e-3 <= abs(value) < 1e6:
        sign = "−" if value < 0 else ""
        return sign + _power_label(abs(value))
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def _power_label(value: float) -> str:
    """``10⁻³`` and ``2·10⁻⁴``; plain between 0.01 and 1000."""
    if 0.01 <= value < 10_000:
        return f"{value:.3g}" if value < 1000 else f"{value:.0f}"
    mantissa, exponent = f"{value:.2e}".split("e")
    power = "10" + str(int(exponent)).translate(_SUPERSCRIPTS)
    factor = f"{float(mantissa):g}"
    return power if factor == "1" else f"{factor}·{power}"
