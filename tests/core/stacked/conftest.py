"""Small data, and training the same trials in two ways: as one stack, and one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from nnbabysit.core.config.loading import load_config, with_values
from nnbabysit.core.config.schema.root import Config, Model
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.preparation.targets import Task
from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.stacked.stack import build_stack
from nnbabysit.core.stacked.training import train_stack
from nnbabysit.core.training.loop.epochs import train_epochs
from nnbabysit.core.training.loop.yardstick import Yardstick
from nnbabysit.core.training.setup.setup import assemble

CPU = torch.device("cpu")
RELATIVE, ABSOLUTE = 1e-4, 1e-5
"""Stacked and alone differ by rounding alone; after a few dozen steps that is less than this."""


@dataclass
class Trained:
    """What came of a trial.

    Attributes:
        values: What it was judged by after each epoch.
        stopped: Why it was not trained to its end; empty if it was.
        weights: Its parameters and buffers; empty if it left early.
    """

    values: list[float] = field(default_factory=list)
    stopped: str = ""
    weights: dict[str, Tensor] = field(default_factory=dict)

    def check_same(self, other: Trained) -> None:
        assert self.stopped == other.stopped
        assert self.values == pytest.approx(other.values, rel=1e-3, abs=1e-6)
        assert self.weights.keys() == other.weights.keys()
        for name, weight in self.weights.items():
            torch.testing.assert_close(weight, other.weights[name], rtol=RELATIVE, atol=ABSOLUTE, msg=name)


def as_stack(configs: Sequence[Config], dataset: Dataset) -> list[Trained]:
    stack = build_stack(configs, dataset, CPU)
    found = [Trained() for _ in configs]
    for record in train_stack(stack, dataset):
        for place, merit in record.merits.items():
            found[place].values += [merit.told, merit.loss]
        for place, reason in record.stopped.items():
            found[place].stopped = reason
    for position, place in enumerate(stack.places):
        found[place].weights = stack.network.state(position)
    return found


def alone(config: Config, dataset: Dataset) -> Trained:
    assembly, found = assemble(config, dataset, device=CPU), Trained()
    for record in train_epochs(assembly, dataset, config):
        found.stopped = record.stopped
        if not record.stopped:
            merit = Yardstick().merit(record.validation)
            found.values += [merit.told, merit.loss]
    if not found.stopped:
        model = assembly.model
        found.weights = {
            name: tensor.detach() for name, tensor in [*model.named_parameters(), *model.named_buffers()]
        }
    return found


@dataclass(frozen=True)
class Training:
    """Both ways of training, and what to train on."""

    datasets: dict[str, Dataset]
    base: Config

    def configs(self, shared: dict[str, Any], *trials: dict[str, Any]) -> list[Config]:
        given = {**shared, **trials[0]}
        small = {} if "model.name" in given or "model.args.hidden" in given else {"model.args.hidden": [12]}
        return [with_values(self.base, {**small, **shared, **trial}) for trial in trials]

    def data(self, name: str = "digits") -> Dataset:
        return self.datasets[name]

    def stacked(self, configs: Sequence[Config], data: str = "digits") -> list[Trained]:
        return as_stack(configs, self.datasets[data])

    def alone(self, config: Config, data: str = "digits") -> Trained:
        return alone(config, self.datasets[data])

    def check_equal(
        self, shared: dict[str, Any], *trials: dict[str, Any], data: str = "digits"
    ) -> list[Trained]:
        """Train the trials both ways; what comes of them must be the same."""
        configs = self.configs(shared, *trials)
        found = self.stacked(configs, data)
        for config, stacked in zip(configs, found, strict=True):
            stacked.check_same(self.alone(config, data))
        return found


def _other_task(digits: Dataset, task: Task, num_outputs: int, y: Callable[[ArraySplit], Tensor]) -> Dataset:
    assert isinstance(digits.train, ArraySplit)
    assert isinstance(digits.validation, ArraySplit)
    names = ("a", "b", "c", "d")[:num_outputs] if task != "regression" else ()
    return Dataset(
        name=task,
        task=task,
        class_names=names,
        input_shape=digits.input_shape,
        num_outputs=num_outputs,
        train=ArraySplit(digits.train.x, y(digits.train)),
        validation=ArraySplit(digits.validation.x, y(digits.validation)),
        test=None,
        preprocessing=digits.preprocessing,
        fingerprint="",
    )


@pytest.fixture(scope="session")
def training() -> Training:
    """A few digits, and the same pictures with targets of other tasks."""
    overrides = ("device=cpu", "training.epochs=2", "training.batch_size=25", "schedule={name: constant}")
    config = load_config("digits", overrides, cwd=Path.cwd()).config
    config = config.model_copy(update={"model": Model(args={})})
    whole = load_dataset(config)
    parts = [
        ArraySplit(*split.take(torch.arange(n))) for split, n in [(whole.train, 130), (whole.validation, 60)]
    ]
    digits = Dataset(**{**vars(whole), "train": parts[0], "validation": parts[1], "test": None})
    many = ArraySplit(*whole.train.take(torch.arange(600)))
    kinds = torch.tensor([[1.0, 0.5, -1.0]])
    datasets = {
        "digits": digits,
        "many digits": Dataset(**{**vars(digits), "train": many}),
        "binary": _other_task(digits, "binary", 1, lambda split: (split.y > 4).float()),
        "multilabel": _other_task(
            digits,
            "multilabel",
            3,
            lambda split: torch.stack([split.y > 2, split.y > 4, split.y > 6], 1).float(),
        ),
        "regression": _other_task(digits, "regression", 1, lambda split: split.y / 5 - 1),
        "columns": _other_task(digits, "regression", 3, lambda split: split.y[:, None] / 5 * kinds),
    }
    return Training(datasets, config)
