"""Classes that are never answered, in words."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nnbabysit.core.data.arrays import ArraySplit
from nnbabysit.core.training.unpredicted import unpredicted_in, unpredicted_in_words

TEN = tuple("abcdefghij")


def test_one_answer_for_all_of_two_classes() -> None:
    y = torch.tensor([0] * 384 + [1] * 16)
    assert unpredicted_in_words(torch.zeros(400), y, "classification", ("0", "1")) == (
        "all 400 validation samples are called class 0: recall of class 1 is 0"
    )
    assert unpredicted_in_words(torch.ones(400), 1 - y, "binary", ("no", "yes")) == (
        "all 400 validation samples are called class yes: recall of class no is 0"
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
        assert unpredicted_in_words(answers, y, "classification", TEN) == words
    assert unpredicted_in_words(y, y, "classification", TEN) == ""


@pytest.mark.parametrize(("samples", "told"), [(3, False), (4, True)])
def test_a_class_too_rare_to_tell_is_not_told(samples: int, told: bool) -> None:
    """Of two classes one of n samples is missed by chance with e⁻ⁿ: 5 % over both lie between 3 and 4."""
    y = torch.tensor([0] * 90 + [1] * samples)
    assert bool(unpredicted_in_words(torch.zeros(len(y)), y, "classification", ("0", "1"))) is told


def test_labels_that_are_never_given() -> None:
    y = torch.zeros(50, 3)
    y[:10, 0] = y[:10, 1] = 1
    answers = torch.zeros(50, 3)
    answers[20, 0] = 1
    assert unpredicted_in_words(answers, y, "multilabel", ("x", "y", "z")) == (
        "class y is never predicted on validation (10 labels): recall is 0"
    )


def test_a_network_is_asked_in_evaluation_mode_and_left_as_it_was() -> None:
    linear = nn.Linear(1, 2, bias=False)
    network = nn.Sequential(nn.Dropout(0.9), linear)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor([[1.0], [-1.0]]))
    split = ArraySplit(torch.ones(20, 1), torch.arange(20) % 2)
    network.train()
    assert "all 20 validation samples are called class no" in unpredicted_in(
        network, split, "classification", ("no", "yes")
    )
    assert network.training
