"""The loop and the evaluation."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.data.splits.order import epoch_order
from nnbabysit.core.errors import UserError
from nnbabysit.core.training.batching import steps_per_epoch, used_samples
from nnbabysit.core.training.loop.steps import evaluate, train_steps
from nnbabysit.core.training.setup.setup import assemble, pick_device


def test_an_epoch_meets_the_samples_in_the_order_of_seed_and_epoch(digits: Dataset, make_config: Any) -> None:
    config = make_config()
    records = list(
        train_steps(assemble(config, digits), digits.train, epoch=3, seed=0, batch_size=100, step=24)
    )
    order = epoch_order(len(digits.train), 0, 3)
    assert torch.equal(torch.cat([record.y for record in records]), digits.train.y[order])
    assert [record.step for record in records] == list(range(25, 25 + len(records)))
    assert [record.last_in_epoch for record in records] == [False] * (len(records) - 1) + [True]
    assert len(records) == math.ceil(len(digits.train) / 100)


def test_the_full_batch_is_one_step_over_the_split_as_stored(digits: Dataset, make_config: Any) -> None:
    (record,) = train_steps(assemble(make_config(), digits), digits.train, epoch=1, seed=0, batch_size="full")
    assert torch.equal(record.y, digits.train.y)


def test_the_loop_is_that_of_a_plain_pytorch_script(digits: Dataset, make_config: Any) -> None:
    config = make_config(model={"name": "mlp", "args": {"hidden": [8]}}, optimizer={"name": "sgd", "lr": 0.1})
    ours, plain = assemble(config, digits), assemble(config, digits).model
    list(train_steps(ours, digits.train, epoch=1, seed=0, batch_size=200))
    weights = [p for p in plain.parameters() if p.ndim > 1]
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.1)
    for indices in epoch_order(len(digits.train), 0, 1).split(200):  # type: ignore[no-untyped-call]
        x, y = digits.train.take(indices)
        penalty = sum(((w**2).sum() for w in weights), torch.zeros(()))
        loss = nn.functional.cross_entropy(plain(x), y) + 1e-4 * penalty
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    for a, b in zip(ours.model.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("norm", "expected"), [("none", 7), ("batch", 6)])
def test_a_last_batch_of_one_sample_is_left_out_under_batch_normalization(norm: str, expected: int) -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3) if norm == "batch" else nn.Identity())
    assert used_samples(model, 7, 3) == expected
    assert used_samples(model, 6, 3) == 6
    assert steps_per_epoch(model, 7, 3) == math.ceil(expected / 3)


def test_evaluation_does_not_depend_on_the_batch_size_and_leaves_the_mode(
    digits: Dataset, make_config: Any
) -> None:
    assembly = assemble(make_config(), digits)
    assembly.model.train()
    whole = evaluate(assembly.model, digits.validation, assembly.objective, 10_000)
    parts = evaluate(assembly.model, digits.validation, assembly.objective, 7)
    assert parts.loss == pytest.approx(whole.loss, rel=1e-5)
    assert parts.accuracy == pytest.approx(whole.accuracy)
    assert assembly.model.training


@pytest.mark.parametrize(
    ("size", "words"), [(5000, "5000 samples per batch, but .* has 1"), (1, "cannot be batch-normalized")]
)
def test_a_batch_that_cannot_be_formed_is_refused(
    digits: Dataset, make_config: Any, size: int, words: str
) -> None:
    with pytest.raises(UserError, match=words):
        assemble(make_config(training={"batch_size": size}), digits)


def test_a_device_that_is_not_there_is_refused() -> None:
    assert pick_device("cpu").type == "cpu"
    with pytest.raises(UserError, match="cuda:99 is not available"):
        pick_device("cuda:99")


def test_all_that_is_random_in_an_epoch_follows_from_seed_and_epoch(
    digits: Dataset, make_config: Any
) -> None:
    """A user's Dataset or network may draw from any of the three global generators."""

    def drawn(seed: int, epoch: int) -> tuple[float, float, float]:
        steps = train_steps(
            assemble(make_config(), digits), digits.train, epoch=epoch, seed=seed, batch_size=500
        )
        next(steps)
        return random.random(), float(np.random.rand()), float(torch.rand(()))  # noqa: NPY002

    first = drawn(0, 1)
    assert drawn(0, 1) == first
    for other in (drawn(0, 2), drawn(1, 1)):
        assert all(a != b for a, b in zip(first, other, strict=True))
