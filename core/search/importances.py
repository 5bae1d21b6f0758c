"""Importances: how much each axis decides about the value."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence

import optuna

from nnbabysit.core.config.schema.space import Axis
from nnbabysit.core.search.space.encoding import distribution, encoded
from nnbabysit.core.search.trial import Trial, ranked

FEWEST = 20
"""Complete trials below which the best tenth is one trial at most, and no statement is made."""


def importances(space: Mapping[str, Axis], trials: Sequence[Trial]) -> dict[str, float]:
    """Fraction of each axis in what makes a trial good, by PED-ANOVA (Watanabe et al., IJCAI 2023).

    Args:
        space: Config path → axis that was searched.
        trials: Trials of the search, each draw once.

    Returns:
        Config path → share, which add up to 1, largest first; empty with a single axis, with fewer than 20
        complete trials, or when all complete trials have the same value.
    """
    complete = ranked(trials)
    if len(space) < 2 or len(complete) < FEWEST or _objective(complete[0]) == _objective(complete[-1]):
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # which trials it regards, said in other words above
        found = optuna.importance.get_param_importances(_in_memory(space, trials))
    return {path: found[path] for path in sorted(found, key=lambda path: (-found[path], path))}


def _in_memory(space: Mapping[str, Axis], trials: Sequence[Trial]) -> optuna.Study:
    """A study of the complete trials; to read them from the database takes several times as long."""
    distributions = {path: distribution(axis) for path, axis in space.items()}
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize")
    study.add_trials(
        [
            optuna.trial.create_trial(
                value=_objective(trial),
                params={path: encoded(space[path], value) for path, value in trial.params.items()},
                distributions=distributions,
            )
            for trial in trials
            if trial.value is not None
        ]
    )
    return study


def _objective(trial: Trial) -> float:
    """The number that orders complete trials."""
    return -math.inf if trial.merit is None else trial.merit.value
