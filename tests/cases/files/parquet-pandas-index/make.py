"""Writes t.parquet as pandas does after a sort: the old row numbers as a column of their own, the index."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

rng = np.random.default_rng(0)
order = rng.permutation(60)
columns = {"age": 20 + order % 19, "rooms": 1 + order % 5, "risk": np.array(["low", "mid", "high"])[order % 3]}
pq.write_table(pa.Table.from_pandas(pd.DataFrame(columns, index=order)), "t.parquet")
