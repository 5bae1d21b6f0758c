"""Means, errors and intervals known by hand; who is trained again, with which seeds, and in which order."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from nnbabysit.core.config.loading import load_config
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.search.repetition import (
    Repeated,
    as_repeat,
    difference,
    gather,
    is_wanted,
    plan_again,
    t_quantile,
)
from nnbabysit.core.search.trial import State, Trial

TABLE = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 9: 2.262, 10: 2.228, 29: 2.045, 120: 1.980}
"""Student's t, two-sided 95 %, as statistics books print it."""


def config_of(*overrides: str) -> Config:
    return load_config("digits", overrides, cwd=Path.cwd()).config


def trial(index: int, value: float | None, **params: float) -> Trial:
    state: State = "diverged" if value is None else "complete"
    return Trial(index=index, params={"optimizer.lr": 0.1, **params}, value=value, state=state)


def repeated(index: int, *values: float | None) -> Repeated:
    return Repeated(trial=trial(index, 0.5), values=dict(enumerate(values, start=1)))


@pytest.mark.parametrize(("dof", "expected"), TABLE.items())
def test_the_quantile_is_that_of_the_tables(dof: int, expected: float) -> None:
    assert t_quantile(dof, 0.95) == pytest.approx(expected, abs=5e-4)


def test_the_quantile_goes_to_the_normal_one_and_grows_with_confidence() -> None:
    assert t_quantile(100_000, 0.95) == pytest.approx(1.96, abs=1e-4)
    assert t_quantile(4, 0.99) == pytest.approx(4.604, abs=5e-4)


def test_mean_and_standard_error_are_those_of_the_book() -> None:
    one = repeated(0, 0.90, 0.92, 0.94, 0.96)
    assert one.mean == pytest.approx(0.93)
    assert one.standard_error == pytest.approx(math.sqrt(0.002 / 3) / 2)  # s² = 0.002 / 3, n = 4


def test_one_seed_has_a_mean_and_no_error_and_none_has_neither() -> None:
    assert (repeated(0, 0.9).mean, repeated(0, 0.9).standard_error) == (0.9, None)
    assert (repeated(0, None).mean, repeated(0, None).standard_error) == (None, None)


def test_a_difference_is_paired_by_seed() -> None:
    """Differences 0.01, 0.03, 0.02: mean 0.02, s = 0.01, t(2) = 4.303, whatever the seeds themselves do."""
    best, other = repeated(0, 0.91, 0.73, 0.52), repeated(1, 0.90, 0.70, 0.50)
    found = difference(best, other)
    assert found is not None
    assert found.mean == pytest.approx(0.02)
    assert found.margin == pytest.approx(4.3027 * 0.01 / math.sqrt(3), rel=1e-4)
    assert not found.is_clear


def test_a_steady_difference_is_clear_even_under_much_luck() -> None:
    best = repeated(0, 0.910, 0.731, 0.520, 0.651)
    found = difference(best, repeated(1, 0.90, 0.72, 0.51, 0.64))
    assert found is not None
    assert found.is_clear


def test_equal_values_cannot_be_told_apart() -> None:
    found = difference(repeated(0, 0.9, 0.8), repeated(1, 0.9, 0.8))
    assert found is not None
    assert (found.mean, found.margin, found.is_clear) == (0, 0, False)


def test_seeds_that_one_of_them_lost_do_not_count() -> None:
    found = difference(repeated(0, 0.9, 0.8, 0.7), repeated(1, None, 0.7, 0.6))
    assert found is not None
    assert found.mean == pytest.approx(0.1)
    assert difference(repeated(0, 0.9, 0.8), repeated(1, None, 0.7)) is None
    assert difference(repeated(0, 0.9), repeated(1, 0.7)) is None


@pytest.mark.parametrize(
    ("overrides", "wanted"),
    [((), False), (("search.repeat=1",), True), (("search.precision=bf16",), True)],
)
def test_who_asks_for_it_gets_it(overrides: tuple[str, ...], wanted: bool) -> None:
    assert is_wanted(config_of(*overrides)) is wanted


def test_the_best_are_planned_with_the_seeds_that_follow_and_the_split_of_the_search() -> None:
    config = config_of("seed=7", "search.repeat=2", "search.top=2")
    trials = [trial(0, 0.1), trial(1, 0.9), trial(2, None), trial(3, 0.8)]
    planned = plan_again(config, trials, 4)
    assert [(one.index, one.repeat_of, one.params["seed"]) for one in planned] == [
        (4, 1, 8),
        (5, 3, 8),
        (6, 1, 9),
        (7, 3, 9),
    ]
    assert {one.params["data.seed"] for one in planned} == {7}
    assert all(one.confirm for one in planned)
    assert planned[0].params["optimizer.lr"] == 0.1


def test_a_split_that_the_config_or_the_trial_pins_stays() -> None:
    pinned = config_of("seed=7", "data.seed=3", "search.repeat=1")
    assert plan_again(pinned, [trial(0, 0.1)], 1)[0].params["data.seed"] == 3
    drawn = Trial(index=0, params={"data.seed": 5, "seed": 20}, value=0.1, state="complete")
    assert plan_again(pinned, [drawn], 1)[0].params == {"data.seed": 5, "seed": 21}


def test_without_seeds_the_best_are_confirmed_with_their_own() -> None:
    config = config_of("seed=7", "search.precision=bf16", "search.top=1")
    (planned,) = plan_again(config, [trial(0, 0.1), trial(1, 0.9)], 2)
    assert (planned.repeat_of, planned.params["seed"], planned.confirm) == (1, 7, True)


def test_no_trial_completed_so_none_is_trained_again() -> None:
    assert plan_again(config_of("search.repeat=3"), [trial(0, None)], 1) == []


def again(index: int, of: Trial, seed: int, value: float | None) -> Trial:
    planned = plan_again(config_of(f"seed={seed - 1}", "search.repeat=1"), [of], index)[0]
    ended = Trial(
        index=index, params=planned.params, value=value, state="diverged" if value is None else "complete"
    )
    return as_repeat(ended, planned, of)


def test_a_repeat_holds_the_params_that_were_searched_and_its_seed() -> None:
    found = again(9, trial(3, 0.9), 5, 0.8)
    assert (found.params, found.repeat_of, found.seed) == ({"optimizer.lr": 0.1}, 3, 5)


def test_the_order_is_that_of_the_means_and_lost_seeds_come_last() -> None:
    trials = [trial(0, 0.9), trial(1, 0.8), trial(2, 0.7), trial(3, 0.6)]
    outcomes = {0: (0.5, 0.6), 1: (0.7, 0.7), 2: (0.99, None), 3: (None, None)}
    repeats = [
        again(10 + 4 * step + of, trials[of], step + 1, values[step])
        for of, values in outcomes.items()
        for step in (0, 1)
    ]
    found = gather(trials, reversed(repeats))
    assert [one.trial.index for one in found] == [1, 0, 2, 3]
    assert [one.mean for one in found] == [0.7, 0.55, 0.99, None]
    assert list(found[2].values.items()) == [(1, 0.99), (2, None)]


def test_of_equal_means_the_earlier_draw_comes_first() -> None:
    trials = [trial(0, 0.6), trial(1, 0.8)]
    found = gather(trials, [again(2, trials[1], 1, 0.5), again(3, trials[0], 1, 0.5)])
    assert [one.trial.index for one in found] == [0, 1]


def judged_again(of: int, seed: int, value: float, loss: float, *, by_loss: bool) -> Trial:
    return Trial(
        index=100 + 10 * of + seed, params={}, value=value, state="complete", loss=loss, by_loss=by_loss,
        repeat_of=of, seed=seed,
    )  # fmt: skip


def test_where_accuracy_tells_nothing_the_mean_loss_ranks_and_is_compared() -> None:
    """Known by hand: 0 is right most often and learned least; 2 is above the bar with one seed of three."""
    table = {
        0: [(0.9600, 0.170, True), (0.9610, 0.171, True), (0.9600, 0.169, True)],
        1: [(0.9590, 0.120, True), (0.9580, 0.122, True), (0.9590, 0.124, True)],
        2: [(0.9700, 0.110, False), (0.9610, 0.130, True), (0.9600, 0.150, True)],
        3: [(0.9700, 0.300, False), (0.9710, 0.300, False), (0.9600, 0.300, True)],
    }
    repeats = [
        judged_again(of, seed, value, loss, by_loss=by_loss)
        for of, rows in table.items()
        for seed, (value, loss, by_loss) in enumerate(rows, start=1)
    ]
    found = gather([trial(index, 0.96) for index in table], repeats)
    assert [one.trial.index for one in found] == [3, 1, 2, 0]
    assert [one.by_loss for one in found] == [False, True, True, True]
    assert found[1].mean_loss == pytest.approx(0.122)
    gap = difference(found[1], found[3])
    assert gap is not None
    assert gap.mean == pytest.approx(0.170 - 0.122)
    assert gap.is_clear, "their accuracies would say that the worse one is better"


def test_equal_means_are_ordered_by_the_loss() -> None:
    rows = {0: 0.3, 1: 0.2}
    repeats = [judged_again(of, 1, 0.9, loss, by_loss=False) for of, loss in rows.items()]
    assert [one.trial.index for one in gather([trial(0, 0.9), trial(1, 0.9)], repeats)] == [1, 0]
