"""Outputs: what a network says about samples, and the probabilities and answers in it.

Shape suffixes: N samples, C classes, K labels or target columns.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from nnbabysit.core.training.loop.steps import EVALUATION_BATCH

if TYPE_CHECKING:
    from nnbabysit.core.data.preparation.targets import Task
    from nnbabysit.core.data.splits.dataset import Split
    from nnbabysit.core.training.evaluation.load_trained import Trained


def outputs_of(trained: Trained, split: Split) -> Tensor:
    """What the network returns for a split, on the CPU: (N, C), (N, K) or, for one output, perhaps (N,)."""
    return ask(trained.model, split.on(trained.device))


def ask(model: nn.Module, split: Split) -> Tensor:
    """Outputs (N, ...) of a network in evaluation mode, for a split on its device."""
    batches = (x for x, _ in split.batches(EVALUATION_BATCH))
    return torch.cat([outputs.cpu() for outputs in forward(model, batches)])


@torch.inference_mode()
def forward(model: nn.Module, batches: Iterable[Tensor]) -> Iterator[Tensor]:
    """Outputs (B, ...) of each batch (B, ...); the network is used in the mode it is in."""
    for x in batches:
        yield model(x)


def mean_loss(trained: Trained, outputs: Tensor, y: Tensor) -> float:
    """Mean loss of outputs (N, ...), without penalties, taken over the same batches as in training."""
    order = trained.objective.order(len(y))
    if order is not None:
        outputs, y = outputs[order], y[order]
    parts = zip(torch.split(outputs, EVALUATION_BATCH), torch.split(y, EVALUATION_BATCH), strict=True)
    return math.fsum(float(trained.objective.loss(o, t)) * len(t) for o, t in parts) / len(y)


def probabilities_of(outputs: Tensor, task: Task) -> Tensor:
    """Probabilities of the classes, for multi-label tasks of each label.

    Args:
        outputs: (N, C) for classification, (N, 1) or (N,) binary, (N, K) multi-label.
        task: Not regression, which has none.

    Returns:
        (N, C) float64, rows sum to 1; (N, 2) binary, for 0 and 1; (N, K) multi-label, each in 0…1.
    """
    outputs = outputs.double().reshape(len(outputs), -1)
    if task == "classification":
        return outputs.softmax(1)
    positive = outputs.sigmoid()
    return torch.cat([(-outputs).sigmoid(), positive], dim=1) if task == "binary" else positive


def answers_of(outputs: Tensor, task: Task) -> Tensor:
    """What the network says: classes (N,) int64, or for multi-label 0/1 of each label (N, K) int64.

    It is taken from the outputs, as the accuracy in training is, and not from rounded probabilities.
    """
    if task == "classification":
        return outputs.argmax(1)
    positive = (outputs.reshape(len(outputs), -1) > 0).to(torch.int64)
    return positive[:, 0] if task == "binary" else positive


def confidences(probabilities: Tensor, answers: Tensor, task: Task) -> Tensor:
    """Probability of the answer that was given: (N,), or (N, K) for multi-label."""
    if task == "multilabel":
        return torch.where(answers == 1, probabilities, 1 - probabilities)
    return probabilities.gather(1, answers[:, None])[:, 0]
