"""The worst answers."""

from __future__ import annotations

import math

import torch

from nnbabysit.core.training.evaluation.worst_samples import worst_mistakes


def test_the_lowest_probability_of_what_is_true_comes_first() -> None:
    """Samples 0 and 2 are wrong by ln 3 and ln 9, sample 1 is right however unsure."""
    outputs = torch.tensor([[math.log(3), 0.0], [0.1, 0.0], [math.log(9), 0.0]])
    worst, next_one = worst_mistakes(outputs, torch.tensor([1, 0, 1]), "classification", 5)
    assert (worst.index, worst.truth, worst.answer) == (2, 1, 0)
    assert math.isclose(worst.truth_probability, 0.1, rel_tol=1e-6)
    assert math.isclose(worst.confidence, 0.9, rel_tol=1e-6)
    assert next_one.index == 0
    assert worst_mistakes(outputs, torch.tensor([1, 0, 1]), "classification", 1) == [worst]


def test_nothing_is_wrong_when_all_is_right() -> None:
    assert worst_mistakes(torch.eye(3), torch.arange(3), "classification", 5) == []


def test_a_binary_answer_may_be_wrong_both_ways() -> None:
    found = worst_mistakes(torch.tensor([3.0, -4.0, 1.0]), torch.tensor([0.0, 1.0, 1.0]), "binary", 5)
    assert [(m.index, m.truth, m.answer) for m in found] == [(1, 1, 0), (0, 0, 1)]


def test_each_label_is_an_answer_of_its_own() -> None:
    outputs = torch.tensor([[1.0, -5.0], [2.0, 2.0]])
    y = torch.tensor([[1.0, 1.0], [0.0, 1.0]])
    found = worst_mistakes(outputs, y, "multilabel", 5)
    assert [(m.index, m.label, m.truth) for m in found] == [(0, 1, 1), (1, 0, 0)]


def test_errors_of_a_regression_are_ranked_by_size() -> None:
    found = worst_mistakes(
        torch.tensor([[1.0], [5.0], [3.0]]), torch.tensor([1.0, 2.0, 4.0]), "regression", 5
    )
    assert [(m.index, m.truth, m.answer) for m in found] == [(1, 2, 5), (2, 4, 3)]
