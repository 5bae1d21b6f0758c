"""Rules on the untrained network, on hand-made evidence."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from nnbabysit.core.diagnosis.engine import Finding

Diagnose = Callable[..., dict[str, Finding]]
RESTING = {"hidden.weight": 0.0, "out.bias": 1e-4}


def test_healthy_evidence_gives_no_finding(findings: Diagnose) -> None:
    assert findings() == {}


@pytest.mark.parametrize("losses", [(3.0, 3.1, 3.05), (math.nan, 2.3), (math.inf,)])
def test_ini001_fires_above_chance_and_when_not_finite(findings: Diagnose, losses: tuple[float, ...]) -> None:
    assert list(findings(initial_losses=losses)) == ["INI001"]


def test_ini001_looks_at_the_mean_of_the_seeds(findings: Diagnose) -> None:
    assert findings(initial_losses=(2.7, 2.2, 2.3)) == {}


def test_ini001_allows_targets_that_are_not_centered(findings: Diagnose) -> None:
    losses = (9.0, 9.1, 8.9)
    assert findings(initial_losses=losses, expected_loss=4.0, prior_loss=None, zero_output_loss=9.0) == {}
    assert "INI001" in findings(initial_losses=losses, expected_loss=4.0, prior_loss=None)


def test_ini001_allows_answers_as_wide_as_usual_initializations_give(findings: Diagnose) -> None:
    assert findings(initial_losses=(2.9, 3.0, 3.1), random_output_loss=2.9) == {}


def test_ini001_is_silent_where_the_seeds_spread_as_far(findings: Diagnose) -> None:
    assert findings(initial_losses=(1.5, 2.4, 5.2)) == {}, "a mean of 3.0 with a standard error of 1.1"


def test_ini001_asks_a_network_that_no_seed_changes_to_be_far_off(findings: Diagnose) -> None:
    assert findings(initial_losses=(3.1, 3.1, 3.1)) == {}
    assert "INI001" in findings(initial_losses=(9.0, 9.0, 9.0))


def test_ini001_blames_no_initialization_where_no_weight_matrix_is_trained(findings: Diagnose) -> None:
    assert findings(initial_losses=(76.0, 76.0), weight_matrices=0) == {}


def test_ini001_names_the_initialization_that_was_chosen(findings: Diagnose) -> None:
    patch = findings(initial_losses=(9.0, 9.1), init_scheme="normal")["INI001"].patch
    assert patch == {"model.init.scheme": "he_normal"}


def test_ini002_fires_below_chance(findings: Diagnose) -> None:
    assert list(findings(initial_losses=(1.5, 1.51, 1.49))) == ["INI002"]


def test_ini002_is_silent_where_the_seeds_spread_as_far(findings: Diagnose) -> None:
    assert findings(initial_losses=(1.5, 2.3, 1.6)) == {}, "networks that happen to answer rightly"


def test_ini002_takes_a_small_loss_of_a_network_that_no_seed_changes_for_training(findings: Diagnose) -> None:
    assert findings(initial_losses=(1.5, 1.5)) == {}
    assert "INI002" in findings(initial_losses=(0.1, 0.1))


def test_ini002_allows_a_start_at_the_class_prior(findings: Diagnose) -> None:
    assert findings(initial_losses=(1.2, 1.21), prior_loss=1.2) == {}


def test_ini003_fires_when_the_cost_stays(findings: Diagnose) -> None:
    assert "INI003" in findings(penalty=0.0, regularized_total_loss=2.3, parameter_changes=RESTING)


def test_ini003_is_silent_where_there_is_nothing_to_penalize(findings: Diagnose) -> None:
    nothing = {"penalty": 0.0, "regularized_total_loss": 2.3, "parameter_changes": RESTING}
    assert "INI003" not in findings(weight_matrices=0, **nothing)


def test_ini003_looks_at_the_penalty_and_not_at_a_sum_that_swallows_it(findings: Diagnose) -> None:
    huge = {"initial_total_loss": 3e20, "regularized_total_loss": 3e20, "parameter_changes": RESTING}
    assert "INI003" not in findings(penalty=17.0, **huge)


def test_ini003_allows_a_linear_model_to_start_at_0(findings: Diagnose) -> None:
    assert findings(penalty=0.0, regularized_total_loss=2.3) == {}, "its first steps move every weight"


@pytest.mark.parametrize(("norm", "fault"), [(None, "missing"), (0.0, "zero"), (math.nan, "not finite")])
def test_ini004_names_parameter_and_fault(findings: Diagnose, norm: float | None, fault: str) -> None:
    found = findings(gradient_norms={"a": 0.5, "b": norm}, parameter_changes={"a": 1e-3, "b": 0.0})
    assert list(found) == ["INI004"]
    assert f"b ({fault})" in found["INI004"].symptom


def test_ini004_lists_a_few_and_counts_the_rest(findings: Diagnose) -> None:
    symptom = findings(gradient_norms=dict.fromkeys("abcdefgh"))["INI004"].symptom
    assert symptom.endswith("d (missing) and 4 more")


def test_ini004_explains_a_penalty_without_effect(findings: Diagnose) -> None:
    resting = {"gradient_norms": {"a": 0.0}, "parameter_changes": {"a": 0.0}}
    assert list(findings(penalty=0.0, regularized_total_loss=2.3, **resting)) == ["INI004"]


def test_ini005_fires_when_a_gradient_moves_nothing(findings: Diagnose) -> None:
    assert list(findings(parameter_changes={"hidden.weight": 1e-3, "out.bias": 0.0})) == ["INI005"]


def test_ini005_allows_a_gradient_of_rounding_size_to_move_nothing(findings: Diagnose) -> None:
    norms, changes = {"weight": 0.5, "bias": 1e-9}, {"weight": 1e-3, "bias": 0.0}
    assert findings(gradient_norms=norms, parameter_changes=changes) == {}


def test_ini006_fires_when_neighbors_matter(findings: Diagnose) -> None:
    assert list(findings(batch_dependence=0.01)) == ["INI006"]


def test_ini007_fires_on_probabilities_before_cross_entropy(findings: Diagnose) -> None:
    assert list(findings(outputs_are_probabilities=True)) == ["INI007"]


def test_ini007_leaves_other_losses_alone(findings: Diagnose) -> None:
    assert findings(outputs_are_probabilities=True, loss_name="./loss.py:nll") == {}
