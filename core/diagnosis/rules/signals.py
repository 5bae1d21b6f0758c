"""Rules on signals inside a run: numbers that are not finite (NUM), update ratios (UPD), activations (ACT).

Evidence: ``evidence/run_evidence.py``. How often each fires on healthy and broken runs: ``README.md``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import median

from nnbabysit.core.diagnosis.engine import Case, Match, Rule
from nnbabysit.core.diagnosis.evidence.learning_curves import LearningCurves
from nnbabysit.core.diagnosis.evidence.run_evidence import Series
from nnbabysit.core.diagnosis.rules.bands import CALIBRATED, RATIO_RIGHT, RATIO_TOO_HIGH, RATIO_TOO_LOW

MIN_READINGS = 3
"""A median over fewer epochs says more about the start than about the run."""
ALIKE = 10
"""Ratios within this factor of each other move alike; a vanishing gradient spans several decades."""
DEAD = 0.5
"""Fraction of a layer's units; 10–20 % dead units are common, healthy deep networks were seen with 21 %."""
RATIOS = "CS231n, Neural Networks 3, ratio of weights:updates; band set on healthy runs, see README.md"


NONFINITE_SAMPLES = Case(
    "training samples are not finite themselves",
    "clean them: `nnbabysit data` counts them and names the first",
)
NONFINITE_FIRST = Case(
    "it is so before the first update, so it is not the learning rate: samples that are not finite, a "
    "logarithm of 0 or a division by 0 in the network or loss, or initial weights that overflow",
    "check the samples with `nnbabysit data`, the network with `nnbabysit sanity`",
)
NONFINITE_LATER = Case(
    "a learning rate that is far too high (here {lr:g}), or a logarithm of 0 or a division by 0 in the "
    "network or loss that some samples lead to",
    "look at every logarithm, root and division in network and loss; if there is none, try a lower learning "
    "rate (not tried here)",
)


def _non_finite_values(
    first_nonfinite: str, lr: float, inputs_finite: bool = True, stopped: str = ""
) -> Match | None:
    if not first_nonfinite:
        return None
    observed = {"first_nonfinite": first_nonfinite, "lr": lr}
    if not inputs_finite:
        return Match(observed={**observed, "inputs_finite": False}, case=NONFINITE_SAMPLES)
    at_once = stopped.endswith("at epoch 1, step 1")
    return Match(observed=observed, case=NONFINITE_FIRST if at_once else NONFINITE_LATER)


NUM001 = Rule(
    id="NUM001",
    name="non-finite-values",
    severity="error",
    check=_non_finite_values,
    fires_when="a gradient norm, a weight, a loss or the total loss is NaN or infinite; the first is named",
    symptom="the {first_nonfinite} is not a finite number",
    cases=(NONFINITE_SAMPLES, NONFINITE_FIRST, NONFINITE_LATER),
    source="Keras TerminateOnNaN; DLCheck: first module in forward order",
    explains=frozenset({"UPD001", "UPD002", "ACT001", "ANS001"} | {f"CUR00{i}" for i in range(1, 9)}),
    false_alarms=CALIBRATED,
)


def _update_ratio_too_high(curves: LearningCurves, update_ratios: Series, lr: float) -> Match | None:
    medians = _medians(update_ratios)
    high = {name: ratio for name, ratio in medians.items() if ratio > RATIO_TOO_HIGH}
    if not high or curves.works_well or curves.falls_well or curves.rests_at_chance:
        return None
    name = max(high, key=lambda name: high[name])
    observed = {"weight": name, "ratio": high[name], "limit": RATIO_TOO_HIGH, "lr": lr}
    return Match(observed=observed | {"weights_beyond_it": len(high), "weights": len(medians)})


def _medians(ratios: Series) -> dict[str, float]:
    """Weight matrix → median over the run, those with enough finite readings."""
    finite = {name: [r for r in series if math.isfinite(r)] for name, series in ratios.items()}
    return {name: median(series) for name, series in finite.items() if len(series) >= MIN_READINGS}


UPD001 = Rule(
    id="UPD001",
    name="update-ratio-too-high",
    severity="warning",
    check=_update_ratio_too_high,
    fires_when="the median update-to-weight ratio of a weight matrix is above 1e-2 over at least 3 "
    "readings; not while accuracy is at least 0.9, the loss falls by 5 % an epoch, or it never left the "
    "chance level",
    symptom="one step changes {weight} by {ratio:.2g} of its norm (median over the run; around 0.001 is "
    "healthy)",
    cause="the learning rate may be too high for these weights",
    remedy="try a lower learning rate than {lr:g}; not tried here",
    source=RATIOS,
    explains=frozenset({"ACT001", "CUR006"}),
    false_alarms=f"{CALIBRATED}; the wrong cause in 2 of 20 runs with labels at random",
)


NO_GRADIENT = Case(
    "no gradient reaches it: cut off by detach(), weights that start at 0, or dead units behind it",
    "run `nnbabysit sanity`, which names every parameter without a gradient",
)
VANISHING = Case(
    "the gradient shrinks on its way back to this layer: saturating activations, too small weights, or depth",
    "use relu and model.init.scheme: he_normal, or batch normalization",
)
ALL_SLOW = Case(
    "the learning rate may be too low",
    "if `nnbabysit sanity` passes, try a higher learning rate than {lr:g}; not tried here",
)


def _update_ratio_too_low(curves: LearningCurves, update_ratios: Series, lr: float) -> Match | None:
    medians = _medians(update_ratios)
    low = {name: ratio for name, ratio in medians.items() if ratio < RATIO_TOO_LOW}
    if not low or curves.works_well:
        return None
    name = min(low, key=lambda name: low[name])
    observed = {"weight": name, "ratio": low[name], "limit": RATIO_TOO_LOW, "lr": lr}
    observed |= {"weights_beyond_it": len(low), "weights": len(medians)}
    if low[name] == 0:
        return Match(observed=observed, case=NO_GRADIENT)
    one_layer = max(medians.values()) >= RATIO_RIGHT and not _all_slow_but_the_last(medians)
    return Match(observed=observed, case=VANISHING if one_layer else ALL_SLOW)


def _all_slow_but_the_last(medians: Mapping[str, float]) -> bool:
    """Whether every matrix before the last is too slow, and all of them alike.

    An output layer starts small, so its ratio is high at any learning rate. A gradient that shrinks with
    depth makes the first matrix far slower than the one before the last.
    """
    before = list(medians.values())[:-1]
    return bool(before) and max(before) < RATIO_TOO_LOW and max(before) < ALIKE * min(before)


UPD002 = Rule(
    id="UPD002",
    name="update-ratio-too-low",
    severity="warning",
    check=_update_ratio_too_low,
    fires_when="the median update-to-weight ratio of a weight matrix is below 1e-4 over at least 3 "
    "readings; not where accuracy is at least 0.9",
    symptom="one step changes {weight} by {ratio:.2g} of its norm (median over the run; around 0.001 is "
    "healthy)",
    cases=(NO_GRADIENT, VANISHING, ALL_SLOW),
    source=RATIOS,
    explains=frozenset({"CUR003", "CUR006", "CUR007", "ANS001"}),
    false_alarms=CALIBRATED,
)


BORN_DEAD = Case(
    "they are dead from the start: the initialization puts their weighted sums below 0 for every sample",
    "start from model.init.scheme: he_normal and biases of 0 (or slightly above), and scale the inputs",
)
DIED = Case(
    "a step threw their weights off the data: the learning rate is too high, or the inputs are not scaled",
    "scale the inputs (data.preprocess); if they are, try a lower learning rate, leaky_relu or elu (not "
    "tried here)",
)


def _dead_relu_units(
    dead_units: Series, dead_units_initial: Mapping[str, float] | None = None
) -> Match | None:
    dead = {name: series[-1] for name, series in dead_units.items() if series and series[-1] > DEAD}
    if not dead:
        return None
    layer = max(dead, key=lambda name: dead[name])
    born_dead = (dead_units_initial or {}).get(layer, 0.0) > DEAD
    observed = {"layer": layer, "fraction": dead[layer], "dead_at_start": born_dead, "layers": tuple(dead)}
    if born_dead:
        return Match(observed=observed, words={"when": "dead at initialization"}, case=BORN_DEAD)
    series = dead_units[layer]
    epoch = next(i for i, fraction in enumerate(series, start=1) if fraction > DEAD)
    when = f"dead since {'the first epoch' if epoch == 1 else f'reading {epoch} of {len(series)}'}"
    return Match(observed={**observed, "since_reading": epoch}, words={"when": when}, case=DIED)


ACT001 = Rule(
    id="ACT001",
    name="dead-relu-units",
    severity="warning",
    check=_dead_relu_units,
    fires_when="more than half of the units of a ReLU layer are active on under 1 % of the samples",
    symptom="{fraction:.0%} of the units of {layer} are {when}",
    cases=(BORN_DEAD, DIED),
    source="SageMaker Debugger DeadRelu (active on < 1 % of samples, > 50 % of a layer); CS231n, Neural "
    "Networks 1",
    explains=frozenset({"UPD002", "CUR003", "CUR006", "CUR007", "ANS001"}),
    false_alarms=CALIBRATED,
)
