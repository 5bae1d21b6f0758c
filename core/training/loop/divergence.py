"""Divergence: the total loss of a run against the one it started from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import torch

from nnbabysit.core.data.seeds import derive_seed
from nnbabysit.core.formatting import number_text
from nnbabysit.core.models.seeding import seeded
from nnbabysit.core.training.batching import batch_plan

if TYPE_CHECKING:
    from nnbabysit.core.data.splits.dataset import Split
    from nnbabysit.core.training.setup.setup import Assembly

DIVERGED = 3.0
"""A total loss over this many times the first has diverged (CS231n: "cost is ever > 3 * original cost")."""
FIRST_SAMPLES = (64, 1024)
"""Bounds on the samples behind the first total loss; between them it is the first batch."""


def initial_cost(assembly: Assembly, train: Split, *, seed: int, batch_size: int | Literal["full"]) -> float:
    """Cost of the first batch at the present weights, in training mode, without a trace.

    A small batch says little, so at least 64 samples in the first epoch's order are taken, and at most 1024.
    Random state and buffers (batch statistics) are as before afterwards.

    Args:
        assembly: Network, loss and penalty.
        train: Training split on the assembly's device.
        seed: Seed of the run.
        batch_size: ``training.batch_size``.
    """
    model = assembly.model
    order, size = batch_plan(model, len(train), seed, 1, batch_size)
    size = min(max(size, FIRST_SAMPLES[0]), FIRST_SAMPLES[1], len(train))
    x, y = train.take(torch.arange(size) if order is None else order[:size])
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    was_training = model.training
    with seeded(derive_seed(seed, "epoch", 1)), torch.no_grad():
        assembly.begin(epoch=1)
        loss = float(assembly.objective.loss(model(x), y))
        for buffer, before in buffers:
            buffer.copy_(before)
    model.train(was_training)
    return loss + float(assembly.penalty.value())


def divergence(cost: float, first_cost: float, epoch: int, step: int) -> str:
    """Why a run with this total loss must stop, in words; empty if it may go on.

    A user's own loss may start at or below 0; then only numbers that are not finite count.
    """
    place = f"at epoch {epoch}, step {step}"
    if not math.isfinite(cost):
        return f"the total loss is {cost:g} {place}"
    if not math.isfinite(first_cost):
        return f"the first total loss is {first_cost:g}"
    if first_cost > 0 and cost > DIVERGED * first_cost:
        first = number_text(first_cost)
        return f"total loss {number_text(cost)} is over {DIVERGED:g} × the first, {first}, {place}"
    return ""
