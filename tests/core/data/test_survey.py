"""One look at a source: its targets, its shape, its own splits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.checks.survey import survey


def test_arrays_are_looked_at_before_anything_is_held_out(tmp_path: Path) -> None:
    x = np.arange(24, dtype=np.uint8).reshape(6, 2, 2)
    np.savez(tmp_path / "a.npz", x_train=x, y_train=np.arange(6) % 2, x_test=x, y_test=np.arange(6) % 2)
    seen = survey(Data(source="npz", path=str(tmp_path / "a.npz")))
    assert seen.input_shape == (2, 2)
    assert seen.y.tolist() == [0, 1, 0, 1, 0, 1]
    assert seen.statistics.samples == 6
    assert seen.whole_numbers
    assert seen.own_splits == ("test",)


def test_a_dataset_of_the_users_is_read_through(tmp_path: Path) -> None:
    (tmp_path / "own_set.py").write_text(
        "import torch\nfrom torch.utils.data import TensorDataset\n"
        "def load():\n    return TensorDataset(torch.arange(8.).reshape(4, 2), torch.tensor([0, 1, 2, 1]))\n",
        encoding="utf-8",
    )
    seen = survey(Data(source=f"{tmp_path}/own_set.py:load"))
    assert seen.input_shape == (2,)
    assert seen.y.tolist() == [0, 1, 2, 1]
    assert seen.statistics.mean.tolist() == [3, 4]


@pytest.mark.parametrize(
    ("target", "loss", "names", "y"),
    [
        ("kind", None, ("no", "yes"), [0, 1]),
        ("grade", None, ("3", "5"), [0, 1]),
        ("price", None, None, [1.5, 2.5]),
        ("grade", "mse", None, [3, 5]),
    ],
)
def test_the_target_of_a_table_is_a_class_or_a_number(
    target: str, loss: str | None, names: tuple[str, ...] | None, y: list[float], tmp_path: Path
) -> None:
    rows = ["a,kind,grade,price", *["1,no,3,1.5", "2,yes,5,2.5"] * 10]
    (tmp_path / "t.csv").write_text("\n".join(rows), encoding="utf-8")
    seen = survey(Data(source="csv", path=str(tmp_path / "t.csv"), target=target), loss)
    assert seen.class_names == names
    assert seen.y[:2].tolist() == y
