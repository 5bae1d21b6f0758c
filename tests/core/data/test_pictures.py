"""Pictures as the user knows them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nnbabysit.core.config.schema.data import Preprocess
from nnbabysit.core.data.new_samples.pictures import are_pictures, pictures
from nnbabysit.core.data.preparation.preprocessing import Preprocessing


def test_gray_pictures_have_no_channel_and_colored_ones_have_it_last() -> None:
    raw = torch.arange(2 * 3 * 2 * 2, dtype=torch.uint8).reshape(2, 3, 2, 2)
    fitted = Preprocessing.fit(raw, Preprocess(center="pixel", scale="unit255"))
    shown = pictures(fitted.apply(raw), fitted)
    assert shown.shape == (2, 2, 2, 3)
    assert shown[1, 1, 0, 2] == pytest.approx(int(raw[1, 2, 1, 0]) / 23, abs=1e-6)
    gray = Preprocessing.fit(raw[:, :1], Preprocess())
    shown = pictures(gray.apply(raw[:, :1]), gray)
    assert shown.shape == (2, 2, 2)
    assert (shown.min(), shown.max()) == pytest.approx((0, 1))


def test_values_beyond_the_training_data_are_cut_and_nan_is_black() -> None:
    raw = torch.tensor([0.0, 1.0]).reshape(2, 1, 1, 1)
    fitted = Preprocessing.fit(raw, Preprocess(center="none", scale="none"))
    odd = torch.tensor([-5.0, 7.0, np.nan]).reshape(3, 1, 1, 1)
    assert pictures(odd, fitted).flatten().tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("shape", "yes"),
    [((1, 8, 8), True), ((3, 8, 8), True), ((64,), False), ((2, 8, 8), False), ((8, 8), False)],
)
def test_what_is_a_picture(shape: tuple[int, ...], yes: bool) -> None:
    assert are_pictures(shape) is yes
