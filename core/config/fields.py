"""Walks the schema along a dotted path: which settings exist, and what lies where.

A path is a tuple of keys and list indices. The keys of a search space hold dots themselves, so
``search.coarse.space.optimizer.lr.uniform`` is ``("search", "coarse", "space", "optimizer.lr", "uniform")``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal, get_args, get_origin

from nnbabysit.core.config.schema.data import SOURCES
from nnbabysit.core.config.schema.root import LOSSES, MODELS, Config
from nnbabysit.core.config.schema.section import Section
from nnbabysit.core.config.schema.space import Axis
from nnbabysit.core.config.synonyms import canonical, find_synonym

Path = tuple[str | int, ...]
_SPACE = re.compile(r"^(search)\.(coarse|fine)\.(space)\.(.+)$")


@dataclass(frozen=True, slots=True)
class Spot:
    """What the schema holds at a path.

    Attributes:
        kind: ``section`` (fields below), ``axes`` (a search space), ``free`` (anything below) or ``value``.
        classes: For a section its classes: one, or several that are told apart by ``name``.
    """

    kind: Literal["section", "axes", "free", "value"]
    classes: tuple[type[Section], ...] = ()

    @property
    def is_union(self) -> bool:
        """Whether ``name`` decides which class it is."""
        return len(self.classes) > 1


OPEN: dict[str, tuple[str, ...]] = {"model.name": MODELS, "loss": LOSSES, "data.source": tuple(SOURCES)}
"""Settings that take a name of ours or an import path."""
TOP = Spot("section", (Config,))
_VALUE = Spot("value")
_FREE = Spot("free")


def spot(annotation: Any) -> Spot:
    """What a field with this annotation holds."""
    found = tuple(_parts(annotation))
    classes = tuple(part for part in found if isinstance(part, type) and issubclass(part, Section))
    if classes:
        return Spot("section", classes)
    for part in found:
        if get_origin(part) is dict:
            return Spot("axes") if get_args(part)[1] is Axis else _FREE
        if get_origin(part) is list:
            alone = all(other is part or other is type(None) for other in found)
            return _FREE if alone else _VALUE
    return _VALUE


def _parts(annotation: Any) -> Iterator[Any]:
    """Members of unions, without Annotated."""
    if isinstance(annotation, type) or get_origin(annotation) in (dict, list, tuple, Literal):
        yield annotation
        return
    arguments = get_args(annotation)
    if hasattr(annotation, "__metadata__"):
        arguments = arguments[:1]
    for argument in arguments:
        yield from _parts(argument)


def below(place: Spot, part: str | int) -> Spot | None:
    """What lies one step further; None if the schema knows no such key."""
    if place.kind == "section":
        for section in place.classes:
            if part in section.model_fields:
                return spot(section.model_fields[str(part)].annotation)
        return None
    if place.kind == "axes":
        return Spot("section", (Axis,))
    return _FREE if place.kind == "free" or isinstance(part, int) else None


def find(path: Sequence[str | int]) -> Spot | None:
    """What lies at a path; None if the schema knows no such path."""
    place: Spot | None = TOP
    for part in path:
        place = below(place, part) if place else None
    return place


def split(key: str) -> Path:
    """Path of a dotted key."""
    match = _SPACE.match(key)
    if not match:
        return tuple(key.split("."))
    *start, axis = match.groups()
    head, _, kind = axis.rpartition(".")
    return (*start, head, kind) if head and kind in Axis.model_fields else (*start, axis)


def join(path: Sequence[str | int]) -> str:
    """Dotted key of a path."""
    return ".".join(str(part) for part in path)


def keys(place: Spot) -> list[str]:
    """Names of the fields of a section."""
    return list(dict.fromkeys(name for section in place.classes for name in section.model_fields))


def required(place: Spot) -> list[str]:
    """Names of the fields of a section of one class that have no default."""
    return [name for name, field in place.classes[0].model_fields.items() if field.is_required()]


def members(place: Spot, key: str) -> list[str]:
    """Names of those classes of a union that know ``key``."""
    return [name_of(section) for section in place.classes if key in section.model_fields]


def member(place: Spot, name: object) -> type[Section] | None:
    """The class of a union that goes by ``name``."""
    return next((section for section in place.classes if name_of(section) == name), None)


def name_of(section: type[Section]) -> str:
    """The literal that tells this class of a union from the others."""
    names = get_args(section.model_fields["name"].annotation)
    return str(names[0]) if names else ""


@functools.cache
def all_keys() -> tuple[str, ...]:
    """Every dotted key of the schema, sections included, without what is below a free dict or a space."""
    return tuple(_all_keys(TOP, ""))


def _all_keys(place: Spot, prefix: str) -> Iterator[str]:
    for name in keys(place) if place.kind == "section" else []:
        yield prefix + name
        inner = below(place, name)
        if inner is not None:
            yield from _all_keys(inner, f"{prefix}{name}.")


def suggestion(path: Sequence[str | int]) -> str:
    """Nearest key to one that does not exist, as ``, did you mean lr?``, or the keys that exist there."""
    known_elsewhere = translation(path)
    if known_elsewhere:
        return known_elsewhere
    for depth in range(len(path)):
        place = find(path[:depth]) or _VALUE
        wrong = str(path[depth])
        if find(path[: depth + 1]) is not None:
            continue
        known = keys(place)
        nearest = near(wrong, known)
        if nearest:
            return f", did you mean {nearest}?"
        last = f".{path[-1]}"
        elsewhere = [key for key in all_keys() if key.endswith(last) and key.count(".") < 3]
        if elsewhere:
            return f", did you mean {' or '.join(elsewhere[:3])}?"
        return f"; known here: {', '.join(known)}" if known else "; it is a single value"
    return ""


def choices(key: str) -> list[str]:
    """The names that a setting can be, such as those of the optimizers; none for numbers and texts."""
    (meant, *_) = canonical(f"{key}=x")
    path = tuple(meant.partition("=")[0].split("."))
    place = find(path[:-1])
    if place is None or place.kind != "section":
        return []
    found = [
        section.model_fields[path[-1]].annotation
        for section in place.classes
        if path[-1] in section.model_fields
    ]
    parts = [part for annotation in found for part in _parts(annotation)]
    names = [str(name) for part in parts if get_origin(part) is Literal for name in get_args(part)]
    names += ["true", "false"] if bool in parts else []
    return list(dict.fromkeys([*names, *OPEN.get(join(path), ())]))


def translation(path: Sequence[str | int]) -> str:
    """What a name of another tool, or one without its section, is here; empty if nothing is known of it."""
    synonym = find_synonym(join(path))
    if synonym is None:
        return ""
    if not synonym.paths:
        return f"; {synonym.answer}"
    place, last = find(path[:-1]), synonym.paths[0].rpartition(".")[2]
    here = place is not None and place.kind == "section" and len(path) > 1 and last in keys(place)
    return f", did you mean {last if here else ' and '.join(synonym.paths)}?"


def suggested_key(key: str) -> str:
    """Nearest full dotted key, as ``, did you mean optimizer.lr?``; empty if none is near."""
    known_elsewhere = translation(split(key))
    if known_elsewhere:
        return known_elsewhere
    settings = [known for known in all_keys() if not known.startswith("search.")]
    same = [known for known in settings if known.rpartition(".")[2] == key.rpartition(".")[2]]
    found = get_close_matches(key, same, n=1, cutoff=0) or get_close_matches(key, settings, n=1)
    return f", did you mean {found[0]}?" if found else ""


def near(word: str, known: Sequence[str]) -> str:
    """The nearest known word; empty if none is near."""
    return next(iter(get_close_matches(word, known, n=1)), "")
