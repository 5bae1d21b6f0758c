"""Class labels: the names of the classes in a column of a table, exactly as the file has them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from unicodedata import normalize

import numpy as np

from nnbabysit.core.data.readers.checked_arrays import Array
from nnbabysit.core.data.readers.tables.cells import is_number
from nnbabysit.core.data.readers.tables.table import Table
from nnbabysit.core.errors import DataError

_WHOLE = re.compile(r"(-?(?:0|[1-9][0-9]*))(?:\.0*)?")


def labels_of(name: str, table: Table, *, literal: bool = False) -> Array:
    """(N,) a target as names of classes, None where it is missing.

    The name of a class is the text of the file; of an integer it is its digits, so that 1 and 1.0 are one
    class, as a column of integers with gaps is written, while 01 and 1 are two. No name ever passes
    through a float: integers that differ in the 17th digit alone stay apart.

    Args:
        name: Of the column.
        table: It.
        literal: Words that stand for a missing value, such as NA, are names of classes.
    """
    labels = table.texts(name, literal=literal)
    different = {label for label in labels if label is not None}
    renamed = _booleans(different) if table.kinds[name] == "boolean" else _whole_numbers(different)
    if not renamed:
        return labels
    found = np.empty(len(labels), dtype=object)
    found[:] = [None if label is None else renamed.get(label, label) for label in labels]
    return found


def refuse_look_alikes(labels: Iterable[str], place: str) -> None:
    """Refuse names that differ in nothing that can be seen: an accent may be a character of its own or not.

    Raises:
        DataError: Two names are the same in the composed form NFC of Unicode.
    """
    seen: dict[str, str] = {}
    for label in labels:
        other = seen.setdefault(normalize("NFC", label), label)
        if other != label:
            lengths = " and with ".join(map(str, sorted((len(label), len(other)))))
            raise DataError(
                f"two classes look the same: {label!r}, written with {lengths} characters",
                where=place,
                remedy="Write both alike, such as by unicodedata.normalize('NFC', name)",
            )


def in_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Names of classes in the order of their numbers: by value if all are numbers, else by the alphabet."""
    different = set(labels)
    if all(map(is_number, different)):
        return tuple(sorted(different, key=lambda label: (Decimal(label), label)))
    return tuple(sorted(different))


def is_whole(label: str) -> bool:
    """Whether a label that is a number is a whole one."""
    value = Decimal(label)
    return value.is_finite() and value == value.to_integral_value()


def alike(label: str, classes: Iterable[str]) -> str | None:
    """The class that is the same number as a label under another name, such as 1 for 01; None: none is."""
    if not is_number(label):
        return None
    value = Decimal(label)
    return next((name for name in classes if is_number(name) and Decimal(name) == value), None)


def _whole_numbers(labels: set[str]) -> dict[str, str]:
    """What 1.0 is called where every label is an integer without leading zeros: 1."""
    found = {label: _WHOLE.fullmatch(label) for label in labels}
    if not all(found.values()):
        return {}
    return {label: match[1] for label, match in found.items() if match and match[1] != label}


def _booleans(labels: set[str]) -> dict[str, str]:
    """What true and false are called where they are spelled in more than one way: in small letters."""
    small = {label: label.lower() for label in labels}
    return small if len(set(small.values())) < len(labels) else {}
