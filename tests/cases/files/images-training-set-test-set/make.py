"""Makes pictures/training_set and pictures/test_set, each with a folder of cats and one of dogs."""

from pathlib import Path

import numpy as np
from PIL import Image

rng = np.random.default_rng(0)
for split, count in (("training_set", 16), ("test_set", 8)):
    for channel, name in enumerate(("cat", "dog")):
        folder = Path("pictures", split, f"{name}s")
        folder.mkdir(parents=True)
        for i in range(count):
            pixels = rng.integers(0, 60, (12, 12, 3)).astype("uint8")
            pixels[..., channel] += 150
            Image.fromarray(pixels).save(folder / f"{name}.{i}.png")
