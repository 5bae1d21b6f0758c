"""One layer of a built-in network: weighted sum → normalization → non-linearity → dropout, by name."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

from nnbabysit.core.models.activations import build_activation, build_dropout
from nnbabysit.core.models.dropconnect import DropConnectLinear
from nnbabysit.core.models.normalization import build_norm, needs_bias
from nnbabysit.core.models.settings import LayerSettings, MLPSettings

Layers = OrderedDict[str, nn.Module]


def hidden_layer(
    number: int, inputs: int, units: int, settings: MLPSettings, *, dropout: bool = True
) -> Layers:
    """A fully connected layer and what follows it: hidden1, norm1, activation1, dropout1.

    Args:
        number: What the names end in.
        inputs: Numbers that come in.
        units: Numbers that go out.
        settings: What follows the layer.
        dropout: Whether ``settings.dropout`` and ``settings.dropconnect`` act here.
    """
    sums, bias = units * settings.sums, needs_bias(settings.norm)
    p = settings.dropconnect if dropout else 0
    linear = DropConnectLinear(inputs, sums, p, bias=bias) if p else nn.Linear(inputs, sums, bias=bias)
    layers = Layers({f"hidden{number}": linear})
    layers |= after_sum(number, sums, settings, image=False)
    if dropout and settings.dropout > 0:
        layers[f"dropout{number}"] = build_dropout(settings.activation, settings.dropout)
    return layers


def after_sum(number: int, sums: int, settings: LayerSettings, *, image: bool) -> Layers:
    """Normalization and non-linearity after ``sums`` weighted sums: norm1, activation1."""
    layers = Layers()
    norm = build_norm(settings, sums, image=image)
    if norm is not None:
        layers[f"norm{number}"] = norm
    layers[f"activation{number}"] = build_activation(settings.activation, settings.pieces)
    return layers


def convolution(
    inputs: int, sums: int, kernel: int, settings: LayerSettings, *, stride: int = 1
) -> nn.Conv2d:
    """A convolution that keeps height and width, or divides them by ``stride``, rounded up."""
    bias = needs_bias(settings.norm)
    return nn.Conv2d(inputs, sums, kernel, stride=stride, padding=kernel // 2, bias=bias)
