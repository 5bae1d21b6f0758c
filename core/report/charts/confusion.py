"""Confusion matrix: what is taken for what, as counts and as shares of the true class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

WITH_COUNTS = 20
"""Columns up to which each cell holds its count."""
_MOST_NAMED = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Matrix:
    """Cells of a table, shaded by their share.

    Attributes:
        rows: Name of each row.
        columns: Name of each column.
        x_name: What the columns are.
        y_name: What the rows are.
        counts: A list of counts for each row.
        shares: The same as shares of the row, in 0…1.
        share_name: What the shades are.
        note: The largest cells off the diagonal, where the cells hold no counts.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    x_name: str
    y_name: str
    counts: list[list[int]]
    shares: list[list[float]]
    share_name: str
    note: str = ""


def confusion_matrix(confusion: Tensor, names: Sequence[str]) -> Matrix:
    """Rows are true, columns predicted.

    A multi-label task has a row for each label instead: of those that bear it, and of those that do not,
    the fraction that was said to.

    Args:
        confusion: (C, C) counts; (K, 2, 2) for multi-label.
        names: C or K names.
    """
    rows = tuple(names)
    if confusion.ndim == 3:
        said = confusion[:, :, 1].flip(1)
        return Matrix(
            rows=rows,
            columns=("bear it", "do not"),
            x_name="samples that",
            y_name="",
            counts=said.tolist(),
            shares=(said / confusion.sum(2).flip(1).clamp(min=1)).tolist(),
            share_name="share said to bear it",
        )
    counts = confusion.tolist()
    return Matrix(
        rows=rows,
        columns=rows,
        x_name="predicted",
        y_name="true",
        counts=counts,
        shares=(confusion / confusion.sum(1, keepdim=True).clamp(min=1)).tolist(),
        share_name="fraction of the true class",
        note="" if len(rows) <= WITH_COUNTS else _most_confused(counts, rows),
    )


def _most_confused(counts: list[list[int]], names: Sequence[str]) -> str:
    """The largest cells off the diagonal in words."""
    cells = [
        (count, true, said)
        for true, row in enumerate(counts)
        for said, count in enumerate(row)
        if count and true != said
    ]
    worst = sorted(cells, key=lambda cell: -cell[0])[:_MOST_NAMED]
    lines = [f"{count} × {names[true]} taken for {names[said]}" for count, true, said in worst]
    return "Most often: " + "\n".join(lines) if lines else "Nothing was taken for anything else"
