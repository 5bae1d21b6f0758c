"""Reader for a function of the user's own that returns arrays, tensors or a map-style Dataset."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset as TorchDataset

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers import npz
from nnbabysit.core.data.readers.checked_arrays import Array, checked_arrays
from nnbabysit.core.data.readers.class_names import numbered
from nnbabysit.core.data.readers.raw import Raw
from nnbabysit.core.data.readers.reader import Reader
from nnbabysit.core.errors import DataError, UserCodeError
from nnbabysit.core.import_path import load
from nnbabysit.core.user_code import raised_at

_RETURNS = (
    "Return (x, y), (x_train, y_train, x_test, y_test), a dict of such arrays, a map-style Dataset or "
    "(train, test) of Datasets"
)


class FunctionReader(Reader):
    """``./data.py:function``, the user's own."""

    reads = "a function ./data.py:function"
    has_channels = True
    is_function = True

    def detects(self, path: Path) -> bool:
        """A path alone names no function."""
        return False

    def advice(self, path: Path) -> tuple[str, str] | None:
        """A Python file may hold one."""
        if path.suffix.lower() != ".py":
            return None
        return "this is a Python file", f"Name the function in it, {path}:function"

    def read(self, settings: Data, loss: str = "cross_entropy") -> Raw:
        """Call the function with ``settings.args`` (and ``path``, if it has a parameter of that name).

        Raises:
            UserCodeError: The function raised.
            DataError: It is no function, does not take the arguments, or returns something else.
            UserError: It cannot be imported.
        """
        place = settings.source
        function = load(place)
        if not callable(function):
            raise DataError(f"it is a {type(function).__name__}, not a function", where=place)
        result = _call(function, _arguments(function, settings), place)
        return _from_dict(result, settings) if isinstance(result, Mapping) else _raw(result, place)


def _from_dict(result: Mapping[Any, object], settings: Data) -> Raw:
    place = settings.source
    for name in settings.drop:
        if name not in result:
            raise DataError(f"{place} returned no array {name!r}", where="data.drop")
    named = {str(key): value for key, value in result.items() if key not in settings.drop}
    return npz.from_mapping({name: _array(value, name, place) for name, value in named.items()}, place)


def _arguments(function: Callable[..., object], settings: Data) -> dict[str, Any]:
    arguments = dict(settings.args)
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return arguments
    if settings.path is not None and "path" not in arguments:
        if "path" not in signature.parameters:
            raise DataError(
                "a path is set, but your function has no parameter named path",
                where="data.path",
                remedy=f"Add the parameter to {settings.source}, or use data.args",
            )
        arguments["path"] = settings.path
    try:
        signature.bind(**arguments)
    except TypeError as error:
        raise DataError(
            f"{settings.source}{signature} does not take these arguments: {error}", where="data.args"
        ) from error
    return arguments


def _call(function: Callable[..., object], arguments: dict[str, Any], place: str) -> object:
    try:
        return function(**arguments)
    except Exception as error:  # the user's code may raise anything
        words = str(error).partition("\n")[0]
        raise UserCodeError(
            f"{place} raised {type(error).__name__}{': ' if words else ''}{words}", where=raised_at(error)
        ) from error


def _raw(result: object, place: str) -> Raw:
    if isinstance(result, TorchDataset):
        return Raw(place=place, train=result)
    if not isinstance(result, tuple | list):
        raise DataError(f"it returned {type(result).__name__}", where=place, remedy=_RETURNS)
    if len(result) == 2 and all(isinstance(part, TorchDataset) for part in result):
        return Raw(place=place, train=result[0], test=result[1])
    if len(result) == 2:
        return _from_arrays({"train": ("x", "y")}, result, place)
    if len(result) == 4:
        names = {"train": ("x_train", "y_train"), "test": ("x_test", "y_test")}
        return _from_arrays(names, result, place)
    raise DataError(f"it returned {len(result)} things", where=place, remedy=_RETURNS)


def _from_arrays(splits: Mapping[str, tuple[str, str]], result: Sequence[object], place: str) -> Raw:
    """Inputs and targets of the splits, one after another."""
    order = [name for pair in splits.values() for name in pair]
    arrays = {name: _array(value, name, place) for name, value in zip(order, result, strict=True)}
    ys, class_names = numbered({y: arrays[y] for _, y in splits.values()}, place)
    found = {split: checked_arrays(arrays[x], ys[y], place, (x, y)) for split, (x, y) in splits.items()}
    return Raw(place=place, train=found["train"], test=found.get("test"), class_names=class_names)


def _array(value: object, name: str, place: str) -> Array:
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        if value.dtype == torch.bfloat16:
            value = value.float()  # numpy has no bfloat16
        return value.numpy()
    try:
        array = np.asarray(value)
        if array.dtype.kind in "US" and not isinstance(value, np.ndarray):
            array = np.asarray(value, dtype=object)  # else NumPy makes the text '1' of the number 1
        return _plain(array)
    except ValueError as error:
        raise DataError(
            f"{name} is no array: its rows differ in length", where=place, remedy=_RETURNS
        ) from error


def _plain(array: Array) -> Array:
    """Integers that lie in an array of Python objects, as pandas and lists of mixed kinds make it."""
    if array.dtype.kind != "O" or not all(type(value) is int for value in array.flat):
        return array
    try:
        return array.astype(np.int64)
    except OverflowError:
        return array
