"""Writes t.npz: 60 colour pictures of 16 × 16 pixels, channels last as in most of Python; each class in its colour."""

import numpy as np

rng = np.random.default_rng(0)
y = np.arange(60) % 3
x = rng.integers(0, 200, (60, 16, 16, 3)).astype("uint8")
x[np.arange(60), :, :, y] += 55
np.savez("t.npz", x=x, y=y)
