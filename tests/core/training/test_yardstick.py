"""The order that best epoch, early stopping and searches share: tables known by hand, and its laws."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nnbabysit.core.search.trial import Trial, judged, rank, ranked
from nnbabysit.core.training.loop.records import EpochRecord, Score
from nnbabysit.core.training.loop.run_state import Progress
from nnbabysit.core.training.loop.yardstick import Merit, Yardstick, majority_share

RARE = Yardstick(majority=0.96, samples=800)
"""One in 25 is of the rare class: accuracy counts above 0.96 + √(0.96 · 0.04 / 800) = 0.9669."""
EVEN = Yardstick(majority=0.1, samples=360)

losses = st.floats(0, 100, allow_nan=False).map(lambda loss: round(loss, 3))
scores = st.builds(
    Score, loss=losses, accuracy=st.integers(0, 20).map(lambda right: right / 20) | st.just(0.96)
)
yardsticks = st.builds(
    Yardstick, majority=st.sampled_from([None, 0.1, 0.5, 0.9, 0.96, 1.0]), samples=st.integers(1, 1000),
    own_loss=st.booleans(),
)  # fmt: skip


def epoch(number: int, loss: float, accuracy: float | None) -> EpochRecord:
    score = Score(loss=loss, accuracy=accuracy)
    return EpochRecord(
        epoch=number, step=number, train=score, validation=score, cost=loss, lr=0.1, seconds=1.0,
        samples_per_second=1.0,
    )  # fmt: skip


def best_epoch(yardstick: Yardstick, *table: tuple[float | None, float]) -> int:
    """Best epoch of a run with these accuracies and losses."""
    progress = Progress(yardstick=yardstick)
    for number, (accuracy, loss) in enumerate(table, start=1):
        progress.add(epoch(number, loss, accuracy))
    assert progress.best is not None
    return progress.best.epoch


def test_the_bar_is_the_largest_class_and_one_standard_error() -> None:
    assert RARE.bar == pytest.approx(0.96 + 0.006928, abs=1e-6)
    assert EVEN.bar == pytest.approx(0.1158, abs=1e-4)
    assert Yardstick(majority=1.0, samples=50).bar == 1.0, "no accuracy is above that"
    assert Yardstick().bar == -math.inf
    assert Yardstick(majority=0.5, samples=100, own_loss=True).bar == math.inf


@pytest.mark.parametrize(
    ("table", "best"),
    [
        ([(0.96, 0.70), (0.96, 0.20), (0.955, 0.15)], 3),  # the untrained one is right as often
        ([(0.9600, 0.17), (0.9650, 0.16), (0.9638, 0.12), (0.9612, 0.14)], 3),  # none is above 0.9669
        ([(0.96, 0.10), (0.97, 0.30), (0.96, 0.05)], 2),  # above it accuracy counts, whatever it costs
        ([(0.97, 0.10), (0.975, 0.12), (0.975, 0.09), (0.975, 0.11)], 3),  # of equal ones the lower loss
        ([(0.975, 0.1), (0.975, 0.1)], 1),  # and of those the first
        ([(0.96, 0.2), (0.961, 0.2)], 2),
    ],
)
def test_best_epochs_of_a_rare_class(table: list[tuple[float, float]], best: int) -> None:
    assert best_epoch(RARE, *table) == best


@pytest.mark.parametrize(
    ("table", "best"),
    [
        ([(0.09, 2.3), (0.5, 1.5), (0.9, 0.6), (0.88, 0.4)], 3),
        ([(0.09, 2.31), (0.11, 2.32), (0.1, 2.30)], 3),
        ([(0.9, 0.5), (0.9, 0.4), (0.9, 0.45)], 2),
    ],
)
def test_best_epochs_of_ten_even_classes(table: list[tuple[float, float]], best: int) -> None:
    assert best_epoch(EVEN, *table) == best


def test_without_accuracy_and_under_an_own_loss_the_loss_decides() -> None:
    assert best_epoch(Yardstick(), (None, 2.0), (None, 1.0), (None, 1.5)) == 2
    own = Yardstick(majority=0.1, samples=100, own_loss=True)
    assert best_epoch(own, (0.9, 2.0), (0.2, -1.0), (0.95, 0.0)) == 2


def test_early_stopping_watches_the_loss_where_accuracy_tells_nothing() -> None:
    progress = Progress(yardstick=RARE)
    for number in range(1, 21):
        progress.add(epoch(number, 0.7 / number, 0.96))
        assert progress.waited == 0
    progress.add(epoch(21, 0.7, 0.9612))
    assert progress.waited == 1


def test_early_stopping_counts_a_lower_loss_at_the_same_accuracy() -> None:
    progress = Progress(yardstick=EVEN)
    for number, (accuracy, loss) in enumerate([(0.9, 0.5), (0.9, 0.4), (0.9, 0.35), (0.89, 0.1)], start=1):
        progress.add(epoch(number, loss, accuracy), min_delta=0.08)
    assert (progress.waited, progress.watched) == (2, Merit(0.9, -0.4, 0.9)), "0.4 to 0.35 is not enough"


@pytest.mark.parametrize(
    ("y", "task", "share"),
    [
        (torch.tensor([0, 0, 0, 1, 2]), "classification", 0.6),
        (torch.tensor([1.0, 1.0, 1.0, 0.0]), "binary", 0.75),
        (torch.tensor([[1.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 1.0]]), "multilabel", 0.75),
        (torch.tensor([1.5, 2.0]), "regression", None),
    ],
)
def test_the_share_of_the_largest_class(y: torch.Tensor, task: str, share: float | None) -> None:
    assert majority_share(y, task) == share  # type: ignore[arg-type]


@given(yardsticks, st.lists(scores, min_size=2, max_size=6))
def test_merits_are_a_total_order_that_one_number_tells_but_for_ties(
    yardstick: Yardstick, found: list[Score]
) -> None:
    merits = sorted(yardstick.merit(score) for score in found)
    assert all(worse <= better for worse, better in pairwise(merits))
    assert [merit.value for merit in merits] == sorted(merit.value for merit in merits)
    counted = [merit for merit in merits if not merit.by_loss]
    assert merits[len(merits) - len(counted) :] == counted, "those whose accuracy counts come first"


@given(yardsticks, st.lists(scores, min_size=1, max_size=6))
def test_a_search_ranks_as_a_training_picks_its_epoch(yardstick: Yardstick, found: list[Score]) -> None:
    """Each score as an epoch of one run, and as a trial of a search: the same one is best."""
    trials = [
        Trial(index=index, params={}, state="complete", **judged(yardstick.merit(score)))
        for index, score in enumerate(found)
    ]
    for trial, score in zip(trials, found, strict=True):
        assert trial.merit == yardstick.merit(score)
    assert ranked(trials)[0].index == best_epoch(yardstick, *((s.accuracy, s.loss) for s in found)) - 1
    assert ranked(trials[::-1]) == ranked(trials)
    assert len({rank(trial) for trial in trials}) == len(trials)


@given(yardsticks, scores, scores, st.sampled_from([0.0, 0.01, 0.5]))
def test_what_improves_enough_is_better(
    yardstick: Yardstick, before: Score, after: Score, least: float
) -> None:
    one, other = yardstick.merit(before), yardstick.merit(after)
    assert not (other.improves(one, least) and other <= one)
    assert not one.improves(one, least)
    if least == 0.0 and other[:2] > one[:2]:
        assert other.improves(one, least)


def test_a_trial_of_an_older_search_keeps_its_rank() -> None:
    old = [
        Trial(index=index, params={}, value=value, state="complete") for index, value in enumerate((0.7, 0.9))
    ]
    assert [trial.index for trial in ranked(old)] == [1, 0]
    new = Trial(index=2, params={}, value=0.9, state="complete", loss=0.3)
    assert [trial.index for trial in ranked([*old, new])] == [2, 1, 0], "a loss that is known breaks the tie"
