"""The convolutional network: blocks, their order, and what plain functions compute."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from nnbabysit.core.config.schema.root import Model
from nnbabysit.core.errors import ModelError
from nnbabysit.core.models.build import build_model
from nnbabysit.core.models.cnn import CNN
from nnbabysit.core.models.settings import CNNSettings


def kinds(net: nn.Module) -> list[str]:
    return [type(m).__name__ for m in net.modules() if not list(m.children())]


def test_a_cnn_is_blocks_and_then_an_mlp() -> None:
    net = CNN((3, 8, 8), 10, CNNSettings(channels=[4, 6], hidden=[5], norm="batch", dropout=0.1))
    block = ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d"]
    tail = ["Dropout", "Flatten", "Linear", "BatchNorm1d", "ReLU", "Dropout", "Linear"]
    assert kinds(net) == [*block, *block, *tail]
    assert net(torch.zeros(2, 3, 8, 8)).shape == (2, 10)


def test_a_cnn_computes_what_plain_functions_compute() -> None:
    net = CNN((1, 5, 7), 3, CNNSettings(channels=[2], kernel=3, pool=2, hidden=[]))
    x = torch.randn(4, 1, 5, 7)
    conv, bias, weight, shift = net.parameters()
    maps = F.max_pool2d(F.relu(F.conv2d(x, conv, bias, padding=1)), 2)
    torch.testing.assert_close(net(x), maps.view(4, 2 * 2 * 3) @ weight.T + shift)


def test_pool_one_keeps_height_and_width() -> None:
    net = CNN((1, 3, 3), 2, CNNSettings(channels=[1, 1, 1], kernel=5, pool=1, hidden=[]))
    assert "MaxPool2d" not in kinds(net)
    assert net(torch.zeros(1, 1, 3, 3)).shape == (1, 2)


def test_average_pooling_is_the_mean_of_the_neighbors() -> None:
    net = CNN((1, 4, 4), 3, CNNSettings(channels=[2], pooling="average", hidden=[]))
    x = torch.randn(4, 1, 4, 4)
    conv, bias, weight, shift = net.parameters()
    maps = F.relu(F.conv2d(x, conv, bias, padding=1))
    means = torch.stack([maps[:, :, i : i + 2, j : j + 2].mean((2, 3)) for i in (0, 2) for j in (0, 2)], 2)
    torch.testing.assert_close(net(x), means.flatten(1) @ weight.T + shift)


def test_fractional_pooling_shrinks_by_less_than_half() -> None:
    net = CNN((1, 8, 8), 3, CNNSettings(channels=[2, 2, 2], pooling="fractional", hidden=[]))
    assert net.get_parameter("classifier.output.weight").shape[1] == 2 * 2 * 2  # 8 → 5 → 3 → 2
    net = CNN((1, 8, 8), 3, CNNSettings(channels=[2, 2], pooling="fractional", hidden=[]))
    assert net.get_parameter("classifier.output.weight").shape[1] == 2 * 3 * 3
    assert net(torch.zeros(2, 1, 8, 8)).shape == (2, 3)


def test_maxout_takes_the_largest_of_neighboring_maps() -> None:
    net = CNN((1, 4, 4), 3, CNNSettings(channels=[2], activation="maxout", pool=1, hidden=[]))
    x = torch.randn(4, 1, 4, 4)
    conv, bias, weight, shift = net.parameters()
    maps = F.conv2d(x, conv, bias, padding=1)
    largest = torch.stack([torch.maximum(maps[:, 0], maps[:, 1]), torch.maximum(maps[:, 2], maps[:, 3])], 1)
    torch.testing.assert_close(net(x), largest.flatten(1) @ weight.T + shift)


def test_each_normalization_stands_before_the_non_linearity() -> None:
    for norm, kind in [("batch", "BatchNorm2d"), ("layer", "GroupNorm"), ("group", "GroupNorm")]:
        settings = CNNSettings.model_validate({"channels": [32], "hidden": [], "norm": norm})
        net = CNN((1, 4, 4), 3, settings)
        assert kinds(net) == ["Conv2d", kind, "ReLU", "MaxPool2d", "Flatten", "Linear"]
        assert ("features.conv1.bias" in net.state_dict()) is (norm != "batch")


def test_fractional_pooling_lasts_for_more_blocks_but_not_for_any_number() -> None:
    def build(blocks: int) -> nn.Module:
        args = {"channels": [2] * blocks, "pooling": "fractional"}
        return build_model(Model(name="cnn", args=args), input_shape=(1, 8, 9), num_outputs=3, seed=0)

    build(4)  # 8 → 5 → 3 → 2 → 1
    with pytest.raises(
        ModelError, match=r"got 5 blocks that each divide height and width by 1\.414"
    ) as caught:
        build(5)
    assert caught.value.remedy == "List at most 4 blocks, or lower model.args.ratio"
