"""Makes pictures/ to train on and new/ with a file whose name is not UTF-8."""

import os

from PIL import Image

for number, name in enumerate(("tea", "water")):
    os.makedirs(f"pictures/{name}")
    for i in range(20):
        Image.new("RGB", (12, 12), (80 * number, 10 * i, 90)).save(f"pictures/{name}/{i:02d}.png")
os.makedirs("new")
Image.new("RGB", (12, 12), (80, 10, 90)).save(os.fsdecode(b"new/caf\xe9.png"))
