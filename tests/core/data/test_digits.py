"""The bundled digits against their source."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers import digits
from nnbabysit.core.data.readers.checked_arrays import Arrays
from nnbabysit.core.errors import DataError


def test_the_bundled_digits_are_those_of_scikit_learn() -> None:
    from sklearn.datasets import load_digits

    raw, original = digits.DigitsReader().read(Data()), load_digits()
    assert isinstance(raw.train, Arrays)
    assert raw.train.x.shape == (1797, 1, 8, 8)
    assert raw.train.x.dtype == np.uint8
    assert np.array_equal(raw.train.x[:, 0], original.images)
    assert np.array_equal(raw.train.y, original.target)
    assert raw.class_names == tuple("0123456789")
    assert raw.test is None


def test_the_script_makes_the_very_same_file(maker: ModuleType, tmp_path: Path) -> None:
    maker.write_digits(tmp_path / "digits.npz")
    with np.load(tmp_path / "digits.npz") as new, np.load(digits.FILE) as bundled:
        assert all(np.array_equal(new[name], bundled[name]) for name in ("x", "y"))
    again = tmp_path / "again.npz"
    maker.write_digits(again)
    assert _sha(again) == _sha(tmp_path / "digits.npz")


def test_the_license_lies_beside_them() -> None:
    text = digits.FILE.with_name("digits.LICENSE.txt").read_text()
    assert "CC BY 4.0" in text
    assert "Alpaydin" in text


def test_digits_take_no_path() -> None:
    with pytest.raises(DataError) as error:
        digits.DigitsReader().read(Data(path="x"))
    assert error.value.where == "data.path"


def _sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
