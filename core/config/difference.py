"""Difference: the settings in which two configs differ, with both values and the place of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nnbabysit.core.config import tree
from nnbabysit.core.config.loading import LoadedConfig
from nnbabysit.core.config.schema.root import Config

DEFAULTS = LoadedConfig(Config(), None)
"""A config in which nothing was written."""


@dataclass(frozen=True, slots=True)
class Side:
    """A setting in one of two configs.

    Attributes:
        value: Its value; None also stands for ``null``.
        place: ``digits.yaml:23`` or ``default``; empty where the config has no such setting.
    """

    value: Any = None
    place: str = ""

    @property
    def exists(self) -> bool:
        """Whether this config has the setting at all: ``optimizer.betas`` is there for adam alone."""
        return bool(self.place)


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting that is not the same on both sides.

    Attributes:
        key: Dotted path.
        first: In the first config.
        second: In the second config.
    """

    key: str
    first: Side
    second: Side


def differences(first: LoadedConfig, second: LoadedConfig = DEFAULTS) -> list[Difference]:
    """Settings that differ, in the order of the schema; 1 and 1.0 are the same number, 1 and true are not.

    Args:
        first: A config.
        second: Another one; default: the defaults.
    """
    sides = [_sides(first), _sides(second)]
    keys = sorted(dict.fromkeys([*sides[0], *sides[1]]), key=_order([*sides[0]], [*sides[1]]).__getitem__)
    pairs = ((key, sides[0].get(key, Side()), sides[1].get(key, Side())) for key in keys)
    found = [Difference(key, one, other) for key, one, other in pairs if not _same(one, other)]
    return [row for row in found if not _is_filled(row.key, keys)]


def _is_filled(key: str, keys: list[str]) -> bool:
    """Whether this is a section that is empty on one side alone: the other side's settings say it all."""
    return any(other.startswith(f"{key}.") for other in keys)


def _sides(loaded: LoadedConfig) -> dict[str, Side]:
    return {
        key: Side(value, loaded.locate(key) or "default") for key, value in tree.leaves(loaded.config).items()
    }


def _order(first: list[str], second: list[str]) -> dict[str, tuple[int, int]]:
    """Rank of each key: that of the first config; what the second alone has stands after its forerunner."""
    ranks = {key: (index, 0) for index, key in enumerate(first)}
    last = (-1, 0)
    for key in second:
        last = ranks.setdefault(key, (last[0], last[1] + 1))
    return ranks


def _same(one: Side, other: Side) -> bool:
    return one.exists == other.exists and _equal(one.value, other.value)


def _equal(one: Any, other: Any) -> bool:
    """Equality that tells true from 1, in lists and sections as well."""
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return bool(one == other)
