"""Measurement: what the data check looks at, as plain numbers, one pass per split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from nnbabysit.core.data.checks.duplicates import Prints
from nnbabysit.core.data.preparation.statistics import Moments, Statistics
from nnbabysit.core.data.splits.dataset import Dataset, Split

BATCH = 1024
LARGE = 10.0


@dataclass(frozen=True)
class SplitMeasurement:
    """One split as it enters the network.

    Attributes:
        statistics: Mean, spread and range of each feature, values that are not finite left out.
        large: Fraction of the values beyond ±10.
        bad_samples: Samples with a value that is not finite.
        first_bad: Index of the first of them; −1 if there is none.
        class_counts: Samples per class, for multi-label samples per label; empty for regression.
        prints: Fingerprints of the samples.
    """

    statistics: Statistics
    large: float
    bad_samples: int
    first_bad: int
    class_counts: tuple[int, ...]
    prints: Prints


def measure(dataset: Dataset) -> dict[str, SplitMeasurement]:
    """Measure every split, in the order train, validation, test."""
    splits = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    return {name: _measure(split, dataset) for name, split in splits.items() if split is not None}


def count_classes(y: Tensor, task: str, num_outputs: int) -> tuple[int, ...]:
    """Samples per class of y (N,), or per label of y (N, K), as a split holds them."""
    if task == "regression":
        return ()
    if task == "multilabel":
        counts = y.sum(0)
    else:
        counts = torch.bincount(y.to(torch.int64), minlength=max(2, num_outputs))
    return tuple(int(count) for count in counts)


def _measure(split: Split, dataset: Dataset) -> SplitMeasurement:
    moments = Moments(dataset.input_shape)
    large = 0
    bad: list[int] = []

    def watched() -> Iterator[tuple[Tensor, Tensor]]:
        nonlocal large
        seen = 0
        for x, y in split.batches(BATCH):
            x = x.cpu()
            moments.add(x)
            large += int((x.abs() > LARGE).sum())
            if not torch.isfinite(x.sum(dtype=torch.float64)):
                wrong = (~torch.isfinite(x)).flatten(1).any(1)
                bad.extend(seen + int(i) for i in wrong.nonzero()[:, 0])
            seen += len(x)
            yield x, y

    prints = Prints.of(watched())
    statistics = moments.statistics()
    values = statistics.samples * statistics.features
    return SplitMeasurement(
        statistics=statistics,
        large=large / values,
        bad_samples=len(bad),
        first_bad=bad[0] if bad else -1,
        class_counts=count_classes(split.y.cpu(), dataset.task, dataset.num_outputs),
        prints=prints,
    )
