"""Guarded: a Dataset of the user's whose exceptions become values, with the place where they arose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset

from nnbabysit.core.errors import DataError, UserCodeError
from nnbabysit.core.user_code import raised_at

Pair = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Failure:
    """What went wrong with a sample, carried from a worker process to this one."""

    message: str
    where: str
    user_code: bool
    remedy: str = ""

    def error(self) -> DataError | UserCodeError:
        """The error to raise."""
        kind = UserCodeError if self.user_code else DataError
        return kind(self.message, where=self.where, remedy=self.remedy)


class Guarded(TorchDataset[Pair | Failure]):
    """The user's Dataset; exceptions become values, so that their place survives the way out of a worker."""

    def __init__(self, dataset: TorchDataset[Any], place: str) -> None:
        """Guard ``dataset``, named ``place`` in messages."""
        self._dataset = dataset
        self._place = place

    def __getitem__(self, index: int) -> Pair | Failure:
        """Sample and target as tensors, or what went wrong."""
        try:
            item = self._dataset[index]
        except DataError as error:  # a reader of ours, which names the file itself
            return Failure(error.message, error.where, user_code=False, remedy=error.remedy)
        except Exception as error:  # the user's code may raise anything
            words = f"sample {index} of {self._place} raised {type(error).__name__}: {error}"
            return Failure(words, raised_at(error), user_code=True)
        if not isinstance(item, tuple | list) or len(item) != 2:
            return Failure(
                f"sample {index} is {_describe(item)}, expected (x, y)", self._place, user_code=False
            )
        try:
            return _tensor(item[0]), _tensor(item[1])
        except (TypeError, ValueError, RuntimeError):
            found = f"({_describe(item[0])}, {_describe(item[1])})"
            words = f"sample {index} is {found}, expected tensors, arrays or numbers"
            return Failure(words, self._place, user_code=False)


def collate(items: list[Pair | Failure]) -> Pair | Failure:
    """Stack samples and targets into a batch, or pass on the first failure."""
    pairs: list[Pair] = []
    for item in items:
        if isinstance(item, Failure):
            return item
        pairs.append(item)
    xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    for name, tensors in (("samples", xs), ("targets", ys)):
        shapes = sorted({tuple(t.shape) for t in tensors})
        if len(shapes) > 1:
            return Failure(f"{name} differ in shape: {shapes[0]} and {shapes[1]}", "", user_code=False)
    return torch.stack(xs), torch.stack(ys)


def _tensor(value: Any) -> Tensor:
    return value.detach().cpu() if isinstance(value, Tensor) else torch.as_tensor(np.asarray(value))


def _describe(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    return f"a {type(value).__module__}.{type(value).__qualname__}"
