"""Tally: what an epoch of training adds up to, kept on the device and read as seldom as possible."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from nnbabysit.core.training.loop.divergence import FIRST_SAMPLES, divergence
from nnbabysit.core.training.loop.records import Score, StepRecord

if TYPE_CHECKING:
    from nnbabysit.core.training.setup.losses import Objective
    from nnbabysit.core.training.setup.setup import Assembly

CHECK_STEPS = 10
CHECK_SAMPLES = 256
"""The cost is checked over windows of so many steps and samples: one unlucky batch is no divergence."""
PENDING_NUMBERS = 1 << 16
"""Outputs collected before right answers are counted; counting in every step costs an MLP some percent."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The training part of an epoch."""

    last: StepRecord
    train: Score
    samples: int
    cost: float
    first_cost: float
    stopped: str
    probes: dict[str, Any] = field(default_factory=dict)


class Tally:
    """Sums up an epoch on the device and checks its cost now and then."""

    def __init__(self, assembly: Assembly, first_cost: float) -> None:
        """Start an epoch of ``assembly`` whose run began at ``first_cost``."""
        self._objective = assembly.objective
        self._penalty = assembly.penalty
        self._first_cost = first_cost
        self._loss = torch.zeros((), device=assembly.device)
        self._right = _RightAnswers(assembly.objective)
        self._samples = 0
        self._checked = (0, 0, 0.0)  # steps, samples and summed loss at the last check
        self._steps = 0
        self._last: StepRecord | None = None
        self._probes: dict[str, Any] = {}
        self.stopped = ""

    def see(self, record: StepRecord) -> None:
        """Take in one step; ``stopped`` says afterwards whether it was one too many."""
        self._loss.add_(record.loss, alpha=record.samples)
        self._right.add(record)
        self._samples += record.samples
        self._steps += 1
        self._last = record
        self._probes = record.probes or self._probes
        steps, samples, _ = self._checked
        enough = self._samples - samples >= CHECK_SAMPLES and self._steps - steps >= CHECK_STEPS
        if enough or record.last_in_epoch:
            self._check(record)

    def _check(self, record: StepRecord) -> None:
        _, samples, loss = self._checked
        total = float(self._loss)
        enough = self._samples - samples >= FIRST_SAMPLES[0]
        mean = (total - loss) / (self._samples - samples) if enough else total / self._samples
        self._checked = (self._steps, self._samples, total)
        self.stopped = divergence(
            mean + float(self._penalty.value()), self._first_cost, record.epoch, record.step
        )

    def summary(self) -> Summary:
        """The epoch's training part."""
        assert self._last is not None, "an epoch has at least one step"
        loss = float(self._loss) / self._samples
        return Summary(
            last=self._last,
            train=Score(loss=loss, accuracy=self._right.share(self._samples)),
            samples=self._samples,
            cost=loss + float(self._penalty.value()),
            first_cost=self._first_cost,
            stopped=self.stopped,
            probes=self._probes,
        )


class _RightAnswers:
    """Counts right answers of many batches at once."""

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self._pending: list[tuple[Tensor, Tensor]] = []
        self._numbers = 0
        self._count: Tensor | None = None

    def add(self, record: StepRecord) -> None:
        if self._objective.task == "regression":
            return
        self._pending.append((record.logits, record.y))
        self._numbers += record.logits.numel()
        if self._numbers >= PENDING_NUMBERS:
            self._flush()

    def share(self, samples: int) -> float | None:
        """Right answers per sample; None for regression."""
        if self._pending:
            self._flush()
        return None if self._count is None else float(self._count) / samples

    def _flush(self) -> None:
        logits, y = (torch.cat(parts) for parts in zip(*self._pending, strict=True))
        self._pending.clear()
        self._numbers = 0
        right = self._objective.correct(logits, y)
        if right is not None:
            self._count = right if self._count is None else self._count + right
