"""Rules on the untrained network (INI). Names of the evidence: ``evidence_names.py``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from nnbabysit.core.diagnosis.engine import Evidence, Match, Patch, Rule
from nnbabysit.core.diagnosis.rules.initial_loss import limits, standing

CS231N = "CS231n, Neural Networks 3, before learning: sanity checks"
RECIPE = "Karpathy, A Recipe for Training Neural Networks (2019)"
DEPENDENT = 1e-4
"""Relative change of an output that rounding cannot explain: in float32 that is about 1e-6."""
ROUNDING = 1e-6
"""Relative size of a number that is nothing but rounding in float32."""


def _initial_loss_above_chance(evidence: Evidence) -> Match | None:
    low, high = limits(evidence)
    place = standing(evidence["initial_losses"], low, high)
    # Without a weight matrix no initialization is to blame, however far from its answers a network starts.
    if place != "not finite" and (place != "above" or not evidence["weight_matrices"]):
        return None
    scheme = evidence.get("init_scheme")
    patch: Patch = {"model.init.scheme": "he_normal"} if scheme == "normal" else {}
    zero = evidence.get("zero_output_loss") or 0.0
    observed = _start(evidence, max(evidence["expected_loss"], zero), high)
    return Match(observed={**observed, "random_loss": evidence.get("random_output_loss")}, patch=patch)


def _initial_loss_below_chance(evidence: Evidence) -> Match | None:
    low, high = limits(evidence)
    if standing(evidence["initial_losses"], low, high) != "below":
        return None
    # An output bias set to the class frequencies starts at the prior, which is no leak.
    expected = min(loss for loss in (evidence["expected_loss"], evidence["prior_loss"]) if loss is not None)
    return Match(observed=_start(evidence, expected, low))


def _start(evidence: Evidence, expected: float, limit: float) -> dict[str, Any]:
    """The numbers of a start: all the losses, their mean, what it was compared with."""
    losses = evidence["initial_losses"]
    return {
        "initial_loss": _mean(losses),
        "initial_losses": tuple(losses),
        "expected_loss": expected,
        "limit": limit,
        "tolerance": evidence["sanity_tolerance"],
    }


def _regularization_has_no_effect(evidence: Evidence) -> Match | None:
    # The penalty by itself: a loss of 1e20 would swallow it in any precision.
    if not evidence["weight_matrices"] or evidence["penalty"] > 0 or _trains_from_zero(evidence):
        return None
    cost, regularized = evidence["initial_cost"], evidence["regularized_cost"]
    strength = evidence["regularization_strength"]
    return Match(observed={"initial_cost": cost, "regularized_cost": regularized, "regularization": strength})


def _trains_from_zero(evidence: Evidence) -> bool:
    """Whether every parameter moves in the first steps: a linear model that starts at 0 is sound."""
    changes = evidence.get("parameter_changes", {})
    return bool(changes) and all(change > 0 for change in changes.values())


def _parameter_without_gradient(evidence: Evidence) -> Match | None:
    faults = {
        name: fault for name, norm in evidence["gradient_norms"].items() if (fault := _gradient_fault(norm))
    }
    if not faults:
        return None
    patch: Patch = {"model.init.scheme": "he_normal"} if evidence.get("init_scheme") == "zeros" else {}
    words = {"names": _listed([f"{name} ({fault})" for name, fault in faults.items()])}
    return Match(
        observed={"gradients": faults, "of": len(evidence["gradient_norms"])}, words=words, patch=patch
    )


def _gradient_fault(norm: float | None) -> str:
    if norm is None:
        return "missing"
    if not math.isfinite(norm):
        return "not finite"
    return "zero" if norm == 0 else ""


def _parameter_does_not_move(evidence: Evidence) -> Match | None:
    norms = {name: norm or 0.0 for name, norm in evidence["gradient_norms"].items()}
    largest = max((norm for norm in norms.values() if math.isfinite(norm)), default=0.0)
    # A bias before batch normalization has a gradient of rounding size: that it rests is right.
    names = [
        name
        for name, change in evidence["parameter_changes"].items()
        if change == 0 and norms.get(name, 0.0) > ROUNDING * largest
    ]
    return Match(observed={"parameters": tuple(names)}, words={"names": _listed(names)}) if names else None


def _samples_mixed(evidence: Evidence) -> Match | None:
    dependence = evidence["batch_dependence"]
    if not dependence > DEPENDENT:  # NaN is for INI001
        return None
    return Match(observed={"batch_dependence": dependence, "limit": DEPENDENT})


def _softmax_before_cross_entropy(evidence: Evidence) -> Match | None:
    if evidence["loss_name"] != "cross_entropy" or not evidence["outputs_are_probabilities"]:
        return None
    floor = math.log(1 + (evidence["num_outputs"] - 1) / math.e)
    return Match(observed={"outputs_are_probabilities": True, "lowest_loss": floor})


def _mean(losses: Sequence[float]) -> float:
    return math.fsum(losses) / len(losses) if all(map(math.isfinite, losses)) else math.nan


def _listed(names: Sequence[str], most: int = 4) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


SANITY_RULES: tuple[Rule, ...] = (
    Rule(
        id="INI001",
        name="initial-loss-above-chance",
        severity="error",
        needs=frozenset(
            {"initial_losses", "expected_loss", "prior_loss", "sanity_tolerance", "weight_matrices"}
        ),
        check=_initial_loss_above_chance,
        symptom="the untrained network's loss is {initial_loss:.4g}; guessing costs {expected_loss:.4g}, "
        "and answers at random up to {limit:.4g}",
        cause="the last layer starts with weights or biases that are too large, so the network is sure of "
        "wrong answers; or its inputs are not scaled, or the loss is a sum instead of a mean",
        remedy="scale the inputs (data.preprocess), start the last layer smaller (model.init), for "
        "regression standardize the targets; a network that is meant to start so may raise "
        "sanity.tolerance",
        source=f"{CS231N}; {RECIPE}: verify loss at init; beyond the spread over seeds, see initial_loss.py",
    ),
    Rule(
        id="INI002",
        name="initial-loss-below-chance",
        severity="error",
        needs=frozenset({"initial_losses", "expected_loss", "prior_loss", "sanity_tolerance"}),
        check=_initial_loss_below_chance,
        symptom="the untrained network's loss is {initial_loss:.4g}, better than guessing "
        "({expected_loss:.4g}) can be",
        cause="the label is among the inputs or the network is already trained; or the loss ignores part "
        "of its input, or counts fewer classes than there are",
        remedy="look for a column or pixel that holds the label, check the loss and the number of "
        "classes; a network with weights from elsewhere may raise sanity.tolerance",
        source=f"{CS231N}, read from below: a tool that tests one side only lets leaks pass",
    ),
    Rule(
        id="INI003",
        name="regularization-has-no-effect",
        severity="error",
        needs=frozenset(
            {"initial_cost", "regularized_cost", "regularization_strength", "penalty", "weight_matrices"}
        ),
        check=_regularization_has_no_effect,
        symptom="the cost stays at {regularized_cost:.4g} with l2 = {regularization:g}",
        cause="no weight is penalized: all weight matrices start at 0, and the first steps leave them there",
        remedy="start from model.init.scheme: he_normal",
        source=f"{CS231N}: crank up regularization, the loss must go up",
    ),
    Rule(
        id="INI004",
        name="parameter-without-gradient",
        severity="error",
        needs=frozenset({"gradient_norms"}),
        check=_parameter_without_gradient,
        symptom="no usable gradient reaches {names}",
        cause="missing: forward() does not use the parameter, or detach(), .data or no_grad() cuts the "
        "graph; zero: all weights start at 0 or every ReLU behind it is off; non-finite: a division by 0 "
        "or a logarithm of 0",
        remedy="look at forward() between this parameter and the loss; start from model.init.scheme: "
        "he_normal; freeze on purpose with requires_grad_(False)",
        source="PyTorch forum faults collected by PYSIASSIST (SANER 2024): broken graph in 47 of 365",
        explains=frozenset({"INI003"}),
    ),
    Rule(
        id="INI005",
        name="parameter-does-not-move",
        severity="error",
        needs=frozenset({"parameter_changes", "gradient_norms"}),
        check=_parameter_does_not_move,
        symptom="the optimizer leaves {names} exactly as before, though a gradient is there",
        cause="the parameter was replaced after the optimizer was built, or learning rate × gradient is "
        "smaller than float32 resolves",
        remedy="keep the same Parameter objects through forward(); otherwise raise optimizer.lr",
        source="TrainCheck (OSDI 2025): step() must change the parameters; torchtest",
    ),
    Rule(
        id="INI006",
        name="samples-mixed-in-batch",
        severity="error",
        needs=frozenset({"batch_dependence"}),
        check=_samples_mixed,
        symptom="a sample's output changes by {batch_dependence:.2g} of its size when its neighbors in "
        "the batch change",
        cause="forward() mixes the batch dimension with another: view() where permute() is meant, or a "
        "mean, softmax or normalization over dimension 0",
        remedy="keep dimension 0 apart in forward(): flatten(1), softmax(dim=1)",
        source=f"{RECIPE}: use backprop to chart dependencies",
    ),
    Rule(
        id="INI007",
        name="softmax-before-cross-entropy",
        severity="error",
        needs=frozenset({"loss_name", "num_outputs", "outputs_are_probabilities"}),
        check=_softmax_before_cross_entropy,
        symptom="the network's outputs are probabilities; cross_entropy wants raw scores",
        cause="softmax is applied twice, once by the network and once by the loss, which can then not "
        "fall below {lowest_loss:.3f}",
        remedy="remove the softmax at the end of the network",
        source="PYSIASSIST (SANER 2024): loss and activation mismatch is the most common silent fault, 62 "
        "of 365",
    ),
)
