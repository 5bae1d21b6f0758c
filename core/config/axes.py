"""Checks the axes of a search space: each must name a setting, and both its ends must be allowed there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from nnbabysit.core.config import fields, tree, validation_errors
from nnbabysit.core.config.fields import Path
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.config.schema.space import Axis

STAGES = ("coarse", "fine")


def check(settings: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Path and message of each axis that cannot be searched.

    Args:
        settings: The settings as they were written, which may have other mistakes.
    """
    for stage in STAGES:
        path: Path = ("search", stage, "space")
        space = tree.get(settings, path)
        for key, axis in space.items() if isinstance(space, dict) else []:
            message = _check_key(key, settings, space) or _check_ends(key, axis, settings)
            if message:
                yield (*path, key), message


def _check_key(key: str, settings: dict[str, Any], space: dict[str, Any]) -> str:
    """Why no setting of this name can be searched; empty if one can."""
    path = fields.split(key)
    if path[0] == "search":
        return "the search cannot search its own settings"
    if fields.find(path) is None:
        return f"there is no setting {key}{fields.suggested_key(key)}"
    place, names = fields.find(path[:-1]), _names(path[:-1], settings, space)
    if place is None or not place.is_union or not names or path[-1] == "name":
        return ""
    owners = fields.members(place, str(path[-1]))
    if set(owners) & names:
        return ""
    return f"no setting of {', '.join(sorted(names))}; it belongs to {', '.join(owners)}"


def _names(section: Path, settings: dict[str, Any], space: dict[str, Any]) -> set[str]:
    """The classes that a union's section can be of in this search; empty if that is not known."""
    searched = tree.get(space, (fields.join((*section, "name")), "choice"))
    if isinstance(searched, list):
        return {str(name) for name in searched}
    written = tree.get(settings, (*section, "name"))
    if written is None and len(section) == 1:
        written = getattr(getattr(Config(), str(section[0]), None), "name", None)
    return {str(written)} if written is not None else set()


def _check_ends(key: str, axis: Any, settings: dict[str, Any]) -> str:
    """Why a value that can be drawn is not allowed; empty if all are, or if the axis itself is wrong."""
    try:
        drawn = Axis.model_validate(axis)
    except ValidationError:
        return ""
    for value in getattr(drawn, drawn.kind):
        message = _check_value(fields.split(key), tree.to_tree(value), settings)
        if message:
            hint = "; draw it with int" if "integer" in message and drawn.kind != "int" else ""
            return f"{drawn.kind} draws a value that is not allowed: {key} {message}{hint}"
    return ""


def _check_value(path: Path, value: Any, settings: dict[str, Any]) -> str:
    """Why the setting cannot have this value, whatever else is wrong with the config; empty if it can."""
    trial: dict[str, Any] = {}
    place = fields.find(path[:-1])
    if place is not None and place.is_union and path[-1] != "name":
        written = tree.get(settings, (*path[:-1], "name"))
        owners = fields.members(place, str(path[-1]))
        tree.put(trial, (*path[:-1], "name"), written if written in owners else owners[0])
    elif place is not None and place.kind == "free":
        written = tree.get(settings, path[:2])
        tree.put(trial, path[:2], written if isinstance(written, dict) else {})
    elif place is not None and place.kind == "section":
        for needed in fields.required(place):
            written = tree.get(settings, (*path[:-1], needed))
            if written is None and needed != path[-1]:
                return f"needs {fields.join((*path[:-1], needed))} to be set"
            tree.put(trial, (*path[:-1], needed), written)
    try:
        tree.put(trial, path, value)
        tree.fill_names(trial, Config())
        Config.model_validate(trial)
    except tree.NoSuchPlaceError as error:
        return str(error)
    except ValidationError as error:
        return "; ".join(message for _, message in validation_errors.describe(error.errors(), trial))
    return ""
