"""Fractional max-pooling against loops over its regions."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nnbabysit.core.models.pooling import (
    FractionalMaxPool,
    build_pooling,
    placements,
    pooled_size,
    regions,
)
from nnbabysit.core.models.settings import CNNSettings


def starts(side: int, count: int, shift: float) -> list[int]:
    """First pixels of the regions: ⌊(i + u)·α⌋ - ⌊u·α⌋, and the last region at the border."""
    if count == 1:
        return [side - 2]
    alpha = (side - 2) / (count - 1)
    return [int((i + shift) * alpha) - int(shift * alpha) for i in range(count - 1)] + [side - 2]


def pooled(x: Tensor, ratio: float, down: float, right: float) -> Tensor:
    """One placement, region by region."""
    rows = starts(x.shape[2], int(x.shape[2] * (1 / ratio)), down)
    columns = starts(x.shape[3], int(x.shape[3] * (1 / ratio)), right)
    cells = [[x[:, :, r : r + 2, c : c + 2].amax((2, 3)) for c in columns] for r in rows]
    return torch.stack([torch.stack(row, dim=2) for row in cells], dim=2)


@pytest.mark.parametrize("ratio", [1.2, 1.414, 1.9])
def test_in_evaluation_it_is_the_mean_over_the_fixed_placements(ratio: float) -> None:
    x = torch.randn(2, 3, 9, 12)
    expected = torch.stack([pooled(x, ratio, down, right) for down, right in placements()]).mean(0)
    torch.testing.assert_close(FractionalMaxPool(ratio).eval()(x), expected)


def test_regions_are_where_torch_s_own_layer_places_them() -> None:
    for side in range(2, 40):
        shifts = torch.tensor(placements()).flip(1)[None]  # width first; one channel for each placement
        for ratio in (1.05, 1.2, 1.414, 1.5, 1.9):
            count = pooled_size(side, ratio)
            rows = torch.arange(float(side)).expand(1, len(placements()), side, side).transpose(2, 3)
            ends = F.fractional_max_pool2d(rows, 2, output_size=count, _random_samples=shifts)[0, :, :, 0]
            assert [[*map(int, row)] for row in (ends - 1).tolist()] == [
                regions(side, count, down) for down, _ in placements()
            ]


def test_in_evaluation_nothing_is_drawn_and_a_sample_depends_on_itself_alone() -> None:
    pool, x = FractionalMaxPool(1.5).eval(), torch.randn(4, 3, 9, 9)
    state = torch.get_rng_state()
    whole = pool(x)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(pool(x[1:2]), whole[1:2])


def test_in_training_it_is_torch_s_own_layer_with_regions_that_change() -> None:
    pool, x = FractionalMaxPool(1.5), torch.randn(2, 3, 12, 12)
    torch.manual_seed(4)
    first, second = pool(x), pool(x)
    torch.manual_seed(4)
    assert torch.equal(first, nn.FractionalMaxPool2d(2, output_ratio=1 / 1.5)(x))
    assert not torch.equal(first, second)


def test_regions_are_one_or_two_pixels_apart_and_reach_both_borders() -> None:
    rows = torch.arange(12.0).expand(1, 1, 12, 12).transpose(2, 3)  # each pixel says its row
    for seed in range(20):
        torch.manual_seed(seed)
        ends = [0.0, *(FractionalMaxPool(1.5)(rows)[0, 0, :, 0]).tolist()]
        assert {b - a for a, b in pairwise(ends)} <= {1.0, 2.0}
        assert ends[-1] == 11


def test_the_placements_are_spread_evenly_over_both_sides() -> None:
    down, right = zip(*placements(), strict=True)
    assert sorted(down) == sorted(right) == [(j + 0.5) / 8 for j in range(8)]


@pytest.mark.parametrize(
    ("side", "factor", "size"), [(8, 2, 4), (9, 2, 4), (1, 2, 0), (8, 1.414, 5), (2, 1.9, 1), (1, 1.1, 0)]
)
def test_the_size_after_pooling(side: int, factor: float, size: int) -> None:
    assert pooled_size(side, factor) == size
    if size and factor != 2:
        assert FractionalMaxPool(factor)(torch.zeros(1, 1, side, side)).shape[-1] == size


def test_each_name_builds_its_layer() -> None:
    assert isinstance(build_pooling(CNNSettings(pooling="max")), nn.MaxPool2d)
    assert isinstance(build_pooling(CNNSettings(pooling="average")), nn.AvgPool2d)
    assert isinstance(build_pooling(CNNSettings(pooling="fractional", pool=1)), FractionalMaxPool)
    assert build_pooling(CNNSettings(pooling="average", pool=1)) is None
