"""Random layers: those that draw random numbers in training, and how they are made to draw none."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.dropout import _DropoutNd

from nnbabysit.core.models.dropconnect import DropConnectLinear
from nnbabysit.core.models.pooling import FractionalMaxPool
from nnbabysit.core.models.stochastic_depth import StochasticDepth


def without_draws(model: nn.Module) -> int:
    """Let nothing be drawn at random any more in training: every unit, weight and branch is kept.

    Dropout of each kind, in layers of their own and in recurrent and attention layers, DropConnect and
    stochastic depth keep all; fractional max-pooling takes the places of evaluation. What a user's module
    draws by functions is out of reach.

    Args:
        model: Any network; changed in place.

    Returns:
        Number of layers that were changed.
    """
    return sum(_without_draws(module) for module in model.modules())


def _without_draws(module: nn.Module) -> bool:
    """Whether the layer drew anything."""
    match module:
        case _DropoutNd() | DropConnectLinear() if module.p > 0:
            module.p = 0.0
        case nn.RNNBase() | nn.MultiheadAttention() if module.dropout > 0:
            module.dropout = 0.0
        case StochasticDepth() if module.survival < 1:
            module.survival = 1.0
        case FractionalMaxPool() if module.draws:
            module.draws = False
        case _:
            return False
    return True
