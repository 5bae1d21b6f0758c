"""Scores: how good answers are, from targets and outputs alone; nothing here knows a network.

Shape suffixes: N samples, C classes, K labels or target columns, B bins.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from nnbabysit.core.training.evaluation.outputs import answers_of, confidences, probabilities_of

if TYPE_CHECKING:
    from nnbabysit.core.data.preparation.targets import Task

BINS = 15
"""Bins of the calibration error, as in Guo et al. 2017."""


@dataclass(frozen=True, kw_only=True)
class ClassScore:
    """How one class, or one label of a multi-label task, fares.

    Attributes:
        precision: Fraction of the samples said to be of this class that are; 0 if none was said to be.
        recall: Fraction of the samples of this class that were found; 0 if there are none.
        f1: Harmonic mean of the two; 0 if both are 0.
        support: Samples of this class.
    """

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Calibration:
    """Whether probabilities can be believed: confidence against accuracy in bins of equal width over 0…1.

    Attributes:
        count: (B,) samples per bin; a bin holds confidences above its left edge, up to its right edge.
        confidence: (B,) mean confidence; 0 in an empty bin.
        accuracy: (B,) accuracy; 0 in an empty bin.
        error: Expected calibration error, Σ count/N·|accuracy − confidence| (Guo et al. 2017,
            arXiv:1706.04599, equation 3), in 0…1; NaN where a probability is.
    """

    count: Tensor
    confidence: Tensor
    accuracy: Tensor
    error: float


@dataclass(frozen=True, kw_only=True, eq=False)
class ClassificationScores:
    """Scores of a classifier.

    Attributes:
        samples: N.
        accuracy: Accuracy; for multi-label tasks of right labels.
        exact: Fraction of samples with every label right; the accuracy itself where there is one answer.
        log_loss: Mean of −log of the probability of what is true, in nats; multi-label: also over labels.
        classes: One score per class or label.
        confusion: (C, C) int64 counts, rows what is true, columns what was said; multi-label: (K, 2, 2).
        calibration: Over the answer that was given; multi-label: over all labels of all samples.
    """

    samples: int
    accuracy: float
    exact: float
    log_loss: float
    classes: tuple[ClassScore, ...]
    confusion: Tensor
    calibration: Calibration

    def macro(self, name: str) -> float:
        """Mean of ``precision``, ``recall`` or ``f1`` over the classes, each counting alike."""
        return math.fsum(getattr(score, name) for score in self.classes) / len(self.classes)


@dataclass(frozen=True, kw_only=True)
class RegressionScores:
    """Scores of a regression; errors are in the units of the targets.

    Attributes:
        samples: N.
        mse: Mean squared error, over samples and columns.
        mae: Mean absolute error, likewise.
        r2: 1 − Σ(y − ŷ)²/Σ(y − ȳ)² of each column, averaged; NaN where a column does not vary.
    """

    samples: int
    mse: float
    mae: float
    r2: float


def score_classes(outputs: Tensor, y: Tensor, task: Task, num_classes: int) -> ClassificationScores:
    """Score a classifier.

    Args:
        outputs: (N, C) for classification, (N, 1) or (N,) binary, (N, K) multi-label.
        y: (N,) classes, or 0/1 of shape (N,) or (N, K); at least one sample.
        task: Not regression.
        num_classes: C, 2 for binary; K for multi-label.
    """
    truth = y.to(torch.int64)
    answers = answers_of(outputs, task)
    right = answers == truth
    if task == "multilabel":
        confusion = _confusion(
            2 * torch.arange(num_classes) + truth, 2 * torch.arange(num_classes) + answers, 2 * num_classes
        )
        confusion = torch.stack([confusion[2 * k : 2 * k + 2, 2 * k : 2 * k + 2] for k in range(num_classes)])
        hits, said, support = confusion[:, 1, 1], confusion[:, :, 1].sum(1), confusion[:, 1].sum(1)
    else:
        confusion = _confusion(truth, answers, num_classes)
        hits, said, support = confusion.diagonal(), confusion.sum(0), confusion.sum(1)
    probabilities = probabilities_of(outputs, task)
    return ClassificationScores(
        samples=len(truth),
        accuracy=float(right.double().mean()),
        exact=float((right.all(1) if right.ndim > 1 else right).double().mean()),
        log_loss=float(true_costs(outputs, truth, task).mean()),
        classes=tuple(map(_class_score, hits.tolist(), said.tolist(), support.tolist())),
        confusion=confusion,
        calibration=calibration(confidences(probabilities, answers, task).flatten(), right.flatten()),
    )


def score_numbers(outputs: Tensor, y: Tensor) -> RegressionScores:
    """Score a regression; outputs (N, K) and y (N, K), or (N, 1) or (N,) and y (N,)."""
    y = y.double().reshape(len(y), -1)
    error = outputs.double().reshape(y.shape) - y
    spread = (y - y.mean(0)).square().sum(0)
    ratio = error.square().sum(0) / torch.where((y == y[0]).all(0), torch.nan, spread)
    return RegressionScores(
        samples=len(y),
        mse=float(error.square().mean()),
        mae=float(error.abs().mean()),
        r2=float((1 - ratio).mean()),
    )


def true_costs(outputs: Tensor, y: Tensor, task: Task) -> Tensor:
    """−log of the probability of what is true, float64 (N,); for multi-label the mean over the labels.

    From the outputs: the probability of a very wrong answer rounds to 0, its logarithm must not be infinite.
    """
    outputs = outputs.double().reshape(len(outputs), -1)
    if task == "classification":
        return torch.nn.functional.cross_entropy(outputs, y.to(torch.int64), reduction="none")
    signed = torch.where(y.reshape(outputs.shape) > 0.5, outputs, -outputs)
    return torch.nn.functional.softplus(-signed).mean(1)


def calibration(confidence: Tensor, right: Tensor, bins: int = BINS) -> Calibration:
    """Bin answers by their confidence.

    Args:
        confidence: (N,) probability of each answer.
        right: (N,) whether it is right.
        bins: B.
    """
    place = (confidence * bins).ceil().sub(1).nan_to_num().clamp(0, bins - 1).to(torch.int64)
    count = torch.bincount(place, minlength=bins)
    filled = count.clamp(min=1)
    sure = torch.bincount(place, confidence.double(), bins) / filled
    hit = torch.bincount(place, right.double(), bins) / filled
    error = float((count * (hit - sure).abs()).sum() / max(1, len(confidence)))
    return Calibration(count=count, confidence=sure, accuracy=hit, error=error)


def _confusion(truth: Tensor, answers: Tensor, size: int) -> Tensor:
    pairs = truth.flatten() * size + answers.flatten()
    return torch.bincount(pairs, minlength=size * size).reshape(size, size)


def _class_score(hits: int, said: int, support: int) -> ClassScore:
    return ClassScore(
        precision=hits / said if said else 0.0,
        recall=hits / support if support else 0.0,
        f1=2 * hits / (said + support) if said + support else 0.0,
        support=support,
    )
