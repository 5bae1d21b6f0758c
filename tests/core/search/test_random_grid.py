"""Draws are a function of (seed, stage, index) per axis; grids are even and never larger than asked."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnbabysit.core.config.schema.space import Axis, Space
from nnbabysit.core.errors import UserError
from nnbabysit.core.search.samplers.random_grid import draw, grid, plan

LR = Axis(log_uniform=(1e-6, 1e-3))
L2 = Axis(log_uniform=(1e-5, 1e5))
SPACE: Space = {
    "optimizer.lr": LR,
    "optimizer.momentum": Axis(uniform=(0.5, 0.99)),
    "training.batch_size": Axis(int=(32, 35)),
    "model.args.hidden": Axis(choice=[[50], [100], [50, 50]]),
}

positive = st.floats(min_value=1e-300, max_value=1e300)


@st.composite
def spaces(draw_from: st.DrawFn) -> Space:
    def axis(kind: str) -> Axis:
        if kind == "choice":
            return Axis(choice=draw_from(st.lists(st.integers(), min_size=1, max_size=5)))
        if kind == "int":
            low, high = sorted(
                draw_from(st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=2, unique=True))
            )
            return Axis(int=(low, high))
        numbers = positive if kind == "log_uniform" else st.floats(-1e300, 1e300)
        low_end, high_end = sorted(draw_from(st.lists(numbers, min_size=2, max_size=2, unique=True)))
        return (
            Axis(log_uniform=(low_end, high_end))
            if kind == "log_uniform"
            else Axis(uniform=(low_end, high_end))
        )

    kinds = draw_from(
        st.lists(st.sampled_from(["log_uniform", "uniform", "int", "choice"]), min_size=1, max_size=4)
    )
    return {f"axis.{number}": axis(kind) for number, kind in enumerate(kinds)}


def is_within(axis: Axis, value: Any) -> bool:
    if axis.choice is not None:
        return value in axis.choice
    low, high = getattr(axis, axis.kind)
    return bool(low <= value <= high) and isinstance(value, int if axis.int is not None else float)


@given(spaces(), st.integers(0, 2**64), st.integers(0, 10**6))
def test_every_draw_lies_within_its_axis_and_can_be_repeated(space: Space, seed: int, index: int) -> None:
    params = draw(space, seed=seed, stage="coarse", index=index)
    assert list(params) == sorted(space)
    assert all(is_within(space[path], value) for path, value in params.items())
    assert params == draw(space, seed=seed, stage="coarse", index=index)


@given(spaces(), st.integers(1, 60))
def test_every_grid_fits_and_lies_within_its_axes(space: Space, trials: int) -> None:
    choices = math.prod(len(axis.choice) for axis in space.values() if axis.choice is not None)
    if choices > trials:
        with pytest.raises(UserError):
            grid(space, trials)
        return
    points = grid(space, trials)
    assert 1 <= len(points) <= trials
    assert all(is_within(space[path], value) for point in points for path, value in point.items())


def test_seed_stage_and_index_each_change_the_draw() -> None:
    base = draw(SPACE, seed=0, stage="coarse", index=0)
    others = [
        draw(SPACE, seed=1, stage="coarse", index=0),
        draw(SPACE, seed=0, stage="fine", index=0),
        draw(SPACE, seed=0, stage="coarse", index=1),
    ]
    assert all(other["optimizer.lr"] != base["optimizer.lr"] for other in others)


def test_one_more_axis_does_not_change_what_the_others_draw() -> None:
    alone = draw({"optimizer.lr": LR}, seed=3, stage="coarse", index=7)
    together = draw({"a.first": L2, "optimizer.lr": LR, "z.last": L2}, seed=3, stage="coarse", index=7)
    assert together["optimizer.lr"] == alone["optimizer.lr"]
    assert together["a.first"] != together["z.last"]


def test_the_order_of_the_space_does_not_matter() -> None:
    turned = dict(reversed(SPACE.items()))
    assert draw(turned, seed=0, stage="fine", index=5) == draw(SPACE, seed=0, stage="fine", index=5)


def test_draws_are_the_same_in_every_version() -> None:
    params = draw({"optimizer.lr": LR, "n": Axis(int=(1, 1000))}, seed=0, stage="coarse", index=0)
    assert params == {"n": 994, "optimizer.lr": pytest.approx(0.00014852019582908482, rel=1e-12)}


def test_log_uniform_is_even_in_log_space() -> None:
    logs = [math.log10(draw({"l2": L2}, seed=0, stage="coarse", index=index)["l2"]) for index in range(2000)]
    counts = [sum(low <= value < low + 2 for value in logs) for low in (-5, -3, -1, 1, 3)]
    assert all(340 < count < 460 for count in counts)  # 400 expected, standard deviation 18


def test_int_draws_both_ends_and_choice_every_choice() -> None:
    draws = [draw(SPACE, seed=0, stage="coarse", index=index) for index in range(100)]
    assert {params["training.batch_size"] for params in draws} == {32, 33, 34, 35}
    assert {str(params["model.args.hidden"]) for params in draws} == {"[50]", "[100]", "[50, 50]"}


def test_a_hundred_trials_over_two_axes_make_ten_by_ten() -> None:
    points = grid({"optimizer.lr": LR, "regularization.l2": L2}, 100)
    rates = sorted({point["optimizer.lr"] for point in points})
    assert (len(points), len(rates)) == (100, 10)
    assert (rates[0], rates[-1]) == (pytest.approx(1e-6), pytest.approx(1e-3))
    steps = [later / earlier for earlier, later in itertools.pairwise(rates)]
    assert steps == [pytest.approx(10 ** (1 / 3))] * 9


def test_a_grid_of_one_point_takes_the_middle() -> None:
    (point,) = grid({"optimizer.lr": Axis(log_uniform=(1e-4, 1e-2)), "m": Axis(uniform=(0.0, 1.0))}, 3)
    assert point == {"m": 0.5, "optimizer.lr": pytest.approx(1e-3)}


def test_a_grid_gives_an_int_no_more_points_than_it_has_values() -> None:
    points = grid({"n": Axis(int=(1, 2)), "optimizer.lr": LR}, 20)
    assert len(points) == 20
    assert {point["n"] for point in points} == {1, 2}


def test_choices_alone_that_exceed_the_trials_are_refused() -> None:
    with pytest.raises(UserError, match="choices alone needs 3 trials, but there are 2"):
        grid(SPACE, 2)


def test_random_finds_the_better_value_of_the_one_important_setting() -> None:
    """Bergstra & Bengio 2012: 25 grid trials try five learning rates, 25 random ones try 25."""
    space = {"optimizer.lr": LR, "regularization.l2": L2}
    optima = [10 ** (-6 + 3 * (number + 0.5) / 40) for number in range(40)]

    def distance(seed: int, on_grid: bool) -> float:
        """Mean distance, in decades, of the best trial's lr from the optimum; l2 does not matter."""
        trials = plan(space, 25, seed=seed, stage="coarse", on_grid=on_grid)
        rates = [trial.params["optimizer.lr"] for trial in trials]
        best = [min(abs(math.log10(rate / optimum)) for rate in rates) for optimum in optima]
        return sum(best) / len(best)

    assert (
        len({trial.params["optimizer.lr"] for trial in plan(space, 25, seed=0, stage="coarse", on_grid=True)})
        == 5
    )
    on_grid = distance(0, on_grid=True)
    at_random = [distance(seed, on_grid=False) for seed in range(20)]
    assert max(at_random) < on_grid
    assert sum(at_random) / len(at_random) < on_grid / 2
