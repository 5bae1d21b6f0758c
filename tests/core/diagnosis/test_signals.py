"""Rules on signals inside a run, on hand-made evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nnbabysit.core.diagnosis.engine import Finding

Diagnose = Callable[..., dict[str, Finding]]
BAD: dict[str, Any] = {
    "train_losses": (2.2, 1.6, 1.5, 1.52, 1.49, 1.5),
    "train_accuracies": (0.2, 0.4, 0.45, 0.45, 0.46, 0.46),
    "val_accuracies": (0.2, 0.4, 0.44, 0.41, 0.44, 0.42),
}


def _ratios(*ratios: float, readings: int = 4) -> dict[str, tuple[float, ...]]:
    """The same ratio in every reading, from the first matrix to the last."""
    return {f"layer{index}.weight": (ratio,) * readings for index, ratio in enumerate(ratios)}


def test_num001_names_what_came_first_and_leaves_out_what_follows(findings: Diagnose) -> None:
    found = findings(
        first_nonfinite="gradient norm in epoch 3",
        stopped="cost is nan",
        update_ratios=_ratios(5.0, 5.0),
        **BAD,
    )
    assert list(found) == ["NUM001"]
    assert "gradient norm in epoch 3" in found["NUM001"].symptom


def test_num001_blames_the_samples_when_they_are_not_finite_themselves(findings: Diagnose) -> None:
    found = findings(first_nonfinite="training loss in epoch 1", stopped="cost is nan", inputs_finite=False)
    assert "samples" in found["NUM001"].cause
    assert found["NUM001"].patch == {}


def test_upd001_fires_in_a_run_that_does_badly(findings: Diagnose) -> None:
    found = findings(update_ratios=_ratios(0.02, 0.001), without="chance_loss", **BAD)
    assert found == {}, "without the chance-level loss the rule is skipped"
    stuck = {**BAD, "train_losses": (2.2, 1.9, 1.6, 1.4, 1.2, 1.19)}
    assert list(findings(update_ratios=_ratios(0.02, 0.001), **stuck)) == ["UPD001"]


def test_upd001_is_silent_where_accuracy_is_fine(findings: Diagnose) -> None:
    assert findings(update_ratios=_ratios(0.02, 0.03)) == {}


def test_upd001_is_silent_while_the_loss_falls_well(findings: Diagnose) -> None:
    falling = {**BAD, "train_losses": (2.2, 2.0, 1.7, 1.3, 1.0, 0.8)}
    assert findings(update_ratios=_ratios(0.02, 0.03), **falling) == {}


def test_upd001_waits_for_three_readings(findings: Diagnose) -> None:
    stuck = {**BAD, "train_losses": (2.2, 1.9, 1.6, 1.4, 1.2, 1.19)}
    assert findings(update_ratios=_ratios(0.02, 0.001, readings=2), **stuck) == {}


def test_upd002_suspects_the_learning_rate_when_all_ratios_are_low(findings: Diagnose) -> None:
    finding = findings(update_ratios=_ratios(5e-5, 9e-5), **BAD)["UPD002"]
    assert "learning rate" in finding.cause
    assert finding.patch == {}


@pytest.mark.parametrize(("ratio", "word"), [(5e-5, "shrinks"), (0.0, "no gradient")])
def test_upd002_blames_the_way_of_the_gradient_when_one_ratio_is_low(
    findings: Diagnose, ratio: float, word: str
) -> None:
    finding = findings(update_ratios=_ratios(ratio, 8e-4, 1e-3), **BAD)["UPD002"]
    assert word in finding.cause
    assert finding.patch == {}


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
def test_act001_takes_some_dead_units_for_common(findings: Diagnose, share: float) -> None:
    assert findings(dead_units={"relu": (0.0, share)}) == {}


def test_act001_says_when_the_units_died(findings: Diagnose) -> None:
    finding = findings(dead_units={"relu": (0.0, 0.1, 0.9, 0.9)}, dead_units_initial={"relu": 0.0})["ACT001"]
    assert finding.symptom == "90% of the units of relu are dead since reading 3 of 4"
    assert finding.patch == {}


def test_act001_says_that_the_units_were_dead_from_the_start(findings: Diagnose) -> None:
    finding = findings(dead_units={"relu": (0.9, 0.9)}, dead_units_initial={"relu": 0.9})["ACT001"]
    assert "dead at initialization" in finding.symptom
    assert finding.patch == {}


def test_num001_before_the_first_update_does_not_blame_the_learning_rate(findings: Diagnose) -> None:
    first = "gradient norm in epoch 1"
    found = findings(first_nonfinite=first, stopped="cost is nan at epoch 1, step 1", **BAD)
    assert "not the learning rate" in found["NUM001"].cause
    assert found["NUM001"].patch == {}


def test_num001_later_on_suspects_the_learning_rate_and_sets_none(findings: Diagnose) -> None:
    found = findings(first_nonfinite="loss in epoch 2", stopped="cost is nan", **{**BAD, "lr": 1e30})
    assert "here 1e+30" in found["NUM001"].cause
    assert found["NUM001"].patch == {}


def test_upd002_blames_a_layer_only_if_another_one_moves_as_it_should(findings: Diagnose) -> None:
    slow = findings(update_ratios=_ratios(4e-6, 2e-4), **BAD)
    assert slow["UPD002"].cause == "the learning rate may be too low"
    assert slow["UPD002"].patch == {}
    assert "relu" in findings(update_ratios=_ratios(4e-6, 3e-5, 4e-4, 2e-3), **BAD)["UPD002"].remedy


@pytest.mark.parametrize("ratios", [(2.6e-6, 1.3e-3), (3e-6, 2e-6, 4e-6, 5e-3)])
def test_upd002_blames_the_learning_rate_if_only_the_small_output_layer_moves(
    findings: Diagnose, ratios: tuple[float, ...]
) -> None:
    slow = findings(update_ratios=_ratios(*ratios), **BAD)
    assert slow["UPD002"].cause == "the learning rate may be too low"
    vanishing = findings(update_ratios=_ratios(3e-8, 2e-6, 4e-5, 5e-3), **BAD)
    assert "shrinks" in vanishing["UPD002"].cause


@pytest.mark.parametrize(("accuracy", "muted"), [(0.96, False), (0.9669, False), (0.972, True)])
def test_a_good_score_mutes_only_above_the_largest_class(
    findings: Diagnose, accuracy: float, muted: bool
) -> None:
    """At 96 % of one class 0.96 is what knowing nothing gives; 800 samples leave 0.007 to chance."""
    seen = {
        "train_accuracies": (accuracy,) * 6,
        "val_accuracies": (accuracy,) * 6,
        "train_bar": 0.967,
        "val_bar": 0.967,
    }
    slow = findings(update_ratios=_ratios(5e-5, 9e-5), **{**BAD, **seen})
    assert ("UPD002" not in slow) is muted
