"""Archives of NumPy: no array is passed over, and the samples to predict are one array."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnbabysit.core.data.readers import npz
from nnbabysit.core.data.readers.array_names import part_of
from nnbabysit.core.data.readers.checked_arrays import Arrays
from nnbabysit.core.errors import DataError

X = np.arange(8.0).reshape(4, 2)


@given(
    st.sets(
        st.sampled_from(
            ["x", "X", "y", "x_train", "y_train", "x_val", "y_val", "train_x", "test_labels", "data"]
        )
        | st.text("abxy_", min_size=1, max_size=6),
        min_size=2,
        max_size=6,
    )
)
def test_every_array_is_read_or_refused_whatever_they_are_called(names: set[str]) -> None:
    """Each array has a value of its own: what comes out must hold all of them."""
    ordered = sorted(names)
    arrays = {
        name: np.full((4, 2), float(i)) if str(part_of(name)).startswith("x") else np.full(4, i)
        for i, name in enumerate(ordered)
    }
    try:
        raw = npz.from_mapping(arrays, "here")
    except DataError:
        return
    parts = [part for part in (raw.train, raw.validation, raw.test) if isinstance(part, Arrays)]
    values = {float(array.flat[0]) for part in parts for array in (part.x, part.y)}
    assert values == set(map(float, range(len(ordered))))


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ("x y", "x"),
        ("x x_test", "x"),
        ("x_train y_train x_test y_test", "x_test"),
        ("images", "images"),
        ("arr_0", "arr_0"),
        ("X ids", "X"),
    ],
)
def test_the_samples_to_predict(names: str, chosen: str) -> None:
    name, notes = npz.input_array(dict.fromkeys(names.split(), X), "here")
    assert name == chosen
    assert notes == (() if chosen == "x" else (f"the array {chosen} is read as x",))


@pytest.mark.parametrize(
    ("names", "words"),
    [("x X", "x, X may all be x"), ("a b", "no x in it, found a, b"), ("x_train x_val", "may all be x")],
)
def test_samples_that_could_be_several_are_refused(names: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        npz.input_array(dict.fromkeys(names.split(), X), "here")
