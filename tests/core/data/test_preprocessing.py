"""Centering and scaling against numbers on paper."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from nnbabysit.core.config.schema.data import Preprocess
from nnbabysit.core.data.preparation.preprocessing import Preprocessing
from nnbabysit.core.errors import DataError

TRAIN = torch.tensor([[0.0, 10.0], [2.0, 10.0], [4.0, 40.0]])
IMAGES = torch.randint(0, 256, (20, 3, 4, 5), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def fit(x: Tensor, **settings: Any) -> Preprocessing:
    return Preprocessing.fit(x, Preprocess(**settings))


def test_feature_and_standard_by_hand() -> None:
    out = fit(TRAIN, center="feature", scale="standard").apply(TRAIN)
    # means 2 and 20; variances 8/3 and 200
    expected = [
        [-2 / (8 / 3) ** 0.5, -10 / 200**0.5],
        [0, -10 / 200**0.5],
        [2 / (8 / 3) ** 0.5, 20 / 200**0.5],
    ]
    torch.testing.assert_close(out, torch.tensor(expected))


def test_statistics_come_from_training_and_are_applied_unchanged() -> None:
    out = fit(TRAIN, center="feature", scale="none").apply(torch.tensor([[100.0, 100.0]]))
    assert out.tolist() == [[98, 80]]


def test_minmax_maps_training_to_0_and_1() -> None:
    out = fit(TRAIN, center="none", scale="minmax").apply(TRAIN)
    torch.testing.assert_close(out, torch.tensor([[0, 0], [0.5, 0], [1, 1]]))


def test_minmax_with_center_has_range_1_and_mean_0() -> None:
    out = fit(TRAIN, center="feature", scale="minmax").apply(TRAIN)
    torch.testing.assert_close(out.mean(0), torch.zeros(2), atol=1e-7, rtol=0)
    torch.testing.assert_close(out.amax(0) - out.amin(0), torch.ones(2))


def test_unit255_divides_by_255_alone() -> None:
    out = fit(IMAGES, center="none", scale="unit255").apply(IMAGES)
    torch.testing.assert_close(out, IMAGES.float() / 255)


def test_nothing_asked_nothing_changed() -> None:
    assert torch.equal(fit(TRAIN, center="none", scale="none").apply(TRAIN), TRAIN)


def test_channel_takes_one_mean_and_one_deviation_per_channel() -> None:
    out = fit(IMAGES, center="channel", scale="standard").apply(IMAGES)
    x = IMAGES.double()
    expected = (x - x.mean((0, 2, 3), keepdim=True)) / x.std((0, 2, 3), correction=0, keepdim=True)
    torch.testing.assert_close(out, expected.float())


def test_pixel_subtracts_the_mean_image() -> None:
    out = fit(IMAGES, center="pixel", scale="none").apply(IMAGES)
    torch.testing.assert_close(out, (IMAGES.double() - IMAGES.double().mean(0)).float())


def test_a_constant_feature_is_divided_by_1() -> None:
    x = torch.full((1000, 1), 0.1)
    assert fit(x, center="feature", scale="standard").apply(x).tolist() == [[0.0]] * 1000
    assert fit(x, center="none", scale="minmax").apply(x).tolist() == [[0.0]] * 1000
    torch.testing.assert_close(fit(x, center="none", scale="standard").apply(x), x)


def test_the_raw_samples_are_not_changed() -> None:
    x = TRAIN.clone()
    fit(x, center="feature", scale="standard").apply(x)
    assert torch.equal(x, TRAIN)


def test_wide_types_keep_their_digits_until_the_mean_is_off() -> None:
    seconds = torch.tensor([[1_700_000_000], [1_700_000_001], [1_700_000_002]], dtype=torch.int64)
    assert fit(seconds, center="feature", scale="none").apply(seconds).tolist() == [[-1], [0], [1]]


def test_one_value_that_is_not_finite_leaves_the_others_alone() -> None:
    x = torch.cat([TRAIN, torch.tensor([[float("nan"), 10.0]])])
    out = fit(x, center="feature", scale="none").apply(x)
    assert out[:3, 0].tolist() == [-2, 0, 2]
    assert out[3].isnan().tolist() == [True, False]


@pytest.mark.parametrize("center", ["channel", "pixel"])
def test_features_have_no_channels_and_no_pixels(center: str) -> None:
    with pytest.raises(DataError, match="needs images") as error:
        fit(TRAIN, center=center)
    assert error.value.where == "data.preprocess.center"


def test_it_can_be_taken_apart_and_put_together() -> None:
    fitted = fit(IMAGES, center="channel", scale="standard")
    tensors = fitted.to_tensors()
    assert all(isinstance(t, Tensor) for t in tensors.values())
    again = Preprocessing.from_tensors(tensors, fitted.settings)
    assert torch.equal(again.apply(IMAGES), fitted.apply(IMAGES))
    assert again.statistics.samples == 20
