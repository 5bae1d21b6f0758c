"""Strict JSON: non-finite floats travel as the strings "nan", "inf" and "-inf", which every reader accepts.

Python writes a bare ``NaN``, which is not JSON and which other programs refuse. Reading turns the three
strings back into floats, so a text that is exactly one of them comes back as a float.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from pathlib import PurePath
from typing import Any, Final, Literal, TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""A value that a JSON file holds."""
LogLine = dict[str, Any]
"""A line of ``events.jsonl`` or ``metrics.jsonl``; which fields it has depends on what it tells."""


class Absence(Enum):
    """The type of ``ABSENT``."""

    ABSENT = "–"


ABSENT: Final[Literal[Absence.ABSENT]] = Absence.ABSENT
"""Stands where a run or a config has no value at all, which is not the same as ``null``."""
_SURROGATES = re.compile(r"[\ud800-\udfff]")
"""Python's way to hold the bytes of a file name that is not UTF-8; written as escapes they come back."""
_NON_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def encode(value: Any, *, indent: int | None = None) -> str:
    """JSON text of builtins, paths, times, and of arrays and tensors of any size.

    Args:
        value: What to write; keys become text.
        indent: Spaces per level; None: everything on one line.

    Raises:
        TypeError: The value holds something that JSON has no word for (our bug, not the user's).
    """
    text = json.dumps(_plain(value), indent=indent, ensure_ascii=False, allow_nan=False)
    return text if text.isascii() else _SURROGATES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def decode(text: str) -> Any:
    """The value behind a JSON text, with the floats of ``encode`` restored.

    Raises:
        ValueError: The text is not strict JSON.
    """
    value = json.loads(text, parse_constant=_refuse)
    # Walking through a search of a hundred trials takes three times as long as reading it.
    return _restored(value) if any(f'"{name}"' in text for name in _NON_FINITE) else value


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else _name(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "tolist"):  # numpy and torch, neither of which is imported here
        return _plain(value.tolist())
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def _name(value: float) -> str:
    if math.isnan(value):
        return "nan"
    return "inf" if value > 0 else "-inf"


def _restored(value: Any) -> Any:
    if isinstance(value, str):
        return _NON_FINITE.get(value, value)
    if isinstance(value, list):
        return [_restored(item) for item in value]
    if isinstance(value, dict):
        return {key: _restored(item) for key, item in value.items()}
    return value


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
