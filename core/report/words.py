"""Words: numbers, times and values as text on a page; nothing of a user's can act there."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Any

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_LONGEST_VALUE = 300


def plain(text: str) -> str:
    """Text in which control characters, direction overrides and half characters are visible escapes."""
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def number(value: Any, digits: int = 4) -> str:
    """A number with significant digits, whole numbers in full; other values as text."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        return f"{value:,.0f}" if 10_000 <= abs(value) < 1e15 else f"{value:.{digits}g}"
    return str(value)


def value_text(value: Any) -> str:
    """Any value of a JSON document or a config on one line; numbers in full, long ones are cut."""
    text = _value_text(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _value_text(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_value_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value_text(item) for item in value) + "]"
    return number(value, 6)


def evidence_text(value: Any) -> str:
    """A value beside a finding: numbers are shortened, as on the terminal."""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(evidence_text(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {evidence_text(item)}" for key, item in value.items()) + "}"
    return number(value)


def duration(seconds: Any) -> str:
    """``40 ms``, ``7.1 s``, ``40 s``, ``4 min 05 s``, ``2 h 03 min``; empty when it is not known."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not math.isfinite(seconds):
        return ""
    whole = max(0, round(seconds))
    if seconds < 0.9995:
        return f"{max(round(seconds * 1000), 0)} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def moment(text: Any) -> datetime | None:
    """The time behind an ISO text of ``meta.json``; None for anything else."""
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None


def is_numeric(cells: list[str]) -> bool:
    """Whether every filled cell is a number, so that the column is set to the right."""
    filled = [cell.replace(",", "").rstrip("%s×* ") for cell in cells if cell.strip(" -–—")]
    try:
        return bool([float(cell) for cell in filled])
    except ValueError:
        return False
