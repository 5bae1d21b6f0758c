"""Quasi-random: draws that leave no part of the space out, a scrambled Sobol sequence."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch.quasirandom import SobolEngine

from nnbabysit.core.config.schema.space import Axis
from nnbabysit.core.data.seeds import derive_seed
from nnbabysit.core.search.samplers.random_grid import value_at
from nnbabysit.core.search.trial import PlannedTrial


def quasi_random(space: Mapping[str, Axis], trials: int, *, seed: int, stage: str) -> list[PlannedTrial]:
    """All trials of a stage, spread more evenly than independent draws.

    Trial i is point i of the sequence, a function of (seed, stage, space, i); more trials add points and
    move none. Evenest are powers of two. One more axis changes what the others draw.

    Source: Sobol 1967; scrambled as Owen 1998 shows; Bousquet et al. 2017, "Critical Hyper-Parameters", for
    the use in a search. torch's sequence: Optuna's ``QMCSampler`` needs SciPy, which nothing else here does.

    Args:
        space: Config path → axis; one dimension each, the choices included.
        trials: Number of trials.
        seed: The config's seed.
        stage: ``coarse`` or ``fine``; the stages draw apart.
    """
    paths = sorted(space)
    engine = SobolEngine(  # type: ignore[no-untyped-call]  # torch leaves it without types
        len(paths), scramble=True, seed=derive_seed(seed, stage, "qmc")
    )
    points = engine.draw(trials, dtype=torch.float64).tolist()  # [trials, axes], each in 0 … 1
    return [
        PlannedTrial(
            index=index,
            params={
                path: value_at(space[path], position) for path, position in zip(paths, point, strict=True)
            },
        )
        for index, point in enumerate(points)
    ]
