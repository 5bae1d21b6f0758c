"""Column names: those of a table, found under the name that a user typed or another file has."""

from __future__ import annotations

from difflib import get_close_matches
from unicodedata import normalize

from nnbabysit.core.data.readers.tables.csv_lines import visible
from nnbabysit.core.data.readers.tables.table import Table
from nnbabysit.core.errors import DataError


def named(name: str, table: Table, where: str = "") -> str:
    """The column of that name as the table spells it.

    A letter with an accent is one character or two (NFC, NFD), which looks the same and is taken for the
    same, and so are spaces and characters without a width around a name.

    Args:
        name: As typed, or as in the training file.
        table: Whose names are compared.
        where: The setting that holds the name, if one does.

    Raises:
        DataError: There is none; the nearest name is proposed.
    """
    if name in table.kinds:
        return name
    same = [known for known in table.kinds if _composed(known) == _composed(name)]
    if len(same) == 1:
        return same[0]
    small = {known.lower(): known for known in table.kinds}
    near = [small[found] for found in get_close_matches(name.lower(), small, n=1)]
    raise DataError(
        f"{table.place if where else 'the table'} has no column {name!r}",
        where=where or table.place,
        remedy=f"Did you mean {near[0]!r}?" if near else f"Its columns are {listed(table)}",
    )


def listed(table: Table) -> str:
    """The names of the columns, the first twenty of them."""
    return ", ".join(list(table.kinds)[:20]) + (", …" if len(table.kinds) > 20 else "")


def _composed(name: str) -> str:
    return visible(normalize("NFC", name))
