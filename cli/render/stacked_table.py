"""Stacking: tables for terminals that are too narrow for them, a block per row; no number is ever broken."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nnbabysit.core.formatting import clean_line

if TYPE_CHECKING:
    from nnbabysit.core.workflow.result import Table

GAP = "  "
LEAST = 12
"""With less room than this beside its name a value stands below it."""
READABLE, SENTENCE = 24, 5
"""A cell of so many words is not folded into fewer columns than this: that would be a word or two a line."""
LONGEST = 20
"""A word that is longer than this, such as a path, may be broken."""


def least_width(cells: Sequence[str], *, whole: bool) -> int:
    """Columns of the terminal that some cells need: all of a cell, or enough to read it."""
    if whole:
        return max((len(cell) for cell in cells), default=0)
    words = [word for cell in cells for word in cell.split()]
    readable = max((min(len(cell), READABLE) for cell in cells if len(cell.split()) >= SENTENCE), default=0)
    return max([readable, *(min(len(word), LONGEST) for word in words)])


def pair_lines(pairs: Sequence[tuple[str, str]], width: int | None) -> Iterator[str]:
    """A line per name and value, the values one below another; folded between words where there is no room.

    Args:
        pairs: Names and values.
        width: Columns of the terminal; None: no limit.
    """
    pairs = [(clean_line(name), clean_line(value)) for name, value in pairs]
    names = max((len(name) for name, _ in pairs), default=0)
    room = None if width is None else width - names - 2 * len(GAP)
    for name, value in pairs:
        if room is None or len(value) <= room:
            yield f"{GAP}{name:<{names}}{GAP}{value}".rstrip()
            continue
        below = room < LEAST or any(len(word) > room for word in value.split())
        indent = 2 * GAP if below else GAP + " " * names + GAP
        first, *rest = _folded(value, max((width or 0) - len(indent), LEAST))
        yield from [f"{GAP}{name}", indent + first] if below else [f"{GAP}{name:<{names}}{GAP}{first}"]
        yield from (indent + part for part in rest)


def stacked(table: Table, width: int) -> Iterator[str]:
    """The rows of a table one below another: the first cell, below it the others, each with its column."""
    if table.title:
        yield clean_line(table.title)
    for row in table.rows:
        yield clean_line(f"{table.columns[0]} {row[0]}")
        yield from pair_lines(
            [pair for pair in zip(table.columns[1:], row[1:], strict=True) if pair[1]], width
        )
    yield ""


def _folded(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]
