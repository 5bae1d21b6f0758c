"""A Dataset of the user's: the same batches with any number of workers, and errors with their place."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
import torch.utils.data
from torch import Tensor

from nnbabysit.core.config.schema.data import Preprocess
from nnbabysit.core.data.preparation.preprocessing import Preprocessing
from nnbabysit.core.data.splits import stream as module
from nnbabysit.core.data.splits.order import epoch_order
from nnbabysit.core.data.splits.stream import Stream, StreamSplit
from nnbabysit.core.errors import DataError, UserCodeError

N = 23


class Samples(torch.utils.data.Dataset[Any]):
    """Sample i is (i, i²) with target i modulo 3, unless ``item`` says otherwise."""

    def __init__(self, item: Callable[[int], Any] | None = None, size: int = N) -> None:
        """So many samples."""
        self._item, self._size = item, size

    def __len__(self) -> int:
        """Number of samples."""
        return self._size

    def __getitem__(self, index: int) -> Any:
        """One sample."""
        return self._item(index) if self._item else (torch.tensor([index, index**2]), index % 3)


def surveyed(dataset: torch.utils.data.Dataset[Any], workers: int = 0) -> Stream:
    return module.survey(dataset, "data.py:make", workers, 0, hashlib.sha256())


def split_of(stream: Stream, **settings: Any) -> StreamSplit:
    preprocess = Preprocess(**settings)
    fitted = Preprocessing.from_statistics(module.statistics(stream), preprocess)
    return StreamSplit(stream, torch.from_numpy(stream.y.astype(np.int64)), fitted)


def same(a: list[tuple[Tensor, Tensor]], b: list[tuple[Tensor, Tensor]]) -> bool:
    pairs = zip(a, b, strict=True)
    return all(torch.equal(xa, xb) and torch.equal(ya, yb) for (xa, ya), (xb, yb) in pairs)


def test_the_survey_collects_all_targets() -> None:
    stream = surveyed(Samples())
    assert stream.y.tolist() == [i % 3 for i in range(N)]
    assert len(stream) == N


def test_any_number_of_workers_gives_the_same_batches() -> None:
    passes = []
    for workers in (0, 1, 2):
        split = split_of(surveyed(Samples(), workers), center="feature", scale="standard")
        epochs = [list(split.batches(5, epoch_order(N, seed=0, epoch=epoch))) for epoch in (1, 2)]
        passes.append(epochs[0] + epochs[1])
    assert same(passes[0], passes[1])
    assert same(passes[0], passes[2])


def test_a_stream_gives_the_batches_that_arrays_give() -> None:
    from nnbabysit.core.data.splits.arrays import ArraySplit

    x = torch.tensor([[i, i**2] for i in range(N)])
    split = split_of(surveyed(Samples()), center="feature", scale="standard")
    fitted = Preprocessing.fit(x, Preprocess(center="feature", scale="standard"))
    arrays = ArraySplit(fitted.apply(x), torch.arange(N) % 3)
    order = epoch_order(N, seed=1, epoch=1)
    assert same(list(split.batches(4, order)), list(arrays.batches(4, order)))
    assert same(list(split.batches(4)), list(arrays.batches(4)))
    assert same([split.take(order[:3])], [arrays.take(order[:3])])


def test_a_part_of_a_stream_reads_its_own_samples() -> None:
    split = split_of(surveyed(Samples()).at(np.array([3, 5, 7])), center="none", scale="none")
    x, y = next(split.batches(10))
    assert x.tolist() == [[3, 9], [5, 25], [7, 49]]
    assert y.tolist() == split.y.tolist() == [0, 2, 1]


@pytest.mark.parametrize("workers", [0, 1])
def test_a_pass_that_was_left_early_does_not_disturb_the_next(workers: int) -> None:
    split = split_of(surveyed(Samples(), workers), center="none", scale="none")
    next(split.batches(4))
    assert torch.equal(torch.cat([y for _, y in split.batches(4)]), split.y)


def test_reading_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    split = split_of(surveyed(Samples()))
    list(split.batches(4))
    split.take(torch.tensor([1]))
    assert torch.equal(before, torch.get_rng_state())


def test_samples_may_be_arrays_or_numbers() -> None:
    stream = surveyed(Samples(lambda i: (np.array([i, 1.0]), np.int64(i))))
    assert stream.y.tolist() == list(range(N))


def test_a_column_of_targets_becomes_plain() -> None:
    assert surveyed(Samples(lambda i: (torch.zeros(2), torch.tensor([i])))).y.shape == (N,)


def test_a_split_on_its_own_device_is_itself() -> None:
    split = split_of(surveyed(Samples()))
    assert split.on(torch.device("cpu")) is split


def fail_at_7(index: int) -> Any:
    if index == 7:
        raise KeyError("seven")  # the line that a user wants to see
    return torch.zeros(2), 0


@pytest.mark.parametrize("workers", [0, 1])
def test_what_the_dataset_raises_is_shown_with_file_and_line(workers: int) -> None:
    with pytest.raises(UserCodeError, match=r"sample 7 of data\.py:make raised KeyError: 'seven'") as error:
        surveyed(Samples(fail_at_7), workers)
    line = fail_at_7.__code__.co_firstlineno + 2
    assert error.value.where == f"{__file__}:{line}"


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (lambda i: torch.zeros(2), r"sample 0 is a torch.Tensor, expected \(x, y\)"),
        (lambda i: (torch.zeros(2), 0, 1), "a tuple of 3"),
        (lambda i: (object(), 0), "builtins.object"),
        (lambda i: ("text", 0), "expected tensors, arrays or numbers"),
        (lambda i: (torch.zeros(2 + i % 2), 0), "samples differ in shape"),
        (lambda i: (torch.zeros(2), torch.zeros(1 + i % 2)), "targets differ in shape"),
    ],
)
def test_samples_of_another_kind_are_refused(item: Callable[[int], Any], words: str) -> None:
    with pytest.raises(DataError, match=words) as error:
        surveyed(Samples(item))
    assert error.value.where == "data.py:make"


def test_an_empty_dataset() -> None:
    with pytest.raises(DataError, match="no data"):
        surveyed(Samples(size=0))


def test_a_dataset_that_cannot_be_indexed() -> None:
    class Endless(torch.utils.data.IterableDataset[Any]):
        def __iter__(self) -> Iterator[Any]:
            """Nothing."""
            return iter(())

    with pytest.raises(DataError, match="cannot be indexed"):
        surveyed(Endless())
