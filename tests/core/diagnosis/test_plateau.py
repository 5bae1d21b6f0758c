"""What the curve of a tiny set tells, for curves written by hand."""

from __future__ import annotations

import math

import pytest

from nnbabysit.core.diagnosis.evidence.tiny_evidence import Tried
from nnbabysit.core.diagnosis.rules.plateau import read_plateau

LN10 = math.log(10)


@pytest.mark.parametrize(
    ("losses", "pattern"),
    [
        ([2.3, 5.0, math.inf], "diverging"),
        ([2.3, 3.0, 8.0], "diverging"),
        ([2.9, 2.4, 2.304, 2.303, 2.303, 2.303, 2.303, 2.303], "ignores-input"),
        ([2.3, 2.0, 1.8, 1.7, 1.6, 1.55, 1.5, 1.48, 1.47, 1.465], "softmax"),
        ([3.0 - 0.1 * epoch for epoch in range(20)], "falling"),
        ([2.9, 0.6, 1.5, 0.4, 1.4, 0.5, 1.6, 0.6, 1.5, 0.4, 1.4, 0.7], "bouncing"),
        ([2.9, 1.5, 0.9, 0.8, 0.79, 0.79, 0.79, 0.79], "stuck"),
    ],
)
def test_the_pattern_is_read_from_the_curve(losses: list[float], pattern: str) -> None:
    reading = read_plateau(losses, bound=0.05, constant_loss=LN10, num_outputs=10, tried={})
    assert reading.pattern == pattern


def test_a_start_at_the_label_entropy_is_a_low_learning_rate_when_a_higher_one_helps() -> None:
    losses = [LN10 - 1e-4 * epoch for epoch in range(20)]
    tried = {"x10": Tried(lr=0.1, loss=LN10 - 0.019, learned=False)}
    assert (
        read_plateau(losses, bound=0.05, constant_loss=LN10, num_outputs=10, tried=tried).pattern == "falling"
    )


def test_a_loss_that_starts_higher_than_probabilities_allow_is_no_doubled_softmax() -> None:
    losses = [3.3, 2.5, 2.0, 1.7, 1.6, 1.55, 1.5, 1.48, 1.47, 1.465]
    assert read_plateau(losses, bound=0.05, constant_loss=LN10, num_outputs=10, tried={}).pattern != "softmax"


def test_a_learning_rate_that_gets_below_the_floor_rules_out_a_doubled_softmax() -> None:
    losses = [2.3, 2.0, 1.8, 1.7, 1.6, 1.55, 1.5, 1.48, 1.47, 1.465]
    tried = {"x10": Tried(lr=0.1, loss=0.01, learned=True)}
    assert (
        read_plateau(losses, bound=0.05, constant_loss=LN10, num_outputs=10, tried=tried).pattern != "softmax"
    )


def test_another_loss_has_no_softmax_floor() -> None:
    losses = [2.3, 2.0, 1.8, 1.7, 1.6, 1.55, 1.5, 1.48, 1.47, 1.465]
    assert read_plateau(losses, bound=0.05, constant_loss=None, num_outputs=None, tried={}).pattern == "stuck"


def test_a_rate_that_helps_without_passing_is_told_and_not_offered() -> None:
    tried = {
        "÷10": Tried(lr=0.01, loss=0.5, learned=False),
        "x10": Tried(lr=1.0, loss=math.nan, learned=False),
    }
    reading = read_plateau([2.3, 9.0, 50.0], bound=0.05, constant_loss=LN10, num_outputs=10, tried=tried)
    assert reading.lr is None
    assert "the cause cannot be told" in reading.cause
    assert "÷10 leaves 0.5" in reading.remedy


def test_a_rate_that_passes_while_layers_rest_is_told_and_not_offered() -> None:
    tried = {"x10": Tried(lr=0.1, loss=0.01, learned=True, everywhere=False)}
    losses = [3.0 - 0.1 * epoch for epoch in range(20)]
    reading = read_plateau(losses, bound=0.05, constant_loss=LN10, num_outputs=10, tried=tried)
    assert reading.lr is None
    assert "passes while some layers rest" in reading.remedy
