"""Real samples: raw, spread over the split, and of the shape that the run knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.new_samples.export_samples import real_samples
from nnbabysit.core.errors import DataError

Array = NDArray[Any]


def source(folder: Path, **arrays: Array) -> Config:
    """An archive in ``folder``; targets are made up."""
    targets = {name.replace("x", "y", 1): np.arange(len(x)) % 2 for name, x in arrays.items()}
    np.savez(folder / "data.npz", **{**arrays, **targets})  # type: ignore[arg-type]  # numpy's stub takes them for flags
    return Config.model_validate({"data": {"source": "npz", "path": str(folder / "data.npz")}})


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64", "int64"])
def test_they_are_raw_and_keep_their_number_type(tmp_path: Path, dtype: str) -> None:
    x = np.arange(20).reshape(10, 2).astype(dtype)
    found = real_samples(source(tmp_path, x=x), (2,), 10)
    assert found.numpy().dtype == dtype
    assert np.array_equal(found.numpy(), x)


def test_they_are_spread_over_the_whole_split(tmp_path: Path) -> None:
    x = np.arange(101).reshape(-1, 1)
    assert real_samples(source(tmp_path, x=x), (1,), 5).flatten().tolist() == [0, 25, 50, 75, 100]


def test_too_few_are_all_there_are(tmp_path: Path) -> None:
    assert len(real_samples(source(tmp_path, x=np.zeros((3, 1))), (1,), 5)) == 3


@pytest.mark.parametrize(
    ("splits", "value"), [(("train", "validation", "test"), 2), (("train", "validation"), 1), (("train",), 0)]
)
def test_the_test_split_comes_first_then_the_validation_split(
    tmp_path: Path, splits: tuple[str, ...], value: int
) -> None:
    arrays = {f"x_{name}": np.full((4, 1), number) for number, name in enumerate(splits)}
    assert real_samples(source(tmp_path, **arrays), (1,), 2).flatten().tolist() == [value, value]


def test_samples_that_are_not_finite_are_left_out(tmp_path: Path) -> None:
    x = np.array([[0.0, 1.0], [np.nan, 1.0], [2.0, np.inf], [3.0, 1.0]])
    assert real_samples(source(tmp_path, x=x), (2,), 4)[:, 0].tolist() == [0.0, 3.0]
    with pytest.raises(DataError, match="no sample is without NaN"):
        real_samples(source(tmp_path, x=x[1:3]), (2,), 4)


def test_data_that_changed_its_shape_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a sample has shape \(2,\), the run was trained on \(3,\)"):
        real_samples(source(tmp_path, x=np.zeros((4, 2))), (3,), 4)


def test_a_dataset_of_the_users_is_asked_for_these_samples_alone(tmp_path: Path) -> None:
    (tmp_path / "counting_data.py").write_text(
        "import torch\n"
        "class Numbers(torch.utils.data.Dataset):\n"
        "    def __len__(self):\n        return 9\n"
        "    def __getitem__(self, index):\n"
        "        if index % 4:\n            raise RuntimeError('nobody asked for this one')\n"
        "        return torch.tensor([index]), 0\n"
        "def numbers():\n    return Numbers()\n",
        encoding="utf-8",
    )
    config = Config.model_validate({"data": {"source": f"{tmp_path / 'counting_data.py'}:numbers"}})
    found = real_samples(config, (1,), 3)
    assert found.dtype == torch.int64
    assert found.tolist() == [[0], [4], [8]]
