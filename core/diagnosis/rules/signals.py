"""Rules on signals inside a run: numbers that are not finite (NUM), update ratios (UPD), activations (ACT).

Names of the evidence: ``evidence_names.py``. How often each fires on healthy and broken runs: ``README.md``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import median

from nnbabysit.core.diagnosis.engine import Evidence, Match, Rule
from nnbabysit.core.diagnosis.rules.bands import (
    EVIDENCE_OF_PROGRESS,
    RATIO_TOO_HIGH,
    RATIO_TOO_LOW,
    falls_well,
    rests_at_chance,
    works_well,
)

MIN_READINGS = 3
"""A median over fewer epochs says more about the start than about the run."""
RATIO_HEALTHY = 1e-3
"""CS231n: updates of about a thousandth of the weights."""
ALIKE = 10
"""Ratios within this factor of each other move alike; a vanishing gradient spans several decades."""
DEAD = 0.5
"""Share of a layer's units; 10–20 % dead units are common, healthy deep networks were seen with 21 %."""


def _non_finite_values(evidence: Evidence) -> Match | None:
    first = evidence["first_nonfinite"]
    if not first:
        return None
    observed = {"first_nonfinite": first, "lr": evidence["lr"]}
    if not evidence.get("inputs_finite", True):
        words = {
            "cause": "training samples are not finite themselves",
            "remedy": "clean them: `nnbabysit data` counts them and names the first",
        }
        return Match(observed={**observed, "inputs_finite": False}, words=words)
    if evidence.get("stopped", "").endswith("at epoch 1, step 1"):
        cause = (
            "it is so before the first update, so it is not the learning rate: samples that are not finite, "
            "a logarithm of 0 or a division by 0 in the network or loss, or initial weights that overflow"
        )
        remedy = "check the samples with `nnbabysit data`, the network with `nnbabysit sanity`"
        return Match(observed=observed, words={"cause": cause, "remedy": remedy})
    cause = (
        f"a learning rate that is far too high (here {evidence['lr']:g}), or a logarithm of 0 or a division "
        "by 0 in the network or loss that some samples lead to"
    )
    remedy = (
        "look at every logarithm, root and division in network and loss; if there is none, try a lower "
        "learning rate (not tried here)"
    )
    words = {"cause": cause, "remedy": remedy}
    return Match(observed=observed, words=words)


def _update_ratio_too_high(evidence: Evidence) -> Match | None:
    medians = _medians(evidence["update_ratios"])
    high = {name: ratio for name, ratio in medians.items() if ratio > RATIO_TOO_HIGH}
    if not high or works_well(evidence) or falls_well(evidence) or rests_at_chance(evidence):
        return None
    name = max(high, key=lambda name: high[name])
    return Match(
        observed={
            "weight": name,
            "ratio": high[name],
            "limit": RATIO_TOO_HIGH,
            "lr": evidence["lr"],
            **_counted(high, medians),
        },
    )


def _update_ratio_too_low(evidence: Evidence) -> Match | None:
    medians = _medians(evidence["update_ratios"])
    low = {name: ratio for name, ratio in medians.items() if ratio < RATIO_TOO_LOW}
    if not low or works_well(evidence):
        return None
    name = min(low, key=lambda name: low[name])
    observed = {"weight": name, "ratio": low[name], "limit": RATIO_TOO_LOW, **_counted(low, medians)}
    if low[name] == 0:
        cause = (
            "no gradient reaches it: cut off by detach(), weights that start at 0, or dead units behind it"
        )
        remedy = "run `nnbabysit sanity`, which names every parameter without a gradient"
        return Match(observed=observed, words={"cause": cause, "remedy": remedy})
    if max(medians.values()) >= RATIO_HEALTHY and not _all_slow_but_the_last(medians):
        cause = (
            "the gradient shrinks on its way back to this layer: saturating activations, too small "
            "weights, or depth"
        )
        remedy = "use relu and model.init.scheme: he_normal, or batch normalization"
        return Match(observed=observed, words={"cause": cause, "remedy": remedy})
    cause = "the learning rate may be too low"
    remedy = (
        f"if `nnbabysit sanity` passes, try a higher learning rate than {evidence['lr']:g}; not tried here"
    )
    return Match(observed=observed, words={"cause": cause, "remedy": remedy})


def _all_slow_but_the_last(medians: Mapping[str, float]) -> bool:
    """Whether every matrix before the last is too slow, and all of them alike.

    An output layer starts small, so its ratio is high at any learning rate. A gradient that shrinks with
    depth makes the first matrix far slower than the one before the last.
    """
    before = list(medians.values())[:-1]
    return bool(before) and max(before) < RATIO_TOO_LOW and max(before) < ALIKE * min(before)


def _dead_relu_units(evidence: Evidence) -> Match | None:
    shares = {name: series[-1] for name, series in evidence["dead_units"].items() if series}
    dead = {name: share for name, share in shares.items() if share > DEAD}
    if not dead:
        return None
    layer = max(dead, key=lambda name: dead[name])
    series = evidence["dead_units"][layer]
    born_dead = evidence.get("dead_units_initial", {}).get(layer, 0.0) > DEAD
    observed = {"layer": layer, "share": dead[layer], "dead_at_start": born_dead, "layers": tuple(dead)}
    if born_dead:
        cause = (
            "they are dead from the start: the initialization puts their weighted sums below 0 for every "
            "sample"
        )
        remedy = (
            "start from model.init.scheme: he_normal and biases of 0 (or slightly above), and scale the "
            "inputs"
        )
        return Match(
            observed=observed, words={"when": "dead at initialization", "cause": cause, "remedy": remedy}
        )
    epoch = next(i for i, share in enumerate(series, start=1) if share > DEAD)
    observed["since_reading"] = epoch
    when = f"dead since {'the first epoch' if epoch == 1 else f'reading {epoch} of {len(series)}'}"
    cause = (
        "a step threw their weights off the data: the learning rate is too high, or the inputs are not scaled"
    )
    remedy = (
        "scale the inputs (data.preprocess); if they are, try a lower learning rate, leaky_relu or elu (not "
        "tried here)"
    )
    words = {"when": when, "cause": cause, "remedy": remedy}
    return Match(observed=observed, words=words)


def _counted(outside: Mapping[str, float], medians: Mapping[str, float]) -> dict[str, int]:
    return {"weights_beyond_it": len(outside), "weights": len(medians)}


def _medians(ratios: Mapping[str, tuple[float, ...]]) -> dict[str, float]:
    """Weight matrix → median over the run, those with enough finite readings."""
    finite = {name: [r for r in series if math.isfinite(r)] for name, series in ratios.items()}
    return {name: median(series) for name, series in finite.items() if len(series) >= MIN_READINGS}


SIGNAL_RULES: tuple[Rule, ...] = (
    Rule(
        id="NUM001",
        name="non-finite-values",
        severity="error",
        needs=frozenset({"first_nonfinite", "lr"}),
        check=_non_finite_values,
        symptom="the {first_nonfinite} is not a finite number",
        cause="{cause}",
        remedy="{remedy}",
        source="Keras TerminateOnNaN; DLCheck: first module in forward order",
        explains=frozenset(
            {
                "CUR001",
                "CUR002",
                "CUR003",
                "CUR004",
                "CUR005",
                "CUR006",
                "CUR007",
                "CUR008",
                "UPD001",
                "UPD002",
                "ACT001",
                "ANS001",
            }
        ),
    ),
    Rule(
        id="UPD001",
        name="update-ratio-too-high",
        severity="warning",
        needs=frozenset({"update_ratios", "train_losses"}) | EVIDENCE_OF_PROGRESS,
        check=_update_ratio_too_high,
        symptom="one step changes {weight} by {ratio:.2g} of its norm (median over the run; around 0.001 "
        "is healthy)",
        cause="the learning rate may be too high for these weights",
        remedy="try a lower learning rate than {lr:g}; not tried here",
        source="CS231n, Neural Networks 3, ratio of weights:updates; band measured, see README.md",
        explains=frozenset({"ACT001", "CUR006"}),
    ),
    Rule(
        id="UPD002",
        name="update-ratio-too-low",
        severity="warning",
        needs=frozenset({"update_ratios", "train_losses"}) | EVIDENCE_OF_PROGRESS,
        check=_update_ratio_too_low,
        symptom="one step changes {weight} by {ratio:.2g} of its norm (median over the run; around 0.001 "
        "is healthy)",
        cause="{cause}",
        remedy="{remedy}",
        source="CS231n, Neural Networks 3, ratio of weights:updates; band measured, see README.md",
        explains=frozenset({"CUR003", "CUR006", "CUR007", "ANS001"}),
    ),
    Rule(
        id="ACT001",
        name="dead-relu-units",
        severity="warning",
        needs=frozenset({"dead_units"}),
        check=_dead_relu_units,
        symptom="{share:.0%} of the units of {layer} are {when}",
        cause="{cause}",
        remedy="{remedy}",
        source="SageMaker Debugger DeadRelu (active on < 1 % of samples, > 50 % of a layer); CS231n, "
        "Neural Networks 1",
        explains=frozenset({"UPD002", "CUR003", "CUR006", "CUR007", "ANS001"}),
    ),
)
