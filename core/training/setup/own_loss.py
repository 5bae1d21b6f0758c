"""Own losses: what can be found out about a loss of the user's by asking it.

Shape suffixes: N samples, C classes.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from nnbabysit.core.models.seeding import seeded

HIGH = 5.0
"""Score of the class that is said, where the others have 0; its softmax is 0.94 of ten classes."""
MARGIN = 1e-4
"""Smallest difference between two losses that is more than rounding, as a fraction of their size."""
MOST_SAMPLES = 64
MOST_SHIFTS = 3
MOST_MOVED = 8

Loss = Callable[[Tensor, Tensor], Tensor]
Form = Callable[[Tensor], Tensor]


def wants_class_scores(loss: Loss, num_classes: int, batch_size: int | None, device: torch.device) -> bool:
    """Whether the largest output of a sample is its answer, as far as the loss goes.

    A loss over class scores is lowest where the right class has the highest score: it costs more when all
    samples say another class, and not less when one of them does. A loss that compares samples with each
    other (triplet, contrastive) does not care which output stands for which class: all outputs exchanged cost
    the same. Losses whose lowest or whose cumulative output is the answer come to no either, and so does
    whatever raises or returns NaN: it cannot be told.

    Args:
        loss: ``loss(outputs, y)`` → mean of the batch; asked some dozen times, under a seed of its own.
        num_classes: C, at least 2.
        batch_size: Most samples that it may be asked about at once; None: any number.
        device: Where it is asked.
    """
    count = min(2 * num_classes, MOST_SAMPLES, batch_size or MOST_SAMPLES)
    y = torch.arange(count, device=device) % num_classes

    for form in (_scores, _log_probabilities, _probabilities):
        try:
            with seeded(0), torch.no_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                told = _prefers_the_right_class(partial(_cost, loss, form, num_classes, y), y, num_classes)
        except Exception:  # the user's code may raise anything, above all on outputs of another form
            continue
        if told is not None:
            return told
    return False


def _cost(loss: Loss, form: Form, num_classes: int, y_N: Tensor, said_N: Tensor) -> float:
    """What it costs to say these classes."""
    scores_NC = HIGH * torch.nn.functional.one_hot(said_N, num_classes).to(torch.float32)
    return float(loss(form(scores_NC), y_N.clone()))


def _prefers_the_right_class(ask: Callable[[Tensor], float], y_N: Tensor, num_classes: int) -> bool | None:
    """None: what the loss returns is no number."""
    right = ask(y_N)
    shifted = [ask((y_N + k) % num_classes) for k in range(1, min(num_classes, MOST_SHIFTS + 1))]
    moved = [ask(_with_one_moved(y_N, i, num_classes)) for i in range(min(len(y_N), MOST_MOVED))]
    if not math.isfinite(right) or any(math.isnan(cost) for cost in (*shifted, *moved)):
        return None
    return (
        all(_is_above(cost, right) for cost in shifted)
        and not any(_is_above(right, cost) for cost in moved)
        and 2 * sum(_is_above(cost, right) for cost in moved) >= len(moved)
    )


def _is_above(one: float, other: float) -> bool:
    if not math.isfinite(one) or not math.isfinite(other):
        return one > other
    return one - other > MARGIN * (abs(one) + abs(other))


def _with_one_moved(y_N: Tensor, index: int, num_classes: int) -> Tensor:
    said = y_N.clone()
    said[index] = (said[index] + 1) % num_classes
    return said


def _scores(scores_NC: Tensor) -> Tensor:
    return scores_NC


def _log_probabilities(scores_NC: Tensor) -> Tensor:
    return scores_NC.log_softmax(1)


def _probabilities(scores_NC: Tensor) -> Tensor:
    return scores_NC.softmax(1)
