"""Non-linearities by name.

Which one to take: relu first, mind the learning rate; then leaky_relu, elu or maxout; then tanh; no sigmoid
in hidden layers, because it saturates and its outputs are not centered on zero.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from nnbabysit.core.models.maxout import Maxout
from nnbabysit.core.models.settings import Activation

_BUILDERS: dict[Activation, Callable[[], nn.Module]] = {
    "sigmoid": nn.Sigmoid,  # 1 / (1 + e^-x); its slope is at most 0.25
    "tanh": nn.Tanh,
    "relu": nn.ReLU,  # max(0, x)
    "leaky_relu": lambda: nn.LeakyReLU(0.01),  # max(0.01·x, x); Maas et al. 2013
    "prelu": nn.PReLU,  # the same with a learned slope, 0.25 at first; He et al. 2015
    "elu": lambda: nn.ELU(1.0),  # x, below zero e^x - 1; Clevert et al. 2016
    "selu": nn.SELU,  # scaled ELU that keeps mean 0 and variance 1 under lecun_normal; Klambauer et al. 2017
    "gelu": nn.GELU,  # x·Φ(x); Hendrycks & Gimpel 2016
    "silu": nn.SiLU,  # x·sigmoid(x); Elfwing et al. 2018
}


def build_activation(name: Activation, pieces: int = 2) -> nn.Module:
    """A new module for ``name``; prelu brings one weight of its own, so modules are never shared.

    Args:
        name: Non-linearity.
        pieces: For ``maxout``, which makes one unit of so many weighted sums.
    """
    return Maxout(pieces) if name == "maxout" else _BUILDERS[name]()


def build_dropout(name: Activation, p: float) -> nn.Module:
    """Dropout after the non-linearity ``name``: alpha dropout after selu, whose mean and variance it keeps.

    Plain dropout sets units to 0 and divides the others by 1 - p; alpha dropout sets them to selu's lowest
    value and rescales (Klambauer et al. 2017, section 2, "New Dropout Technique").

    Args:
        name: Non-linearity.
        p: Fraction of the units that is dropped, in 0…1.
    """
    return nn.AlphaDropout(p) if name == "selu" else nn.Dropout(p)
