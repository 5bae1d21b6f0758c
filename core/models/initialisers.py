"""Initial weights of linear and convolutional layers.

fan_in is the number of inputs that feed one output, fan_out the number of outputs that one input feeds, and
fan_avg their mean; a convolution counts each of its taps, within its group.

==================  =========  ============================================================================
scheme              variance   source
==================  =========  ============================================================================
``zeros``           0          none: the units of a layer stay equal for ever, a fault that can be shown
``normal``          std²       AlexNet (Krizhevsky et al. 2012) with std 0.01
``xavier_normal``   1/fan_avg  Glorot & Bengio 2010, section 4.2.1
``xavier_uniform``  1/fan_avg  the same, equation 16: U(-a, a) with a = √(6/(fan_in + fan_out))
``he_normal``       2/fan_in   He et al. 2015, equation 10
``he_uniform``      2/fan_in   the same: U(-a, a) with a = √(6/fan_in)
``lecun_normal``    1/fan_in   LeCun et al. 1998, "Efficient BackProp", section 4.6
``lecun_uniform``   1/fan_in   the same: U(-a, a) with a = √(3/fan_in)
==================  =========  ============================================================================

He is Xavier with √2 times the standard deviation, which makes up for the half that a rectifier cuts off. It
is counted over fan_in, as in the paper and as torch does by default: that keeps the scale of the activations
from layer to layer. Counted over fan_avg it would differ, except in square layers.
"""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd
from torch.nn.utils import parametrize

from nnbabysit.core.config.schema import Init
from nnbabysit.core.errors import ModelError


def initialise(model: nn.Module, init: Init) -> None:
    """Draw the weights of all linear and convolutional layers anew and set their biases to zero.

    Frozen layers (``requires_grad`` of the weight is off) keep what they have: whoever froze them wants those
    values. Other layers, such as normalisation and embeddings, are not touched.

    Args:
        model: Any network; changed in place. Random numbers come from torch's global generator.
        init: Scheme and, for ``normal``, the standard deviation.

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
    for layer in layers:
        _draw_weight(layer, init)
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
def _draw_weight(layer: nn.Linear | _ConvNd, init: Init) -> None:
    std = _standard_deviation(init, *fans(layer))
    uniform = init.scheme.endswith("_uniform")
    if parametrize.is_parametrized(layer, "weight"):  # `weight` is computed here; assigning sets its sources
        layer.weight = _draw(torch.empty_like(layer.weight), std, uniform=uniform)
    else:
        _draw(layer.weight, std, uniform=uniform)


def _standard_deviation(init: Init, fan_in: int, fan_out: int) -> float:
    match init.scheme.partition("_")[0]:
        case "zeros":
            return 0.0
        case "xavier":
            return sqrt(2 / (fan_in + fan_out))
        case "he":
            return sqrt(2 / fan_in)
        case "lecun":
            return sqrt(1 / fan_in)
        case _:
            return init.std


def _draw(weight: Tensor, std: float, *, uniform: bool) -> Tensor:
    bound = sqrt(3) * std  # U(-a, a) has variance a²/3
    return nn.init.uniform_(weight, -bound, bound) if uniform else nn.init.normal_(weight, 0.0, std)
