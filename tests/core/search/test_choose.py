"""Quasi-random points leave no part of a space out; tpe learns from earlier rounds, and from nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbabysit.core.config.schema.space import Axis, Space
from nnbabysit.core.errors import UserError
from nnbabysit.core.search.samplers.choose import SMALLEST_ROUND, SamplerName, round_size, sampler_of
from nnbabysit.core.search.samplers.qmc import quasi_random
from nnbabysit.core.search.samplers.random_grid import Sampler, draw
from nnbabysit.core.search.samplers.tpe import STARTUP, InRounds
from nnbabysit.core.search.trial import PlannedTrial, State, Trial
from tests.core.search.merits import merits

from .test_random_grid import LR, SPACE, is_within, spaces

NAMES: tuple[SamplerName, ...] = ("random", "grid", "qmc", "tpe")


def ended(planned: PlannedTrial, value: float = 0.5, state: State = "complete") -> Trial:
    return Trial(
        index=planned.index,
        params=planned.params,
        value=value if state == "complete" else None,
        state=state,
        curve=merits(value, value / 2) if state in ("complete", "stopped") else (),
    )


def by_rate(planned: PlannedTrial) -> Trial:
    """Best at a rate of 1e-4."""
    return ended(planned, 1 - abs(math.log10(planned.params["optimizer.lr"]) + 4) / 3)


def whole(sampler: Sampler, end: Callable[[PlannedTrial], Trial] = by_rate) -> list[Trial]:
    """All trials of a search that nobody interrupts."""
    known: list[Trial] = []
    while planned := sampler.next(known):
        known += [end(trial) for trial in planned]
    return known


def tpe(space: Space = SPACE, trials: int = 40, *, seed: int = 0, stage: str = "coarse") -> InRounds:
    return InRounds(space, trials, round_size=8, seed=seed, stage=stage)


@settings(max_examples=30, deadline=None)
@given(spaces(), st.integers(0, 2**64), st.sampled_from(("qmc", "tpe")))
def test_every_draw_lies_within_its_axis(space: Space, seed: int, name: SamplerName) -> None:
    sampler = sampler_of(name, space, 20, seed=seed, stage="fine", in_rounds_of=10)
    known = whole(sampler, lambda planned: ended(planned, planned.index % 7))
    assert [trial.index for trial in known] == list(range(20))
    for trial in known:
        assert list(trial.params) == sorted(space)
        assert all(is_within(space[path], value) for path, value in trial.params.items())


@pytest.mark.parametrize("name", NAMES)
def test_values_are_plain_and_a_second_search_draws_the_same(name: SamplerName) -> None:
    first, again = (whole(sampler_of(name, SPACE, 30, seed=5, stage="coarse")) for _ in range(2))
    assert first == again
    kinds = {path: {type(trial.params[path]) for trial in first} for path in SPACE}
    assert kinds == {
        "optimizer.lr": {float},
        "optimizer.momentum": {float},
        "training.batch_size": {int},
        "model.args.hidden": {list},
    }


@pytest.mark.parametrize("name", ["random", "qmc", "tpe"])
def test_seed_and_stage_each_change_the_draws(name: SamplerName) -> None:
    def rates(seed: int, stage: str) -> list[Any]:
        trials = whole(sampler_of(name, SPACE, 24, seed=seed, stage=stage))
        return [trial.params["optimizer.lr"] for trial in trials[-3:]]

    assert rates(0, "coarse") != rates(1, "coarse")
    assert rates(0, "coarse") != rates(0, "fine")


@pytest.mark.parametrize("seed", range(5))
def test_quasi_random_points_meet_every_part_of_every_axis_once(seed: int) -> None:
    """What defines the sequence: 2ᵏ points, one in each of 2ᵏ equal parts of every axis, log or not."""
    space = {"optimizer.lr": LR, "m": Axis(uniform=(0.0, 1.0)), "n": Axis(int=(1, 16))}
    params = [trial.params for trial in quasi_random(space, 16, seed=seed, stage="coarse")]
    assert sorted(int(16 * (math.log10(one["optimizer.lr"]) + 6) / 3) for one in params) == list(range(16))
    assert sorted(int(16 * one["m"]) for one in params) == list(range(16))
    assert sorted(one["n"] for one in params) == list(range(1, 17))


def test_quasi_random_choices_are_balanced() -> None:
    space = {"optimizer.lr": LR, "h": Axis(choice=[[1], [2], "x", True])}
    params = [trial.params for trial in quasi_random(space, 32, seed=0, stage="coarse")]
    assert [sum(one["h"] == choice for one in params) for choice in ([1], [2], "x", True)] == [8] * 4


def test_more_quasi_random_trials_leave_the_first_as_they_were() -> None:
    few, many = (quasi_random(SPACE, count, seed=3, stage="fine") for count in (7, 50))
    assert many[:7] == few


def test_the_rounds_at_the_start_are_those_of_a_random_search() -> None:
    trials = whole(tpe())
    for trial in trials[:16]:
        assert trial.params == draw(SPACE, seed=0, stage="coarse", index=trial.index)
    assert trials[16].params != draw(SPACE, seed=0, stage="coarse", index=16)


def test_failed_trials_say_nothing_so_the_start_is_longer() -> None:
    def end(planned: PlannedTrial) -> Trial:
        return ended(planned, state="failed") if planned.index < 10 else by_rate(planned)

    trials = whole(tpe(), end)
    assert sum(trial.state != "failed" for trial in trials[:16]) < STARTUP
    assert trials[16].params == draw(SPACE, seed=0, stage="coarse", index=16)
    assert trials[24].params != draw(SPACE, seed=0, stage="coarse", index=24)


def test_a_round_depends_on_earlier_rounds_and_on_nothing_else() -> None:
    trials = whole(tpe())
    fresh = tpe()  # as after a kill: no round before was ever asked for
    for start in (16, 24, 32):
        again = fresh.next(trials[:start])
        assert [planned.params for planned in again] == [t.params for t in trials[start : start + 8]]
        assert fresh.next(trials[:start]) == again


def test_another_outcome_of_one_trial_changes_the_next_round() -> None:
    trials = whole(tpe())
    best = max(range(16), key=lambda index: trials[index].value or 0)
    other = [*trials[:16]]
    other[best] = ended(PlannedTrial(index=best, params=trials[best].params), -5.0)
    assert tpe().next(other) != tpe().next(trials[:16])


def test_how_long_a_trial_took_does_not_count() -> None:
    from dataclasses import replace

    trials = whole(tpe())[:24]
    assert tpe().next([replace(trial, seconds=9.0) for trial in trials]) == tpe().next(trials)


def test_tpe_finds_the_good_region_that_random_meets_seldom() -> None:
    """A tenth of 3 decades is 0.3: 4 of 40 random draws are expected there."""

    def hits(name: SamplerName, seed: int) -> int:
        trials = whole(sampler_of(name, {"optimizer.lr": LR}, 40, seed=seed, stage="coarse"))
        return sum(abs(math.log10(trial.params["optimizer.lr"]) + 4) < 0.15 for trial in trials[16:])

    learned, random = (sum(hits(name, seed) for seed in range(5)) for name in ("tpe", "random"))
    assert learned > 3 * random


@pytest.mark.parametrize("state", ["diverged", "stopped"])
def test_trials_without_a_value_are_avoided(state: State) -> None:
    def end(planned: PlannedTrial) -> Trial:
        too_high = planned.params["optimizer.lr"] > 10**-4.5
        return ended(planned, 0.1, state) if too_high else ended(planned, 0.5 + planned.index / 100)

    trials = whole(tpe({"optimizer.lr": LR}, 64), end)
    late = [trial.params["optimizer.lr"] > 10**-4.5 for trial in trials[32:]]
    assert sum(late) < len(late) / 4


def test_draws_of_one_round_differ() -> None:
    trials = whole(tpe())
    assert len({trial.params["optimizer.lr"] for trial in trials[16:24]}) == 8


@pytest.mark.parametrize(("trials", "rounds"), [(3, [3]), (8, [8]), (19, [8, 8, 3])])
def test_the_last_round_is_what_is_left(trials: int, rounds: list[int]) -> None:
    sampler, known, sizes = tpe(trials=trials), list[Trial](), list[int]()
    while planned := sampler.next(known):
        sizes.append(len(planned))
        known += [by_rate(trial) for trial in planned]
    assert (sizes, sampler.trials) == (rounds, trials)


def test_a_space_of_a_single_choice_has_one_draw() -> None:
    trials = whole(tpe({"h": Axis(choice=["a"])}, 24), ended)
    assert {trial.params["h"] for trial in trials} == {"a"}


def test_a_round_is_as_wide_as_what_is_trained_together() -> None:
    assert round_size("tpe", 1) == SMALLEST_ROUND
    assert round_size("tpe", 50) == 50
    assert round_size("random", 50) is None


def test_a_grid_that_does_not_fit_names_the_stage() -> None:
    with pytest.raises(UserError, match="choices alone needs 3 trials, but there are 2") as raised:
        sampler_of("grid", SPACE, 2, seed=0, stage="fine")
    assert raised.value.where == "search.fine.trials"
