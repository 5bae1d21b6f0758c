"""Mistakes: the answers that are furthest from what is true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from nnbabysit.core.training.evaluation.outputs import answers_of, confidences, probabilities_of

if TYPE_CHECKING:
    from nnbabysit.core.data.preparation.targets import Task


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A wrong answer.

    Attributes:
        index: Of the sample, from 0.
        label: Number of the label of a multi-label task that is wrong, else of the target column.
        truth: Class, 0 or 1 of the label, or target.
        answer: What was said, likewise.
        confidence: Probability of the answer; NaN for regression.
        truth_probability: Probability of what is true; NaN for regression.
    """

    index: int
    label: int = 0
    truth: float
    answer: float
    confidence: float = float("nan")
    truth_probability: float = float("nan")


def worst_mistakes(outputs: Tensor, y: Tensor, task: Task, most: int) -> list[Mistake]:
    """Wrong answers, the one first whose truth had the lowest probability; of equals the first sample's.

    For regression the largest absolute errors, exact answers left out.

    Args:
        outputs: (N, ...) as the network returned them.
        y: Targets.
        task: What the targets are.
        most: How many at most.
    """
    if task == "regression":
        return _worst_errors(outputs, y, most)
    truth = y.to(torch.int64)
    answers = answers_of(outputs, task)
    probabilities = probabilities_of(outputs, task)
    believed = confidences(probabilities, answers, task)
    deserved = confidences(probabilities, truth, task)
    wrong = (answers != truth).nonzero()
    order = deserved[tuple(wrong.T)].argsort(stable=True)[:most]
    return [
        Mistake(
            index=place[0],
            label=place[1] if len(place) > 1 else 0,
            truth=int(truth[tuple(place)]),
            answer=int(answers[tuple(place)]),
            confidence=float(believed[tuple(place)]),
            truth_probability=float(deserved[tuple(place)]),
        )
        for place in wrong[order].tolist()
    ]


def _worst_errors(outputs: Tensor, y: Tensor, most: int) -> list[Mistake]:
    truth = y.double().reshape(len(y), -1)
    answers = outputs.double().reshape(truth.shape)
    errors = (answers - truth).abs().flatten()
    order = errors.argsort(descending=True, stable=True)[:most].tolist()
    columns = truth.shape[1]
    return [
        Mistake(
            index=place // columns,
            label=place % columns,
            truth=float(truth.flatten()[place]),
            answer=float(answers.flatten()[place]),
        )
        for place in order
        if errors[place] != 0
    ]
