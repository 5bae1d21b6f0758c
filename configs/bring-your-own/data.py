"""Data of your own: any function that returns samples and targets."""

import numpy as np


def spirals(samples: int = 1200, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points (N, 2) on two spirals wound around each other, and the number of each point's spiral (N,)."""
    rng = np.random.default_rng(seed)
    y = np.arange(samples) % 2
    turns = np.sqrt(rng.uniform(0.02, 2.25, samples))  # up to 1.5; the root spreads the points evenly
    angle = 2 * np.pi * turns + np.pi * y  # the second spiral is the first one, turned by half a circle
    x = np.stack([turns * np.cos(angle), turns * np.sin(angle)], axis=1)
    x += rng.normal(scale=0.04, size=x.shape)
    return x.astype(np.float32), y.astype(np.int64)
