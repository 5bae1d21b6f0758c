"""Layers: the stacked twin of each of torch's and our own modules that can have one.

A twin reads its weights, with a trial axis in front, from the network that runs it, so that trials can be
taken out between two steps. Shapes: T trials, N samples; ``shared`` inputs are (N, ...), others (T, N, ...).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nnbabysit.core.models.maxout import Maxout
from nnbabysit.core.stacked.kinds import Kind, Unstackable
from nnbabysit.core.stacked.random_layers import RANDOM
from nnbabysit.core.stacked.wide import channels_last, stacked_linear, wide_linear

if TYPE_CHECKING:
    from nnbabysit.core.stacked.network import StackedNetwork

Twin = Callable[["StackedNetwork", Tensor], Tensor]

ELEMENTWISE = (
    nn.Identity, nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.CELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish,
    nn.Sigmoid, nn.Tanh, nn.Hardtanh, nn.Hardsigmoid, nn.Hardswish, nn.Softplus, nn.Softsign, nn.LogSigmoid,
    nn.Tanhshrink,
)  # fmt: skip
"""Modules that treat every number alike: they may be called on stacked values as they are."""
POOLS = (
    nn.MaxPool1d, nn.MaxPool2d, nn.AvgPool1d, nn.AvgPool2d, nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d,
    nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d,
)  # fmt: skip
"""Modules that treat every sample and channel alike: trials may stand among the samples."""


def twin_of(name: str, module: nn.Module, kind: Kind) -> tuple[Twin, Kind]:
    """How a module is computed for all trials, and what comes out.

    Args:
        name: Name of the module in its network.
        module: That of one trial; others may differ in weights and in what ``random_layers`` knows alone.
        kind: What goes in.

    Raises:
        Unstackable: The module has no twin.
    """
    if kind not in (Kind.SHARED, Kind.STACKED):
        raise Unstackable(f"{name} is called on what is no batch")
    shared = kind is Kind.SHARED
    if isinstance(module, ELEMENTWISE):
        return _plain(module), kind
    if isinstance(module, POOLS):
        return (_plain(module) if shared else _merged(module)), kind
    if isinstance(module, nn.Flatten | nn.Unflatten | Maxout | nn.Softmax | nn.LogSoftmax):
        return _with_axes(module, shared), kind
    for types, build in _WEIGHTED:
        if type(module) in types:
            return build(name, module, shared), Kind.STACKED
    if type(module) in RANDOM:
        return RANDOM[type(module)](name, module, shared), Kind.STACKED
    raise Unstackable(f"{type(module).__name__} has no stacked twin")


def _plain(module: nn.Module) -> Twin:
    function = _out_of_place(module)
    return lambda _network, x: function(x)


def _out_of_place(module: nn.Module) -> Callable[[Tensor], Tensor]:
    """The module without ``inplace``: a shared value may be read again, and must not be written to."""
    if not getattr(module, "inplace", False):
        return module
    copy = type(module).__new__(type(module))
    copy.__dict__.update(module.__dict__)
    copy.__dict__["inplace"] = False
    return copy


def _merged(module: nn.Module) -> Twin:
    return lambda _network, x: module(x.flatten(0, 1)).unflatten(0, x.shape[:2])


def _with_axes(module: nn.Module, shared: bool) -> Twin:
    """Modules that count axes from the front, where stacked values have one more."""
    offset = 0 if shared else 1

    def at(axis: int) -> int:
        return axis + offset if axis >= 0 else axis

    match module:
        case nn.Flatten():
            start, end = at(module.start_dim), at(module.end_dim)
            return lambda _network, x: x.flatten(start, end)
        case nn.Unflatten() if isinstance(module.dim, int):
            axis, size = at(module.dim), module.unflattened_size
            return lambda _network, x: x.unflatten(axis, size)  # type: ignore[no-untyped-call]
        case Maxout():
            axis, pieces = at(1), module.pieces
            return lambda _network, x: x.unflatten(axis, (-1, pieces)).amax(axis + 1)  # type: ignore[no-untyped-call]
        case nn.Softmax() | nn.LogSoftmax() if module.dim is not None:
            function = torch.softmax if isinstance(module, nn.Softmax) else torch.log_softmax
            axis = at(module.dim)
            return lambda _network, x: function(x, axis)
    raise Unstackable(f"{type(module).__name__} has no stacked twin with these settings")


def _linear(name: str, module: nn.Module, shared: bool) -> Twin:
    weight, bias = _names(name, module)

    def run(network: StackedNetwork, x: Tensor) -> Tensor:
        w, b = network[weight], None if bias is None else network[bias]
        if shared:
            return wide_linear(x, w, b, network.dtype_of(x))
        return stacked_linear(x, w, b)

    return run


def _convolution(name: str, module: nn.Module, shared: bool) -> Twin:
    assert isinstance(module, nn.Conv1d | nn.Conv2d)
    if module.padding_mode != "zeros":
        raise Unstackable(f"{name} pads by {module.padding_mode}")
    weight, bias = _names(name, module)
    settings: dict[str, Any] = {
        "stride": module.stride, "padding": module.padding, "dilation": module.dilation
    }  # fmt: skip
    convolve, groups = (torch.conv1d if isinstance(module, nn.Conv1d) else torch.conv2d), module.groups

    def run(network: StackedNetwork, x: Tensor) -> Tensor:
        w, b = network[weight], None if bias is None else network[bias]
        inputs = [channels_last(x)] * len(w) if shared else map(channels_last, x.unbind(0))
        biases = [None] * len(w) if b is None else b.unbind(0)
        each = zip(inputs, w.unbind(0), biases, strict=True)
        maps = [convolve(*one, **settings, groups=groups) for one in each]
        return torch.cat(maps).view(len(maps), *maps[0].shape)

    return run


def _batch_norm(name: str, module: nn.Module, shared: bool) -> Twin:
    """Each trial has its own statistics.

    Numbers of all trials stand side by side as channels of one layer; image maps do not, for whose channels
    there is no such place in memory without copying.
    """
    assert isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)
    if module.momentum is None or not module.track_running_stats:
        raise Unstackable(f"{name} keeps no running averages of a fixed momentum")
    affine, momentum, eps = module.affine, module.momentum, module.eps

    def run(network: StackedNetwork, x: Tensor) -> Tensor:
        def normalized(x: Tensor, state: Sequence[Tensor]) -> Tensor:
            mean, variance, *scale = state
            weight, bias = scale or (None, None)
            return F.batch_norm(x, mean, variance, weight, bias, network.training, momentum, eps)

        names = ("running_mean", "running_var", *(("weight", "bias") if affine else ()))
        state = [network[f"{name}.{each}"] for each in names]
        stacked = x.unsqueeze(0).expand(network.trials, *x.shape) if shared else x
        if network.training:
            network[f"{name}.num_batches_tracked"].add_(1)
        if stacked.ndim == 5:
            maps = [normalized(maps, own) for maps, *own in zip(stacked, *state, strict=True)]
            return torch.cat(maps).view(stacked.shape)
        beside = stacked.transpose(0, 1).flatten(1, 2)
        y = normalized(beside, [tensor.view(-1) for tensor in state])
        apart: Tensor = y.unflatten(1, state[0].shape)  # type: ignore[no-untyped-call]
        return apart.transpose(0, 1)

    return run


def _layer_norm(name: str, module: nn.Module, shared: bool) -> Twin:
    assert isinstance(module, nn.LayerNorm)
    shape, eps, affine = module.normalized_shape, module.eps, module.elementwise_affine
    has_bias = affine and module.bias is not None

    def run(network: StackedNetwork, x: Tensor) -> Tensor:
        y = F.layer_norm(x.unsqueeze(0) if shared else x, shape, None, None, eps)
        return _scaled(
            network, name, y, affine, has_bias, lambda v: v.view(len(v), *(1,) * (y.ndim - v.ndim), *shape)
        )

    return run


def _group_norm(name: str, module: nn.Module, shared: bool) -> Twin:
    assert isinstance(module, nn.GroupNorm)
    groups, eps, affine = module.num_groups, module.eps, module.affine

    def run(network: StackedNetwork, x: Tensor) -> Tensor:
        stacked = x.unsqueeze(0) if shared else x
        y = F.group_norm(stacked.flatten(0, 1), groups, None, None, eps).view(stacked.shape)
        return _scaled(
            network, name, y, affine, affine, lambda v: v.view(len(v), 1, -1, *(1,) * (y.ndim - 3))
        )

    return run


def _scaled(
    network: StackedNetwork, name: str, y: Tensor, weight: bool, bias: bool, fit: Callable[[Tensor], Tensor]
) -> Tensor:
    if not weight:
        return y.expand(network.trials, *y.shape[1:])
    y = y * fit(network[f"{name}.weight"])
    return y + fit(network[f"{name}.bias"]) if bias else y


def _prelu(name: str, _module: nn.Module, shared: bool) -> Twin:
    def run(network: StackedNetwork, x: Tensor) -> Tensor:
        stacked, slope = x.unsqueeze(0) if shared else x, network[f"{name}.weight"]
        slope = slope.view(len(slope), 1, -1, *(1,) * (stacked.ndim - 3)) if stacked.ndim > 2 else slope
        return torch.where(stacked > 0, stacked, slope * stacked)

    return run


def _names(name: str, module: nn.Module) -> tuple[str, str | None]:
    return f"{name}.weight", None if getattr(module, "bias", None) is None else f"{name}.bias"


_WEIGHTED: tuple[tuple[tuple[type[nn.Module], ...], Callable[[str, nn.Module, bool], Twin]], ...] = (
    ((nn.Linear,), _linear),
    ((nn.Conv1d, nn.Conv2d), _convolution),
    ((nn.BatchNorm1d, nn.BatchNorm2d), _batch_norm),
    ((nn.LayerNorm,), _layer_norm),
    ((nn.GroupNorm,), _group_norm),
    ((nn.PReLU,), _prelu),
)
