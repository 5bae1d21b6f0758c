"""The objective of every trial of a stack: losses (T,) from outputs (T, N, ...) and targets (N, ...)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from nnbabysit.core.data.preparation.augmentation import Mix
from nnbabysit.core.training.setup.losses import Objective

MEANS = ("cross_entropy", "hinge", "bce", "mse")
"""Losses that are computed for all trials at once."""


class StackedObjective:
    """What each trial minimizes, and which of its answers are right.

    A loss of the user's own is called trial by trial.

    Attributes:
        is_mean: Whether the loss is known to be a mean over samples, in whatever batches it is computed.
        smoothing: Label smoothing of each trial.
    """

    def __init__(self, objectives: list[Objective]) -> None:
        """Objectives that differ in label smoothing at the most."""
        self._objective = objectives[0]
        self.smoothing = [objective.smoothing for objective in objectives]
        self.is_mean = self._objective.name in MEANS

    def keep(self, places: list[int]) -> None:
        """Take all trials out but those at ``places``."""
        self.smoothing = [self.smoothing[i] for i in places]

    def order(self, samples: int) -> Tensor | None:
        """(N,) or None, see ``Objective.order``."""
        return self._objective.order(samples)

    def training_losses(self, outputs: Tensor, y: Tensor, mix: Mix | None = None) -> Tensor:
        """What training minimizes, (T,): see ``Objective.training_loss``."""
        if mix is not None:
            own, other = self.training_losses(outputs, y), self.training_losses(outputs, y[mix.partner])
            return mix.share * own + (1 - mix.share) * other
        if self._objective.is_own:  # of the whole batch, as in ``Objective.training_loss``
            return torch.stack([self._objective.training_loss(output, y) for output in outputs])
        if not any(self.smoothing):
            return self.losses(outputs, y)
        logs = _log_softmax(outputs)
        share = torch.tensor(self.smoothing, dtype=outputs.dtype, device=outputs.device)
        return (1 - share) * _picked(logs, y) - share * logs.mean((1, 2))

    def losses(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Mean data loss of the batch, (T,)."""
        match self._objective.name:
            case "cross_entropy":
                return _picked(_log_softmax(outputs), y)
            case "hinge":
                right = outputs.gather(2, y.expand(len(outputs), -1).unsqueeze(2))
                return (outputs - right + 1).clamp_min(0).sum(2).mean(1) - 1
            case "bce":
                logits = outputs.reshape(-1, *y.shape)
                each = F.binary_cross_entropy_with_logits(logits, y.expand_as(logits), reduction="none")
                return each.flatten(1).mean(1)
            case "mse":
                return (outputs.reshape(-1, *y.shape) - y).square().flatten(1).mean(1)
        return torch.stack([self._objective.loss(output, y) for output in outputs])

    def correct(self, outputs: Tensor, y: Tensor) -> Tensor | None:
        """Number of right answers, (T,) float; None where there is none. See ``Objective.correct``."""
        task = self._objective.task
        if not self._objective.has_accuracy(outputs.shape[-1], outputs.device):
            return None
        if task == "classification":
            return (_answers(outputs) == y).sum(1).to(torch.float32)
        right = (outputs.reshape(-1, *y.shape) > 0) == (y > 0.5)
        labels = right[0, 0].numel() if right.ndim > 2 else 1
        return right.flatten(1).sum(1).to(torch.float32) / labels


def _answers(outputs_TNC: Tensor) -> Tensor:
    """``outputs.argmax(2)``, the first of equals included, in much less time over so short an axis."""
    outputs_TCN = outputs_TNC.mT.contiguous()
    classes = outputs_TCN.shape[1]
    from_last = torch.arange(classes, 0, -1, dtype=outputs_TCN.dtype, device=outputs_TCN.device)
    is_top = outputs_TCN == outputs_TCN.amax(1, keepdim=True)
    return classes - (is_top * from_last.unsqueeze(1)).amax(1)


def _log_softmax(outputs_TNC: Tensor) -> Tensor:
    """Logarithms of probabilities (T, C, N); over a last axis of ten torch takes six times as long."""
    return torch.log_softmax(outputs_TNC.mT.contiguous(), 1)


def _picked(logs_TCN: Tensor, y_N: Tensor) -> Tensor:
    """Mean over the samples of minus the logarithm at the right class, (T,)."""
    return -logs_TCN.gather(1, y_N.expand(len(logs_TCN), 1, -1)).squeeze(1).mean(1)
