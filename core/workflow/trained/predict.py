"""predict: what a trained network says about samples whose answers nobody has given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnbabysit.core.training.evaluation.outputs import answers_of, forward, probabilities_of
from nnbabysit.core.training.loop.steps import EVALUATION_BATCH

if TYPE_CHECKING:
    from torch import Tensor

    from nnbabysit.core.data.new_samples.unlabeled import UnlabeledSamples
    from nnbabysit.core.training.evaluation.load_trained import Trained


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What a network says about one sample.

    Attributes:
        sample: Its number from 0; for a picture the path of its file.
        answer: Name of the class; names of the labels that it bears; for regression nothing.
        values: Probability of each class or label; for regression the outputs.
    """

    sample: int | str
    answer: tuple[str, ...]
    values: tuple[float, ...]


def predict(
    trained: Trained, samples: UnlabeledSamples, batch_size: int = EVALUATION_BATCH
) -> Iterator[Prediction]:
    """Ask a network about samples, batch by batch, in their order.

    Args:
        trained: The network.
        samples: Prepared as its run prepared its own.
        batch_size: Samples in memory at a time, and per forward pass.

    Raises:
        DataError: A picture cannot be read.
        UserCodeError: The user's own network raised.
    """
    batches = (batch.to(trained.device) for batch in samples.batches(batch_size))
    number = 0
    for outputs in forward(trained.model, batches):
        answers, values = _answers(trained, outputs.cpu())
        for answer, row in zip(answers, values, strict=True):
            sample = number if samples.files is None else samples.files[number]
            yield Prediction(sample=sample, answer=answer, values=tuple(row))
            number += 1


def _answers(trained: Trained, outputs: Tensor) -> tuple[list[tuple[str, ...]], list[list[float]]]:
    """Names of the answers and values of a batch."""
    task, names = trained.answers.task, trained.answers.class_names
    if task == "regression":
        return [()] * len(outputs), outputs.double().reshape(len(outputs), -1).tolist()
    answers = answers_of(outputs, task).tolist()
    if task == "multilabel":
        named = [tuple(name for name, said in zip(names, row, strict=True) if said) for row in answers]
    else:
        named = [(names[answer],) for answer in answers]
    return named, probabilities_of(outputs, task).tolist()
