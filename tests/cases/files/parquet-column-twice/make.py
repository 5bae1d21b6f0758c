"""Writes t.parquet with two columns of one name, as a join leaves them."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

i = np.arange(60)
risk = np.array(["low", "mid", "high"])[i % 3]
table = pa.Table.from_arrays([pa.array(20 + i % 19), pa.array(1 + i % 5), pa.array(risk)], ["age", "age", "risk"])
pq.write_table(table, "t.parquet")
