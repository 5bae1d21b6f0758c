"""Turns what pydantic found into mistakes in plain words, each with its setting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pydantic_core import ErrorDetails

from nnbabysit.core.config import fields
from nnbabysit.core.config.fields import TOP, Path, Spot
from nnbabysit.core.config.synonyms import CHOICES
from nnbabysit.core.config.tree import get

_EXPECTED: dict[str, Callable[[dict[str, Any]], str]] = {
    "float_type": lambda _: "a number",
    "float_parsing": lambda _: "a number",
    "int_type": lambda _: "an integer",
    "int_from_float": lambda _: "an integer",
    "int_parsing_size": lambda _: "an integer of at most 4300 digits",
    "finite_number": lambda _: "a finite number",
    "string_type": lambda _: "text",
    "bool_type": lambda _: "true or false",
    "list_type": lambda _: "a list",
    "tuple_type": lambda _: "a list",
    "dict_type": lambda _: "a section (key: value)",
    "model_type": lambda _: "a section (key: value)",
    "model_attributes_type": lambda _: "a section (key: value)",
    "greater_than": lambda context: f"above {context['gt']:g}",
    "greater_than_equal": lambda context: f"at least {context['ge']:g}",
    "less_than": lambda context: f"below {context['lt']:g}",
    "less_than_equal": lambda context: f"at most {context['le']:g}",
    "literal_error": lambda context: _choice(str(context["expected"])),
    "too_long": lambda context: f"at most {_values(context['max_length'])}",
    "too_short": lambda context: f"at least {_values(context['min_length'])}",
}
_BOUNDS = ("greater_than", "greater_than_equal", "less_than", "less_than_equal")


def describe(errors: Sequence[ErrorDetails], tree: Any) -> list[tuple[Path, str]]:
    """Path and message of each mistake; errors of the alternatives of one setting become one mistake.

    Args:
        errors: What pydantic found in ``tree``.
        tree: The settings that were validated.
    """
    grouped: dict[Path, list[ErrorDetails]] = {}
    for error in errors:
        path = setting(error["loc"])
        if error["type"] == "union_tag_invalid":
            path = (*path, "name")
        grouped.setdefault(path, []).append(error)
    return [(path, _message(path, found, tree)) for path, found in grouped.items()]


def setting(loc: Sequence[str | int]) -> Path:
    """Path of the setting that an error is about: pydantic's place without the tags of its unions."""
    path: Path = ()
    place: Spot | None = TOP
    for part in loc:
        if place is not None and place.is_union:
            section = fields.member(place, part)
            place = Spot("section", (section,)) if section else place
            continue
        if part == "[key]" or (place is not None and place.kind == "value" and isinstance(part, str)):
            continue  # the tag of an alternative, such as constrained-float
        place = fields.below(place, part) if place else None
        path = (*path, part)
    return path


def _message(path: Path, errors: list[ErrorDetails], tree: Any) -> str:
    """One sentence for all that is wrong with one setting."""
    first = errors[0]
    kind = first["type"]
    if kind == "extra_forbidden":
        return _unknown(path, tree)
    if kind == "missing":
        return "is missing"
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        return _wrong_name(path, first)
    if kind == "value_error":
        return str(first["ctx"]["error"])
    if kind == "model_type" and first["input"] is None:
        return "is empty; indent its settings below it, or leave it out"
    if len(errors) == 1 and kind in _BOUNDS:
        return f"must be {_expected(first)}, got {shown(first['input'])}"
    if len(errors) == 1 and kind == "literal_error":
        return f"choose {_expected(first)}; got {shown(first['input'])}"
    if kind == "string_pattern_mismatch":
        return f"expected {_pattern(path)}, got {shown(first['input'])}"
    if any(error["type"] not in _EXPECTED for error in errors):
        return f"{first['msg'][:1].lower()}{first['msg'][1:]}, got {shown(first['input'])}"
    expected = _either([_alternative(error) for error in errors])
    return f"expected {expected}, got {shown(first['input'])}{_hint(path, first)}"


def _unknown(path: Path, tree: Any) -> str:
    """A key that the schema does not know, or not for this class of a union."""
    place, key = fields.find(path[:-1]), str(path[-1])
    name = get(tree, (*path[:-1], "name"))
    section = fields.member(place, name) if place is not None and place.is_union else None
    if place is None or section is None:
        return f"unknown key{fields.suggestion(path)}"
    owners = fields.members(place, key)
    if owners:
        return f"is no setting of {name}; it belongs to {', '.join(owners)}"
    known_elsewhere = fields.translation(path)
    if known_elsewhere:
        return f"unknown key{known_elsewhere}"
    near = fields.near(key, list(section.model_fields))
    if near:
        return f"unknown key, did you mean {near}?"
    near = fields.near(key, fields.keys(place))
    if near:
        owners = fields.members(place, near)
        return f"unknown key, did you mean {near}? It belongs to {', '.join(owners)}, not to {name}"
    return f"unknown key; known here: {', '.join(section.model_fields)}"


def _wrong_name(path: Path, error: ErrorDetails) -> str:
    """A section without the ``name`` that decides its class, or a ``name`` that no class has."""
    is_missing = error["type"] == "union_tag_not_found"
    place = fields.find(path if is_missing else path[:-1])
    names = [fields.name_of(section) for section in place.classes] if place else []
    if not isinstance(error["input"], dict):
        return f"expected a section (key: value), got {shown(error['input'])}"
    if is_missing:
        return f"name is missing; choose one of {', '.join(names)}"
    name = error["input"].get("name")
    near = fields.near(str(name).lower(), names)
    hint = f", did you mean {near}?" if near else f"; choose one of {', '.join(names)}"
    return f"there is no {shown(name)}{hint}"


def _expected(error: ErrorDetails) -> str:
    return _EXPECTED[error["type"]](error.get("ctx", {}))


def _alternative(error: ErrorDetails) -> str:
    """What one alternative asks for, as a noun."""
    return f"a number {_expected(error)}" if error["type"] in _BOUNDS else _expected(error)


def _either(words: list[str]) -> str:
    """``a, b or c``, each once."""
    words = list(dict.fromkeys(words))
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _choice(expected: str) -> str:
    """Pydantic's ``'a', 'b' or 'c'`` as ``one of a, b, c``."""
    names = expected.replace("'", "").replace(" or ", ", ")
    return f"one of {names}" if ", " in names else names


def _values(count: int) -> str:
    return "one value" if count == 1 else f"{count} values"


def _pattern(path: Path) -> str:
    """What a text with a pattern may be: the description beside the pattern."""
    place = fields.find(path[:-1])
    section = place.classes[0] if place and place.classes else None
    return (section.model_fields[str(path[-1])].description if section else None) or "another text"


def shown(value: Any) -> str:
    """A value as it can be shown in one line."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a section"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, str) and len(value) > 60:
        return repr(f"{value[:57]}...")
    return repr(value)


def _hint(path: Path, error: ErrorDetails) -> str:
    """The way out of quoted numbers, and of a word where a section stands."""
    value = error["input"]
    if isinstance(value, str) and fields.join(path) in CHOICES and "section" in _expected(error):
        return f"; write {fields.join(path)}: {{{CHOICES[fields.join(path)]}: {value.lower()}}}"
    if isinstance(value, str) and error["type"] in ("float_type", "int_type"):
        try:
            float(value)
        except ValueError:
            return ""
        leading_zero = value[:1] == "0" and value[1:2].isdigit()
        return f"; write it without {'the leading zero' if leading_zero else 'quotes'}"
    return ""
