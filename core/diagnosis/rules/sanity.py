"""Rules on the untrained network (INI). Evidence: ``evidence/sanity_evidence.py``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from nnbabysit.core.diagnosis.engine import Match, Patch, Rule
from nnbabysit.core.diagnosis.evidence.starting_loss import StartingLoss

CS231N = "CS231n, Neural Networks 3, before learning: sanity checks"
RECIPE = "Karpathy, A Recipe for Training Neural Networks (2019)"
STARTS = "none on 2150 healthy starts of 43 programs (10 of them undecided, about which nothing is said)"
PROGRAMS = "none on 43 healthy programs, each started once"
DEPENDENT = 1e-4
"""Relative change of an output that rounding cannot explain: in float32 that is about 1e-6."""
ROUNDING = 1e-6
"""Relative size of a number that is nothing but rounding in float32."""


def _initial_loss_above_chance(
    start: StartingLoss, weight_matrices: int, init_scheme: str | None = None
) -> Match | None:
    # Without a weight matrix no initialization is to blame, however far from its targets a network starts.
    if start.standing != "not finite" and (start.standing != "above" or not weight_matrices):
        return None
    patch: Patch = {"model.init.scheme": "he_normal"} if init_scheme == "normal" else {}
    expected = max(start.expected_loss, start.zero_output_loss or 0.0)
    observed = _observed(start, expected, start.highest)
    return Match(observed={**observed, "random_loss": start.random_output_loss}, patch=patch)


def _observed(start: StartingLoss, expected: float, limit: float) -> dict[str, object]:
    """The numbers of a start: all the losses, their mean, what it was compared with."""
    return {
        "initial_loss": start.mean,
        "initial_losses": start.initial_losses,
        "expected_loss": expected,
        "limit": limit,
        "tolerance": start.sanity_tolerance,
    }


INI001 = Rule(
    id="INI001",
    name="initial-loss-above-chance",
    severity="error",
    check=_initial_loss_above_chance,
    fires_when="the initial loss is not finite, or its mean over the seeds is above (1 + sanity.tolerance) "
    "times the largest of the chance-level loss, the loss of zero outputs and the loss of random outputs, "
    "by more than the spread over up to 24 seeds explains; silent without a trainable weight matrix",
    symptom="the untrained network's loss is {initial_loss:.4g}; the chance-level loss is "
    "{expected_loss:.4g}, and random outputs reach up to {limit:.4g}",
    cause="the last layer starts with weights or biases that are too large, so the network is confident and "
    "wrong; or its inputs are not scaled, or the loss is a sum instead of a mean",
    remedy="scale the inputs (data.preprocess), start the last layer smaller (model.init), for regression "
    "standardize the targets; a network that is meant to start so may raise sanity.tolerance",
    source=f"{CS231N}; {RECIPE}: verify loss at init; beyond the spread over seeds, see starting_loss.py",
    false_alarms=STARTS,
)


def _initial_loss_below_chance(start: StartingLoss) -> Match | None:
    return (
        Match(observed=_observed(start, start.guessing, start.lowest)) if start.standing == "below" else None
    )


INI002 = Rule(
    id="INI002",
    name="initial-loss-below-chance",
    severity="error",
    check=_initial_loss_below_chance,
    fires_when="the mean initial loss over the seeds is below (1 − sanity.tolerance) times the smaller of "
    "the chance-level loss and the entropy of the class prior, by more than their spread explains",
    symptom="the untrained network's loss is {initial_loss:.4g}, below the chance-level loss "
    "({expected_loss:.4g})",
    cause="the label is among the inputs or the network is already trained; or the loss ignores part of its "
    "input, or counts fewer classes than there are",
    remedy="look for a column or pixel that holds the label, check the loss and the number of classes; a "
    "network with pretrained weights may raise sanity.tolerance",
    source=f"{CS231N}, read from below: a tool that tests one side only lets leaks pass",
    false_alarms=STARTS,
)


def _regularization_has_no_effect(
    initial_total_loss: float,
    regularized_total_loss: float,
    regularization_strength: float,
    penalty: float,
    weight_matrices: int,
    parameter_changes: Mapping[str, float] | None = None,
) -> Match | None:
    # A linear model that starts at 0 is sound: every parameter moves in the first steps.
    trains_from_zero = parameter_changes and all(change > 0 for change in parameter_changes.values())
    # The penalty by itself: a loss of 1e20 would swallow it in any precision.
    if not weight_matrices or penalty > 0 or trains_from_zero:
        return None
    return Match(
        observed={
            "initial_total_loss": initial_total_loss,
            "regularized_total_loss": regularized_total_loss,
            "regularization": regularization_strength,
        }
    )


INI003 = Rule(
    id="INI003",
    name="regularization-has-no-effect",
    severity="error",
    check=_regularization_has_no_effect,
    fires_when="the penalty with λ cranked up is 0 although there are weight matrices, and the first steps "
    "leave some parameter where it is",
    symptom="the total loss stays at {regularized_total_loss:.4g} with l2 = {regularization:g}",
    cause="no weight is penalized: all weight matrices start at 0, and the first steps leave them there",
    remedy="start from model.init.scheme: he_normal",
    source=f"{CS231N}: crank up regularization, the loss must go up",
    false_alarms=PROGRAMS,
)


def _parameter_without_gradient(
    gradient_norms: Mapping[str, float | None], init_scheme: str | None = None
) -> Match | None:
    faults = {name: fault for name, norm in gradient_norms.items() if (fault := _gradient_fault(norm))}
    if not faults:
        return None
    patch: Patch = {"model.init.scheme": "he_normal"} if init_scheme == "zeros" else {}
    words = {"names": _listed([f"{name} ({fault})" for name, fault in faults.items()])}
    return Match(observed={"gradients": faults, "of": len(gradient_norms)}, words=words, patch=patch)


def _gradient_fault(norm: float | None) -> str:
    if norm is None:
        return "missing"
    if not math.isfinite(norm):
        return "not finite"
    return "zero" if norm == 0 else ""


def _listed(names: Sequence[str], most: int = 4) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


INI004 = Rule(
    id="INI004",
    name="parameter-without-gradient",
    severity="error",
    check=_parameter_without_gradient,
    fires_when="the gradient of a trainable parameter is missing, not finite, or exactly 0 over all of the "
    "first 5 steps",
    symptom="no usable gradient reaches {names}",
    cause="missing: forward() does not use the parameter, or detach(), .data or no_grad() cuts the graph; "
    "zero: all weights start at 0 or every ReLU behind it is off; non-finite: a division by 0 or a "
    "logarithm of 0",
    remedy="look at forward() between this parameter and the loss; start from model.init.scheme: he_normal; "
    "freeze on purpose with requires_grad_(False)",
    source="PyTorch forum faults collected by PYSIASSIST (SANER 2024): broken graph in 47 of 365",
    explains=frozenset({"INI003"}),
    false_alarms=PROGRAMS,
)


def _parameter_does_not_move(
    parameter_changes: Mapping[str, float], gradient_norms: Mapping[str, float | None]
) -> Match | None:
    norms = {name: norm or 0.0 for name, norm in gradient_norms.items()}
    largest = max((norm for norm in norms.values() if math.isfinite(norm)), default=0.0)
    # A bias before batch normalization has a gradient of rounding size: that it rests is right.
    names = [
        name
        for name, change in parameter_changes.items()
        if change == 0 and norms.get(name, 0.0) > ROUNDING * largest
    ]
    return Match(observed={"parameters": tuple(names)}, words={"names": _listed(names)}) if names else None


INI005 = Rule(
    id="INI005",
    name="parameter-does-not-move",
    severity="error",
    check=_parameter_does_not_move,
    fires_when="no entry of a parameter changed in the first 5 steps, though its gradient norm is above "
    "1e-6 of the largest one",
    symptom="the optimizer leaves {names} exactly as before, though a gradient is there",
    cause="the parameter was replaced after the optimizer was built, or learning rate × gradient is smaller "
    "than float32 resolves",
    remedy="keep the same Parameter objects through forward(); otherwise raise optimizer.lr",
    source="TrainCheck (OSDI 2025): step() must change the parameters; torchtest",
    false_alarms=PROGRAMS,
)


def _samples_mixed(batch_dependence: float) -> Match | None:
    if not batch_dependence > DEPENDENT:  # NaN is for INI001
        return None
    return Match(observed={"batch_dependence": batch_dependence, "limit": DEPENDENT})


INI006 = Rule(
    id="INI006",
    name="samples-mixed-in-batch",
    severity="error",
    check=_samples_mixed,
    fires_when="an output changes by more than 1e-4 of the largest one when the other samples of the batch "
    "are replaced, in evaluation mode",
    symptom="a sample's output changes by {batch_dependence:.2g} of its size when the other samples of the "
    "batch change",
    cause="forward() mixes the batch dimension with another: view() where permute() is meant, or a mean, "
    "softmax or normalization over dimension 0",
    remedy="keep dimension 0 apart in forward(): flatten(1), softmax(dim=1)",
    source=f"{RECIPE}: use backprop to chart dependencies",
    false_alarms=PROGRAMS,
)


def _softmax_before_cross_entropy(
    loss_name: str, num_outputs: int, outputs_are_probabilities: bool
) -> Match | None:
    if loss_name != "cross_entropy" or not outputs_are_probabilities:
        return None
    floor = math.log(1 + (num_outputs - 1) / math.e)
    return Match(observed={"outputs_are_probabilities": True, "lowest_loss": floor})


INI007 = Rule(
    id="INI007",
    name="softmax-before-cross-entropy",
    severity="error",
    check=_softmax_before_cross_entropy,
    fires_when="every row of the outputs is ≥ 0 and sums to 1 ± 0.001, before cross_entropy",
    symptom="the network's outputs are probabilities; cross_entropy wants logits",
    cause="softmax is applied twice, once by the network and once by the loss, which can then not fall "
    "below {lowest_loss:.3f}",
    remedy="remove the softmax at the end of the network",
    source="PYSIASSIST (SANER 2024): loss and activation mismatch is the most common silent fault, 62 of "
    "365; floor: ln(1 + (C − 1)/e)",
    false_alarms=PROGRAMS,
)
