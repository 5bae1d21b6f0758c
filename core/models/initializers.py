"""Initial weights of linear and convolutional layers.

fan_in is the number of inputs that feed one output, fan_out the number of outputs that one input feeds, and
fan_avg their mean; a convolution counts each of its taps, within its group.

==================  ==========  ===========================================================================
scheme              variance    source
==================  ==========  ===========================================================================
``zeros``           0           none: the units of a layer stay equal for ever, a fault that can be shown
``normal``          std²        AlexNet (Krizhevsky et al. 2012) with std 0.01
``xavier_normal``   1/fan_avg   Glorot & Bengio 2010, section 4.2.1
``xavier_uniform``  1/fan_avg   the same, equation 16: U(-a, a) with a = √(6/(fan_in + fan_out))
``he_normal``       2/fan_in    He et al. 2015, equation 10
``he_uniform``      2/fan_in    the same: U(-a, a) with a = √(6/fan_in)
``lecun_normal``    1/fan_in    LeCun et al. 1998, "Efficient BackProp", section 4.6
``lecun_uniform``   1/fan_in    the same: U(-a, a) with a = √(3/fan_in)
``orthogonal``      1/largest   Saxe et al. 2014: rows (or columns, where they are fewer) of length 1, at
                                right angles; a convolution's kernel counts as one row per output channel
``auto``            see below   by the non-linearity that follows the layer
==================  ==========  ===========================================================================

He is Xavier with √2 times the standard deviation, which makes up for the half that a rectifier cuts off. It
is counted over fan_in, as in the paper and as torch does by default: that keeps the scale of the activations
from layer to layer. Counted over fan_avg it would differ, except in square layers.

==============================  ======================  ===================================================
``auto``: what follows          variance                source
==============================  ======================  ===================================================
tanh, sigmoid                   1/fan_avg               Glorot & Bengio 2010
relu, elu, gelu, silu           2/fan_in                He et al. 2015; Clevert et al. 2016 for elu; by
                                                        likeness for gelu and silu
leaky_relu, prelu of slope a    2/((1 + a²)·fan_in)     He et al. 2015, equation 15
selu                            1/fan_in                Klambauer et al. 2017, section 3
maxout of k pieces              1/(m_k·fan_in)          Tseran & Montúfar 2023, "maxout He initialization";
                                                        m_k is the mean square of the largest of k standard
                                                        normal numbers, and m_2 = 1
nothing, another layer          1/fan_in                LeCun et al. 1998
==============================  ======================  ===================================================

The output layer, which nothing follows, hands its scale to no other layer but to the loss. It is drawn
``OUTPUT_GAIN`` times as large by all schemes except ``zeros`` and ``normal``, whose scale the config gives.
"""

from __future__ import annotations

from math import pi, sqrt

import torch
from torch import nn
from torch.nn.modules.conv import _ConvNd
from torch.nn.utils import parametrize

from nnbabysit.core.config.schema.root import Init
from nnbabysit.core.errors import ModelError
from nnbabysit.core.models.followers import LEAKY, SATURATING, Follower, Followers

OUTPUT_GAIN = 0.1
"""Keeps the initial loss within 3 % of ln 10 on digits and Fashion-MNIST; with 1 it is up to 111 % above."""


def initialize(model: nn.Module, init: Init, followers: Followers | None = None) -> None:
    """Draw the weights of all linear and convolutional layers anew and set their biases to zero.

    Frozen layers (``requires_grad`` of the weight is off) keep what they have: whoever froze them wants those
    values. Other layers, such as normalization and embeddings, are not touched.

    Args:
        model: Any network; changed in place. Random numbers come from torch's global generator.
        init: Scheme, gain and, for ``normal``, the standard deviation.
        followers: What follows each layer, and which is the output layer. Without it ``auto`` takes no layer
            to feed a non-linearity, and no layer counts as the output.

    Raises:
        ModelError: There is no such layer.
    """
    weighted = [m for m in model.modules() if isinstance(m, nn.Linear | _ConvNd)]
    layers = [layer for layer in weighted if layer.weight.requires_grad]
    if not layers:
        raise ModelError(
            f"{init.scheme} has nothing to act on, no linear or convolutional layer is trained",
            where="model.init",
            remedy="Leave model.init out",
        )
    followers = followers or Followers()
    relative = init.scheme not in ("zeros", "normal")
    for layer in layers:
        gain = init.gain * (OUTPUT_GAIN if relative and layer is followers.output else 1)
        _draw_weight(layer, init, gain, followers.after.get(layer))
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def fans(layer: nn.Linear | _ConvNd) -> tuple[int, int]:
    """fan_in and fan_out of a layer, both at least 1 unless the layer is empty."""
    rows, columns, *kernel = layer.weight.shape
    taps = torch.Size(kernel).numel()
    if not isinstance(layer, _ConvNd):
        return columns, rows
    if layer.transposed:  # stored as (in, out / groups, ...)
        return rows // layer.groups * taps, columns * taps
    return columns * taps, rows // layer.groups * taps  # stored as (out, in / groups, ...)


@torch.no_grad()
def _draw_weight(layer: nn.Linear | _ConvNd, init: Init, gain: float, follower: Follower | None) -> None:
    parametrized = parametrize.is_parametrized(layer, "weight")
    weight = torch.empty_like(layer.weight) if parametrized else layer.weight
    if init.scheme == "orthogonal":
        nn.init.orthogonal_(weight, gain)
    else:
        std = gain * _standard_deviation(init, follower, *fans(layer))
        bound = sqrt(3) * std  # U(-a, a) has variance a²/3
        uniform = init.scheme.endswith("_uniform")
        nn.init.uniform_(weight, -bound, bound) if uniform else nn.init.normal_(weight, 0.0, std)
    if parametrized:  # `weight` is computed there; assigning sets its sources
        layer.weight = weight


def _standard_deviation(init: Init, follower: Follower | None, fan_in: int, fan_out: int) -> float:
    match init.scheme.partition("_")[0]:
        case "zeros":
            return 0.0
        case "xavier":
            return sqrt(2 / (fan_in + fan_out))
        case "he":
            return sqrt(2 / fan_in)
        case "lecun":
            return sqrt(1 / fan_in)
        case "auto":
            return _by_follower(follower, fan_in, fan_out)
        case _:
            return init.std


def _by_follower(follower: Follower | None, fan_in: int, fan_out: int) -> float:
    if follower is None or follower.name == "selu":
        return sqrt(1 / fan_in)
    if follower.name in SATURATING:
        return sqrt(2 / (fan_in + fan_out))
    if follower.name == "maxout":
        return sqrt(1 / (largest_square(follower.pieces) * fan_in))
    slope = follower.slope if follower.name in LEAKY else 0.0
    return sqrt(2 / ((1 + slope**2) * fan_in))


def largest_square(count: int) -> float:
    """Mean square of the largest of ``count`` standard normal numbers: ∫ x²·k·φ(x)·Φ(x)^(k-1) dx.

    1 for one and for two, 1 + √3/(2π) for three, 1 + √3/π for four.
    """
    x = torch.linspace(-10, 10, 20_001, dtype=torch.float64)
    density = count * torch.exp(-x.square() / 2) / sqrt(2 * pi) * torch.special.ndtr(x) ** (count - 1)
    return float(torch.trapezoid(x.square() * density, x))
