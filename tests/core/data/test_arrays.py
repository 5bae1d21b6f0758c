"""A split in memory: batches, order, devices."""

from __future__ import annotations

import torch

from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.data.splits.order import epoch_order

SPLIT = ArraySplit(torch.arange(20.0).reshape(10, 2), torch.arange(10))


def test_batches_follow_the_order_and_the_last_may_be_smaller() -> None:
    order = epoch_order(10, seed=0, epoch=1)
    batches = list(SPLIT.batches(4, order))
    assert [len(y) for _, y in batches] == [4, 4, 2]
    assert torch.equal(torch.cat([y for _, y in batches]), order)
    assert torch.equal(torch.cat([x for x, _ in batches]), SPLIT.x[order])


def test_batches_without_an_order_are_views() -> None:
    batches = list(SPLIT.batches(4))
    assert torch.equal(torch.cat([y for _, y in batches]), SPLIT.y)
    assert all(x.untyped_storage().data_ptr() == SPLIT.x.untyped_storage().data_ptr() for x, _ in batches)


def test_taken_samples_come_with_their_targets() -> None:
    x, y = SPLIT.take(torch.tensor([7, 2]))
    assert y.tolist() == [7, 2]
    assert x.tolist() == [[14, 15], [4, 5]]


def test_a_split_on_its_own_device_is_itself() -> None:
    assert SPLIT.on(torch.device("cpu")) is SPLIT
    assert len(SPLIT) == 10


def test_a_split_is_moved_to_a_device_once() -> None:
    device = torch.device("meta")
    moved = SPLIT.on(device)
    assert moved.x.device == moved.y.device == device
    assert SPLIT.on(device) is moved
