"""Settings are called as people call them; a trial is printed as the notes print it."""

from __future__ import annotations

from nnbabysit.core.search.names import repeat_line, short_names, trial_line
from nnbabysit.core.search.trial import Trial, told_trial

PARAMS = {"optimizer.lr": 1.405206e-04, "regularization.l2": 4.793564e-01}


def test_the_line_is_that_of_the_notes() -> None:
    trial = Trial(index=0, params=PARAMS, value=0.412, state="complete")
    assert trial_line(trial, 100) == "val_acc: 0.412000, lr: 1.405206e-04, reg: 4.793564e-01, (1 / 100)"
    assert trial_line(trial, 100, good=True).endswith("(1 / 100)  nice")


def test_a_trial_without_a_value_says_why() -> None:
    trial = Trial(index=2, params={"optimizer.lr": 1.0}, value=None, state="diverged", reason="cost is nan")
    assert trial_line(trial, 5) == "val_acc: diverged, lr: 1.000000e+00, (3 / 5)  cost is nan"


def test_a_loss_is_printed_with_its_own_sign() -> None:
    trial = Trial(index=0, params={"n": 3, "act": "relu"}, value=-0.25, state="complete")
    assert trial_line(trial, 9, metric="val_loss") == "val_loss: 0.250000, n: 3, act: relu, (1 / 9)"


def test_a_repeat_names_its_trial_its_seed_and_what_came_of_it() -> None:
    fields = {"repeat_of": 11, "seed": 3, "value": -0.25, "state": "complete", "number": 4, "repeats": 50}
    assert repeat_line({**fields, "metric": "val_loss"}) == (
        "again trial 12, seed 3, val_loss: 0.250000, (4 / 50)"
    )
    lost = {**fields, "value": None, "state": "diverged", "reason": "cost is nan"}
    assert repeat_line(lost) == "again trial 12, seed 3, val_acc: diverged, (4 / 50)  cost is nan"


def test_a_trial_that_its_loss_ranks_tells_both() -> None:
    trial = Trial(index=0, params={"n": 3}, value=0.96, state="complete", loss=0.125, by_loss=True)
    assert trial_line(trial, 9) == "val_acc: 0.960000, val_loss: 0.125000, n: 3, (1 / 9)"
    assert trial_line(told_trial(trial.to_document()), 9) == trial_line(trial, 9)
    fields = {"repeat_of": 1, "seed": 3, "number": 1, "repeats": 2}
    assert repeat_line({**trial.to_document(), **fields}) == (
        "again trial 2, seed 3, val_acc: 0.960000, val_loss: 0.125000, (1 / 2)"
    )


def test_names_are_the_shortest_endings_that_differ() -> None:
    paths = ["optimizer.lr", "overfit_tiny.optimizer.lr", "model.args.hidden", "seed"]
    assert short_names(paths) == {
        "optimizer.lr": "lr",
        "overfit_tiny.optimizer.lr": "overfit_tiny.optimizer.lr",
        "model.args.hidden": "hidden",
        "seed": "seed",
    }
    assert short_names(["data.args.n", "model.args.n"]) == {
        "data.args.n": "data.args.n",
        "model.args.n": "model.args.n",
    }
