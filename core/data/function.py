"""Reader for a function of the user's own that returns arrays, tensors or a map-style Dataset."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset as TorchDataset

from nnbabysit.core.config.data_settings import Data
from nnbabysit.core.data import npz
from nnbabysit.core.data.raw import Array, Raw, checked_arrays
from nnbabysit.core.errors import DataError, UserCodeError
from nnbabysit.core.import_path import load
from nnbabysit.core.user_code import raised_at

_RETURNS = (
    "Return (x, y), (x_train, y_train, x_test, y_test), a dict of such arrays, a map-style Dataset or "
    "(train, test) of Datasets"
)


def read(settings: Data) -> Raw:
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
    return _raw(_call(function, _arguments(function, settings), place), place)


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
    if isinstance(result, Mapping):
        return npz.from_mapping({str(k): _array(v, str(k), place) for k, v in result.items()}, place)
    if not isinstance(result, tuple | list):
        raise DataError(f"it returned {type(result).__name__}", where=place, remedy=_RETURNS)
    if len(result) == 2 and all(isinstance(part, TorchDataset) for part in result):
        return Raw(place=place, train=result[0], test=result[1])
    if len(result) == 2:
        return Raw(place=place, train=_pair(result, ("x", "y"), place))
    if len(result) == 4:
        return Raw(
            place=place,
            train=_pair(result[:2], ("x_train", "y_train"), place),
            test=_pair(result[2:], ("x_test", "y_test"), place),
        )
    raise DataError(f"it returned {len(result)} things", where=place, remedy=_RETURNS)


def _pair(pair: Any, names: tuple[str, str], place: str) -> Any:
    x, y = (_array(value, name, place) for value, name in zip(pair, names, strict=True))
    return checked_arrays(x, y, place, names)


def _array(value: object, name: str, place: str) -> Array:
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        if value.dtype == torch.bfloat16:
            value = value.float()  # numpy has no bfloat16
        return value.numpy()
    try:
        return np.asarray(value)
    except ValueError as error:
        raise DataError(
            f"{name} is no array: its rows differ in length", where=place, remedy=_RETURNS
        ) from error
