"""Functions: what a network calls beside its modules, and how each is called on stacked values."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from nnbabysit.core.stacked.kinds import Kind, Unstackable, aligned, axes_of_one

Call = Callable[..., Any]

ELEMENTWISE = {
    torch.relu, torch.tanh, torch.sigmoid, torch.exp, torch.log, torch.abs, torch.neg, torch.sqrt,
    torch.square,
    torch.clamp, torch.selu, torch.celu, F.relu, F.relu6, F.leaky_relu, F.elu, F.celu, F.selu, F.gelu, F.silu,
    F.mish, F.softplus, F.softsign, F.hardtanh, F.tanh, F.sigmoid, F.logsigmoid, operator.neg,
}  # fmt: skip
ARITHMETIC: dict[Any, Call] = {
    operator.add: operator.add, operator.iadd: operator.add, torch.add: torch.add, operator.sub: operator.sub,
    operator.isub: operator.sub, torch.sub: torch.sub, operator.mul: operator.mul, torch.mul: torch.mul,
    operator.imul: operator.mul, operator.truediv: operator.truediv, operator.itruediv: operator.truediv,
    torch.div: torch.div,
}  # fmt: skip
"""In-place forms become plain ones: what they would overwrite may be shared."""
IN_PLACE = {operator.iadd, operator.isub, operator.imul, operator.itruediv}
"""Functions that overwrite their first argument; methods that do end in an underscore."""
VIEWS = {
    "view", "reshape", "contiguous", "flatten", "unflatten", "unsqueeze", "squeeze", "transpose",
    torch.reshape, torch.flatten, torch.unflatten, torch.unsqueeze, torch.squeeze, torch.transpose,
}  # fmt: skip
"""What may put out the very memory that it was given."""
NUMBERS = ("_operator", "builtins", "math")
"""Modules of what may be called on numbers and sizes alone; torch's functions would make new tensors."""
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
        if getattr(function, "__module__", None) not in NUMBERS:
            raise Unstackable(f"{_name(target)} makes a tensor of its own")
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
        if not _has_axis(function, args, kwargs):
            raise Unstackable(f"{_name(function)} goes over all axes, samples included")
        return _axes(function, offset), first
    return _reshaping(target, kwargs, offset), first


def concatenated(kinds: list[Kind], axis: int, trials: Callable[[Any], int]) -> tuple[Call, Kind]:
    """How ``torch.cat`` is called for all trials.

    Args:
        kinds: Kinds of the tensors, each a batch.
        axis: Axis of one trial.
        trials: Their number in a network.
    """
    if all(kind is Kind.SHARED for kind in kinds):
        return lambda _network, tensors: torch.cat(tensors, axis), Kind.SHARED

    def run(network: Any, tensors: list[Tensor]) -> Tensor:
        stacked = [
            t.expand(trials(network), *t.shape) if kind is Kind.SHARED else t
            for t, kind in zip(tensors, kinds, strict=True)
        ]
        return torch.cat(stacked, _shifted(axis, 1))

    return run, Kind.STACKED


def _out_of_place(function: Call) -> Call:
    def run(*args: Any, **kwargs: Any) -> Any:
        if "inplace" in kwargs:
            kwargs["inplace"] = False
        return function(*args, **kwargs)

    return run


def _size(offset: int) -> Call:
    """``x.shape``, ``x.size()`` and ``x.size(axis)`` of one trial."""

    def run(x: Tensor, axis: Any = None, *, dim: int | None = None) -> Any:
        sizes, wanted = x.shape[offset:], axis if dim is None else dim
        return sizes[wanted] if isinstance(wanted, int) else sizes

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
    tensors = {kind for kind in kinds if kind is not Kind.PLAIN}
    result = tensors.pop() if len(tensors) == 1 else Kind.STACKED
    if result is Kind.SHARED:
        return function, result

    def run(*values: Any, **options: Any) -> Any:
        pairs = list(zip(values, kinds, strict=True))
        ndim = max(axes_of_one(v, k) for v, k in pairs if k is not Kind.PLAIN)
        return function(*(v if k is Kind.PLAIN else aligned(v, k, ndim) for v, k in pairs), **options)

    return run, result


def _merged(function: Call) -> Call:
    return lambda x, *args, **kwargs: function(x.flatten(0, 1), *args, **kwargs).unflatten(0, x.shape[:2])


def _has_axis(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    axis = args[1] if len(args) > 1 else kwargs.get("dim", kwargs.get(AXES[function][0]))
    return axis is not None or function is torch.flatten


def _axes(function: Any, offset: int) -> Call:
    names = AXES[function]

    def run(x: Tensor, *args: Any, **kwargs: Any) -> Any:
        given = dict(zip(names, args, strict=False))
        rest = args[len(names) :]
        given |= {name: kwargs.pop(name) for name in names if name in kwargs}
        if function is torch.flatten:
            given.setdefault("start_dim", 0)
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
