"""Nested settings as plain dicts and lists: set a value, switch a union's class, list the leaves."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from nnbabysit.core.config import fields
from nnbabysit.core.config.fields import Path
from nnbabysit.core.config.schema.section import Section
from nnbabysit.core.config.schema.space import Axis


class NoSuchPlaceError(Exception):
    """A path leads through something that has no such part; the message says what."""


def to_tree(value: Any) -> Any:
    """Settings as dicts and lists; a search axis keeps the one distribution it has."""
    if isinstance(value, Axis):
        return {value.kind: to_tree(getattr(value, value.kind))}
    if isinstance(value, BaseModel):
        return {name: to_tree(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {key: to_tree(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_tree(item) for item in value]
    return value


def put(tree: dict[str, Any], path: Path, value: Any) -> None:
    """Set one value, making the sections on the way.

    Raises:
        NoSuchPlaceError: The path leads into a list that has no such item, or below a single value.
    """
    *way, last = path
    here: Any = tree
    for depth, part in enumerate(way):
        if isinstance(here, list):
            here = here[_index(here, part)]
            continue
        if not isinstance(here.get(part), dict | list):
            place = fields.find(path[: depth + 1])
            if place is not None and place.kind == "value":
                raise NoSuchPlaceError(f"{fields.join(path[: depth + 1])} is a single value")
            here[part] = {}
        here = here[part]
    here[_index(here, last) if isinstance(here, list) else last] = copy.deepcopy(value)


def _index(items: list[Any], part: str | int) -> int:
    if not str(part).isdigit() or int(part) >= len(items):
        raise NoSuchPlaceError(f"there is no item {part} in a list of {len(items)}")
    return int(part)


def get(tree: Any, path: Sequence[str | int]) -> Any:
    """Value at a path, None where there is nothing."""
    for part in path:
        if isinstance(tree, dict):
            tree = tree.get(part)
        elif isinstance(tree, list) and str(part).isdigit() and int(part) < len(tree):
            tree = tree[int(part)]
        else:
            return None
    return tree


def foreign_keys(path: Path, section: Mapping[str, Any], name: object) -> list[str]:
    """Keys of a union's section that its other classes know but the class ``name`` does not.

    A key that no class knows is a slip, not a leftover, and is not among them.
    """
    place = fields.find(path)
    chosen = fields.member(place, name) if place else None
    if place is None or chosen is None:
        return []
    return [key for key in section if key not in chosen.model_fields and fields.members(place, key)]


def drop_foreign(tree: dict[str, Any], path: Path, name: object) -> list[str]:
    """Leave out what a union's section holds for its other classes alone; the keys that went."""
    section = get(tree, path)
    keys = foreign_keys(path, section, name) if isinstance(section, dict) else []
    for key in keys:
        del section[key]
    return keys


def is_union_name(path: Path) -> bool:
    """Whether a path is the ``name`` that decides which class a section is."""
    place = fields.find(path[:-1]) if path and path[-1] == "name" else None
    return place is not None and place.is_union


def fill_names(tree: dict[str, Any], defaults: Section) -> None:
    """Give a union's section without ``name`` the default's: ``optimizer: {lr: 0.1}`` stays momentum."""
    for key in type(defaults).model_fields:
        section, default = tree.get(key), getattr(defaults, key)
        if isinstance(section, dict) and "name" not in section and is_union_name((key, "name")):
            section["name"] = default.name


def paths(value: Any, prefix: Path = ()) -> Iterator[Path]:
    """Every path below a value, itself included unless it is the top."""
    if prefix:
        yield prefix
    if isinstance(value, dict):
        for key, item in value.items():
            yield from paths(item, (*prefix, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from paths(item, (*prefix, index))


def leaves(settings: Section) -> dict[str, Any]:
    """Dotted key → value of every single setting; a search axis and a list count as one value."""
    return {fields.join(path): value for path, value in _leaves(settings, ())}


def _leaves(value: Any, prefix: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, Section) and not isinstance(value, Axis):
        for name in type(value).model_fields:
            yield from _leaves(getattr(value, name), (*prefix, name))
    elif isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, (*prefix, key))
    else:
        yield prefix, to_tree(value)
