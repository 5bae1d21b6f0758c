"""Narrowing: from the trials of one stage to the ranges of the next."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnbabysit.core.config.schema.space import Axis, Space
from nnbabysit.core.errors import RunError
from nnbabysit.core.formatting import rate_text
from nnbabysit.core.search.space.border import Side, keeps_sign, side_of
from nnbabysit.core.search.space.scale import Allowed, Scale, anything, round_outward, scale_of
from nnbabysit.core.search.trial import Trial, ranked

FEWEST = 3
"""Trials that a range is drawn around at the least: fewer say nothing about a width."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Narrowing:
    """New ranges and why they are what they are.

    Attributes:
        space: Config path → new axis.
        kept: Number of trials that the ranges enclose.
        finished: Number of trials that were looked at.
        explanations: Config path → one sentence.
        warnings: One sentence for each axis whose best trial was at the border.
    """

    space: Space
    kept: int
    finished: int
    explanations: dict[str, str]
    warnings: tuple[str, ...]


def narrow(
    space: Mapping[str, Axis], trials: Sequence[Trial], keep: float, allowed: Allowed = anything
) -> Narrowing:
    """Narrow each range around the best fraction of the trials.

    The new range encloses the kept trials and is widened by half the typical spacing on both sides, in log
    space for ``log_uniform``. The typical spacing is the mean distance of neighboring kept trials, but not
    less than that of all trials. The range is clipped to the old one, except where the best trial lies in its
    outer tenth: there the optimum may lie outside, so the end is left where it falls. A choice keeps what the
    kept trials chose.

    Args:
        space: Config path → axis that was searched.
        trials: Trials of that search, at least one of them complete.
        keep: Fraction of the trials to enclose, in 0…1; at least three trials are kept.
        allowed: Says whether a path may have a value beyond the old range.

    Returns:
        The new space, never empty or inverted, with its explanations.

    Raises:
        RunError: No trial completed.
    """
    best = ranked(trials)
    if not best:
        raise RunError(
            "no trial of the coarse search completed, so there is nothing to narrow",
            remedy="Widen or shift search.coarse.space and search again with nnbabysit search --coarse",
        )
    kept = best[: max(FEWEST, math.ceil(keep * len(trials)))]
    axes: Space = {}
    explanations: dict[str, str] = {}
    warnings: list[str] = []
    for path, axis in space.items():
        scale = scale_of(axis)
        if scale is None:
            axes[path] = _narrowed_choice(axis, [trial.params[path] for trial in kept])
            explanations[path] = f"chosen by the best {len(kept)} trials, of {len(axis.choice or [])} choices"
            continue
        side = side_of(scale, best[0].params[path])
        drawn = [trial.params[path] for trial in trials]
        low, high = _range(scale, [trial.params[path] for trial in kept], drawn, side, path, allowed)
        axes[path] = scale.axis(low, high)
        explanations[path] = _explanation(scale, (low, high), len(kept))
        if side is not None:
            warnings.append(_warning(path, scale, best[0].params[path], side))
    return Narrowing(
        space=axes,
        kept=len(kept),
        finished=len(trials),
        explanations=explanations,
        warnings=tuple(warnings),
    )


def _range(
    scale: Scale, kept: list[float], drawn: list[float], side: Side | None, path: str, allowed: Allowed
) -> tuple[float, float]:
    coordinates = [scale.to_coordinate(value) for value in kept]
    half = _typical_spacing(scale, coordinates, drawn) / 2
    low, high = scale.to_value(min(coordinates) - half), scale.to_value(max(coordinates) + half)
    if scale.kind == "int":
        low, high = math.floor(low), math.ceil(high)
    else:
        low, high = round_outward(low, high)
    low = _end(scale, "low", low, side, allowed(path, low))
    high = _end(scale, "high", high, side, allowed(path, high))
    return (low, high) if low < high else (scale.low, scale.high)


def _end(scale: Scale, end: Side, value: float, best_at: Side | None, allowed: bool) -> float:
    """The new end: not outside the old one, but on the side of the best trial not inside it."""
    old = scale.low if end == "low" else scale.high
    inner, outer = (max, min) if end == "low" else (min, max)
    if best_at != end:
        return inner(value, old)
    return outer(value, old) if allowed and keeps_sign(scale, value) else old


def _typical_spacing(scale: Scale, kept: list[float], drawn: list[float]) -> float:
    of_kept = (max(kept) - min(kept)) / (len(kept) - 1) if len(kept) > 1 else 0.0
    of_all = scale.width / max(len(set(drawn)) - 1, 1)  # distinct: a grid repeats its values
    return max(of_kept, of_all)


def _narrowed_choice(axis: Axis, kept: list[Any]) -> Axis:
    return Axis(choice=[choice for choice in axis.choice or [] if choice in kept])


def _explanation(scale: Scale, ends: tuple[float, float], kept: int) -> str:
    low, high = ends
    old = scale.width
    new = scale.to_coordinate(high) - scale.to_coordinate(low)
    share = (
        f"{new / old:.0%} of [{rate_text(scale.low)}, {rate_text(scale.high)}]" if old > 0 else "as it was"
    )
    return f"encloses the best {kept} trials; {share}{' in log space' if scale.is_log else ''}"


def _ends(scale: Scale) -> str:
    return f"[{rate_text(scale.low)}, {rate_text(scale.high)}]"


def _warning(path: str, scale: Scale, best: float, side: Side) -> str:
    return (
        f"{path}: the best coarse trial ({rate_text(best)}) is at the {side} end of {_ends(scale)}, "
        f"so the new range keeps that end; the optimum may lie further out"
    )
