"""Writes t.parquet, which is a feather file."""

import numpy as np
import pyarrow as pa
from pyarrow import feather

i = np.arange(60)
columns = {"age": 20 + i % 19, "rooms": 1 + i % 5, "risk": np.array(["low", "mid", "high"])[i % 3]}
feather.write_feather(pa.table(columns), "t.parquet")
