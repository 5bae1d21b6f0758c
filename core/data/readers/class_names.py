"""Class names: labels that are words become numbers, and keep the same number in every file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from nnbabysit.core.data.readers.checked_arrays import Array, Arrays
from nnbabysit.core.data.readers.raw import Raw, Samples
from nnbabysit.core.errors import DataError


def numbered(
    ys: Mapping[str, Array], place: str, names: tuple[str, ...] | None = None
) -> tuple[dict[str, Array], tuple[str, ...] | None]:
    """Turn labels that are texts into the classes 0, 1, …; all other targets stay as they are.

    A name is the exact text: ``01`` and ``1`` are two classes. It never passes through a number.

    Args:
        ys: Name of each array of targets → the array, that of the training samples first.
        place: File or function they come from, for messages.
        names: Names of the classes in order, if the source says them; default: those of the first array, in
            the order of the alphabet.

    Returns:
        The targets, and the names; None if there are none.

    Raises:
        DataError: Some labels are texts and some are not, one is empty, or a class is not among the names.
    """
    ys = {name: y.astype(object) if y.dtype.kind == "T" else y for name, y in ys.items()}
    for name, y in ys.items():
        _refuse_mixed(name, y, place)
    texts = {name: as_text(y) for name, y in ys.items()}
    found = {name: text for name, text in texts.items() if text is not None}
    if not found:
        return dict(ys), names
    if len(found) < len(texts):
        other = next(name for name, text in texts.items() if text is None)
        raise DataError(f"{next(iter(found))} holds text and {other} does not", where=place)
    for name, text in found.items():
        empty = np.flatnonzero(text == "")
        if len(empty):
            raise DataError(
                f"{name}[{empty[0]}] is an empty text, which names no class",
                where=place,
                remedy="Leave such samples out, or give the class a name",
            )
    if names is None:
        names = tuple(map(str, np.unique(next(iter(found.values())))))
    return {name: _numbers(text, names, name, place) for name, text in found.items()}, names


def as_text(array: Array) -> Array | None:
    """Labels (N,) or (N, 1) as texts (N,), if that is what they are; bytes are read as UTF-8."""
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or not len(array):
        return None
    if array.dtype.kind == "U":
        return array
    if array.dtype.kind == "S":
        try:
            return np.char.decode(array, "utf-8")
        except UnicodeDecodeError:
            return None
    if array.dtype.kind == "O" and all(isinstance(value, str) for value in array):
        return array.astype(str)
    return None


def numbered_as(ours: tuple[str, ...] | None, raw: Raw) -> Raw:
    """A second source, its classes numbered as those of the first.

    Args:
        ours: Names of the classes of the first source; None if it has numbers alone.
        raw: The second source.

    Raises:
        DataError: One of them names its classes and the other does not, or a class of the second is unknown.
    """
    if ours is None and raw.class_names is None:
        return raw
    if ours is None:
        raise DataError(
            f"its labels are names ({_some(raw.class_names)}), those to train on are numbers",
            where=raw.place,
            remedy="Label both in the same way",
        )

    def alike(samples: Samples) -> Samples:
        if not isinstance(samples, Arrays):
            return samples
        return Arrays(samples.x, renumbered(samples.y, raw.class_names, ours, raw.place))

    return replace(raw.each(alike), class_names=ours)


def _refuse_mixed(name: str, y: Array, place: str) -> None:
    """Name the label that is no text among texts, such as the NaN that pandas puts for a missing one."""
    if y.dtype.kind != "O" or y.ndim > 2:
        return
    others = [i for i, value in enumerate(y.flat) if not isinstance(value, str)]
    if others and len(others) < y.size:
        raise DataError(
            f"{name}[{others[0]}] is {y.flat[others[0]]!r} among texts",
            where=place,
            remedy="Name the class of every sample by a text, and leave samples without a class out",
        )


def renumbered(y: Array, names: tuple[str, ...] | None, ours: tuple[str, ...], place: str) -> Array:
    """Classes of another source, given the numbers that these names have in ours.

    Args:
        y: (N,) classes of the other source.
        names: Its names of the classes; None if it has numbers alone.
        ours: Names of the classes that are known.
        place: The other source, for messages.

    Raises:
        DataError: A class that occurs is not known, or there are numbers for classes that have names.
    """
    if names == ours or not ours:
        return y
    numbers = {name: number for number, name in enumerate(ours)}
    if names is None:
        if ours == tuple(map(str, range(len(ours)))):
            return y
        raise DataError(
            f"its labels are numbers, and the classes that were trained on have names: {_some(ours)}",
            where=place,
            remedy="Label the samples by these names, or save the names in this order as class_names",
        )
    used = [names[int(c)] for c in np.unique(y) if 0 <= int(c) < len(names)]
    foreign = [name for name in used if name not in numbers]
    if foreign:
        raise DataError(
            f"class {foreign[0]!r} is not one of the {len(ours)} classes that the run was trained on",
            where=place,
            remedy=f"The run knows {_some(ours)}",
        )
    table = np.array([numbers.get(name, -1) for name in names])
    found: Array = table[y.astype(np.int64)]
    return found


def _some(names: tuple[str, ...] | None) -> str:
    names = names or ()
    return ", ".join(names[:10]) + (", …" if len(names) > 10 else "")


def _numbers(text: Array, names: tuple[str, ...], array: str, place: str) -> Array:
    number = {name: index for index, name in enumerate(names)}
    values, positions = np.unique(text, return_inverse=True)
    foreign = [str(value) for value in values if str(value) not in number]
    if foreign:
        first = int(np.flatnonzero(text == foreign[0])[0])
        raise DataError(
            f"{array}[{first}] is {foreign[0]!r}, which is not one of the {len(names)} classes",
            where=place,
            remedy=f"The classes are {_some(names)}",
        )
    found: Array = np.array([number[str(value)] for value in values], dtype=np.int64)[positions.reshape(-1)]
    return found
