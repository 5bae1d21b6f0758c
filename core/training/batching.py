"""Batching: which samples an epoch trains on, in which order and in how many steps."""

from __future__ import annotations

import math
from typing import Literal

from torch import Tensor, nn

from nnbabysit.core.data.splits.order import epoch_order


def batch_plan(
    model: nn.Module, samples: int, seed: int, epoch: int, batch_size: int | Literal["full"]
) -> tuple[Tensor | None, int]:
    """Order of the samples and size of the batches of one epoch.

    A last batch of one sample cannot be normalized, so a network with batch normalization leaves that sample
    out; the order changes with the epoch, so it is another one each time.

    Returns:
        A permutation (N,) int64 on the CPU (None: as stored), and the samples per batch.
    """
    if batch_size == "full":
        return None, samples
    order = epoch_order(samples, seed, epoch)
    return order[: used_samples(model, samples, batch_size)], batch_size


def used_samples(model: nn.Module, samples: int, batch_size: int | Literal["full"]) -> int:
    """Samples that an epoch trains on: all, or all but one (see ``batch_plan``)."""
    if batch_size == "full" or batch_size == 1 or samples % batch_size != 1:
        return samples
    return samples - 1 if normalizes_batches(model) else samples


def normalizes_batches(model: nn.Module) -> bool:
    """Whether the network has a layer that needs two samples or more in training."""
    return any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in model.modules())


def steps_per_epoch(model: nn.Module, samples: int, batch_size: int | Literal["full"]) -> int:
    """Optimizer steps in one epoch."""
    if batch_size == "full":
        return 1
    return math.ceil(used_samples(model, samples, batch_size) / batch_size)


def default_probe_interval(steps: int) -> int:
    """Steps between two probed ones: about ten probes per epoch, at most one in five steps."""
    return max(5, math.ceil(steps / 10))
