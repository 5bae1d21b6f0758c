"""Successive halving: who goes on is known by hand when a trial's value is its learning rate."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from nnbabysit.core.search.execute.halving import Halving
from nnbabysit.core.search.execute.job import Job, Outcome
from nnbabysit.core.search.trial import PlannedTrial, Trial, judged
from nnbabysit.core.training.loop.yardstick import Merit


def cohort(*values: float) -> list[PlannedTrial]:
    return [PlannedTrial(index=index, params={"optimizer.lr": value}) for index, value in enumerate(values)]


class Fake:
    """Does jobs without training: in epoch e a trial comes to its lr + e, and diverges if lr is below 0."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def __call__(self, jobs: list[Job]) -> list[Outcome]:
        self.jobs += jobs
        return [self._outcome(job) for job in jobs]

    def merit(self, trial: PlannedTrial, value: float) -> Merit:
        return Merit(value, -trial.params.get("loss", 1.0), value)

    def _outcome(self, job: Job) -> Outcome:
        outcome, last = Outcome(), job.last or 9
        for trial in job.trials:
            lr = trial.params["optimizer.lr"]
            assert (trial.index in job.states) == (job.first > 1)
            came = (self.merit(trial, lr + epoch) for epoch in range(job.first, last + 1))
            curve = (*job.curves.get(trial.index, ()), *came)
            diverged = lr < 0 and last > 1
            outcome.trials.append(
                Trial(
                    index=trial.index,
                    params=trial.params,
                    **({"value": None} if diverged else judged(max(curve))),
                    state="diverged" if diverged else "complete",
                    reason="cost" if diverged else "",
                    curve=curve,
                    seconds=last + 1.0 - job.first,
                )
            )
            if job.keep and not diverged:
                outcome.states[trial.index] = {"epoch": last}
        return outcome


def in_threes(trials: Sequence[PlannedTrial]) -> list[tuple[PlannedTrial, ...]]:
    assert trials, "there is nothing to divide"
    return [tuple(trials[i : i + 3]) for i in range(0, len(trials), 3)]


@pytest.mark.parametrize(
    ("factor", "epochs", "rungs", "most"),
    [(3, 9, [1, 3], 72), (3, 10, [1, 3, 9], 216), (2, 5, [1, 2, 4], 64), (3, 1, [], 8)],
)
def test_rungs(factor: int, epochs: int, rungs: list[int], most: int) -> None:
    halving = Halving(factor, epochs)
    assert (halving.rungs, halving.most) == (rungs, most)


@pytest.mark.parametrize("count", [1, 71, 72, 73, 145, 199, 1000])
def test_what_is_left_after_a_kill_falls_into_the_cohorts_that_were_to_come(count: int) -> None:
    halving = Halving(3, 9)
    trials = cohort(*(0.0 for _ in range(count)))
    parts = list(halving.cohorts(trials))
    assert [trial for part in parts for trial in part] == trials
    sizes = [len(part) for part in parts]
    assert max(sizes) <= 72
    assert max(sizes) - min(sizes) <= len(sizes)
    for done in range(len(parts)):
        assert list(halving.cohorts(trials[sum(sizes[:done]) :])) == parts[done:]


def test_a_third_goes_on_behind_each_rung() -> None:
    do = Fake()
    trials = cohort(0.5, 0.1, 0.9, 0.3, 0.8, 0.2, 0.7, 0.4, 0.6)
    ended = Halving(3, 9).run(trials, do, in_threes)
    assert [trial.index for trial in ended] == list(range(9))
    assert [trial.index for trial in ended if trial.state == "complete"] == [2]
    assert [merit.value for merit in ended[2].curve] == [0.9 + e for e in range(1, 10)]
    stopped = {trial.index: len(trial.curve) for trial in ended if trial.state == "stopped"}
    assert stopped == {0: 1, 1: 1, 3: 1, 5: 1, 7: 1, 8: 1, 4: 3, 6: 3}
    assert ended[4].reason == "3.8 after epoch 3, place 2 of 3, the best 1 go on"
    assert ended[1].reason == "1.1 after epoch 1, place 9 of 9, the best 3 go on"
    assert ended[1].value is None
    assert [ended[i].seconds for i in (1, 4, 2)] == [1, 3, 9]  # of all its jobs, a second for an epoch
    assert [(job.first, job.last, job.keep) for job in do.jobs] == [(1, 1, True)] * 3 + [
        (2, 3, True),
        (4, None, False),
    ]
    assert [trial.index for trial in do.jobs[3].trials] == [2, 4, 6]


def test_equal_ones_go_on_in_the_order_of_their_draw() -> None:
    ended = Halving(2, 2).run(cohort(0.1, 0.1, 0.1, 0.1), Fake(), in_threes)
    assert [trial.state for trial in ended] == ["complete", "complete", "stopped", "stopped"]


def test_those_that_diverge_leave_room_for_none() -> None:
    """Half of four go on at the first rung; one of the two diverges on the way to the second."""
    ended = Halving(2, 4).run(cohort(-0.1, 0.3, -0.2, -0.3), Fake(), in_threes)
    assert [trial.state for trial in ended] == ["diverged", "complete", "stopped", "stopped"]


def test_of_equal_accuracies_the_lower_loss_goes_on() -> None:
    trials = [
        PlannedTrial(index=index, params={"optimizer.lr": 0.1, "loss": loss})
        for index, loss in enumerate((0.9, 0.5, 0.7, 0.6))
    ]
    ended = Halving(2, 2).run(trials, Fake(), in_threes)
    assert [trial.state for trial in ended] == ["stopped", "complete", "stopped", "complete"]


def test_a_loss_is_told_as_people_know_it() -> None:
    class Regression(Fake):
        def merit(self, trial: PlannedTrial, value: float) -> Merit:
            return Merit(value, value)

    ended = Halving(2, 2).run(cohort(-4.0, -5.5), Regression(), in_threes)
    assert ended[1].reason == "4.5 after epoch 1, place 2 of 2, the best 1 go on"


def test_an_accuracy_that_tells_nothing_is_not_compared() -> None:
    """All are right as often as the largest class occurs; the loss says who learns, and is told."""

    class Majority(Fake):
        def merit(self, trial: PlannedTrial, value: float) -> Merit:
            return Merit(-trial.params["loss"], -trial.params["loss"], value / 100, by_loss=True)

    trials = [
        PlannedTrial(index=index, params={"optimizer.lr": lr, "loss": loss})
        for index, (lr, loss) in enumerate(((96.0, 0.17), (95.0, 0.12)))
    ]
    ended = Halving(2, 2).run(trials, Majority(), in_threes)
    assert [trial.state for trial in ended] == ["stopped", "complete"]
    assert ended[0].reason == "loss 0.1700 after epoch 1, place 2 of 2, the best 1 go on"
    assert (ended[0].value, ended[0].loss) == (None, None)


def test_without_rungs_all_are_trained_to_their_end() -> None:
    ended = Halving(3, 1).run(cohort(0.1, 0.2), Fake(), in_threes)
    assert [trial.state for trial in ended] == ["complete", "complete"]


def test_nothing_is_done_when_all_have_left() -> None:
    class Failing(Fake):
        def _outcome(self, job: Job) -> Outcome:
            trials = [
                Trial(index=t.index, params=t.params, value=None, state="failed", reason="x")
                for t in job.trials
            ]
            return Outcome(trials=trials)

    do = Failing()
    ended = Halving(2, 4).run(cohort(0.1, 0.2), do, in_threes)
    assert [trial.state for trial in ended] == ["failed", "failed"]
    assert len(do.jobs) == 1
