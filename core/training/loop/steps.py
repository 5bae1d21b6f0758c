"""The training loop, a generator: it trains and yields; saving, showing and stopping belong to the caller."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor, nn

from nnbabysit.core.data.seeds import derive_seed
from nnbabysit.core.models.seeding import set_seed
from nnbabysit.core.training.batching import batch_plan, default_probe_interval, steps_per_epoch
from nnbabysit.core.training.loop.records import Score, StepRecord
from nnbabysit.core.training.setup.optimizers import take_step

if TYPE_CHECKING:
    from nnbabysit.core.data.preparation.augmentation import Mix
    from nnbabysit.core.data.splits.dataset import Split
    from nnbabysit.core.training.probes.probe import Probe
    from nnbabysit.core.training.setup.losses import Objective
    from nnbabysit.core.training.setup.setup import Assembly

EVALUATION_BATCH = 1000
"""Samples per forward pass when nothing is learned; results do not depend on it beyond rounding."""


def train_steps(
    assembly: Assembly,
    split: Split,
    *,
    epoch: int,
    seed: int,
    batch_size: int | Literal["full"],
    step: int = 0,
    probes: Sequence[Probe] = (),
    probe_every: int | None = None,
) -> Iterator[StepRecord]:
    """Train for one epoch.

    Everything random in it (order, dropout, what a user's code draws) follows from ``seed`` and ``epoch``
    alone, so an epoch can be repeated after a restart. Nothing waits for the device except a probe's reading.

    Args:
        assembly: What to train; the caller tells its schedule when the epoch is over.
        split: Training split, on the assembly's device.
        epoch: Number of the epoch, from 1.
        seed: Seed of the run.
        batch_size: Samples per step; ``full`` takes the split as stored, without shuffling.
        step: Steps taken in earlier epochs.
        probes: Readings to take on probed steps: the epoch's first and last and every ``probe_every``-th.
        probe_every: Default: about ten per epoch, and at most every fifth step.

    Yields:
        One record per step, after the weights changed.
    """
    set_seed(derive_seed(seed, "epoch", epoch))
    model, optimizer = assembly.model, assembly.optimizer
    assembly.begin(epoch)
    order, size = batch_plan(model, len(split), seed, epoch, batch_size)
    steps = steps_per_epoch(model, len(split), batch_size)
    every = probe_every or default_probe_interval(steps)
    for index, (x, y) in enumerate(split.batches(size, order), start=1):
        x, mix = _augmented(assembly, x, order, (index - 1) * size, epoch)
        active = probes if (index - 1) % every == 0 or index == steps else ()
        for probe in active:
            probe.attach()
        lr = float(optimizer.param_groups[0]["lr"])
        loss, logits = _gradient(assembly, x, y, mix)
        for probe in active:
            probe.before_step()
        take_step(optimizer, _closure(assembly, x, y, mix))
        assembly.limits.after_step()
        assembly.schedule.after_step()
        yield StepRecord(
            step=step + index,
            epoch=epoch,
            loss=loss,
            logits=logits,
            y=y,
            lr=lr,
            samples=len(y),
            last_in_epoch=index == steps,
            probes=_readings(active),
        )


def _augmented(
    assembly: Assembly, x: Tensor, order: Tensor | None, start: int, epoch: int
) -> tuple[Tensor, Mix | None]:
    """The batch that begins at ``start`` of the epoch's order, changed as the config asks."""
    if assembly.augmentation is None:
        return x, None
    stop = start + len(x)
    samples = torch.arange(start, stop) if order is None else order[start:stop]
    return assembly.augmentation.apply(x, samples.to(x.device), epoch)


def _gradient(assembly: Assembly, x: Tensor, y: Tensor, mix: Mix | None) -> tuple[Tensor, Tensor]:
    """Leave the clipped gradient of the cost in the parameters; returns data loss and logits, detached."""
    logits = assembly.model(x)
    loss = assembly.objective.training_loss(logits, y, mix)
    assembly.optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    assembly.penalty.add_gradient()
    assembly.limits.before_step()
    return loss.detach(), logits.detach()


def _closure(assembly: Assembly, x: Tensor, y: Tensor, mix: Mix | None) -> Callable[[], float]:
    """What an optimizer calls that looks at the cost several times in one step."""

    def cost() -> float:
        loss, _ = _gradient(assembly, x, y, mix)
        return float(loss) + float(assembly.penalty.value())

    return cost


def _readings(active: Sequence[Probe]) -> dict[str, Any]:
    return {probe.name: probe.after_step() for probe in active}


@torch.no_grad()
def evaluate(
    model: nn.Module, split: Split, objective: Objective, batch_size: int = EVALUATION_BATCH
) -> Score:
    """Mean loss and accuracy over a split, in evaluation mode; the network is left in the mode it was in.

    Args:
        model: Network.
        split: Split on the network's device.
        objective: Loss, without penalties.
        batch_size: Samples per forward pass.
    """
    was_training = model.training
    model.eval()
    loss: Tensor | None = None
    correct: Tensor | None = None
    for x, y in split.batches(batch_size, objective.order(len(split))):
        logits = model(x)
        part = objective.loss(logits, y) * len(y)
        loss = part if loss is None else loss + part
        right = objective.correct(logits, y)
        if right is not None:
            correct = right if correct is None else correct + right
    model.train(was_training)
    total = len(split)
    if loss is None:
        return Score(loss=math.nan, accuracy=None)
    return Score(loss=float(loss) / total, accuracy=None if correct is None else float(correct) / total)
