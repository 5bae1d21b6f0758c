"""Randomness as a function of one seed, from now on or for a while."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def set_seed(seed: int) -> None:
    """Seed the global generators of Python, numpy and torch, which a user's code may draw from.

    Args:
        seed: At least 0.
    """
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - the user's code may use it
    torch.manual_seed(seed % 2**63)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the global generators of Python, numpy and torch; put them back as they were at the end.

    A user's network may draw its weights from any of the three. CUDA is included once it is in use.

    Args:
        seed: At least 0.
    """
    python_state = random.getstate()
    numpy_state = np.random.get_state()  # noqa: NPY002 - the user's network may use it
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()  # type: ignore[no-untyped-call]
    try:
        with torch.random.fork_rng(devices=devices):
            set_seed(seed)
            yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)  # noqa: NPY002
