"""Handover: a network and data that a Python program holds, as settings of a config.

What can be imported again is named by its import path, and the config can be run from its file alone. What
lives in memory gets a name that this process alone can follow; networks keep it to the end of the process, so
that a trained one can be loaded, data is let go when the step has ended.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from torch import nn

from nnbabysit.core.config.loading import bundled
from nnbabysit.core.data.readers.detection import detect
from nnbabysit.core.errors import DataError, ModelError, NnbabysitError
from nnbabysit.core.import_path import forget, keep_in_memory, load, module_of
from nnbabysit.core.models.given_network import GivenNetwork
from nnbabysit.core.paths import with_home
from nnbabysit.core.user_code import is_users_own

ModelLike = nn.Module | Callable[..., nn.Module] | str
"""A network, a class or function that builds one, or what ``model.name`` of a config can hold."""
DataLike = Any
"""(x, y), (x_train, y_train, x_test, y_test) or a dict of arrays or tensors, a map-style Dataset or two
(train, test), a function that returns one of these, a path, or the name of a config."""


@dataclass
class Handover:
    """What was handed over.

    Attributes:
        settings: Dotted config key → value.
        config: Config that was named in place of data; None if none was.
        files: The user's own files that the code came from, for the copy in the run directory.
        network: The network, when it was built already.
        kept: Targets to let go at the end.
        undetected: Why the format of a path cannot be told, if it cannot.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    config: str | None = None
    files: list[Path] = field(default_factory=list)
    network: GivenNetwork | None = None
    kept: list[str] = field(default_factory=list)
    undetected: DataError | None = None


@contextmanager
def handed_over(model: ModelLike | None, data: DataLike) -> Iterator[Handover]:
    """Make settings of what was handed over; data is let go at the end of the block.

    Raises:
        ModelError: ``model`` is none.
        DataError: ``data`` is none.
    """
    handover = Handover()
    if model is not None:
        _take_model(handover, model)
    if data is not None:
        _take_data(handover, data)
    try:
        yield handover
    finally:
        for target in handover.kept:
            forget(target)


def remember_network(model: nn.Module | Callable[..., nn.Module]) -> object:
    """What ``load`` of an in-memory target must return for ``build_model`` to build this network."""
    return GivenNetwork(model) if isinstance(model, nn.Module) else model


def _take_model(handover: Handover, model: ModelLike) -> None:
    """The section ``model`` is replaced as a whole: arguments of another network make no sense for this."""
    if isinstance(model, str):
        name = model
    elif isinstance(model, nn.Module):
        handover.network = GivenNetwork(model)
        handover.files += _files(type(model))
        name = keep_in_memory(handover.network, type(model).__name__, named_after=model)
    elif callable(model):
        handover.files += _files(model)
        name = _import_path(model) or keep_in_memory(model, _name(model))
    else:
        raise ModelError(
            f"{type(model).__name__} is no network",
            where="model",
            remedy="Give a torch.nn.Module, a class or function that builds one, or a name such as mlp",
        )
    handover.settings |= {"model.name": name, "model.args": {}, "model.init": None}
    if handover.network is not None and not handover.network.redrawable:
        handover.settings["sanity.seeds"] = 1  # there is only one initialization to look at


def _take_data(handover: Handover, data: DataLike) -> None:
    if isinstance(data, str | Path):
        _take_path(handover, str(data))
        return
    if inspect.isroutine(data) or isinstance(data, partial):
        handover.files += _files(data)
        source = _import_path(data) or _keep(handover, data, _name(data))
    else:
        source = _keep(handover, lambda: data, "data")
    handover.settings |= {"data.source": source, "data.path": None, "data.args": {}}


def _take_path(handover: Handover, data: str) -> None:
    if data in bundled() or data.endswith((".yaml", ".yml")):
        handover.config = data
        return
    path = with_home(data)
    handover.settings["data.path"] = data
    try:
        handover.settings["data.source"] = detect(path)
    except DataError as error:
        if not path.exists():
            raise DataError(
                "there is neither such a file nor a bundled config of this name", where=data
            ) from error
        handover.undetected = error


def _keep(handover: Handover, found: object, name: str) -> str:
    target = keep_in_memory(found, name)
    handover.kept.append(target)
    return target


def _name(found: Any) -> str:
    return str(getattr(found.func if isinstance(found, partial) else found, "__name__", type(found).__name__))


def _import_path(found: Any) -> str | None:
    """The path under which another process would import the very same object; None if there is none."""
    name, qualified = getattr(found, "__module__", None), getattr(found, "__qualname__", "<none>")
    module = sys.modules.get(str(name))
    file = getattr(module, "__file__", None)
    if name == "__main__" or "<" in qualified or not file:
        return None
    path = Path(file).resolve()
    if is_users_own(str(path)) and (path.suffix != ".py" or module_of(path)[1] != name):
        return None
    target = f"{path}:{qualified}" if is_users_own(str(path)) else f"{name}:{qualified}"
    try:
        return target if load(target) is found else None
    except NnbabysitError:
        return None


def _files(found: Any) -> list[Path]:
    """The user's file that a class or function was written in; a cell of a notebook has none."""
    try:
        file = inspect.getsourcefile(found.func if isinstance(found, partial) else found)
    except (TypeError, OSError):  # built in, or typed into Python itself
        return []
    return [Path(file)] if file and Path(file).is_file() and is_users_own(file) else []
