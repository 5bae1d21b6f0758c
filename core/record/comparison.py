"""Comparison: several runs side by side, fact by fact, for the screen and for pages alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from nnbabysit.core.record.run_reader import RecordedRun
from nnbabysit.core.record.strict_json import ABSENT, Absence, Json

FactSection = Literal["run", "metrics", "config", "environment"]
LOWER_IS_BETTER = ("loss", "mse", "mae", "error", "seconds", "ece")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparedFact:
    """One fact about every run.

    Attributes:
        section: ``run``, ``metrics``, ``config`` or ``environment``.
        key: Dotted name within it.
        values: One per run, in their order; ``ABSENT`` where a run has none.
    """

    section: FactSection
    key: str
    values: tuple[Json | Absence, ...]

    @property
    def differs(self) -> bool:
        """Whether two runs have different values, or one has none."""
        return any(not _equal(self.values[0], value) for value in self.values[1:])


def compared_facts(runs: Sequence[RecordedRun]) -> list[ComparedFact]:
    """Every fact about the runs: their outcomes, metrics, config, environment, in this order.

    Raises:
        RunError: A run's config is missing or damaged.
    """
    sections: dict[FactSection, Callable[[RecordedRun], Mapping[str, Json]]] = {
        "run": _identity,
        "metrics": lambda run: run.numbers,
        "config": lambda run: {setting.key: setting.value for setting in run.settings},
        "environment": lambda run: run.environment,
    }
    return [
        fact
        for section, facts in sections.items()
        for fact in facts_of_section(section, [facts(run) for run in runs])
    ]


def facts_of_section(section: FactSection, facts: Sequence[Mapping[str, Json]]) -> list[ComparedFact]:
    """A row for every name that any of the mappings has, in the order in which they come."""
    keys = dict.fromkeys(key for found in facts for key in found)
    return [
        ComparedFact(section=section, key=key, values=tuple(found.get(key, ABSENT) for found in facts))
        for key in keys
    ]


def run_letter(index: int) -> str:
    """A, B, …, Z, AA, AB, …: what a run is called among others."""
    above, within = divmod(index, len(_LETTERS))
    return (run_letter(above - 1) if above else "") + _LETTERS[within]


def lower_is_better(metric: str) -> bool:
    """Whether a metric is best when it is small: a loss, an error or a time."""
    return any(word in metric for word in LOWER_IS_BETTER)


def _identity(run: RecordedRun) -> dict[str, Json]:
    label: dict[str, Json] = {"label": run.label} if run.label else {}
    return {"command": run.command, "outcome": run.outcome, **label}


def _equal(one: Json | Absence, other: Json | Absence) -> bool:
    """Equal and of one kind: True is not 1, but 1 is 1.0 and NaN is NaN."""
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    return one == other or (one != one and other != other)
