"""Writes the four files of MNIST where torchvision puts them: MNIST/raw below the folder that it is given."""

import struct
from pathlib import Path

import numpy as np

rng = np.random.default_rng(0)
Path("MNIST/raw").mkdir(parents=True)
for split, count in (("train", 40), ("t10k", 20)):
    labels = (np.arange(count) % 3).astype("uint8")
    pictures = rng.integers(0, 256, (count, 6, 6)).astype("uint8")
    for name, magic, array in (("labels-idx1", 0x801, labels), ("images-idx3", 0x803, pictures)):
        head = struct.pack(f">{1 + array.ndim}I", magic, *array.shape)
        Path("MNIST/raw", f"{split}-{name}-ubyte").write_bytes(head + array.tobytes())
