"""Together: the outputs of several networks as those of one, which answers with their mean.

Shape suffixes: M members, N samples, C classes, K labels or target columns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from nnbabysit.core.training.loop.records import Score

if TYPE_CHECKING:
    from nnbabysit.core.data.preparation.targets import Task
    from nnbabysit.core.training.setup.losses import Objective


def mean_outputs(members: Sequence[Tensor], task: Task) -> Tensor:
    """Outputs whose probabilities are the mean of the members' (Hansen & Salamon 1990; CS231n, lecture 7).

    p̄ = 1/M Σ pₘ. For classification the outputs are ln p̄, whose softmax is p̄; for a binary or multi-label
    task ln p̄ − ln q̄ with q̄ = 1/M Σ (1 − pₘ), whose sigmoid is p̄. The sums are taken in logarithms, so that
    a probability that would round to 0 or 1 still has its finite cost.

    Args:
        members: For each network its outputs for the same samples: (N, C) for classification, (N, 1) or
            (N,) binary, (N, K) multi-label or regression; at least one.
        task: What the targets are; for regression the mean is of the outputs themselves.

    Returns:
        float64 of the first member's shape.
    """
    shape = members[0].shape
    stacked = torch.stack([outputs.double().reshape(shape) for outputs in members])  # (M, N, …)
    if task == "regression":
        return stacked.mean(0)
    if task == "classification":
        return _log_mean(stacked.log_softmax(-1))
    return _log_mean(F.logsigmoid(stacked)) - _log_mean(F.logsigmoid(-stacked))


def score_together(outputs: Tensor, y: Tensor, objective: Objective) -> Score:
    """Loss and accuracy of what ``mean_outputs`` returned.

    A loss that is no function of probabilities, hinge or the user's own, says nothing about a mean of them:
    it is NaN.

    Args:
        outputs: (N, C) as ``mean_outputs`` returned them.
        y: (N,) or (N, K) targets, on the CPU.
        objective: What the networks were trained on.
    """
    outputs = outputs.to(y.dtype) if y.is_floating_point() else outputs
    of_a_mean = objective.task == "regression" or objective.name in ("cross_entropy", "bce")
    right = objective.correct(outputs, y)
    return Score(
        loss=float(objective.loss(outputs, y)) if of_a_mean else math.nan,
        accuracy=None if right is None else float(right) / len(y),
    )


def _log_mean(logarithms: Tensor) -> Tensor:
    """Logarithm of the mean over the first dimension."""
    return torch.logsumexp(logarithms, 0) - math.log(len(logarithms))
