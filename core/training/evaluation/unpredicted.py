"""Unpredicted: classes that occur in a split and that a network never answers with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from nnbabysit.core.training.evaluation.outputs import answers_of, forward
from nnbabysit.core.training.loop.steps import EVALUATION_BATCH

if TYPE_CHECKING:
    from nnbabysit.core.data.preparation.targets import Task
    from nnbabysit.core.data.splits.dataset import Split


@dataclass(frozen=True, kw_only=True, slots=True)
class Unpredicted:
    """Classes that are never answered.

    Attributes:
        words: One sentence, such as "all 800 validation samples are called class 0: recall of class 1 is 0";
            empty if every class is predicted, or those that are not are too rare to tell.
        is_fault: Whether it is more than caution about rare ones: all answers are the same, or a class is
            missed that has at least half of an even fraction of the samples.
    """

    words: str = ""
    is_fault: bool = False


CHANCE = 0.05
"""Probability that a network which predicts each class as often as it occurs misses one by chance alone."""
EVEN = 0.5
"""Fraction of what a class would have if all were as frequent, below which a network may leave it out."""
NAMED = 5
"""Classes that are named at the most."""


def unpredicted_in(model: nn.Module, split: Split, task: Task, class_names: Sequence[str]) -> Unpredicted:
    """What a network never answers with; the network is left in the mode it was in.

    Args:
        model: Network.
        split: Split on the network's device, whose name in the words is validation.
        task: Not regression.
        class_names: One per class, two for a binary task; one per label of a multi-label one.
    """
    was_training = model.training
    model.eval()
    answers = [
        answers_of(outputs, task).cpu()
        for outputs in forward(model, (x for x, _ in split.batches(EVALUATION_BATCH)))
    ]
    model.train(was_training)
    return unpredicted_of(torch.cat(answers), split.y.cpu(), task, class_names)


def unpredicted_of(answers: Tensor, y: Tensor, task: Task, class_names: Sequence[str]) -> Unpredicted:
    """The same of answers.

    A class of n samples that is predicted as often as it occurs is not predicted at all with probability
    e⁻ⁿ (Poisson). One is reported where that is below 5 % over all classes (Bonferroni): from 4 samples on of
    two classes, from 6 of ten.

    Args:
        answers: As ``answers_of`` returns them.
        y: Targets of the same shape.
        task: Not regression.
        class_names: As in ``unpredicted_in``.
    """
    count = len(class_names)
    said, support = _counts(answers, count, task), _counts(y, count, task)
    enough = math.log(count / CHANCE)
    missing = [k for k in range(count) if said[k] == 0 and support[k] >= enough]
    if not missing:
        return Unpredicted()
    names = _named([class_names[k] for k in missing])
    only = [k for k in range(count) if said[k]]
    if task != "multilabel" and len(only) == 1:
        of = f"all {len(y)} validation samples are called class {class_names[only[0]]}"
        return Unpredicted(words=f"{of}: recall of {names} is 0", is_fault=True)
    samples = sum(support[k] for k in missing)
    verb = "is" if len(missing) == 1 else "are"
    times = f"{samples} labels" if task == "multilabel" else f"{samples} samples"
    even = len(y) / (2 if task == "multilabel" else count)
    return Unpredicted(
        words=f"{names} {verb} never predicted on validation ({times}): recall is 0",
        is_fault=not only or max(support[k] for k in missing) >= EVEN * even,
    )


def _counts(values: Tensor, count: int, task: Task) -> list[int]:
    """How often each class, or each label, is there."""
    if task == "multilabel":
        return [int(n) for n in (values.reshape(len(values), -1) > 0.5).sum(0)]
    return [int(n) for n in values.flatten().to(torch.int64).bincount(minlength=count)]


def _named(names: Sequence[str]) -> str:
    """``class a``; ``classes a, b and c``; of many the first and how many more."""
    if len(names) == 1:
        return f"class {names[0]}"
    if len(names) > NAMED:
        return f"classes {', '.join(names[:NAMED])} and {len(names) - NAMED} more"
    return f"classes {', '.join(names[:-1])} and {names[-1]}"
