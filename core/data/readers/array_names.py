"""Array names: which array of which split a name stands for, in the spellings that are in use."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

SPLITS = {
    "train": ("train", "training", "trn", "tr"),
    "validation": ("validation", "valid", "val", "dev", "va"),
    "test": ("test", "testing", "tst", "te"),
}
_INPUTS = (
    *("x", "xs", "input", "inputs", "feature", "features", "sample", "samples"),
    *("image", "images", "img", "imgs", "picture", "pictures", "pixel", "pixels"),
)
_TARGETS = ("y", "ys", "label", "labels", "lbl", "lbls", "target", "targets", "output", "outputs")
_DATA = "data"
"""``data`` beside ``labels`` means the inputs; in ``x_data`` and ``train_data_x`` it means nothing."""
_FILLERS = ("set", "array", "arr", "split")
_WORDS = {word: split for split, words in SPLITS.items() for word in words}
_WORDS |= dict.fromkeys(_INPUTS, "x") | dict.fromkeys(_TARGETS, "y") | dict.fromkeys(_FILLERS, "")
_WORDS |= {_DATA: _DATA, "names": "names", "class": "class"}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SHORT = 2
"""Letters of a word that is only known by itself, or glued to x or y: ``xtr``, and not ``tr`` in ``trx``."""


@dataclass(frozen=True)
class Part:
    """What an array is.

    Attributes:
        role: ``x``, ``y``, or ``names`` for the names of the classes.
        split: ``train``, ``validation``, ``test``, or empty where the name does not say.
    """

    role: str
    split: str = ""

    def __str__(self) -> str:
        """The name that this program would give it, such as ``x_validation``."""
        if self.role == "names":
            return "class_names"
        return f"{self.role}_{self.split}" if self.split else self.role


def part_of(name: str) -> Part | None:
    """The part that an array of this name is; None if the name says nothing, or two things.

    Case and separators do not count: ``X_train``, ``trainX``, ``train-images``, ``xtrain`` are ``x_train``.
    """
    meanings: list[str] = []
    for token in re.split(r"[^a-z0-9]+", _CAMEL.sub("_", name).lower()):
        known = _meanings(token)
        if known is None:
            return None
        meanings += known
    splits = {meaning for meaning in meanings if meaning in SPLITS}
    roles = {meaning for meaning in meanings if meaning in ("x", "y", "names", "class")}
    if not roles and _DATA in meanings:
        roles = {"x"}
    if len(splits) > 1:
        return None
    if roles in ({"names", "class"}, {"names", "y"}):
        return None if splits else Part("names")
    if roles not in ({"x"}, {"y"}):
        return None
    return Part(roles.pop(), splits.pop() if splits else "")


def _meanings(token: str) -> list[str] | None:
    """What a word means, or the two that it is glued of."""
    if not token:
        return []
    if token in _WORDS:
        return [_WORDS[token]]
    for at in range(1, len(token)):
        pair = (token[:at], token[at:])
        if all(word in _WORDS for word in pair) and _may_be_glued(*pair):
            return [_WORDS[word] for word in pair]
    return None


def _may_be_glued(first: str, second: str) -> bool:
    return len(first) > _SHORT < len(second) or (first in ("x", "y") and second in _WORDS) or second in "xy"


def listed(names: Iterable[str]) -> str:
    """Names in a sentence, the first ten."""
    names = list(names)
    return ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
