"""What holds for every patch: it changes something, and following patches never leads back."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnbabysit.core.diagnosis.engine import Patch, apply, diagnose
from nnbabysit.core.diagnosis.evidence.run_evidence import RunEvidence
from nnbabysit.core.diagnosis.evidence.search_evidence import BorderEvidence
from nnbabysit.core.diagnosis.rules.registry import RUN_RULES, SEARCH_RULES
from tests.core.diagnosis.conftest import HEALTHY, gates, made

TRIED = {"TIN001"}
"""Rules that print a learning rate because the run was tried with it on the spot."""
START: dict[str, Any] = {"optimizer.lr": 0.01, "regularization.l2": 0.0, "model.init.scheme": None}
"""A config: path → value, of the settings that evidence tells and patches may change."""
SCHEMES = (None, "he_normal", "xavier_normal", "normal", "zeros")

losses = st.floats(1e-4, 1e4) | st.sampled_from([2.3, 0.69, 0.168])
ratios = st.floats(1e-8, 1.0)


@st.composite
def curves(draw: st.DrawFn) -> dict[str, Any]:
    """Evidence of a run of any shape; falling, resting, flat at first, bouncing ones among them."""
    epochs = draw(st.integers(1, 30))
    first, pace = draw(losses), draw(st.sampled_from([-0.3, -0.02, -0.001, 0.0, 0.05]))
    shapes = [
        [first * math.exp(pace * epoch) for epoch in range(epochs)],
        [max(first * (1 - 0.02 * epoch), 1e-6) for epoch in range(epochs)],
        [first if epoch < 5 else first * 0.3 for epoch in range(epochs)],
        [first] + [first * 0.5] * (epochs - 1),
        draw(st.lists(losses, min_size=epochs, max_size=epochs)),
    ]
    accuracies = [draw(st.sampled_from([0.1, 0.3, 0.5, 0.85, 0.96, 1.0])) for _ in range(2)]
    chance = draw(st.sampled_from([0.693, 2.303, 1.0, 500.0]))
    return {
        "train_losses": tuple(draw(st.sampled_from(shapes))),
        "train_accuracies": (accuracies[0],) * epochs,
        "val_accuracies": (accuracies[1],) * epochs,
        "train_bar": draw(st.sampled_from([-math.inf, 0.5, 0.967, math.inf])),
        "chance_loss": chance,
        "prior_loss": chance * draw(st.sampled_from([1.0, 0.25])),
        "first_total_loss": draw(losses),
        "stopped": draw(st.sampled_from(["", "cost is 9 at epoch 3", "cost is nan at epoch 1, step 1"])),
        "first_nonfinite": draw(st.sampled_from(["", "training loss in epoch 3"])),
        "update_ratios": {
            name: (ratio,) * epochs
            for name, ratio in draw(st.dictionaries(st.sampled_from("abc"), ratios)).items()
        },
        "dead_units": draw(st.sampled_from([{}, {"relu": (0.0, 0.9)}, {"relu": (0.9, 0.9)}])),
        "dead_units_initial": {"relu": draw(st.sampled_from([0.0, 0.9]))},
        "zero_output_loss": draw(losses),
        "target_mean": 3.0,
        "target_std": 1.0,
        "unpredicted": draw(st.sampled_from(["", "class b is never predicted"])),
    }  # fmt: skip


at_gates = st.fixed_dictionaries(
    {
        "initial_losses": st.sampled_from([(9.0, 9.1), (0.1, 0.1), (math.nan,), (2.3, 2.31)]),
        "gradient_norms": st.sampled_from([{"w": 0.0}, {"w": None}, {"w": 1.0}]),
        "parameter_changes": st.sampled_from([{"w": 0.0}, {"w": 1e-3}]),
        "regularized_total_loss": st.sampled_from([2.3, 50.0]),
        "batch_dependence": st.sampled_from([0.0, 1.0]),
        "outputs_are_probabilities": st.booleans(),
    }
)


def evidence_of(config: dict[str, Any], seen: dict[str, Any]) -> dict[str, Any]:
    """What a step would hand over that ran this config and saw this."""
    return {
        **HEALTHY,
        "lr": config["optimizer.lr"],
        "l2": config["regularization.l2"],
        "init_scheme": config["model.init.scheme"],
        **seen,
    }


def flat(patch: Patch) -> dict[str, Any]:
    """Path of each single setting → value."""
    found: dict[str, Any] = {}
    for path, value in patch.items():
        inner = value if isinstance(value, dict) and not path.startswith("search.") else None
        found |= {path: value} if inner is None else {f"{path}.{key}": one for key, one in inner.items()}
    return found


@settings(max_examples=150)
@given(curves(), at_gates, st.sampled_from(SCHEMES), st.sampled_from([None, 0.0, 1e-3, 1.0]))
def test_no_patch_proposes_the_value_that_is_set_nor_an_untried_learning_rate(
    seen: dict[str, Any], gate: dict[str, Any], scheme: str | None, l2: float | None
) -> None:
    config = {**START, "model.init.scheme": scheme, "regularization.l2": l2}
    pairs = [(rule, one) for one, rules in gates(evidence_of(config, {**seen, **gate})) for rule in rules]
    for rule, evidence in pairs:
        finding = apply(rule, evidence)
        for path, value in flat(finding.patch if finding else {}).items():
            assert rule.id in TRIED or not path.endswith("optimizer.lr"), rule.id
            assert path not in config or config[path] != value, f"{rule.id} sets {path} to what it is"


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(curves(), min_size=2, max_size=6), st.sampled_from(SCHEMES))
def test_following_patches_from_rule_to_rule_never_leads_back(
    runs: list[dict[str, Any]], scheme: str | None
) -> None:
    """Whatever a run shows after a patch, and whichever finding is followed: no config comes twice."""
    waiting: list[tuple[dict[str, Any], list[dict[str, Any]], int]] = [
        ({**START, "model.init.scheme": scheme}, [], 0)
    ]
    while waiting:
        config, before, number = waiting.pop()
        assert config not in before, [*before, config]
        if number == len(runs):
            continue
        evidence = made(RunEvidence, evidence_of(config, runs[number]))
        patches = [flat(finding.patch) for rule in RUN_RULES if (finding := apply(rule, evidence))]
        new = {repr(one): one for one in patches if one}.values()
        waiting += [({**config, **patch}, [*before, config], number + 1) for patch in new]


def searched(path: str, low: float, high: float, side: str, stage: str) -> BorderEvidence:
    wider = (low / 10, high) if side == "low" else (low, high * 10)
    best = low * 1.01 if side == "low" else high * 0.99
    return BorderEvidence(
        search_axis=path, search_best=best, search_low=low, search_high=high, search_side=side,
        search_wider=wider, search_kind="log_uniform", search_stage=stage,
    )  # fmt: skip


@given(
    st.lists(st.sampled_from(["low", "high"]), min_size=1, max_size=6),
    st.sampled_from(["optimizer.lr", "regularization.l2"]),
    st.sampled_from(["coarse", "fine"]),
)
def test_a_searched_range_only_grows(sides: list[str], path: str, stage: str) -> None:
    ranges = [(1e-4, 1e-2)]
    for side in sides:
        (finding,) = (
            finding
            for finding in diagnose(SEARCH_RULES, searched(path, *ranges[-1], side, stage))
            if finding.id == "SEA001"
        )
        axis: Any = finding.patch[f"search.{stage}.space.{path}"]
        low, high = axis["log_uniform"]
        ranges.append((low, high))
    for (low, high), (lower, higher) in pairwise(ranges):
        assert lower <= low
        assert higher >= high
        assert (low, high) != (lower, higher)


@pytest.mark.parametrize("rule", RUN_RULES, ids=[rule.id for rule in RUN_RULES])
def test_no_text_of_a_run_s_rule_sends_to_a_learning_rate_as_if_it_had_been_tried(rule: Any) -> None:
    for text in (text for case in rule.causes for text in (case.cause, case.remedy)):
        if "learning rate" in text and ("lower" in text or "higher" in text or "raise" in text):
            assert "not tried" in text, text
