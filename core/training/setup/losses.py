"""Objective: a loss, the chance-level loss under it, and which answers count as right.

Shape suffixes: N samples, C classes, K labels or target columns.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from nnbabysit.core import import_path
from nnbabysit.core.data.preparation.augmentation import Mix
from nnbabysit.core.data.preparation.targets import Task
from nnbabysit.core.errors import UserCodeError, UserError
from nnbabysit.core.training.setup.own_loss import wants_class_scores

LossFunction = Callable[[Tensor, Tensor], Tensor]


def cross_entropy(logits_NC: Tensor, y_N: Tensor) -> Tensor:
    """Mean of -log softmax at the right class, in nats."""
    return F.cross_entropy(logits_NC, y_N)


def hinge(logits_NC: Tensor, y_N: Tensor) -> Tensor:
    """Multi-class hinge, mean over the samples of the sum over j ≠ y of max(0, s_j - s_y + 1) (CS231n)."""
    right_N1 = logits_NC.gather(1, y_N[:, None])
    margins_NC = (logits_NC - right_N1 + 1).clamp_min(0)
    return margins_NC.sum(1).mean() - 1  # j = y contributes max(0, 1) = 1, which the sum leaves out


def bce(logits: Tensor, y: Tensor) -> Tensor:
    """Binary cross-entropy with logits, mean over samples and labels; logits (N,) or (N, 1) fit y (N,)."""
    return F.binary_cross_entropy_with_logits(logits.reshape(y.shape), y)


def mse(outputs: Tensor, y: Tensor) -> Tensor:
    """Squared error, mean over samples and columns; outputs (N, 1) fit y (N,)."""
    return F.mse_loss(outputs.reshape(y.shape), y)


BUILT_IN: dict[str, LossFunction] = {"cross_entropy": cross_entropy, "hinge": hinge, "bce": bce, "mse": mse}


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What is minimized.

    Attributes:
        name: ``cross_entropy``, ``hinge``, ``bce``, ``mse`` or the import path of the user's own function.
        task: What the targets are; decides which answers count as right.
        fn: ``fn(outputs, y)`` → mean loss of the batch, a scalar.
        smoothing: Share ε of the target that training spreads evenly over the classes.
        batch_size: Samples that a loss of the user's own is asked about at once outside of training, at the
            most: it may compare all of them with each other. None: any number.
    """

    name: str
    task: Task
    fn: LossFunction
    smoothing: float = 0.0
    batch_size: int | None = None
    _known: dict[torch.device, bool] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_own(self) -> bool:
        """Whether it is a function of the user's."""
        return self.name not in BUILT_IN

    def loss(self, logits: Tensor, y: Tensor) -> Tensor:
        """Mean data loss of the samples, a scalar; penalties are not in it.

        More samples than ``batch_size`` come in parts of almost equal size, so that none is left by itself.
        """
        parts = 1 if self.batch_size is None else math.ceil(len(y) / self.batch_size)
        if parts <= 1:
            return self.fn(logits, y)
        pairs = zip(logits.tensor_split(parts), y.tensor_split(parts), strict=True)
        return torch.stack([self.fn(some, truth) * (len(truth) / len(y)) for some, truth in pairs]).sum()

    def order(self, samples: int) -> Tensor | None:
        """Order in which a split is asked for its loss: mixed for an own one, None, as stored, for others.

        A split may be stored class by class, and among samples of one class there is nothing to compare.

        Returns:
            A permutation (N,) int64 on the CPU, always the same for so many samples.
        """
        if not self.is_own:
            return None
        return torch.randperm(samples, generator=torch.Generator().manual_seed(samples))

    def has_accuracy(self, num_outputs: int, device: torch.device) -> bool:
        """Whether answers can be right or wrong: not for regression, nor for every loss of the user's own.

        Args:
            num_outputs: Outputs of the network.
            device: Where it lies; an own loss is asked there, once.
        """
        if self.task == "regression" or not self.is_own:
            return self.task != "regression"
        if device not in self._known:
            self._known[device] = wants_class_scores(self.fn, num_outputs, self.batch_size, device)
        return self._known[device]

    def training_loss(self, logits: Tensor, y: Tensor, mix: Mix | None = None) -> Tensor:
        """The scalar that is minimized: the loss against smoothed labels (Szegedy et al. 2016, section 7).

        The target is 1 - ε + ε/C for the right class and ε/C for the others. ``loss`` stays unsmoothed, so
        that validation losses can be compared whatever ε was. Mixed samples have both their targets, by
        their shares (Zhang et al. 2018).
        """
        if mix is not None:
            own, other = self.training_loss(logits, y), self.training_loss(logits, y[mix.partner])
            return mix.share * own + (1 - mix.share) * other
        if self.smoothing == 0:
            return self.fn(logits, y)
        return F.cross_entropy(logits, y, label_smoothing=self.smoothing)

    def correct(self, logits: Tensor, y: Tensor) -> Tensor | None:
        """Number of right answers in the batch.

        Args:
            logits: (N, C); (N, 1) or (N,) for a binary task; (N, K) for a multi-label one.
            y: (N,) int64 classes, or float 0/1 of shape (N,) or (N, K).

        Returns:
            A float scalar in 0…N (multi-label: mean over the labels, so partly right samples count in part);
            None where there is none, see ``has_accuracy``.
        """
        if not self.has_accuracy(logits.shape[-1], logits.device):
            return None
        if self.task == "classification":
            return (logits.argmax(1) == y).sum().to(torch.float32)
        right = (logits.reshape(y.shape) > 0) == (y > 0.5)
        return right.sum().to(torch.float32) / (right[0].numel() if right.ndim > 1 else 1)

    def chance(self, num_outputs: int, y_train: Tensor) -> float:
        """Chance-level loss: the loss of a network that treats all answers alike.

        Args:
            num_outputs: Classes, labels or target columns.
            y_train: (N,) or (N, K), targets of the training split.

        Returns:
            ln C for cross-entropy, ln 2 for bce, C - 1 for hinge, the variance of the targets for mse (what
            their mean costs), NaN for the user's own loss, about which nothing is known.
        """
        if self.name == "cross_entropy":
            return math.log(num_outputs)
        if self.name == "bce":
            return math.log(2)
        if self.name == "hinge":
            return float(num_outputs - 1)
        if self.name == "mse":
            return float(y_train.double().var(dim=0, correction=0).mean())
        return math.nan

    def prior(self, y_train: Tensor, num_outputs: int) -> float | None:
        """Entropy of the class fractions in nats: the loss of knowing them and ignoring the input.

        For bce it is the mean entropy of the labels, y (N,) or (N, K). None for the other losses.
        """
        if self.name == "cross_entropy":
            shares = torch.bincount(y_train, minlength=num_outputs).double() / len(y_train)
            return float(-torch.xlogy(shares, shares).sum())
        if self.name == "bce":
            positive = y_train.double().mean(dim=0)
            return float(-(torch.xlogy(positive, positive) + torch.xlogy(1 - positive, 1 - positive)).mean())
        return None


def build_objective(
    loss: str, task: Task, smoothing: float = 0.0, *, batch_size: int | Literal["full"] = "full"
) -> Objective:
    """The objective that a config names.

    Args:
        loss: ``cross_entropy``, ``hinge``, ``bce``, ``mse`` or ``package.module:function``.
        task: Task of the dataset.
        smoothing: ``regularization.label_smoothing``.
        batch_size: ``training.batch_size``.

    Raises:
        UserError: The import path leads nowhere, or to something that cannot be called, or the loss has no
            labels to smooth.
        UserCodeError: The user's module raised on import.
    """
    if smoothing and loss != "cross_entropy":
        raise UserError(
            f"labels are smoothed for cross_entropy alone, and the loss is {loss}",
            where="regularization.label_smoothing",
            remedy="Set it to 0, or use cross_entropy",
        )
    if loss in BUILT_IN:
        return Objective(name=loss, task=task, fn=BUILT_IN[loss], smoothing=smoothing)
    target = import_path.load(loss)
    if not callable(target):
        raise UserError(
            f"loss {loss} is {type(target).__name__}, not a function",
            remedy="Name a function (outputs, y) -> loss",
        )
    size = None if batch_size == "full" else batch_size
    return Objective(name=loss, task=task, fn=_checked(loss, target), batch_size=size)


def _checked(name: str, fn: Callable[..., Any]) -> LossFunction:
    """The user's function, with its mistakes told in words."""

    def loss(logits: Tensor, y: Tensor) -> Tensor:
        try:
            value = fn(logits, y)
        except Exception as error:  # the user's code may raise anything
            raise UserCodeError(f"the loss raised {type(error).__name__}: {error}", where=name) from error
        if not isinstance(value, Tensor) or value.ndim != 0:
            got = (
                f"a tensor of shape {tuple(value.shape)}"
                if isinstance(value, Tensor)
                else type(value).__name__
            )
            raise UserError(
                f"the loss returned {got}, not a scalar tensor", where=name, remedy="Return the batch's mean"
            )
        return value

    return loss
