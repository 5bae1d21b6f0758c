"""Seeds: every source of randomness gets its own, derived from the config's one seed."""

from __future__ import annotations

import hashlib
import json

import numpy as np


def derive_seed(seed: int, *purpose: int | str) -> int:
    """Seed for one purpose: a function of the arguments alone, on every platform.

    Args:
        seed: The config's seed, 0 or more.
        purpose: What the seed is for, such as ``"order", 3``; 3 and ``"3"`` are different purposes.

    Returns:
        An integer in 0 … 2⁶³−1, fit for ``torch.manual_seed`` and ``numpy.random.default_rng``.
    """
    # hashed first: SeedSequence alone joins its words, so (1, 0) and (1,) would share a stream
    words = json.dumps([seed, *purpose]).encode()
    entropy = int.from_bytes(hashlib.sha256(words).digest(), "big")
    return int(np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0] >> np.uint64(1))
