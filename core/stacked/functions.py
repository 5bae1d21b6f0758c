"""Functions: what a network calls beside its modules, and how each is called on stacked values."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from nnbabysit.core.stacked.kinds import Kind, Unstackable, aligned

Call = Callable[..., Any]

ELEMENTWISE = {
    torch.relu, torch.tanh, torch.sigmoid, torch.exp, torch.log, torch.abs, torch.neg, torch.sqrt,
    torch.square,
    torch.clamp, torch.selu, torch.celu, F.relu, F.relu6, F.leaky_relu, F.elu, F.celu, F.selu, F.gelu, F.silu,
    F.mish, F.softplus, F.softsign, F.hardtanh, F.tanh, F.sigmoid, F.logsigmoid, operator.neg,
}  # fmt: skip
ARITHMETIC: dict[Any, Call] = {
    operator.add: torch.add, operator.iadd: torch.add, torch.add: torch.add, operator.sub: torch.sub,
    operator.isub: torch.sub, torch.sub: torch.sub, operator.mul: torch.mul, operator.imul: torch.mul,
    torch.mul: torch.mul, operator.truediv: torch.div, torch.div: torch.div,
}  # fmt: skip
"""In-place forms become plain ones: what they would overwrite may be shared."""
POOLS = {
    F.max_pool1d, F.max_pool2d, F.avg_pool1d, F.avg_pool2d, F.adaptive_avg_pool1d, F.adaptive_avg_pool2d,
    torch.max_pool1d, torch.max_pool2d, torch.avg_pool1d, torch.adaptive_avg_pool1d, F.adaptive_max_pool2d,
}  # fmt: skip
AXES: dict[Any, tuple[str, ...]] = {
    torch.flatten: ("start_dim", "end_dim"),
    torch.mean: ("dim",),
    torch.sum: ("dim",),
    torch.amax: ("dim",),
    torch.softmax: ("dim",),
    torch.log_softmax: ("dim",),
    F.softmax: ("dim",),
    F.log_softmax: ("dim",),
    torch.unsqueeze: ("dim",),
    torch.squeeze: ("dim",),
    torch.transpose: ("dim0", "dim1"),
    torch.unflatten: ("dim",),
}
"""Functions of one tensor that count axes, and the names of those arguments in their order."""
METHODS = {
    "relu": torch.relu, "relu_": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "exp": torch.exp,
    "abs": torch.abs, "square": torch.square, "sqrt": torch.sqrt, "neg": torch.neg, "clamp": torch.clamp,
    "add": torch.add, "add_": torch.add, "sub": torch.sub, "mul": torch.mul,
    "mul_": torch.mul, "div": torch.div,
    **{function.__name__: function for function in AXES if function not in (F.softmax, F.log_softmax)},
}  # fmt: skip


def stacked_call(
    target: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], kinds: list[Kind]
) -> tuple[Call, Kind]:
    """How a function or method is called for all trials, and what comes out.

    Args:
        target: A function, or the name of a method.
        args: Arguments as traced; their values are not looked at, except for axes.
        kwargs: The same.
        kinds: Kinds of the positional arguments.

    Raises:
        Unstackable: It is not known here.
    """
    function = METHODS.get(target, target) if isinstance(target, str) else target
    first = kinds[0] if kinds else Kind.PLAIN
    if all(kind is Kind.PLAIN for kind in kinds):
        return function, Kind.PLAIN
    if function in ARITHMETIC:
        return _arithmetic(ARITHMETIC[function], kinds)
    if function in ELEMENTWISE:
        return _out_of_place(function), first
    if first not in (Kind.SHARED, Kind.STACKED):
        raise Unstackable(f"{_name(target)} is called on what is no batch")
    offset = 0 if first is Kind.SHARED else 1
    if target == "size" or (target is getattr and args[1] == "shape"):
        return _size(offset), Kind.PLAIN
    if function in POOLS:
        return (_merged(function) if offset else function), first
    if function in AXES:
        return _axes(function, offset), first
    return _reshaping(target, kwargs, offset), first


def _out_of_place(function: Call) -> Call:
    def run(*args: Any, **kwargs: Any) -> Any:
        if "inplace" in kwargs:
            kwargs["inplace"] = False
        return function(*args, **kwargs)

    return run


def _size(offset: int) -> Call:
    """``x.shape``, ``x.size()`` and ``x.size(axis)`` of one trial."""

    def run(x: Tensor, axis: Any = None) -> Any:
        sizes = x.shape[offset:]
        return sizes[axis] if isinstance(axis, int) else sizes

    return run


def _reshaping(target: Any, kwargs: Mapping[str, Any], offset: int) -> Call:
    if target in ("view", "reshape"):
        return lambda x, *shape: _reshaped(x, shape, offset)
    if target == "contiguous":
        return lambda x: x
    if target in ("repeat_interleave", torch.repeat_interleave) and "dim" in kwargs:
        return lambda x, repeats, dim: x.repeat_interleave(repeats, _shifted(dim, offset))
    raise Unstackable(f"{_name(target)} has no stacked twin")


def _arithmetic(function: Call, kinds: list[Kind]) -> tuple[Call, Kind]:
    tensors = [kind for kind in kinds if kind is not Kind.PLAIN]
    if len(set(tensors)) == 1:
        return function, tensors[0]

    def run(*values: Any, **options: Any) -> Any:
        ndim = max(
            v.ndim - (k is not Kind.SHARED)
            for v, k in zip(values, kinds, strict=False)
            if k in (Kind.SHARED, Kind.STACKED)
        )
        fitted = [
            aligned(v, k, ndim) if isinstance(v, Tensor) else v for v, k in zip(values, kinds, strict=False)
        ]
        return function(*fitted, **options)

    return run, Kind.STACKED


def _merged(function: Call) -> Call:
    return lambda x, *args, **kwargs: function(x.flatten(0, 1), *args, **kwargs).unflatten(0, x.shape[:2])


def _axes(function: Any, offset: int) -> Call:
    names = AXES[function]

    def run(x: Tensor, *args: Any, **kwargs: Any) -> Any:
        given = dict(zip(names, args, strict=False))
        rest = args[len(names) :]
        given |= {name: kwargs.pop(name) for name in names if name in kwargs}
        if function is torch.flatten:
            given.setdefault("start_dim", 0)
        if given.get("dim", 0) is None or (not given and function is not torch.flatten):
            raise Unstackable(f"{_name(function)} goes over all axes, samples included")
        kwargs.pop("_stacklevel", None)
        return function(
            x, *(_shifted(given[name], offset) for name in names if name in given), *rest, **kwargs
        )

    return run


def _shifted(axis: Any, offset: int) -> Any:
    if isinstance(axis, list | tuple):
        return [_shifted(each, offset) for each in axis]
    return axis + offset if axis >= 0 else axis


def _reshaped(x: Tensor, shape: tuple[Any, ...], offset: int) -> Tensor:
    sizes = shape[0] if len(shape) == 1 and isinstance(shape[0], list | tuple) else shape
    return x.reshape(*x.shape[:offset], *sizes)


def _name(target: Any) -> str:
    return target if isinstance(target, str) else str(getattr(target, "__name__", target))
