"""Comparison on a page: several runs side by side, what differs and nothing else."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nnbabysit.core.errors import RunError
from nnbabysit.core.formatting import measured_text, value_text
from nnbabysit.core.record.comparison import (
    ComparedFact,
    FactSection,
    compared_facts,
    lower_is_better,
    run_letter,
)
from nnbabysit.core.record.result_reader import RecordedFinding
from nnbabysit.core.record.run_reader import RecordedRun
from nnbabysit.core.record.strict_json import ABSENT, Absence, Json
from nnbabysit.core.report.charts.chart import STYLES, Chart
from nnbabysit.core.report.charts.overlaid import overlaid_charts
from nnbabysit.core.report.charts.scale import drawable
from nnbabysit.core.report.page.run import environment_text, environment_words, run_rows

_SAYS_NOTHING = {
    "seconds",
    "samples_per_second",
    "parameters",
    "stage",
    "source",
    "narrowed",
    "space",
    "best",
}
"""Metrics that two runs of any kind share."""
_JUDGED_BY = {
    *("best_val_accuracy", "test_accuracy", "final_accuracy", "accuracy"),
    *("best_val_loss", "test_loss", "final_loss", "loss"),
}
"""Metrics whose best value is marked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """A run among others.

    Attributes:
        run: Its files.
        label: Letter that stands for it.
        style: Number of its line style.
    """

    run: RecordedRun
    label: str
    style: int

    @property
    def short_name(self) -> str:
        """The name of its directory without day and time: ``brave-otter train``."""
        parts = self.run.name.split("_")
        return " ".join(parts[2:]) if len(parts) > 3 else self.run.name


@dataclass(frozen=True, kw_only=True, slots=True)
class DifferenceRow:
    """What differs: its name, a text per run (empty where a run has none), and the places of the best."""

    name: str
    cells: tuple[str, ...]
    best: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Differences:
    """Rows that differ, and how many are equal in all runs."""

    rows: tuple[DifferenceRow, ...]
    equal: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """What is shown of several runs.

    Attributes:
        runs: In the order of the command line.
        metrics: Numbers of the results.
        findings: Severity per run.
        settings: Config.
        environment: Versions and machine.
        charts: Curves of all runs laid over each other.
    """

    runs: tuple[Compared, ...]
    metrics: Differences
    findings: tuple[DifferenceRow, ...]
    settings: Differences
    environment: Differences
    charts: tuple[Chart, ...]


def compare_on_page(runs: Sequence[RecordedRun]) -> Comparison:
    """Put runs side by side.

    Raises:
        RunError: No two of them have a command or a metric in common.
    """
    _refuse_strangers(runs)
    compared = tuple(
        Compared(run=run, label=run_letter(index), style=index % STYLES) for index, run in enumerate(runs)
    )
    facts = compared_facts(runs)
    single = [fact for fact in facts if not any(isinstance(value, list | dict) for value in fact.values)]
    return Comparison(
        runs=compared,
        metrics=_differences(single, "metrics", lambda key: key.replace("_", " "), _number),
        findings=_findings(runs),
        settings=_differences(facts, "config", str, value_text),
        environment=_differences(facts, "environment", environment_words, environment_text),
        charts=tuple(overlaid_charts({one.label: run_rows(one.run) for one in compared})),
    )


def _refuse_strangers(runs: Sequence[RecordedRun]) -> None:
    for one, other in itertools.combinations(runs, 2):
        shared = one.result.metrics.keys() & other.result.metrics.keys()
        if one.command == other.command or shared - _SAYS_NOTHING:
            return
    said = ", ".join(f"{run.name} is a run of {run.command} on {run.setting('data.source')}" for run in runs)
    raise RunError(
        f"these runs have nothing in common that could be compared: {said}",
        remedy="Name runs of the same command, or write a report of each",
    )


def _differences(
    facts: Sequence[ComparedFact],
    section: FactSection,
    words: Callable[[str], str],
    text: Callable[[Json | Absence], str],
) -> Differences:
    """What differs in one section, its names and values as a page writes them."""
    told = [fact for fact in facts if fact.section == section]
    rows = tuple(
        DifferenceRow(
            name=words(fact.key),
            cells=tuple("" if value is ABSENT else text(value) for value in fact.values),
            best=_best(fact) if section == "metrics" else frozenset(),
        )
        for fact in told
        if fact.differs
    )
    return Differences(rows=rows, equal=len(told) - len(rows))


def _number(value: Json | Absence) -> str:
    return "" if value is None else measured_text("", value)


def _best(fact: ComparedFact) -> frozenset[int]:
    """Places of the runs that are best in a metric, by its value in full."""
    numbers = {index: drawable(value) for index, value in enumerate(fact.values)}
    known = {index: value for index, value in numbers.items() if value is not None}
    if fact.key not in _JUDGED_BY or not known:
        return frozenset()
    best = min(known.values()) if lower_is_better(fact.key) else max(known.values())
    return frozenset(index for index, value in known.items() if value == best)


def _findings(runs: Sequence[RecordedRun]) -> tuple[DifferenceRow, ...]:
    """One row per fault that any of the runs has."""
    found: dict[str, list[RecordedFinding | None]] = {}
    for index, run in enumerate(runs):
        for finding in run.result.findings:
            found.setdefault(f"{finding.id} {finding.name}", [None] * len(runs))[index] = finding
    return tuple(
        DifferenceRow(name=name, cells=tuple(f.severity if f else "" for f in row))
        for name, row in found.items()
    )
