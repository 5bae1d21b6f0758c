"""Border: is the best trial at the edge of a range? Then the optimum may lie outside.

Rule SEA001 reads what is found, one border per axis.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from nnbabysit.core.config.schema.space import Axis
from nnbabysit.core.diagnosis.evidence.search_evidence import BorderEvidence
from nnbabysit.core.search.space.scale import Allowed, Scale, anything, scale_of
from nnbabysit.core.search.trial import Trial, ranked

Side = Literal["low", "high"]

OUTER = 0.1
"""Fraction of a range, on either side, that counts as its border; in log space for ``log_uniform``."""


def find_borders(
    space: Mapping[str, Axis], trials: Iterable[Trial], allowed: Allowed = anything
) -> list[BorderEvidence]:
    """Axes on which the best trial is in the outer tenth, where the config allows a wider range.

    Args:
        space: Config path → axis that was searched.
        trials: The search's trials; only complete ones count.
        allowed: Says whether a path may have a value beyond the range.

    Returns:
        One border per such axis, in the order of the space; empty if no trial completed.
    """
    best = ranked(trials)[:1]
    return [
        border
        for trial in best
        for path, axis in space.items()
        if (border := _border(path, axis, trial.params[path], allowed)) is not None
    ]


def side_of(scale: Scale, value: float) -> Side | None:
    """The end of the range in whose tenth the value lies; None if it is well inside."""
    low, high = scale.ends
    position = (scale.to_coordinate(value) - low) / (high - low) if high > low else 0.5
    if position <= OUTER:
        return "low"
    return "high" if position >= 1 - OUTER else None


def _border(path: str, axis: Axis, best: Any, allowed: Allowed) -> BorderEvidence | None:
    scale = scale_of(axis)
    side = None if scale is None else side_of(scale, best)
    if scale is None or side is None:
        return None
    end = _wider_end(scale, side)
    if not keeps_sign(scale, end) or not math.isfinite(end) or not allowed(path, end):
        return None
    wider = (end, scale.high) if side == "low" else (scale.low, end)
    return BorderEvidence(
        search_axis=path,
        search_low=scale.low,
        search_high=scale.high,
        search_best=best,
        search_side=side,
        search_wider=wider,
        search_kind=scale.kind,
    )


def keeps_sign(scale: Scale, value: float) -> bool:
    """Whether a value beyond the range has the sign of the range: no width or rate becomes 0 or negative."""
    return not (scale.low > 0 >= value or scale.low == 0 > value)


def _wider_end(scale: Scale, side: Side) -> float:
    """One decade further on a log scale, or as much as the range had, if less; else half its width."""
    if scale.is_log:
        factor = min(10.0, scale.high / scale.low)
        return scale.low / factor if side == "low" else scale.high * factor
    step = (scale.high - scale.low) / 2
    step = math.ceil(step) if scale.kind == "int" else step
    return scale.low - step if side == "low" else scale.high + step
