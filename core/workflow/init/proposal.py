"""Proposal: a first config for a network and data never seen before, with a reason for each value."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import nn

from nnbabysit.core import import_path
from nnbabysit.core.config import fields, tree, validation_errors
from nnbabysit.core.config.fields import Path as KeyPath
from nnbabysit.core.config.files import commented, resolution
from nnbabysit.core.config.files.commented import Entry
from nnbabysit.core.config.files.source import Source
from nnbabysit.core.config.reference.json_schema import schema_line
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.checks.survey import Survey, survey
from nnbabysit.core.data.readers import detection
from nnbabysit.core.data.readers.registry import reader_of
from nnbabysit.core.errors import ConfigError, DataError, Mistake, ModelError, UserError
from nnbabysit.core.models.unknown_arguments import unknown_arguments
from nnbabysit.core.paths import with_home
from nnbabysit.core.workflow.init import settings as proposed_settings
from nnbabysit.core.workflow.init import trial_run
from nnbabysit.core.workflow.init.loss_choice import Choice, choices

_NAMED_BY: dict[KeyPath, str] = {
    ("model", "name"): "--from",
    ("data", "source"): "--data",
    ("data", "path"): "--data",
    ("data", "target"): "--target",
}
"""Settings that have a flag of their own, and the flag."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the user typed.

    Attributes:
        model: Import path of a class or function, such as ``model.py:Net``.
        data: File, folder or import path of a function.
        target: Column that holds the target, for tables.
        overrides: ``key=value`` texts; they stand in the config as they are given.
        file: The config that is going to be written, absolute; what is in it is relative to its folder.
        cwd: What the paths above are relative to.
    """

    model: str
    data: str
    target: str | None
    overrides: Sequence[str]
    file: Path
    cwd: Path


@dataclass(frozen=True)
class Proposal:
    """A config that has not been written yet.

    Attributes:
        text: The YAML.
        missing: Arguments that the network needs and the user has to fill in.
        hints: What the user should know about the network, plain sentences; they are in the text too.
    """

    text: str
    missing: tuple[str, ...] = ()
    hints: tuple[str, ...] = field(default=())


def propose(request: Request) -> Proposal:
    """Look at the data and at the network, try the two together, and write down what was found.

    Raises:
        ConfigError: An override has mistakes.
        UserError: The network or the data function cannot be imported, or it is no network.
        DataError: The data cannot be read, or the column of the target is not known.
        ModelError: The network does not fit the data, whatever the loss.
        UserCodeError: The network or the data function raised.
    """
    given = _given(request)
    target = resolution.target(request.model, request.cwd)
    network = import_path.load(target)
    if isinstance(network, type) and not issubclass(network, nn.Module):
        raise ModelError(
            f"{request.model} is a class, but no torch.nn.Module",
            where=request.model,
            remedy="Name a class derived from torch.nn.Module, or a function that returns one",
        )
    settings: dict[str, Any] = {"name": _name(target), "data": _data(request), "model": {"name": target}}
    _put_all(settings, given, only=("data", "model", "loss"))  # the rest waits for what is proposed
    loss = tree.get(given.settings, ("loss",))
    seen = survey(_checked(settings).data, loss)
    wanted = [c for c in choices(seen.y, seen.class_names) if loss in (None, c.loss)]
    wanted = wanted or [Choice(str(loss), trial_run.outputs(str(loss), seen), "")]
    missing = unknown_arguments(
        network,
        tree.get(settings, ("model", "args")) or {},
        input_shape=seen.input_shape,
        num_outputs=wanted[0].outputs,
    )
    choice = (
        wanted[0]
        if missing
        else trial_run.fitting_classes(_checked(settings).model, seen, wanted, request.data)
    )
    entries = proposed_settings.proposed(settings["data"], seen, choice)
    if seen.whole_numbers and not missing and trial_run.looks_up(_checked(settings), choice.outputs):
        entries = [proposed_settings.as_ids(entry) for entry in entries]
    if not missing and trial_run.is_small(_checked(settings).model, seen, choice):
        entries = [proposed_settings.as_small(entry) for entry in entries]
    for entry in entries:
        tree.put(settings, entry.path, entry.value)
    _put_all(settings, given)
    found = trial_run.Findings() if missing else trial_run.look(_checked(settings))
    entries += [*found.entries, *(_unknown(name, request.model) for name in missing)]
    about_targets = proposed_settings.target_hint(seen, choice)
    hints = (*seen.notes, *found.hints, *([about_targets] if about_targets else []))
    first = _identity(settings, seen, network, choice, request)
    text = _text([*first, *entries], settings, given, hints, request)
    return Proposal(text, tuple(missing), hints)


def _given(request: Request) -> Source:
    """The overrides, with absolute paths."""
    source = Source("--set")
    for text in request.overrides:
        source.override(text)
    mistakes_made = [*source.mistakes]
    for key, flag in _NAMED_BY.items():
        if tree.get(source.settings, key) is not None:
            mistakes_made.append(
                Mistake(where="--set", key=fields.join(key), message=f"{flag} names it; give one of them")
            )
    unresolved = resolution.resolve(source.settings, lambda _: request.cwd, lambda _: request.cwd)
    mistakes_made += [source.mistake(*mistake) for mistake in unresolved]
    if mistakes_made:
        raise ConfigError(mistakes_made)
    return source


def _put_all(settings: dict[str, Any], given: Source, *, only: Sequence[str] = ()) -> None:
    for path in _leaves(given.settings):
        if only and path[:1] and path[0] not in only:
            continue
        if tree.is_union_name(path):
            tree.drop_foreign(settings, path[:-1], tree.get(given.settings, path))
        tree.put(settings, path, tree.get(given.settings, path))


def _leaves(value: Any, prefix: KeyPath = ()) -> list[KeyPath]:
    if not isinstance(value, dict) or (not value and prefix):
        return [prefix]
    return [path for key, item in value.items() for path in _leaves(item, (*prefix, key))]


def _checked(settings: dict[str, Any]) -> Config:
    from pydantic import ValidationError

    try:
        return Config.model_validate(settings)
    except ValidationError as error:
        described = validation_errors.describe(error.errors(), settings)
        found = [Mistake(where="--set", key=fields.join(path), message=text) for path, text in described]
        raise ConfigError(found) from error


def _data(request: Request) -> dict[str, Any]:
    """Section ``data`` with what the path alone tells."""
    if request.data == "digits":
        return {"source": "digits"}
    if detection.is_function(request.data, request.cwd):
        return {"source": resolution.target(request.data, request.cwd)}
    path = Path(os.path.normpath(request.cwd / with_home(request.data)))
    source = detection.detect(path)
    settings = {"source": source, "path": str(path)}
    if not reader_of(source).needs_target:
        if request.target is not None:
            raise UserError("--target is the column of a table, and this is none", where=request.data)
        return settings
    if request.target is None:
        raise _which_column(path, request.data)
    return {**settings, "target": request.target}


def _which_column(path: Path, shown: str) -> DataError:
    """The error of a table without ``--target``: its columns, and the likeliest one."""
    from nnbabysit.core.data.readers.tables.table import read_table

    table = read_table(path)
    columns = [name for name in table.kinds if name not in table.index]
    usual = ("target", "label", "class", "y", "species", "outcome")
    likely = next((name for name in columns if name.lower() in usual), columns[-1])
    listed = ", ".join(columns[:20]) + (f" and {len(columns) - 20} more" if len(columns) > 20 else "")
    return DataError(
        f"which column is to be predicted? It has {listed}",
        where=shown,
        remedy=f"Name it, such as --target {shlex.quote(likely)}",
    )


def _name(target: str) -> str:
    """Name of the experiment: that of the class or function, with what a name may hold."""
    last = target.rpartition(":")[2].rpartition(".")[2]
    return re.sub(r"[^A-Za-z0-9._-]+", "-", last).lower().strip("-._")[:64] or "experiment"


def _identity(
    settings: dict[str, Any], seen: Survey, network: object, choice: Choice, request: Request
) -> list[Entry]:
    """What is used, and what it is: names, paths and arguments."""
    data, folder = settings["data"], request.file.parent
    shape = f"{len(seen.y)} samples of shape {seen.input_shape}"
    entries = [Entry(("name",), settings["name"])]
    entries += [
        Entry(("data", "source"), _relative(data["source"], folder), shape if "path" not in data else "")
    ]
    if "path" in data:
        path = _relative(data["path"], folder)
        beside = "" if Path(path).is_absolute() else "; relative to this file"
        entries.append(Entry(("data", "path"), path, f"{shape}{beside}"))
    if "target" in data:
        entries.append(Entry(("data", "target"), data["target"], "the column that is predicted"))
    offered = trial_run.offered(network, seen.input_shape, choice.outputs)
    reason = f"it is given {offered}" if offered else "nothing is passed to it"
    entries.append(Entry(("model", "name"), _relative(settings["model"]["name"], folder), reason))
    return entries


def _unknown(name: str, model: str) -> Entry:
    reason = f"model.args.{name}: missing, {Path(model).name} needs it"
    return Entry(("model", "args", name), None, reason, is_missing=True)


def _relative(text: str, folder: Path) -> str:
    """A path or an import path as a config in ``folder`` holds it: short, and true if both are moved."""
    place, colon, name = text.rpartition(":") if text.rpartition(":")[0].endswith(".py") else (text, "", "")
    if not Path(place).is_absolute():
        return text
    short = os.path.relpath(place, folder)
    if short.startswith(os.path.join("..", "..", "..")):  # noqa: PTH118 (a piece of text)
        return text
    marked = short if not colon or short.startswith("..") else f"./{short}"
    return f"{marked}{colon}{name}"


def _text(
    entries: Sequence[Entry], settings: dict[str, Any], given: Source, hints: Sequence[str], request: Request
) -> str:
    paths = _leaves(given.settings) if given.settings else []
    known = [entry for entry in entries if not any(entry.path[: len(path)] == path for path in paths)]
    partly = {entry.path: _below(entry.path, paths) for entry in known}
    known = [
        Entry(entry.path, tree.get(settings, entry.path), f"{_listed(partly[entry.path])} given with --set")
        if partly[entry.path]
        else entry
        for entry in known
    ]
    covered = [path for below in partly.values() for path in below]
    typed = [
        Entry(path, _written(tree.get(given.settings, path), request.file.parent), "given with --set")
        for path in paths
        if path not in covered
    ]
    command = f"nnbabysit babysit {shlex.quote(request.file.name)}"
    head = f"A first config for {request.model} on {request.data}: each value with its reason."
    body = commented.write(_in_order([*known, *typed]))
    told = "".join(commented.comment(f"Look at this: {hint}.") for hint in hints)
    return f"{schema_line()}\n{commented.comment(head)}{told}#   {commented.plain(command)}\n{body}"


def _below(path: KeyPath, paths: Sequence[KeyPath]) -> list[KeyPath]:
    """Those of the paths that lead into a value."""
    return [other for other in paths if other[: len(path)] == path and len(other) > len(path)]


def _listed(paths: Sequence[KeyPath]) -> str:
    return ", ".join(str(path[-1]) for path in paths)


def _written(value: Any, folder: Path) -> Any:
    return _relative(value, folder) if isinstance(value, str) else value


def _in_order(entries: Sequence[Entry]) -> list[Entry]:
    """Sections in the order of the schema."""
    order = [*Config.model_fields]
    return sorted(entries, key=lambda entry: order.index(str(entry.path[0])))
