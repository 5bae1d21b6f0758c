"""Followers: which non-linearity each layer feeds, seen in one forward pass.

Layers of their own (``nn.ReLU``) and functions (``F.relu``, ``x.relu()``) are seen alike, in the order in
which they are called: in residual networks, and where one activation layer serves several others, the order
in which the layers were written down says something else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd
from torch.overrides import TorchFunctionMode

from nnbabysit.core.models.calls import ROOT, Call, Calls, Note, guarded
from nnbabysit.core.models.maxout import Maxout

RECTIFIER_LIKE = ("relu", "relu6", "elu", "celu", "gelu", "silu", "mish", "softplus", "hardswish")
LEAKY = ("leaky_relu", "rrelu", "prelu")
SATURATING = ("tanh", "sigmoid", "hardtanh", "hardsigmoid", "softsign", "logsigmoid")
KNOWN = {*RECTIFIER_LIKE, *LEAKY, *SATURATING, "selu", "maxout"}


@dataclass(frozen=True, slots=True)
class Follower:
    """A non-linearity.

    Attributes:
        name: One of ``KNOWN``.
        slope: Slope below zero of ``LEAKY`` ones.
        pieces: Sums per unit of ``maxout``.
    """

    name: str
    slope: float = 0.0
    pieces: int = 1


@dataclass(slots=True)
class Followers:
    """What one forward pass showed.

    Attributes:
        after: Layer → the first non-linearity after it and before the next layer; a layer that is followed by
            none is not in it. Of a layer that is called several times, the last call counts.
        last: The layer that was called last.
    """

    after: dict[nn.Module, Follower] = field(default_factory=dict)
    last: nn.Module | None = None

    @property
    def output(self) -> nn.Module | None:
        """The output layer: the last one, if no non-linearity follows it."""
        return self.last if self.last not in self.after else None


@contextmanager
def following(model: nn.Module) -> Iterator[Followers]:
    """Watches forward passes of ``model``: its linear and convolutional layers, and what follows them.

    Args:
        model: Any network; lazy layers are recognized too.
    """
    seen = Followers()
    layers = {
        path or ROOT: module
        for path, module in model.named_modules()
        if isinstance(module, nn.Linear | _ConvNd | Maxout)
    }
    with Calls(model, layers, _noting(seen)), _Watch(seen):
        yield seen


def _noting(seen: Followers) -> Note:
    def note(_call: Call, layer: nn.Module, _output: Any) -> None:
        if isinstance(layer, Maxout):
            _follow(seen, Follower("maxout", pieces=layer.pieces))
        else:
            seen.last = layer
            seen.after.pop(layer, None)

    return note


def _follow(seen: Followers, follower: Follower) -> None:
    if seen.last is not None:
        seen.after.setdefault(seen.last, follower)


class _Watch(TorchFunctionMode):
    """Sees every function of torch that is called."""

    def __init__(self, seen: Followers) -> None:
        super().__init__()
        self._seen = seen

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        guarded(self._look)(func, args, kwargs)
        return func(*args, **kwargs)

    def _look(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        name = getattr(func, "__name__", "").rstrip("_")
        if name == "hardtanh" and _lower_bound(args, kwargs) >= 0:  # what nn.ReLU6 calls
            name = "relu6"
        if name in KNOWN:
            _follow(self._seen, Follower(name, slope=_slope(name, args, kwargs)))


def _lower_bound(args: tuple[Any, ...], kwargs: dict[str, Any]) -> float:
    return float(kwargs.get("min_val", args[1] if len(args) > 1 else -1.0))


def _slope(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> float:
    """The slope below zero; rrelu draws it, and 11/48 is its mean."""
    if name == "rrelu":
        return 11 / 48
    if name == "leaky_relu":
        return float(kwargs.get("negative_slope", args[1] if len(args) > 1 else 0.01))
    if name == "prelu":
        weight: Tensor = kwargs.get("weight", args[-1])
        return float(weight.detach().mean())
    return 0.0
