"""From epoch records to the evidence of a run."""

from __future__ import annotations

import math
from typing import Any

import pytest

from nnbabysit.core.config.loading import with_values
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.diagnosis.evidence.run_evidence import RunEvidence, first_nonfinite, series_by_name
from nnbabysit.core.training.loop.records import EpochRecord, Score
from nnbabysit.core.training.loop.run_state import Progress
from nnbabysit.core.training.setup.setup import prepare


def _epoch(epoch: int, *, loss: float = 1.0, accuracy: float | None = 0.5, **changes: Any) -> EpochRecord:
    fields: dict[str, Any] = {
        "epoch": epoch,
        "step": 10 * epoch,
        "train": Score(loss=loss, accuracy=accuracy),
        "validation": Score(loss=loss + 0.1, accuracy=accuracy),
        "cost": loss,
        "lr": 0.01,
        "seconds": 1.0,
        "samples_per_second": 100.0,
        "first_cost": 2.4,
    }
    return EpochRecord(**{**fields, **changes})


def _evidence(*epochs: EpochRecord, **changes: Any) -> RunEvidence:
    config = with_values(Config(), {"device": "cpu", **changes})
    return RunEvidence.of(config, prepare(config), Progress(history=list(epochs)))


def test_series_have_one_number_per_epoch() -> None:
    evidence = _evidence(_epoch(1, loss=2.0), _epoch(2, loss=1.0))
    assert evidence.train_losses == (2.0, 1.0)
    assert evidence.val_accuracies == (0.5, 0.5)
    assert evidence.chance_loss == pytest.approx(math.log(10))


def test_regression_has_no_accuracies_and_knows_where_its_targets_lie() -> None:
    evidence = _evidence(_epoch(1, accuracy=None), loss="mse")
    assert (evidence.train_accuracies, evidence.prior_loss) == (None, None)
    assert (evidence.target_mean, evidence.target_std) == pytest.approx((4.5, 2.87), abs=0.1)
    assert evidence.zero_output_loss == pytest.approx(4.5**2 + 2.87**2, rel=0.05)


def test_curves_take_the_lower_of_both_ways_of_guessing_and_are_left_out_where_neither_is_known() -> None:
    run: dict[str, Any] = {"task": "classification", "num_outputs": 2, "train_losses": (1.0,), "lr": 0.1}
    curves = RunEvidence(**run, chance_loss=0.69, prior_loss=0.17).curves
    assert curves is not None
    assert (curves.chance, curves.guessing) == (0.69, 0.17)
    alone = RunEvidence(**run, chance_loss=0.69).curves
    assert alone is not None
    assert alone.guessing == 0.69
    assert RunEvidence(**run, prior_loss=0.17).curves is None


def test_probes_become_series_by_name_and_epochs_without_a_reading_are_left_out() -> None:
    assert series_by_name([{"weight": 1e-3}, {}, {"weight": 2e-3}]) == {"weight": (1e-3, 2e-3)}


@pytest.mark.parametrize(
    ("record", "first"),
    [
        (_epoch(2), ""),
        (_epoch(2, loss=math.nan), "training loss in epoch 2"),
        (_epoch(2, cost=math.inf), "total loss (with penalties) in epoch 2"),
        (_epoch(2, probes={"gradient_norm": math.inf}), "gradient norm in epoch 2"),
        (_epoch(2, probes={"update_ratios": {"out.weight": math.nan}}), "weights of out.weight in epoch 2"),
        (_epoch(2, validation=Score(loss=math.nan, accuracy=0.1)), "validation loss in epoch 2"),
        (_epoch(2, validation=Score(loss=math.nan, accuracy=0.1), stopped="cost over 3 ×"), ""),
    ],
)
def test_the_first_number_that_is_not_finite_is_named(record: EpochRecord, first: str) -> None:
    assert first_nonfinite([_epoch(1), record]) == first
