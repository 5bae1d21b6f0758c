"""The setting that decides is the important one; where nothing can be told, nothing is."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from nnbabysit.core.config.space import Axis, Space
from nnbabysit.core.search.importances import importances
from nnbabysit.core.search.sampling import plan
from nnbabysit.core.search.study import TrialStudy
from nnbabysit.core.search.trial import Trial

SPACE: Space = {"a.l2": Axis(log_uniform=(1e-5, 1e5)), "b.lr": Axis(log_uniform=(1e-6, 1e-3))}


def shares(folder: Path, space: Space, trials: int, equal: bool = False) -> dict[str, float]:
    with TrialStudy.create(folder, name="run", space=space) as study:
        for planned in plan(space, trials, seed=0, stage="coarse"):
            value = 0.1 if equal else -abs(math.log10(planned.params["b.lr"] / 1e-4))
            study.add([Trial(index=planned.index, params=planned.params, value=value, state="complete")])
        return importances(study)


def test_the_setting_that_decides_comes_first(tmp_path: Path) -> None:
    found = shares(tmp_path, SPACE, 40)
    assert list(found) == ["b.lr", "a.l2"]
    assert found["b.lr"] > 0.8
    assert sum(found.values()) == pytest.approx(1)


def test_nothing_is_said_about_few_trials_one_axis_or_equal_values(tmp_path: Path) -> None:
    for name in ("few", "one", "equal"):
        (tmp_path / name).mkdir()
    assert shares(tmp_path / "few", SPACE, 10) == {}
    assert shares(tmp_path / "one", {"b.lr": SPACE["b.lr"]}, 20) == {}
    assert shares(tmp_path / "equal", SPACE, 20, equal=True) == {}
