"""Classes that are never answered, in words."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.training.evaluation.unpredicted import Unpredicted, unpredicted_in, unpredicted_of

TEN = tuple("abcdefghij")


def test_one_answer_for_all_of_two_classes() -> None:
    y = torch.tensor([0] * 384 + [1] * 16)
    assert unpredicted_of(torch.zeros(400), y, "classification", ("0", "1")) == Unpredicted(
        words="all 400 validation samples are called class 0: recall of class 1 is 0", is_fault=True
    )
    assert unpredicted_of(torch.ones(400), 1 - y, "binary", ("no", "yes")) == Unpredicted(
        words="all 400 validation samples are called class yes: recall of class no is 0", is_fault=True
    )


def test_some_of_ten() -> None:
    y = torch.arange(100) % 10
    for missing, words in (
        ([3], "class d is never predicted on validation (10 samples): recall is 0"),
        ([3, 7], "classes d and h are never predicted on validation (20 samples): recall is 0"),
        (
            range(1, 8),
            "classes b, c, d, e, f and 2 more are never predicted on validation (70 samples): recall is 0",
        ),
    ):
        answers = torch.where(torch.isin(y, torch.tensor(list(missing))), 0, y)
        found = unpredicted_of(answers, y, "classification", TEN)
        assert found == Unpredicted(words=words, is_fault=True)
    assert unpredicted_of(y, y, "classification", TEN) == Unpredicted()


def test_a_rare_class_that_is_left_out_beside_others_is_told_and_no_fault() -> None:
    y = torch.tensor([0] * 500 + [1] * 480 + [2] * 20)
    found = unpredicted_of(y.clamp(max=1), y, "classification", ("a", "b", "c"))
    assert found.words == "class c is never predicted on validation (20 samples): recall is 0"
    assert not found.is_fault


@pytest.mark.parametrize(("samples", "told"), [(3, False), (4, True)])
def test_a_class_too_rare_to_tell_is_not_told(samples: int, told: bool) -> None:
    """Of two classes one of n samples is missed by chance with e⁻ⁿ: 5 % over both lie between 3 and 4."""
    y = torch.tensor([0] * 90 + [1] * samples)
    assert bool(unpredicted_of(torch.zeros(len(y)), y, "classification", ("0", "1")).words) is told


@pytest.mark.parametrize(("given", "is_fault"), [([20], False), ([], True)])
def test_labels_that_are_never_given(given: list[int], is_fault: bool) -> None:
    """Rare ones beside others are told; none at all is a fault."""
    y = torch.zeros(50, 3)
    y[:10, 0] = y[:10, 1] = 1
    answers = torch.zeros(50, 3)
    answers[given, 0] = 1
    found = unpredicted_of(answers, y, "multilabel", ("x", "y", "z"))
    which = "class y is never predicted on validation (10 labels): recall is 0"
    both = "classes x and y are never predicted on validation (20 labels): recall is 0"
    assert found == Unpredicted(words=both if is_fault else which, is_fault=is_fault)


def test_a_network_is_asked_in_evaluation_mode_and_left_as_it_was() -> None:
    linear = nn.Linear(1, 2, bias=False)
    network = nn.Sequential(nn.Dropout(0.9), linear)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor([[1.0], [-1.0]]))
    split = ArraySplit(torch.ones(20, 1), torch.arange(20) % 2)
    network.train()
    found = unpredicted_in(network, split, "classification", ("no", "yes"))
    assert "all 20 validation samples are called class no" in found.words
    assert network.training
