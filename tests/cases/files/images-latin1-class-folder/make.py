"""Makes pictures/ with a class folder whose name is not UTF-8, as unzip leaves names from Windows archives."""

import os

from PIL import Image

for number, name in enumerate((b"caf\xe9", b"tea", b"water")):
    folder = os.path.join(b"pictures", name)
    os.makedirs(folder)
    for i in range(20):
        picture = Image.new("RGB", (12, 12), (80 * number, 10 * i, 90))
        picture.save(os.fsdecode(os.path.join(folder, b"%02d.png" % i)))
