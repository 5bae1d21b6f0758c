"""The order of an epoch is a function of seed and epoch."""

from __future__ import annotations

import torch

from nnbabysit.core.data.splits.order import epoch_order


def test_the_order_is_a_permutation() -> None:
    assert sorted(epoch_order(100, seed=0, epoch=1).tolist()) == list(range(100))


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    first = epoch_order(100, seed=0, epoch=3)
    torch.manual_seed(999)
    assert torch.equal(first, epoch_order(100, seed=0, epoch=3))
    assert not torch.equal(first, epoch_order(100, seed=0, epoch=4))
    assert not torch.equal(first, epoch_order(100, seed=1, epoch=3))


def test_the_global_generator_is_left_alone() -> None:
    before = torch.get_rng_state()
    epoch_order(100, seed=0, epoch=1)
    assert torch.equal(before, torch.get_rng_state())
