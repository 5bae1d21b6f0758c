"""The setting that decides is the important one; where nothing can be told, nothing is."""

from __future__ import annotations

import math
from pathlib import Path

import optuna
import pytest

from nnbabysit.core.config.schema.space import Axis, Space
from nnbabysit.core.search.importances import importances
from nnbabysit.core.search.samplers.random_grid import plan
from nnbabysit.core.search.store.study import TrialStudy
from nnbabysit.core.search.trial import Trial

SPACE: Space = {"a.l2": Axis(log_uniform=(1e-5, 1e5)), "b.lr": Axis(log_uniform=(1e-6, 1e-3))}


def shares(space: Space, trials: int, equal: bool = False) -> dict[str, float]:
    return importances(space, drawn(space, trials, equal))


def drawn(space: Space, trials: int, equal: bool = False) -> list[Trial]:
    found = []
    for planned in plan(space, trials, seed=0, stage="coarse"):
        value = 0.1 if equal else -abs(math.log10(planned.params["b.lr"] / 1e-4))
        found.append(Trial(index=planned.index, params=planned.params, value=value, state="complete"))
    return found


def test_the_setting_that_decides_comes_first() -> None:
    found = shares(SPACE, 40)
    assert list(found) == ["b.lr", "a.l2"]
    assert found["b.lr"] > 0.8
    assert sum(found.values()) == pytest.approx(1)


def test_optuna_finds_the_same_in_the_study(tmp_path: Path) -> None:
    lost = Trial(index=40, params=drawn(SPACE, 1)[0].params, value=None, state="diverged")
    trials = [*drawn(SPACE, 40), lost]
    with TrialStudy.create(tmp_path, name="run", space=SPACE) as study:
        study.add(trials)
        stored = optuna.importance.get_param_importances(study.optuna_study)
    assert importances(SPACE, trials) == stored


def test_nothing_is_said_about_few_trials_one_axis_or_equal_values() -> None:
    assert shares(SPACE, 10) == {}
    assert shares({"b.lr": SPACE["b.lr"]}, 20) == {}
    assert shares(SPACE, 20, equal=True) == {}
