"""Rules on the untrained network, on hand-made evidence."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from nnbabysit.core.diagnosis.rule import Finding

Diagnose = Callable[..., dict[str, Finding]]


def test_healthy_evidence_gives_no_finding(findings: Diagnose) -> None:
    assert findings() == {}


@pytest.mark.parametrize("losses", [(3.0, 3.1), (math.nan, 2.3), (math.inf,)])
def test_ini001_fires_above_chance_and_when_not_finite(findings: Diagnose, losses: tuple[float, ...]) -> None:
    assert list(findings(initial_losses=losses)) == ["INI001"]


def test_ini001_looks_at_the_mean_of_the_seeds(findings: Diagnose) -> None:
    assert findings(initial_losses=(2.7, 2.2, 2.3)) == {}


def test_ini001_allows_targets_that_are_not_centred(findings: Diagnose) -> None:
    assert findings(initial_losses=(9.0,), expected_loss=4.0, prior_loss=None, zero_output_loss=9.0) == {}


def test_ini001_names_the_initialisation_that_was_chosen(findings: Diagnose) -> None:
    patch = findings(initial_losses=(9.0,), init_scheme="normal")["INI001"].patch
    assert patch == {"model.init.scheme": "he_normal"}


def test_ini002_fires_below_chance(findings: Diagnose) -> None:
    assert list(findings(initial_losses=(1.5,))) == ["INI002"]


def test_ini002_allows_a_start_at_the_class_prior(findings: Diagnose) -> None:
    assert findings(initial_losses=(1.2,), prior_loss=1.2) == {}


def test_ini003_fires_when_the_cost_stays(findings: Diagnose) -> None:
    assert list(findings(regularized_cost=2.3)) == ["INI003"]


@pytest.mark.parametrize(("norm", "fault"), [(None, "missing"), (0.0, "zero"), (math.nan, "not finite")])
def test_ini004_names_parameter_and_fault(findings: Diagnose, norm: float | None, fault: str) -> None:
    found = findings(gradient_norms={"a": 0.5, "b": norm}, parameter_changes={"a": 1e-3, "b": 0.0})
    assert list(found) == ["INI004"]
    assert f"b ({fault})" in found["INI004"].symptom


def test_ini004_lists_a_few_and_counts_the_rest(findings: Diagnose) -> None:
    symptom = findings(gradient_norms=dict.fromkeys("abcdefgh"))["INI004"].symptom
    assert symptom.endswith("d (missing) and 4 more")


def test_ini004_explains_a_penalty_without_effect(findings: Diagnose) -> None:
    assert list(findings(gradient_norms={"a": 0.0}, regularized_cost=2.3)) == ["INI004"]


def test_ini005_fires_when_a_gradient_moves_nothing(findings: Diagnose) -> None:
    assert list(findings(parameter_changes={"hidden.weight": 1e-3, "out.bias": 0.0})) == ["INI005"]


def test_ini005_allows_a_gradient_of_rounding_size_to_move_nothing(findings: Diagnose) -> None:
    norms, changes = {"weight": 0.5, "bias": 1e-9}, {"weight": 1e-3, "bias": 0.0}
    assert findings(gradient_norms=norms, parameter_changes=changes) == {}


def test_ini006_fires_when_neighbours_matter(findings: Diagnose) -> None:
    assert list(findings(batch_dependence=0.01)) == ["INI006"]


def test_ini007_fires_on_probabilities_before_cross_entropy(findings: Diagnose) -> None:
    assert list(findings(outputs_are_probabilities=True)) == ["INI007"]


def test_ini007_leaves_other_losses_alone(findings: Diagnose) -> None:
    assert findings(outputs_are_probabilities=True, loss_name="./loss.py:nll") == {}
