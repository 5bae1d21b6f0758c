"""Scale: the coordinates in which an axis of numbers is even, log or linear."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from nnbabysit.core.config.schema.space import Axis

Allowed = Callable[[str, Any], bool]
"""Whether a config path may have a value; ranges are widened only to where it says yes."""

_LARGEST_EXPONENT = math.log(sys.float_info.max)
_SMALLEST_EXPONENT = math.log(sys.float_info.min)


def anything(_path: str, _value: Any) -> bool:
    """The ``Allowed`` that has no objection."""
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """A range of numbers and the coordinates in which it is drawn evenly.

    Attributes:
        kind: ``log_uniform``, ``uniform`` or ``int``.
        low: Lower end.
        high: Upper end, above ``low``.
    """

    kind: str
    low: float
    high: float

    @property
    def is_log(self) -> bool:
        """Whether the coordinate is the natural logarithm."""
        return self.kind == "log_uniform"

    @property
    def ends(self) -> tuple[float, float]:
        """Coordinates of both ends."""
        return self.to_coordinate(self.low), self.to_coordinate(self.high)

    @property
    def width(self) -> float:
        """Distance of the ends in coordinates; above 0 unless the ends are neighboring floats."""
        low, high = self.ends
        return high - low

    def to_coordinate(self, value: float) -> float:
        """Value → coordinate; values at or below 0 have none on a log scale."""
        return math.log(value) if self.is_log else float(value)

    def to_value(self, coordinate: float) -> float:
        """Coordinate → value, not rounded and not clipped to the range."""
        if not self.is_log:
            return coordinate
        return math.exp(min(max(coordinate, _SMALLEST_EXPONENT), _LARGEST_EXPONENT))

    def clip(self, value: float) -> float:
        """The value, or the end of the range that it lies beyond."""
        return min(max(value, self.low), self.high)

    def axis(self, low: float, high: float) -> Axis:
        """An axis of the same kind over another range."""
        if self.kind == "int":
            return Axis(int=(math.floor(low), math.ceil(high)))
        return Axis(log_uniform=(low, high)) if self.is_log else Axis(uniform=(low, high))


def scale_of(axis: Axis) -> Scale | None:
    """The scale of an axis of numbers; None for a choice."""
    for kind, pair in (("log_uniform", axis.log_uniform), ("uniform", axis.uniform), ("int", axis.int)):
        if pair is not None:
            return Scale(kind=kind, low=pair[0], high=pair[1])
    return None


def round_outward(low: float, high: float) -> tuple[float, float]:
    """A range with ends of about three significant digits that encloses the given one."""
    return _rounded(low, high - low, ROUND_FLOOR), _rounded(high, high - low, ROUND_CEILING)


def _rounded(value: float, width: float, rounding: str) -> float:
    finest = min(abs(value), width)
    if finest <= 0.0 or not math.isfinite(value + width):
        return value
    step = Decimal((0, (1,), math.floor(math.log10(finest)) - 2))
    number = Decimal(value)
    if number.adjusted() - step.adjusted() > 25:  # beyond the precision of the decimal context
        return value
    return float(number.quantize(step, rounding=rounding))
