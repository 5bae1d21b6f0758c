"""Spreadsheet: rows as CSV whose texts no spreadsheet program takes for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from nnbabysit.core.formatting import clean

FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""First characters that make a program compute a cell (OWASP, CSV injection)."""


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Head and rows; numbers in full, None as an empty cell, what looks like a formula behind a ``'``."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([cell(column) for column in columns])
    writer.writerows([cell(value) for value in row] for row in rows)
    return buffer.getvalue()


def cell(value: object) -> str:
    """One value as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    text = clean(str(value))
    return f"'{text}" if text.startswith(FORMULA) else text
