"""Sampling: which values a trial gets, at random or on a grid, and how a search asks for them."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from nnbabysit.core.config.schema.space import Axis
from nnbabysit.core.errors import UserError
from nnbabysit.core.search.space.scale import Scale, scale_of
from nnbabysit.core.search.trial import PlannedTrial, Trial


def draw(space: Mapping[str, Axis], *, seed: int, stage: str, index: int) -> dict[str, Any]:
    """Draw the values of one trial.

    Each axis has a random stream of its own, a function of (seed, stage, index, path) alone: the draw does
    not depend on earlier trials, and one more axis does not change what the others draw.

    Args:
        space: Config path → axis.
        seed: The config's seed.
        stage: ``coarse`` or ``fine``; the stages draw apart.
        index: Number of the trial, from 0.

    Returns:
        Config path → value in sorted order of the paths, not rounded; both ends of a range can be drawn.
    """
    positions = {path: float(_stream(seed, stage, index, path).random()) for path in sorted(space)}
    return {path: value_at(space[path], position) for path, position in positions.items()}


def value_at(axis: Axis, position: float) -> Any:
    """The value at a fraction of an axis: evenly in coordinates, log or linear, or evenly over its choices.

    Args:
        axis: The axis.
        position: In 0 … 1; all integers, and all choices, have the same fraction of it.
    """
    scale = scale_of(axis)
    if scale is None:
        choices = axis.choice or []
        return choices[min(int(position * len(choices)), len(choices) - 1)]
    if axis.int is not None:
        low, high = axis.int
        return min(low + int(position * (high - low + 1)), high)
    return scale.clip(scale.to_value(scale.ends[0] + position * scale.width))


def check_grid(space: Mapping[str, Axis], trials: int, stage: str) -> None:
    """See that a grid fits; needs neither data nor model.

    Args:
        space: Config path → axis.
        trials: Largest number of points.
        stage: ``coarse`` or ``fine``.

    Raises:
        UserError: The choices alone are more than ``trials``.
    """
    choices = _choices(space)
    if choices > trials:
        raise UserError(
            f"a grid over the choices alone needs {choices} trials, but there are {trials}",
            where=f"search.{stage}.trials",
            remedy=f"Set trials to at least {choices}, shorten the choices, or search without a grid",
        )


def grid(space: Mapping[str, Axis], trials: int, stage: str = "coarse") -> list[dict[str, Any]]:
    """Evenly spaced points: as many per axis of numbers as fit into ``trials``, times all choices.

    Points of a range include both ends (log-even for ``log_uniform``); a single point is its middle.

    Args:
        space: Config path → axis.
        trials: Largest number of points.
        stage: ``coarse`` or ``fine``, to name in the error.

    Returns:
        At most ``trials`` draws; the last path in sorted order varies fastest.

    Raises:
        UserError: The choices alone are more than ``trials``.
    """
    check_grid(space, trials, stage)
    scales = {path: scale_of(axis) for path, axis in space.items()}
    choices = _choices(space)
    limits = [_most_points(scale) for scale in scales.values() if scale is not None]
    points = 1
    while any(limit > points for limit in limits):
        if choices * math.prod(min(points + 1, limit) for limit in limits) > trials:
            break
        points += 1
    columns = [_grid_values(space[path], scales[path], points) for path in sorted(space)]
    return [dict(zip(sorted(space), row, strict=True)) for row in itertools.product(*columns)]


class Sampler(Protocol):
    """Hands out the trials of a stage, round by round.

    Attributes:
        trials: Trials of the whole stage.
    """

    trials: int

    def next(self, known: Sequence[Trial]) -> list[PlannedTrial]:
        """The next round, with indices that go on where ``known`` ends.

        Args:
            known: All trials of the rounds before, each of them ended, in the order of their index.

        Returns:
            Planned trials; none when the stage is over.
        """


class AtOnce:
    """One round that holds the whole plan: draws that depend on no trial before them."""

    def __init__(self, planned: Sequence[PlannedTrial]) -> None:
        """Hand out ``planned``."""
        self._planned = list(planned)
        self.trials = len(self._planned)

    def next(self, known: Sequence[Trial]) -> list[PlannedTrial]:
        """All trials at first, then none."""
        return [] if known else self._planned


def plan(
    space: Mapping[str, Axis], trials: int, *, seed: int, stage: str, on_grid: bool = False
) -> list[PlannedTrial]:
    """All trials of a stage, in the order of their index; see ``draw`` and ``grid``."""
    if on_grid:
        draws = grid(space, trials, stage)
    else:
        draws = [draw(space, seed=seed, stage=stage, index=index) for index in range(trials)]
    return [PlannedTrial(index=index, params=params) for index, params in enumerate(draws)]


def _stream(seed: int, stage: str, index: int, path: str) -> np.random.Generator:
    name = f"{seed}/{stage}/{index}/{path}".encode()
    return np.random.default_rng(int.from_bytes(hashlib.sha256(name).digest()))


def _choices(space: Mapping[str, Axis]) -> int:
    return math.prod(len(axis.choice) for axis in space.values() if axis.choice is not None)


def _most_points(scale: Scale) -> float:
    return scale.high - scale.low + 1 if scale.kind == "int" else math.inf


def _grid_values(axis: Axis, scale: Scale | None, points: int) -> list[Any]:
    if scale is None:
        return list(axis.choice or [])
    count = int(min(points, _most_points(scale)))
    coordinates = np.linspace(*scale.ends, count).tolist() if count > 1 else [sum(scale.ends) / 2]
    values = [scale.clip(scale.to_value(coordinate)) for coordinate in coordinates]
    return [round(value) for value in values] if scale.kind == "int" else values
