"""From epoch records to evidence."""

from __future__ import annotations

import math
from typing import Any

import pytest

from nnbabysit.core.diagnosis.evidence import curve_evidence, first_nonfinite
from nnbabysit.core.diagnosis.evidence_names import EVIDENCE
from nnbabysit.core.training.loop.records import EpochRecord, Score


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


def _evidence(epochs: list[EpochRecord], **changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {"task": "classification", "num_outputs": 10, "chance": 2.3}
    return curve_evidence(epochs, **{**fields, **changes})


def test_every_name_is_documented() -> None:
    evidence = _evidence([_epoch(1)], prior=2.2, l2=0.1, dead_units_initial={"relu": 0.1})
    assert evidence.keys() <= EVIDENCE.keys()


def test_series_have_one_number_per_epoch() -> None:
    evidence = _evidence([_epoch(1, loss=2.0), _epoch(2, loss=1.0)])
    assert evidence["train_losses"] == (2.0, 1.0)
    assert evidence["val_accuracies"] == (0.5, 0.5)


def test_regression_has_no_accuracies() -> None:
    assert "train_accuracies" not in _evidence([_epoch(1, accuracy=None)], task="regression")


def test_what_guessing_costs_is_left_out_where_it_is_unknown() -> None:
    evidence = _evidence([_epoch(1)], chance=math.nan)
    assert not {"chance_loss", "prior_loss"} & evidence.keys()


def test_the_prior_is_chance_where_there_is_none() -> None:
    assert _evidence([_epoch(1)])["prior_loss"] == 2.3


def test_probes_become_series_by_name_and_epochs_without_a_reading_are_left_out() -> None:
    probed = {"update_ratios": {"weight": 1e-3}, "dead_units": {"relu": 0.1}}
    evidence = _evidence([_epoch(1, probes=probed), _epoch(2), _epoch(3, probes=probed)])
    assert evidence["update_ratios"] == {"weight": (1e-3, 1e-3)}
    assert evidence["dead_units"] == {"relu": (0.1, 0.1)}


@pytest.mark.parametrize(
    ("record", "first"),
    [
        (_epoch(2), ""),
        (_epoch(2, loss=math.nan), "training loss in epoch 2"),
        (_epoch(2, cost=math.inf), "cost (loss plus penalties) in epoch 2"),
        (_epoch(2, probes={"gradient_norm": math.inf}), "gradient norm in epoch 2"),
        (_epoch(2, probes={"update_ratios": {"out.weight": math.nan}}), "weights of out.weight in epoch 2"),
        (_epoch(2, validation=Score(loss=math.nan, accuracy=0.1)), "validation loss in epoch 2"),
        (_epoch(2, validation=Score(loss=math.nan, accuracy=0.1), stopped="cost over 3 ×"), ""),
    ],
)
def test_the_first_number_that_is_not_finite_is_named(record: EpochRecord, first: str) -> None:
    assert first_nonfinite([_epoch(1), record]) == first
