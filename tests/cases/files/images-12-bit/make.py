"""Makes pictures/: 16-bit PNG whose values lie between 1000 and 1259, as a camera of 12 bits writes them."""

from pathlib import Path

import numpy as np
from PIL import Image

rng = np.random.default_rng(0)
for name, brightest in (("healthy", 1199), ("ill", 1260)):
    folder = Path("pictures", name)
    folder.mkdir(parents=True)
    for i in range(20):
        pixels = rng.integers(1000, brightest, (16, 16)).astype("uint16")
        Image.fromarray(pixels).save(folder / f"{i:02d}.png")
