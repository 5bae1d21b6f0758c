"""The tiny set that a network must be able to memorize."""

from __future__ import annotations

import torch

from nnbabysit.core.data.preparation.split import stratified_sample
from nnbabysit.core.data.seeds import derive_seed
from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.data.splits.dataset import Split
from nnbabysit.core.errors import DataError


def tiny_split(split: Split, samples: int, seed: int) -> ArraySplit:
    """Draw a few samples, from every class its share, into memory.

    Args:
        split: Where they are drawn from.
        samples: How many.
        seed: The config's seed.

    Raises:
        DataError: The split has fewer samples.
    """
    if samples > len(split):
        raise DataError(
            f"the tiny set of {samples} is larger than the training split of {len(split)} samples",
            where="overfit_tiny.samples",
            remedy=f"Use at most {len(split)}",
        )
    y = split.y.cpu()
    single = y.dim() == 1 and (not y.is_floating_point() or bool(((y == 0) | (y == 1)).all()))
    # targets that are no classes count as one class, which makes the draw a plain one
    classes = y.to(torch.int64) if single else torch.zeros(len(split), dtype=torch.int64)
    chosen = stratified_sample(classes.numpy(), samples, derive_seed(seed, "tiny"))
    return ArraySplit(*split.take(torch.from_numpy(chosen)))
