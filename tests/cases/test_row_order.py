"""Answer i belongs to row i of the file, however large the file and however many threads read it.

The network is right everywhere: it reads the class from one column, and steps at a tiny rate change nothing.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from .case import Told, type_in

Form = Literal["csv", "parquet"]
CLASSES = np.array(["low", "mid", "high"])
BYTES_PER_ROW = 80
MODEL = """\
import torch
from torch import nn


class Right(nn.Module):
    \"\"\"The first input is the number of the class; the scores are highest there.\"\"\"

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(20.0))

    def forward(self, x):
        return -self.scale * (x[:, :1] - torch.arange(3.0)) ** 2
"""
CONFIG = """\
device: cpu
data:
  source: {form}
  path: t.{form}
  target: kind
  validation: 0.1
  preprocess: {{center: none, scale: none}}
model: {{name: "./model.py:Right"}}
optimizer: {{name: sgd, lr: 1.0e-12}}
training: {{epochs: 1, batch_size: 4096}}
"""


def written(folder: Path, form: Form, megabytes: int) -> list[str]:
    """Write a table of this size whose rows differ, and the program for it; returns the class of each row."""
    rows = megabytes * 1_000_000 // BYTES_PER_ROW
    rng = np.random.default_rng(megabytes)
    code = rng.integers(0, 3, rows)
    # in the names' alphabetical order: high, low, mid
    columns = {"code": np.array([1, 2, 0])[code], **{f"x{i}": rng.random(rows).round(6) for i in range(8)}}
    columns["row"] = rng.permutation(rows)
    columns["kind"] = CLASSES[code]
    table = pa.table(columns)
    if form == "csv":
        pyarrow.csv.write_csv(table, folder / "t.csv")
    else:
        pq.write_table(table, folder / "t.parquet", row_group_size=rows // 7)
    (folder / "model.py").write_text(MODEL, encoding="utf-8")
    (folder / "c.yaml").write_text(CONFIG.format(form=form), encoding="utf-8")
    found: list[str] = columns["kind"].tolist()
    return found


def typed(folder: Path, line: str, threads: int) -> Told:
    """A command line that succeeds, read by so many threads."""
    told = type_in(folder, line.split(), OMP_NUM_THREADS=str(threads))
    assert told.code == 0, told.screen
    return told


SIZES = [
    pytest.param("csv", 8, 4, id="csv of 8 MB by many threads"),
    pytest.param("parquet", 8, 4, id="parquet of 8 MB by many threads"),
    *(
        pytest.param(
            form, megabytes, threads, id=f"{form} of {megabytes} MB by {threads}", marks=pytest.mark.slow
        )
        for form in ("csv", "parquet")
        for megabytes, threads in ((8, 1), (32, 1), (32, 4), (100, 1), (100, 4))
    ),
]


@pytest.mark.sampled(3)
@pytest.mark.parametrize(("form", "megabytes", "threads"), SIZES)
def test_answer_i_belongs_to_row_i(form: Form, megabytes: int, threads: int, tmp_path: Path) -> None:
    kinds = written(tmp_path, form, megabytes)
    trained = typed(tmp_path, "train c.yaml", threads).result
    assert trained["metrics"]["best_val_accuracy"] == 1.0
    run = trained["run_dir"]
    evaluated = typed(tmp_path, f"evaluate {run} --data t.{form}", threads).result
    assert evaluated["metrics"]["accuracy"] == 1.0
    typed(tmp_path, f"predict {run} t.{form} -o p.csv", threads)
    with (tmp_path / "p.csv").open(encoding="utf-8", newline="") as stream:
        answers = [row["prediction"] for row in csv.DictReader(stream)]
    assert answers == kinds
    if form == "csv":  # whose rows were read in another order every time
        again = typed(tmp_path, "train c.yaml", threads).result
        assert fingerprint(again) == fingerprint(trained)


def fingerprint(result: dict[str, str]) -> str:
    """That of the data, as a run notes it."""
    noted = json.loads((Path(result["run_dir"]) / "meta.json").read_text(encoding="utf-8"))
    found: str = noted["dataset_fingerprint"]
    return found


@pytest.mark.parametrize("megabytes", [8, pytest.param(100, marks=pytest.mark.slow)])
def test_a_message_names_the_line_of_a_cell_far_down(megabytes: int, tmp_path: Path) -> None:
    rows = len(written(tmp_path, "csv", megabytes))
    lines = (tmp_path / "t.csv").read_text(encoding="utf-8").split("\n")
    row = rows - rows // 9
    cells = lines[row].split(",")
    lines[row] = ",".join([*cells[:3], "broken", *cells[4:]])
    (tmp_path / "t.csv").write_text("\n".join(lines), encoding="utf-8")
    told = type_in(tmp_path, ["data", "c.yaml"])
    assert told.code == 2, told.screen
    assert f"t.csv:{row + 1}: column 'x2' holds 'broken'" in told.screen
