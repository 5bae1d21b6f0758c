"""Writes wide.csv: a label and 784 pixels, 60 rows (the shape of an MNIST csv, cut short); 175 KB."""

import sys
from pathlib import Path
from random import Random

columns = int(sys.argv[1]) if len(sys.argv) > 1 else 784
random = Random(0)
lines = ["label," + ",".join(f"pixel{i}" for i in range(columns))]
lines += [f"{row % 2}," + ",".join(str(random.randrange(256)) for _ in range(columns)) for row in range(60)]
Path("wide.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
