"""Training of a stack: the loop of ``training/epochs.py`` for many trials, each of which may end by itself.

Batches, checks of the cost, validation and random streams are those of a trial that is trained alone; what
differs is the order in which numbers are added up.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from nnbabysit.core.data.seeds import derive_seed
from nnbabysit.core.stacked.stack import batch
from nnbabysit.core.training.batching import batch_plan
from nnbabysit.core.training.loop.divergence import FIRST_SAMPLES, divergence
from nnbabysit.core.training.loop.epoch_totals import CHECK_SAMPLES, CHECK_STEPS
from nnbabysit.core.training.loop.records import Score
from nnbabysit.core.training.loop.steps import EVALUATION_BATCH
from nnbabysit.core.training.loop.yardstick import Merit, Yardstick

if TYPE_CHECKING:
    from nnbabysit.core.data.preparation.augmentation import Mix
    from nnbabysit.core.data.splits.dataset import Dataset, Split
    from nnbabysit.core.stacked.stack import Stack


WARMING_STEPS = 3
"""Steps before a measurement: memory is taken and caches fill in the first ones."""


@dataclass(frozen=True, kw_only=True)
class StackEpoch:
    """One epoch of all trials that were in the stack when it began.

    Attributes:
        epoch: Number of the epoch, from 1.
        merits: Place → what the trial is judged by; of those that are still in the stack.
        stopped: Place → why the trial must not go on; they have left the stack.
        seconds: Wall time since the epoch began.
    """

    epoch: int
    merits: dict[int, Merit]
    stopped: dict[int, str] = field(default_factory=dict)
    seconds: float = 0.0


def train_stack(
    stack: Stack,
    dataset: Dataset,
    *,
    yardstick: Yardstick | None = None,
    first: int = 1,
    last: int | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[StackEpoch]:
    """Train epoch after epoch, until the last or until no trial is left.

    Args:
        stack: Trials; those that diverge leave it.
        dataset: Training and validation split.
        yardstick: What trials are judged by; default: accuracy, for regression the loss.
        first: Number of the first epoch; above 1 when the stack was loaded.
        last: Number of the last epoch; default: ``training.epochs``.
        clock: Seconds.

    Yields:
        One record per epoch.
    """
    train, validation = dataset.train.on(stack.device), dataset.validation.on(stack.device)
    yardstick = yardstick or Yardstick()
    if not stack.first_costs:
        stack.first_costs = initial_costs(stack, train)
    last = stack.configs[0].training.epochs if last is None else last
    for epoch in range(first, last + 1):
        began = clock()
        stopped, step = _train(stack, train, epoch)
        scores = evaluate(stack, validation) if stack.places else []
        wrong = [
            ""
            if math.isfinite(score.loss)
            else f"validation loss is {score.loss:g} at epoch {epoch}, step {step}"
            for score in scores
        ]
        stack.schedule.after_epoch([score.loss for score in scores])
        merits = {
            place: yardstick.merit(score)
            for place, score, reason in zip(stack.places, scores, wrong, strict=True)
            if not reason
        }
        stopped |= _take_out(stack, wrong)
        yield StackEpoch(epoch=epoch, merits=merits, stopped=stopped, seconds=clock() - began)
        if not stack.places:
            return


def _train(stack: Stack, train: Split, epoch: int) -> tuple[dict[int, str], int]:
    """One epoch of steps; returns why trials left, and the number of the last step."""
    config = stack.configs[0]
    order, size = batch_plan(stack.template, len(train), config.seed, epoch, config.training.batch_size)
    samples = len(train) if order is None else len(order)
    steps = math.ceil(samples / size)
    window, stopped = _Window(stack), dict[int, str]()
    _begin_epoch(stack, epoch)
    for index, (x, y) in enumerate(train.batches(size, order), start=1):
        x, mix = batch(stack, x, order, (index - 1) * size, epoch)
        losses = _step(stack, x, y, mix, is_first=index == 1)
        if window.add(losses, len(y), is_last=index == steps):
            reasons = window.reasons(epoch, (epoch - 1) * steps + index)
            if any(reasons):
                kept = [i for i, reason in enumerate(reasons) if not reason]
                stopped |= _take_out(stack, reasons)
                window.keep(kept)
                if not kept:
                    break
    return stopped, (epoch - 1) * steps + index


def _step(stack: Stack, x: Tensor, y: Tensor, mix: Mix | None, *, is_first: bool) -> Tensor:
    """One step of every trial; the losses before it, (T,)."""
    network = stack.network
    if is_first or stack.schedule.by_step:
        stack.optimizer.lr = network.vector(stack.schedule.rates())
    losses = stack.objective.training_losses(network(x), y, mix)
    network.backward(losses.sum())
    stack.limits.before_step(network.parameters)
    stack.optimizer.step(network.parameters)
    stack.limits.after_step(network.parameters)
    if stack.schedule.by_step:
        stack.schedule.after_step()
    return losses.detach()


def seconds_per_step(stack: Stack, train: Split, budget: float, clock: Callable[[], float]) -> float:
    """Seconds of a step behind the first few, over about ``budget`` seconds; the stack is spent."""
    config = stack.configs[0]
    order, size = batch_plan(stack.template, len(train), config.seed, 1, config.training.batch_size)
    _begin_epoch(stack, 1)
    began, steps = clock(), 0
    for index, (x, y) in enumerate(train.batches(size, order)):
        x, mix = batch(stack, x, order, index * size, 1)
        _step(stack, x, y, mix, is_first=index == 0)
        if index < WARMING_STEPS:
            began = clock()
            continue
        steps += 1
        if clock() - began > budget:
            break
    return (clock() - began) / max(1, steps)


def _begin_epoch(stack: Stack, epoch: int) -> None:
    stack.network.training = True
    stack.network.seed([derive_seed(config.seed, "epoch", epoch) for config in stack.configs])


def _take_out(stack: Stack, reasons: Sequence[str]) -> dict[int, str]:
    """Let trials with a reason leave the stack; place → reason."""
    leaving = {place: reason for place, reason in zip(stack.places, reasons, strict=True) if reason}
    if leaving:
        stack.keep([i for i, reason in enumerate(reasons) if not reason])
    return leaving


class _Window:
    """Costs since the last check, as ``training/tally.py`` keeps them for one run."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._loss = torch.zeros(len(stack.places), device=stack.device)
        self._checked = self._loss.clone()
        self._samples = self._steps = self._checked_samples = self._checked_steps = 0

    def add(self, losses: Tensor, samples: int, *, is_last: bool) -> bool:
        """Take in a step; whether it is time to look at the cost."""
        self._loss.add_(losses, alpha=samples)
        self._samples += samples
        self._steps += 1
        fresh = self._samples - self._checked_samples
        return is_last or (fresh >= CHECK_SAMPLES and self._steps - self._checked_steps >= CHECK_STEPS)

    def reasons(self, epoch: int, step: int) -> list[str]:
        """Why each trial must stop; empty if it may go on."""
        fresh = self._samples - self._checked_samples
        enough = fresh >= FIRST_SAMPLES[0]
        means = (self._loss - self._checked) / fresh if enough else self._loss / self._samples
        costs = (means + self._stack.limits.penalties(self._stack.network.parameters)).tolist()
        self._checked = self._loss.clone()
        self._checked_samples, self._checked_steps = self._samples, self._steps
        pairs = zip(costs, self._stack.first_costs, strict=True)
        return [divergence(cost, first, epoch, step) for cost, first in pairs]

    def keep(self, kept: Sequence[int]) -> None:
        """Take all trials out but those at ``kept``."""
        chosen = torch.tensor(kept, dtype=torch.int64, device=self._loss.device)
        self._loss, self._checked = self._loss[chosen], self._checked[chosen]


@torch.no_grad()
def initial_costs(stack: Stack, train: Split) -> list[float]:
    """Cost of each trial at its present weights, without a trace; see ``training/divergence.py``."""
    config = stack.configs[0]
    order, size = batch_plan(stack.template, len(train), config.seed, 1, config.training.batch_size)
    size = min(max(size, FIRST_SAMPLES[0]), FIRST_SAMPLES[1], len(train))
    x, y = train.take(torch.arange(size) if order is None else order[:size])
    constants = {name: tensor.clone() for name, tensor in stack.network.constants.items()}
    _begin_epoch(stack, 1)
    losses = stack.objective.losses(stack.network(x), y)
    stack.network.constants = constants
    costs = losses + stack.limits.penalties(stack.network.parameters)
    return [float(cost) for cost in costs]


def _evaluation_batch(stack: Stack) -> int:
    """As many samples as in training, within bounds: what a stack puts out for 1000 fills no cache."""
    size = stack.configs[0].training.batch_size
    if size == "full" or not stack.objective.is_mean:
        return EVALUATION_BATCH
    return min(EVALUATION_BATCH, max(FIRST_SAMPLES[0], size))


@torch.no_grad()
def evaluate(stack: Stack, split: Split) -> list[Score]:
    """Mean loss and accuracy of each trial over a split, in evaluation mode."""
    network, total = stack.network, len(split)
    network.training = False
    loss = torch.zeros(network.trials, device=stack.device)
    correct: Tensor | None = None
    for x, y in split.batches(_evaluation_batch(stack), stack.objective.order(total)):
        outputs = network(x)
        loss += stack.objective.losses(outputs, y) * len(y)
        right = stack.objective.correct(outputs, y)
        if right is not None:
            correct = right if correct is None else correct + right
    counted = [None] * len(loss) if correct is None else correct.tolist()
    return [
        Score(loss=value / total, accuracy=None if right is None else right / total)
        for value, right in zip(loss.tolist(), counted, strict=True)
    ]
