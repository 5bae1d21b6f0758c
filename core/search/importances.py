"""Importances: how much each axis decides about the value."""

from __future__ import annotations

import warnings

import optuna

from nnbabysit.core.search.study import TrialStudy
from nnbabysit.core.search.trial import ranked

FEWEST = 20
"""Complete trials below which the best tenth is one trial at most, and no statement is made."""


def importances(study: TrialStudy) -> dict[str, float]:
    """Share of each axis in what makes a trial good, by PED-ANOVA (Watanabe et al., IJCAI 2023).

    Args:
        study: An open study.

    Returns:
        Config path → share, which add up to 1, largest first; empty with a single axis, with fewer than 20
        complete trials, or when all complete trials have the same value.
    """
    complete = ranked(study.trials())
    if len(study.space) < 2 or len(complete) < FEWEST or complete[0].value == complete[-1].value:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # which trials it regards, said in other words above
        found = optuna.importance.get_param_importances(_without_repeats(study.optuna_study))
    return {path: found[path] for path in sorted(found, key=lambda path: (-found[path], path))}


def _without_repeats(study: optuna.Study) -> optuna.Study:
    """The study with each draw once: those trained again would count by as many votes as they got seeds."""
    trials = study.get_trials(deepcopy=False)
    once = [trial for trial in trials if "repeat_of" not in trial.user_attrs]
    if len(once) == len(trials):
        return study
    copy = optuna.create_study(direction="maximize")
    copy.add_trials(once)
    return copy
