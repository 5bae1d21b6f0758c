"""Samplers: the one that ``search.sampler`` names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from nnbabysit.core.config.schema.space import Axis
from nnbabysit.core.search.samplers.qmc import quasi_random
from nnbabysit.core.search.samplers.random_grid import AtOnce, Sampler, plan
from nnbabysit.core.search.samplers.tpe import InRounds

SamplerName = Literal["random", "grid", "qmc", "tpe"]

SMALLEST_ROUND = 8
"""Trials of a round of tpe where fewer are trained together: it then depends less on the machine."""


def round_size(name: SamplerName, width: int) -> int | None:
    """Trials of a round, where the sampler hands them out in rounds; to be remembered with the search.

    Args:
        name: As in ``search.sampler``.
        width: Trials that the executor trains together.
    """
    return max(SMALLEST_ROUND, width) if name == "tpe" else None


def sampler_of(
    name: SamplerName,
    space: Mapping[str, Axis],
    trials: int,
    *,
    seed: int,
    stage: str,
    in_rounds_of: int | None = None,
) -> Sampler:
    """The sampler of a stage.

    Args:
        name: As in ``search.sampler``.
        space: Config path → axis.
        trials: Trials of the stage; a grid may have fewer.
        seed: The config's seed.
        stage: ``coarse`` or ``fine``.
        in_rounds_of: Of ``round_size``, or what an interrupted search noted; None: the smallest.

    Raises:
        UserError: A grid does not fit.
    """
    if name == "tpe":
        rounds = in_rounds_of or SMALLEST_ROUND
        return InRounds(space, trials, round_size=rounds, seed=seed, stage=stage)
    if name == "qmc":
        return AtOnce(quasi_random(space, trials, seed=seed, stage=stage))
    return AtOnce(plan(space, trials, seed=seed, stage=stage, on_grid=name == "grid"))
