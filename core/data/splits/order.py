"""The order of the samples in an epoch: a function of seed and epoch, so that a resumed run meets it."""

from __future__ import annotations

import torch
from torch import Tensor

from nnbabysit.core.data.seeds import derive_seed


def epoch_order(n: int, seed: int, epoch: int) -> Tensor:
    """Permutation of 0 … n−1 for one epoch.

    Args:
        n: N, the number of samples.
        seed: The config's seed.
        epoch: Number of the epoch.

    Returns:
        (N,) int64 on the CPU; the global generator is neither read nor moved.
    """
    generator = torch.Generator().manual_seed(derive_seed(seed, "order", epoch))
    return torch.randperm(n, generator=generator)
