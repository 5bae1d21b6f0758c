"""The residual network: blocks by hand, sizes, and its survival probabilities."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from nnbabysit.core.config.schema.root import Model
from nnbabysit.core.errors import ModelError
from nnbabysit.core.models.build import build_model
from nnbabysit.core.models.resnet import ResidualBlock, ResNet
from nnbabysit.core.models.settings import ResNetSettings
from nnbabysit.core.models.stochastic_depth import StochasticDepth


def test_a_block_adds_its_branch_to_its_input_before_the_non_linearity() -> None:
    block = ResidualBlock(3, 3, ResNetSettings(norm="none"), stride=1, survival=1.0)
    x = torch.randn(2, 3, 5, 5)
    w1, b1, w2, b2 = block.parameters()
    branch = F.conv2d(F.relu(F.conv2d(x, w1, b1, padding=1)), w2, b2, padding=1)
    torch.testing.assert_close(block(x), F.relu(x + branch))


def test_a_block_that_changes_the_shape_has_a_convolution_of_one_pixel_as_its_shortcut() -> None:
    block = ResidualBlock(3, 4, ResNetSettings(norm="none"), stride=2, survival=1.0)
    x = torch.randn(2, 3, 5, 5)
    w1, b1, w2, b2, shortcut, bias = block.parameters()
    branch = F.conv2d(F.relu(F.conv2d(x, w1, b1, stride=2, padding=1)), w2, b2, padding=1)
    expected = F.relu(torch.einsum("oi,nihw->nohw", shortcut[:, :, 0, 0], x[:, :, ::2, ::2])
                      + bias[:, None, None] + branch)  # fmt: skip
    torch.testing.assert_close(block(x), expected)
    assert block(x).shape == (2, 4, 3, 3)


def test_under_maxout_the_shortcut_is_added_to_the_largest_piece() -> None:
    settings = ResNetSettings(norm="none", activation="maxout", pieces=3)
    block = ResidualBlock(4, 4, settings, stride=1, survival=1.0)
    x = torch.randn(2, 4, 5, 5)
    pieces = block.branch(x)
    largest = torch.stack([pieces[:, 3 * unit : 3 * unit + 3].amax(1) for unit in range(4)], dim=1)
    torch.testing.assert_close(block(x), x + largest)


def test_a_dropped_block_is_its_shortcut_and_evaluation_uses_the_expected_branch() -> None:
    block = ResidualBlock(3, 3, ResNetSettings(norm="none"), stride=1, survival=0.25)
    x = torch.rand(40, 3, 4, 4)  # not negative, so the non-linearity leaves a bare shortcut alone
    torch.manual_seed(0)
    dropped = (block(x) == x).flatten(1).all(1)
    assert 20 < int(dropped.sum()) < 40
    block.eval()
    branch = block.branch[:3](x)
    torch.testing.assert_close(block(x), F.relu(x + 0.25 * branch))


def test_survival_decays_over_all_blocks_of_all_stages() -> None:
    net = ResNet((1, 8, 8), 10, ResNetSettings(channels=[4, 8], blocks=2, survival=0.5))
    survivals = [module.survival for module in net.modules() if isinstance(module, StochasticDepth)]
    assert survivals == [0.875, 0.75, 0.625, 0.5]
    whole = ResNet((1, 8, 8), 10, ResNetSettings(channels=[4, 8], blocks=2))
    assert not any(isinstance(module, StochasticDepth) for module in whole.modules())


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 7, 5), (2, 1, 1)])
def test_each_stage_after_the_first_halves_the_image_rounded_up(shape: tuple[int, int, int]) -> None:
    net = ResNet(shape, 10, ResNetSettings(channels=[4, 6, 8], blocks=1)).eval()
    sizes: list[tuple[int, ...]] = []
    for number in (1, 2, 3):
        block = net.get_submodule(f"block{number}")
        block.register_forward_hook(lambda _m, _i, out: sizes.append(tuple(out.shape[1:])))
    assert net(torch.zeros(2, *shape)).shape == (2, 10)
    h, w = shape[1:]
    assert sizes == [(4, h, w), (6, -(-h // 2), -(-w // 2)), (8, -(-h // 4), -(-w // 4))]


def test_each_convolution_is_normalized_and_has_no_bias_then() -> None:
    net = ResNet((1, 8, 8), 10, ResNetSettings(channels=[4, 8], blocks=1))
    kinds = [type(m).__name__ for m in net.modules() if isinstance(m, nn.Conv2d | nn.BatchNorm2d)]
    assert kinds == ["Conv2d", "BatchNorm2d"] * 6  # stem, 2 + 2, shortcut
    assert all(m.bias is None for m in net.modules() if isinstance(m, nn.Conv2d))


def test_samples_that_are_no_images_are_refused() -> None:
    with pytest.raises(ModelError, match="resnet needs images") as caught:
        build_model(Model(name="resnet"), input_shape=(64,), num_outputs=3, seed=0)
    assert caught.value.where == "model.name"
