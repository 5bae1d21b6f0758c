"""Normalization layers against means and variances written out."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from nnbabysit.core.models.normalization import build_norm, default_groups, needs_bias
from nnbabysit.core.models.settings import LayerSettings, Norm


def normalized(x: Tensor, dims: tuple[int, ...]) -> Tensor:
    mean = x.mean(dims, keepdim=True)
    return (x - mean) / ((x - mean).square().mean(dims, keepdim=True) + 1e-5).sqrt()


@pytest.mark.parametrize(("norm", "flat", "image"), [("batch", (0,), (0, 2, 3)), ("layer", (1,), (1, 2, 3))])
def test_a_normalization_takes_its_mean_over_its_own_dimensions(
    norm: Norm, flat: tuple[int, ...], image: tuple[int, ...]
) -> None:
    settings = LayerSettings(norm=norm)
    for x, dims in [(torch.randn(6, 8) * 3 + 1, flat), (torch.randn(6, 8, 4, 5) * 3 + 1, image)]:
        layer = build_norm(settings, 8, image=x.dim() == 4)
        assert layer is not None
        torch.testing.assert_close(layer(x), normalized(x, dims))


def test_group_normalization_is_layer_normalization_of_each_group() -> None:
    layer = build_norm(LayerSettings(norm="group", groups=2), 8, image=True)
    assert layer is not None
    x = torch.randn(6, 8, 4, 5)
    halves = [normalized(x[:, :4], (1, 2, 3)), normalized(x[:, 4:], (1, 2, 3))]
    torch.testing.assert_close(layer(x), torch.cat(halves, dim=1))


@pytest.mark.parametrize(
    ("width", "groups"), [(1, 1), (16, 1), (31, 1), (32, 2), (50, 2), (64, 4), (100, 5), (512, 32)]
)
def test_groups_hold_sixteen_units_or_more_unless_told_otherwise(width: int, groups: int) -> None:
    assert default_groups(width) == groups


def test_without_a_norm_there_is_no_layer() -> None:
    assert build_norm(LayerSettings(), 8, image=False) is None


def test_a_bias_before_batch_normalization_changes_nothing_and_before_the_others_it_does() -> None:
    x = torch.randn(6, 8)
    for norm in ("batch", "layer", "group"):
        layer = build_norm(LayerSettings.model_validate({"norm": norm, "groups": 2}), 8, image=False)
        assert layer is not None
        changed = not torch.allclose(layer(x), layer(x + torch.arange(8.0)), atol=1e-4)
        assert changed is needs_bias(norm)
