"""Narrowed ranges enclose the best trials and are never empty, inverted or beyond what the config allows."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnbabysit.core.config.schema.space import Axis, Space
from nnbabysit.core.errors import RunError
from nnbabysit.core.search.samplers.random_grid import plan
from nnbabysit.core.search.space.narrowing import narrow
from nnbabysit.core.search.trial import Trial

LR = Axis(log_uniform=(1e-6, 1e-2))


def complete(index: int, value: float, **params: Any) -> Trial:
    return Trial(index=index, params=params, value=value, state="complete")


def searched(space: Space, optimum: float, trials: int = 100, on_grid: bool = False) -> list[Trial]:
    """Trials over ``lr`` whose value falls with the distance from the optimum, in decades."""
    return [
        Trial(
            index=planned.index,
            params=planned.params,
            value=1 - abs(math.log10(planned.params["lr"] / optimum)),
            state="complete",
        )
        for planned in plan(space, trials, seed=0, stage="coarse", on_grid=on_grid)
    ]


def ends(axis: Axis) -> tuple[float, float]:
    low, high = getattr(axis, axis.kind)
    return low, high


@given(
    kind=st.sampled_from(["log_uniform", "uniform", "int"]),
    low=st.integers(-(10**6), 10**6),
    width=st.integers(1, 10**6),
    values=st.lists(st.floats(0, 1), min_size=1, max_size=30),
    keep=st.floats(0.01, 0.99),
    seed=st.integers(0, 100),
)
def test_a_narrowed_range_is_never_empty_or_inverted_and_encloses_the_best(
    kind: str, low: int, width: int, values: list[float], keep: float, seed: int
) -> None:
    pair: tuple[float, float] = (low, low + width)
    if kind == "log_uniform":
        pair = (10 ** (low / 1e5), 10 ** ((low + width) / 1e5))
    space: Space = {"x": Axis.model_validate({kind: pair})}
    planned = plan(space, len(values), seed=seed, stage="coarse")
    trials = [
        complete(trial.index, value, **trial.params) for trial, value in zip(planned, values, strict=True)
    ]
    narrowed = narrow(space, trials, keep)
    new_low, new_high = ends(narrowed.space["x"])
    best = max(trials, key=lambda trial: trial.value or 0.0).params["x"]
    assert new_low < new_high
    assert new_low <= best <= new_high
    assert narrowed.space["x"].kind == kind
    assert 1 <= narrowed.kept <= len(values)


def test_the_best_tenth_of_a_hundred_is_enclosed_and_little_more() -> None:
    trials = searched({"lr": LR}, optimum=1e-4)
    narrowed = narrow({"lr": LR}, trials, 0.1)
    kept = sorted(trials, key=lambda trial: -(trial.value or 0.0))[:10]
    low, high = ends(narrowed.space["lr"])
    inner_low, inner_high = min(t.params["lr"] for t in kept), max(t.params["lr"] for t in kept)
    assert narrowed.kept == 10
    assert low < inner_low < inner_high < high
    assert math.log10(high / low) < math.log10(inner_high / inner_low) + 0.1
    assert narrowed.warnings == ()
    assert "best 10 trials" in narrowed.explanations["lr"]


def test_at_least_three_trials_are_kept() -> None:
    assert narrow({"lr": LR}, searched({"lr": LR}, 1e-4, trials=20), 0.05).kept == 3


def test_half_the_typical_spacing_is_added_in_log_space() -> None:
    space: Space = {"lr": Axis(log_uniform=(1e-6, 1.0))}
    drawn = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0]
    trials = [complete(i, -abs(math.log10(lr / 1e-3)), lr=lr) for i, lr in enumerate(drawn)]
    low, high = ends(narrow(space, trials, 0.4).space["lr"])
    assert [low, high] == pytest.approx([10**-4.5, 10**-1.5], rel=0.01)


def test_grid_trials_of_one_value_leave_half_a_step_on_both_sides() -> None:
    space: Space = {"lr": Axis(log_uniform=(1e-4, 1.0)), "z": Axis(uniform=(0.0, 1.0))}
    trials = searched(space, optimum=1e-2, trials=25, on_grid=True)  # five values, one decade apart
    low, high = ends(narrow(space, trials, 0.1).space["lr"])
    assert [low, high] == pytest.approx([10**-2.5, 10**-1.5], rel=0.01)


def test_a_range_is_clipped_to_the_old_one_when_the_best_is_well_inside() -> None:
    trials = [complete(0, 1.0, lr=1e-4), complete(1, 0.9, lr=1.1e-6), complete(2, 0.8, lr=9e-3)]
    narrowed = narrow({"lr": LR}, trials, 0.5)
    assert ends(narrowed.space["lr"]) == (1e-6, 1e-2)
    assert narrowed.warnings == ()


def test_the_end_that_the_best_is_close_to_is_kept_with_a_warning() -> None:
    narrowed = narrow({"lr": LR}, searched({"lr": LR}, optimum=1e-2), 0.1)
    low, high = ends(narrowed.space["lr"])
    assert high == 1e-2
    assert 1e-4 < low < 1e-2
    assert "high end of [1e-06, 0.01]" in narrowed.warnings[0]


def test_a_range_is_not_clipped_where_the_best_is_at_the_border() -> None:
    trials = [complete(0, 1.0, lr=9.9e-3), complete(1, 0.9, lr=1e-3), complete(2, 0.8, lr=5e-3)]
    assert ends(narrow({"lr": LR}, trials, 0.1).space["lr"])[1] > 1e-2


def test_a_range_is_not_widened_to_where_the_config_says_no() -> None:
    space: Space = {"momentum": Axis(uniform=(0.5, 0.99))}
    trials = [complete(i, value, momentum=value) for i, value in enumerate((0.6, 0.7, 0.97, 0.98, 0.985))]
    low, high = ends(narrow(space, trials, 0.1, lambda path, value: value < 1).space["momentum"])
    assert high == 0.99
    assert 0.5 < low < 0.97


def test_a_share_does_not_become_negative_nor_a_width_zero() -> None:
    space: Space = {"dropout": Axis(uniform=(0.0, 0.5)), "width": Axis(int=(1, 64))}
    trials = [complete(i, -i, dropout=0.01 * i, width=1 + i) for i in range(6)]
    narrowed = narrow(space, trials, 0.5)
    assert ends(narrowed.space["dropout"])[0] == 0.0
    assert ends(narrowed.space["width"])[0] == 1


def test_whole_numbers_stay_whole_and_leave_room() -> None:
    space: Space = {"width": Axis(int=(1, 100))}
    trials = [complete(i, -abs(width - 50), width=width) for i, width in enumerate(range(5, 100, 5))]
    narrowed = narrow(space, trials, 0.1)
    assert narrowed.space["width"].int == (42, 58)


def test_choices_are_those_of_the_kept_trials_in_their_old_order() -> None:
    space: Space = {"hidden": Axis(choice=[[10], [50], [100], [200]])}
    trials = [
        complete(i, value, hidden=[width])
        for i, (width, value) in enumerate([(10, 0.1), (50, 0.8), (100, 0.7), (200, 0.9), (10, 0.2)])
    ]
    narrowed = narrow(space, trials, 0.4)
    assert narrowed.space["hidden"].choice == [[50], [100], [200]]


def test_diverged_trials_do_not_count_as_good() -> None:
    stopped = [
        Trial(index=i, params={"lr": 9e-3}, value=None, state="diverged", reason="x") for i in range(90)
    ]
    trials = [complete(100 + i, 0.5, lr=lr) for i, lr in enumerate((1e-5, 2e-5, 3e-5))]
    low, high = ends(narrow({"lr": LR}, [*stopped, *trials], 0.1).space["lr"])
    assert low < 1e-5
    assert high < 9e-3


def test_without_a_complete_trial_there_is_nothing_to_narrow() -> None:
    trials = [Trial(index=0, params={"lr": 1e-3}, value=None, state="diverged", reason="x")]
    with pytest.raises(RunError, match="nothing to narrow"):
        narrow({"lr": LR}, trials, 0.1)


def test_the_share_to_keep_is_of_all_trials_also_of_those_that_diverged() -> None:
    good = searched({"lr": LR}, optimum=1e-4, trials=20)
    lost = [
        Trial(index=20 + i, params={"lr": 9e-3}, value=None, state="diverged", reason="cost is nan")
        for i in range(20)
    ]
    narrowing = narrow({"lr": LR}, [*good, *lost], keep=0.2)
    assert (narrowing.kept, narrowing.finished) == (8, 40)
