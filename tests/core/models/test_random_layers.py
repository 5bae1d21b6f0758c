"""Random layers: without draws, training computes what evaluation does."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from nnbabysit.core.config.schema.root import Model
from nnbabysit.core.models.build import build_model
from nnbabysit.core.models.random_layers import without_draws


@pytest.mark.parametrize(
    ("name", "args", "layers"),
    [
        ("mlp", {"hidden": [20, 20], "dropout": 0.5}, 2),
        ("mlp", {"hidden": [20], "activation": "selu", "dropout": 0.5}, 1),
        ("mlp", {"hidden": [20, 20], "dropconnect": 0.5, "dropout": 0.5}, 4),
        ("cnn", {"channels": [4, 4], "pooling": "fractional"}, 2),
        ("resnet", {"channels": [4], "blocks": 3, "norm": "none", "survival": 0.5}, 3),
        ("mlp", {"hidden": [20]}, 0),
    ],
)
def test_training_is_evaluation(name: str, args: dict[str, Any], layers: int) -> None:
    model = build_model(Model(name=name, args=args), input_shape=(1, 8, 8), num_outputs=3, seed=0)
    x = torch.randn(16, 1, 8, 8)
    if layers:
        assert not torch.equal(model(x), model(x))
    assert without_draws(model) == layers
    drawn = model(x)
    assert torch.equal(model(x), drawn)
    assert torch.equal(model.eval()(x), drawn)
    assert without_draws(model) == 0


def test_dropout_within_layers_of_torch() -> None:
    x = torch.randn(5, 2, 4)
    attention = nn.MultiheadAttention(4, 2, dropout=0.5)
    recurrent = nn.LSTM(4, 4, num_layers=2, dropout=0.5)
    assert without_draws(nn.ModuleList([attention, recurrent])) == 2
    assert torch.equal(attention(x, x, x)[0], attention(x, x, x)[0])
    assert torch.equal(recurrent(x)[0], recurrent(x)[0])
