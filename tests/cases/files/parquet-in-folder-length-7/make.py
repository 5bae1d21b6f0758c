"""Writes length=7/t.parquet, whose own column length is not 7: a folder of a partitioned data set, taken out."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

i = np.arange(60)
columns = {"length": 20 + i % 19, "rooms": 1 + i % 5, "risk": np.array(["low", "mid", "high"])[i % 3]}
Path("length=7").mkdir()
pq.write_table(pa.table(columns), "length=7/t.parquet")
