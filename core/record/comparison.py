"""Comparison: several runs side by side, setting by setting, and which of the rows differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnbabysit.core.record.catalog import Entry, flattened

ENVIRONMENT = (
    "versions",
    "platform",
    "host",
    "cores",
    "threads",
    "device",
    "seed",
    "git.commit",
    "git.branch",
    "git.dirty",
    "dataset_fingerprint",
)
"""Parts of ``meta.json`` that decide about a result beside the config."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One fact about every run.

    Attributes:
        section: ``run``, ``metrics``, ``config`` or ``environment``.
        key: Dotted name within it.
        values: One per run, in their order; ``MISSING`` where a run has none.
        differs: Whether two runs have different values, or one has none.
    """

    section: str
    key: str
    values: tuple[Any, ...]
    differs: bool


class _Missing:
    """The value of a run that has none; JSON and CSV leave it out."""

    def __repr__(self) -> str:
        return "–"


MISSING = _Missing()


def compare(entries: Sequence[Entry]) -> list[Row]:
    """Every fact about the runs: what became of them, metrics, config, environment, in this order.

    Raises:
        RunError: A run's config is missing or damaged.
    """
    sections: dict[str, Callable[[Entry], Mapping[str, Any]]] = {
        "run": _identity,
        "metrics": lambda entry: entry.metrics,
        "config": lambda entry: entry.settings,
        "environment": environment,
    }
    return [
        row
        for section, facts in sections.items()
        for row in rows_of(section, [facts(entry) for entry in entries])
    ]


def environment(entry: Entry) -> dict[str, Any]:
    """The parts of ``meta.json`` that decide about a result, by dotted name; what was never noted is not."""
    flat = flattened(entry.meta)
    return {
        key: value
        for key, value in flat.items()
        if value is not None and any(key == part or key.startswith(f"{part}.") for part in ENVIRONMENT)
    }


def _identity(entry: Entry) -> dict[str, Any]:
    facts: dict[str, Any] = {"command": entry.command, "outcome": entry.outcome}
    if entry.label:
        facts["label"] = entry.label
    return facts


def rows_of(section: str, facts: Sequence[Mapping[str, Any]]) -> list[Row]:
    """A row for every name that any of the mappings has, in the order in which they come."""
    keys = list(dict.fromkeys(key for found in facts for key in found))
    rows = []
    for key in keys:
        values = tuple(found.get(key, MISSING) for found in facts)
        rows.append(Row(section=section, key=key, values=values, differs=_differ(values)))
    return rows


def _differ(values: Sequence[Any]) -> bool:
    first = values[0]
    return any(not _equal(first, value) for value in values[1:])


def _equal(one: Any, other: Any) -> bool:
    """Equal and of one kind: True is not 1, but 1 is 1.0 and NaN is NaN."""
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    return bool(one == other) or (one != one and other != other)
