"""Cell errors: what is said of a cell that cannot be trained on, where it is, and what helps."""

from __future__ import annotations

from collections import Counter
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nnbabysit.core.data.readers.tables.cells import oddity
from nnbabysit.core.data.readers.tables.table import Table
from nnbabysit.core.errors import DataError

Role = Literal["input", "class", "quantity", "later"]
"""What a column is for: an input, a target of classes or of numbers, an input of a network once trained."""
_NAMES = "add the column to data.categorical"
_CORRECT: dict[Role, str] = {
    "input": f"Correct the cell, or empty it and set data.missing to median; if it is a name, {_NAMES}",
    "class": f"Correct the cell, or take the row out of the file; if it is the name of a class, {_NAMES}",
    "quantity": "Correct the cell, or take the row out of the file",
    "later": "Correct the cell",
}


def odd_cell(name: str, table: Table, role: Role) -> DataError:
    """The error of a column of numbers of which one cell or more is none; the first one is named."""
    texts, x = table.texts(name), table.numbers(name)
    odd = [i for i, text in enumerate(texts) if text is not None and np.isnan(x[i])]
    words, remedy = oddity(name, texts[odd[0]], Counter(text for text in texts if text is not None))
    more = f" (and {len(odd) - 1} more like it)" if len(odd) > 1 else ""
    return DataError(f"{words}{more}", where=table.where(odd[0]), remedy=remedy or _CORRECT[role])


def refuse_gaps(name: str, gaps: NDArray[np.bool_], table: Table, role: Role) -> None:
    """Refuse a column in which ``gaps`` (N,) has a cell without a value, or with none that is known.

    Raises:
        DataError: It has; the first one is named.
    """
    if not gaps.any():
        return
    first = int(gaps.argmax())
    written = table.texts(name, literal=True)[first]
    fill = ", or set data.missing to mean, median or most_frequent" if role == "input" else ""
    if table.texts(name)[first] is not None:
        words = f"holds {written!r}, a category that the training data does not have"
        refuse(name, gaps, words, table, f"Correct it{fill}")
    words = "has no value" if written is None else f"holds {written!r}, which stands for a missing value"
    refuse(name, gaps, words, table, _instead(name, written, table, role, fill))


def _instead(name: str, written: str | None, table: Table, role: Role, fill: str) -> str:
    out = {"input": f"{fill}, or leave the column out by data.drop", "later": ""}
    remedy = f"Fill it in{out.get(role, ', or take such rows out of the file')}"
    if role == "class" and written is not None:
        return f"If it is the name of a class, add the column to the setting: data.categorical: [{name}]"
    if role == "input" and written is not None and table.kinds[name] == "text":
        return f"{remedy}; if {written} is a category, {_NAMES}"
    return remedy


def refuse(name: str, wrong: NDArray[np.bool_], words: str, table: Table, remedy: str = "") -> None:
    """Refuse a column with a ``wrong`` (N,) cell.

    Raises:
        DataError: There is one; the first is named.
    """
    if not wrong.any():
        return
    more = int(wrong.sum()) - 1
    also = f" (and {more} more like it)" if more else ""
    raise DataError(f"column {name!r} {words}{also}", where=table.where(int(wrong.argmax())), remedy=remedy)
