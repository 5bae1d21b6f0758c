"""The tiny set."""

from __future__ import annotations

import pytest
import torch

from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.data.splits.tiny import tiny_split
from nnbabysit.core.errors import DataError

X = torch.arange(200.0).reshape(100, 2)


def test_every_class_gives_its_share() -> None:
    tiny = tiny_split(ArraySplit(X, torch.arange(100) % 10), 20, seed=0)
    assert tiny.y.bincount().tolist() == [2] * 10
    assert torch.equal(tiny.x[:, 0].long() // 2 % 10, tiny.y)


def test_the_draw_depends_on_the_seed_alone() -> None:
    split = ArraySplit(X, torch.arange(100) % 10)
    assert torch.equal(tiny_split(split, 20, seed=1).x, tiny_split(split, 20, seed=1).x)
    assert not torch.equal(tiny_split(split, 20, seed=1).x, tiny_split(split, 20, seed=2).x)


def test_binary_targets_are_stratified() -> None:
    assert tiny_split(ArraySplit(X, (torch.arange(100) % 4 == 0).float()), 20, seed=0).y.sum() == 5


@pytest.mark.parametrize("y", [torch.linspace(-1, 1, 100), torch.rand(100, 3), torch.zeros(100, 2)])
def test_targets_without_classes_are_drawn_plainly(y: torch.Tensor) -> None:
    tiny = tiny_split(ArraySplit(X, y), 20, seed=0)
    assert torch.equal(tiny.y, y[(tiny.x[:, 0] / 2).long()])


def test_more_than_there_are() -> None:
    with pytest.raises(DataError, match="tiny set of 101") as error:
        tiny_split(ArraySplit(X, torch.zeros(100)), 101, seed=0)
    assert error.value.where == "overfit_tiny.samples"
