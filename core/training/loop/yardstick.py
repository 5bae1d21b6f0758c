"""Yardstick: what weights are judged by, and the order that best epoch, early stopping and searches share.

Where one class is common, accuracy says little: whoever answers with it alone is right as often as it occurs,
and a network that has learned nothing yet comes out best. Accuracy counts where it is above that fraction by
more than its standard error; elsewhere the loss counts, which falls while the network learns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from nnbabysit.core.config.schema.root import LOSSES
from nnbabysit.core.training.loop.records import Score

if TYPE_CHECKING:
    from torch import Tensor

    from nnbabysit.core.data.preparation.targets import Task


class Merit(NamedTuple):
    """What weights come to on the validation split. Merits compare as tuples do, and the greater is better.

    Accuracies lie in 0…1 and the losses of classifiers are not negative, so that weights whose accuracy
    counts are before all others: among themselves by accuracy, of equal ones by the lower loss. All others
    follow, by the lower loss, of equal ones by accuracy. That is a total order, and ``value`` alone is the
    same order but for its ties, so one number says it where only one is taken (an Optuna study).

    Attributes:
        value: Accuracy where it counts, else the loss with its sign turned.
        negative_loss: Loss with its sign turned; −inf where it is not known.
        accuracy: Accuracy in 0…1; None for regression.
        by_loss: Whether the loss is what counts, although there is an accuracy.
    """

    value: float
    negative_loss: float
    accuracy: float | None = None
    by_loss: bool = False

    @classmethod
    def of_value(cls, value: float) -> Merit:
        """Of weights of which no more is known than their value."""
        return cls(value, -math.inf)

    @property
    def loss(self) -> float:
        """Mean loss per sample; inf where it is not known."""
        return -self.negative_loss

    @property
    def told(self) -> float:
        """The number that people are told: the accuracy, without one the loss with its sign turned."""
        return self.value if self.accuracy is None else self.accuracy

    @property
    def place(self) -> tuple[float, float, float]:
        """What different trainings are sorted by, the best first.

        To six digits: further ones are rounding, which depends on who else shares a trial's stack.
        """
        accuracy = -math.inf if self.accuracy is None else self.accuracy
        return -_six_digits(self.value), -_six_digits(self.negative_loss), -accuracy

    def improves(self, before: Merit, least: float) -> bool:
        """Whether it is better than ``before`` by more than ``least``, in units of what counts.

        Where accuracy counts for both and is the same, a loss that is lower by more is enough.
        """
        if self.by_loss != before.by_loss:
            return self > before
        return self.value > before.value + least or (
            self.value == before.value and self.negative_loss > before.negative_loss + least
        )


@dataclass(frozen=True, kw_only=True)
class Yardstick:
    """Tells from a score what it is worth.

    Attributes:
        majority: Highest accuracy in 0…1 of an answer that ignores the inputs; None where there is none.
        samples: Samples that accuracy is measured on.
        own_loss: Whether the user's own function is minimized: then it is what counts, because whether the
            largest output is an answer is not known.
    """

    majority: float | None = None
    samples: int = 0
    own_loss: bool = False

    @classmethod
    def of(cls, y: Tensor, task: Task, loss: str) -> Yardstick:
        """For scores on samples with the targets y (N,) or (N, K), under the loss of a config."""
        return cls(majority=majority_share(y, task), samples=len(y), own_loss=loss not in LOSSES)

    @property
    def bar(self) -> float:
        """Accuracy above which accuracy counts: the majority's share p plus √(p(1 − p)/n)."""
        if self.own_loss:
            return math.inf
        if self.majority is None or not self.samples:
            return -math.inf
        return self.majority + math.sqrt(self.majority * (1 - self.majority) / self.samples)

    def merit(self, score: Score) -> Merit:
        """What weights with this score are worth; its loss is finite."""
        if score.accuracy is not None and score.accuracy > self.bar:
            return Merit(score.accuracy, -score.loss, score.accuracy)
        return Merit(-score.loss, -score.loss, score.accuracy, score.accuracy is not None)


def _six_digits(number: float) -> float:
    return float(f"{number:.6g}")


def majority_share(y: Tensor, task: Task) -> float | None:
    """Accuracy of the best answer that ignores its input, in 0…1.

    Args:
        y: Classes (N, ...) int64; 0/1 of shape (N,) for a binary task, (N, K) for a multi-label one, whose
            labels are answered one by one.
        task: What the targets are.

    Returns:
        Fraction of the most frequent class; for labels the mean of the more frequent of 0 and 1. None
        for regression.
    """
    if task == "regression" or not len(y):
        return None
    if task == "classification":
        return float(y.flatten().bincount().max()) / y.numel()
    share_K = (y.reshape(len(y), -1) > 0.5).double().mean(0)
    return float(share_K.maximum(1 - share_K).mean())
