"""Agreement: how far the answers of an exported network are from those of the network itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from nnbabysit.core.data.preparation.targets import Task
from nnbabysit.core.training.export.formats import Answer

LIMIT = 1e-4
"""Largest difference that passes, as a fraction of the largest output of the network in amount.

Other kernels add up in another order, so float32 answers differ in their last digits: onnxruntime by up to
3e-6 over residual, transformer, wide and 30-layer networks. What is wrong (preprocessing left out, layers in
training mode) shows at 1e-2 and more."""
BATCHES = (1, 7)
"""Sizes of the first batches: a graph that was traced for one size shows."""
BATCH = 64
"""Size of the others."""
SAMPLES = sum(BATCHES) + 4 * BATCH
"""Real samples that are compared."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Differences of the answers to the same samples.

    Attributes:
        samples: How many were compared.
        differences: Name of the output → largest absolute difference.
        limits: Name of the output → largest one that passes.
        changed: Answers (class, or label on or off) that are others although they were no close call; 0 for
            regression.
        failure: Why the file could not be asked; empty if it could.
    """

    samples: int
    differences: dict[str, float]
    limits: dict[str, float]
    changed: int = 0
    failure: str = ""

    @property
    def matches(self) -> bool:
        """Whether the file may be handed out; NaN never matches."""
        near = all(self.differences[name] <= limit for name, limit in self.limits.items())
        return not self.failure and self.changed == 0 and near

    @property
    def share(self) -> float:
        """The largest difference as a fraction of its limit: above 1 is too much."""
        return max(self._share(name) for name in self.limits)

    @property
    def largest(self) -> tuple[float, float]:
        """Difference and limit of the output that is nearest to its limit, or farthest above it."""
        name = max(self.limits, key=self._share)
        return self.differences[name], self.limits[name]

    def _share(self, name: str) -> float:
        difference, limit = self.differences[name], self.limits[name]
        if difference <= limit:
            return difference / limit if limit else 0.0
        return difference / limit if limit and math.isfinite(difference) else math.inf


def batches(samples: Tensor) -> Iterator[Tensor]:
    """Batches of 1, 7 and 64 samples of (N, ...); samples that are too few come round again."""
    wanted = torch.arange(max(len(samples), sum(BATCHES) + BATCH)) % len(samples)
    first, second, rest = wanted.tensor_split([BATCHES[0], sum(BATCHES)])
    for indices in (first, second, *torch.split(rest, BATCH)):
        yield samples[indices]


def compare(reference: list[dict[str, Tensor]], answer: Answer, samples: Tensor, task: Task) -> Agreement:
    """Ask an exported network what the network itself was asked.

    Args:
        reference: Answers of the network itself to each of ``batches(samples)``; finite.
        answer: The exported one.
        samples: (N, ...) raw, at least one.
        task: What the answers mean.
    """
    expected = {name: torch.cat([part[name] for part in reference]) for name in reference[0]}
    # one limit for all outputs: probabilities move with the logits, at most as far as those
    limits = dict.fromkeys(expected, LIMIT * max(float(t.abs().max()) for t in expected.values()))
    count = min(len(samples), len(next(iter(expected.values()))))
    try:
        parts = [answer(batch) for batch in batches(samples)]
        found = {name: torch.cat([part[name] for part in parts]) for name in expected}
        _check_shapes(expected, found)
    except Exception as error:  # whatever runs the file may raise anything
        words = " ".join(f"{type(error).__name__}: {error}".split())
        differences = dict.fromkeys(limits, float("inf"))
        return Agreement(samples=count, differences=differences, limits=limits, failure=words[:300])
    return Agreement(
        samples=count,
        differences={name: float((found[name] - expected[name]).abs().max()) for name in expected},
        limits=limits,
        changed=0 if task == "regression" else _changed(expected["logits"], found["logits"], task, limits),
    )


def _check_shapes(expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> None:
    for name, tensor in expected.items():
        if found[name].shape != tensor.shape:
            raise ValueError(f"{name} has shape {tuple(found[name].shape)}, expected {tuple(tensor.shape)}")


def _changed(expected: Tensor, found: Tensor, task: Task, limits: Mapping[str, float]) -> int:
    """Answers that differ; those within the limit of their rival could have gone either way."""
    if task == "classification":
        best = expected.topk(min(2, expected.shape[1]), dim=1).values
        clear = best[:, 0] - best[:, -1] > limits["logits"]
        return int(((expected.argmax(1) != found.argmax(1)) & clear).sum())
    clear = expected.abs() > limits["logits"]
    return int((((expected > 0) != (found > 0)) & clear).sum())
