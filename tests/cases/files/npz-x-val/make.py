"""Writes t.npz with a validation split under the commonest of its names."""

import numpy as np

rng = np.random.default_rng(0)
y = np.arange(60) % 3
x = rng.normal(size=(60, 4)) + y[:, None]
np.savez("t.npz", x_train=x[:40], y_train=y[:40], x_val=x[40:], y_val=y[40:])
