"""Exact duplicates are counted as the module says."""

from __future__ import annotations

import torch

from nnbabysit.core.data.checks.duplicates import Prints
from nnbabysit.core.data.splits.arrays import ArraySplit


def prints(values: list[float], targets: list[int] | None = None) -> Prints:
    x = torch.tensor(values).reshape(-1, 1)
    y = torch.tensor(targets or [0] * len(values))
    return Prints.of(ArraySplit(x, y).batches(2))


def test_a_pair_counts_once_and_three_equal_samples_count_twice() -> None:
    assert prints([1, 2, 3]).repeated() == 0
    assert prints([1, 2, 1]).repeated() == 1
    assert prints([1, 1, 1, 2, 2]).repeated() == 3


def test_across_splits_every_recurring_sample_of_the_first_counts() -> None:
    train, test = prints([1, 1, 2, 3]), prints([1, 2, 2, 9])
    assert train.recurring_in(test) == 3
    assert test.recurring_in(train) == 3
    assert train.recurring_in(prints([7])) == 0


def test_equal_samples_of_different_classes_contradict() -> None:
    assert prints([1, 1, 1, 2], [0, 0, 0, 1]).contradicting() == 0
    assert prints([1, 1, 1, 2], [0, 1, 1, 1]).contradicting() == 1
    assert prints([1, 1, 1], [0, 1, 2]).contradicting() == 2


def test_the_smallest_difference_makes_samples_different() -> None:
    assert prints([1.0, 1.0 + 2**-23]).repeated() == 0


def test_both_zeros_are_the_same_number() -> None:
    assert prints([0.0, -0.0]).repeated() == 1


def test_planted_copies_are_counted_as_the_public_report_counts() -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (1000, 1, 8, 8), generator=generator).float()
    train, test = images[:800].clone(), images[800:].clone()
    train[700:743] = train[:43]  # 43 pairs within training
    test[:10] = train[100:110]  # 10 training images that recur in test
    splits = [Prints.of(ArraySplit(x, torch.zeros(len(x))).batches(256)) for x in (train, test)]
    assert splits[0].repeated() == 43
    assert splits[0].recurring_in(splits[1]) == 10
