"""Names of classes: exact texts, the same number in every file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnbabysit.core.data.readers.checked_arrays import Arrays
from nnbabysit.core.data.readers.class_names import numbered, numbered_as
from nnbabysit.core.data.readers.raw import Raw
from nnbabysit.core.errors import DataError

LABELS = st.lists(
    st.sampled_from(["01", "1", "1.0", " 1", "NA", "9007199254740993", "9007199254740992", "ä", "a\u0308"]),
    min_size=1,
)


@given(LABELS)
def test_a_name_is_the_exact_text(labels: list[str]) -> None:
    ys, names = numbered({"y": np.array(labels)}, "here")
    assert names is not None
    assert [names[number] for number in ys["y"]] == labels
    assert list(names) == sorted(set(labels))


NEW = pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.0.0", reason="StringDType is NumPy 2's")


@pytest.mark.parametrize("dtype", ["U", object, pytest.param("T", marks=NEW)])
def test_every_kind_of_text(dtype: Any) -> None:
    ys, names = numbered({"y": np.array(["dog", "cat", "dog"], dtype=dtype).reshape(-1, 1)}, "here")
    assert (ys["y"].tolist(), names) == ([1, 0, 1], ("cat", "dog"))


def test_bytes_are_utf_8() -> None:
    ys, names = numbered({"y": np.array(["dög".encode(), b"cat"])}, "here")
    assert (ys["y"].tolist(), names) == ([1, 0], ("cat", "dög"))


def test_numbers_stay_as_they_are() -> None:
    y = np.array([3, 5])
    ys, names = numbered({"y": y}, "here")
    assert ys["y"] is y
    assert names is None


@pytest.mark.parametrize(
    ("ys", "words"),
    [
        ({"y_train": ["a", "b"], "y_test": ["a", "c"]}, r"y_test\[1\] is 'c', which is not one of the 2"),
        ({"y_train": ["a", "b"], "y_test": [0, 1]}, "y_train holds text and y_test does not"),
        ({"y": ["a", ""]}, r"y\[1\] is an empty text"),
    ],
)
def test_labels_that_are_refused(ys: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        numbered({name: np.array(y) for name, y in ys.items()}, "here")


def source(y: list[int], names: tuple[str, ...] | None) -> Raw:
    return Raw(place=str(Path("second")), train=Arrays(np.zeros((len(y), 2)), np.array(y)), class_names=names)


def test_a_second_source_has_the_numbers_of_the_first() -> None:
    raw = numbered_as(("cat", "cow", "dog"), source([0, 1, 1], ("cow", "dog")))
    assert isinstance(raw.train, Arrays)
    assert raw.train.y.tolist() == [1, 2, 2]
    assert numbered_as(None, source([0, 1], None)).class_names is None
    assert isinstance(numbered_as(("0", "1"), source([0, 1], None)), Raw)


def test_names_and_numbers_are_not_mixed() -> None:
    with pytest.raises(DataError, match="class 'emu' is not one of the 2 classes"):
        numbered_as(("cat", "dog"), source([0, 1], ("cat", "emu")))
    with pytest.raises(DataError, match="its labels are numbers, and the classes that were trained on have"):
        numbered_as(("cat", "dog"), source([0, 1], None))
    with pytest.raises(DataError, match="its labels are names"):
        numbered_as(None, source([0, 1], ("cat", "dog")))
