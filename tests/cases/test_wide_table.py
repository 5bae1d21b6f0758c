"""What a table of many columns costs: time and memory grow with its cells, not with columns times columns."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers.tabular import CsvReader

MEASURE = """\
import resource
from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers.tabular import CsvReader
CsvReader().read(Data(source="csv", path="narrow.csv", target="label"), "cross_entropy")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
raw = CsvReader().read(Data(source="csv", path="wide.csv", target="label"), "cross_entropy")
print(raw.train.x.shape, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tables of the same 47,040 pixels: wide.csv with 60 rows of 784, narrow.csv with 5,880 rows of 8."""
    path = tmp_path_factory.mktemp("tables")
    for name, rows, columns in (("wide", 60, 784), ("narrow", 5880, 8)):
        random = Random(0)
        lines = ["label," + ",".join(f"pixel{i}" for i in range(columns))]
        lines += [
            f"{row % 2}," + ",".join(str(random.randrange(256)) for _ in range(columns))
            for row in range(rows)
        ]
        (path / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_many_columns_take_as_long_as_many_rows(folder: Path) -> None:
    narrow = min(seconds(folder / "narrow.csv") for _ in range(3))
    wide = min(seconds(folder / "wide.csv") for _ in range(3))
    assert wide < 25 * narrow  # a query that grows with columns times columns took a thousand times as long


def seconds(path: Path) -> float:
    """How long one table takes."""
    start = time.perf_counter()
    CsvReader().read(Data(source="csv", path=str(path), target="label"), "cross_entropy")
    return time.perf_counter() - start


@pytest.mark.skipif(sys.platform == "win32", reason="no resource module")
def test_many_columns_take_less_than_100_mb(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE], cwd=folder, capture_output=True, text=True, check=True, timeout=300
    )
    shape, _, megabytes = done.stdout.strip().rpartition(" ")
    assert shape == "(60, 784)"
    assert int(megabytes) < 100
