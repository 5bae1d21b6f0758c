"""Comparison: several runs side by side, what differs and nothing else."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from nnbabysit.core.errors import RunError
from nnbabysit.core.report.page.chart import STYLES, Chart, Series, line_chart
from nnbabysit.core.report.page.run import environment, metric_words
from nnbabysit.core.report.page.run_charts import column, has_numbers, split
from nnbabysit.core.report.page.scale import drawable
from nnbabysit.core.report.recorded import RecordedFinding, RecordedRun

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
_BETTER = {"best val accuracy": max, "test accuracy": max, "final accuracy": max, "accuracy": max,
           "best val loss": min, "test loss": min, "final loss": min}  # fmt: skip


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """What differs: its name, a text per run (empty where a run has none), and the places of the best."""

    name: str
    cells: tuple[str, ...]
    best: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Differences:
    """Rows that differ, and how many are equal in all runs."""

    rows: tuple[Row, ...]
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
    findings: tuple[Row, ...]
    settings: Differences
    environment: Differences
    charts: tuple[Chart, ...]


def compare(runs: Sequence[RecordedRun]) -> Comparison:
    """Put runs side by side.

    Raises:
        RunError: No two of them have a command or a metric in common.
    """
    _refuse_strangers(runs)
    compared = tuple(
        Compared(run=run, label=_label(index), style=index % STYLES) for index, run in enumerate(runs)
    )
    return Comparison(
        runs=compared,
        metrics=_differences([dict(metric_words(run)) for run in runs], better=_BETTER),
        findings=_findings(runs),
        settings=_differences([{setting.key: setting.text for setting in run.settings} for run in runs]),
        environment=_differences([dict(environment(run)) for run in runs]),
        charts=tuple(_charts(compared)),
    )


def _refuse_strangers(runs: Sequence[RecordedRun]) -> None:
    for one, other in itertools.combinations(runs, 2):
        if one.command == other.command or (one.numbers.keys() & other.numbers.keys()) - _SAYS_NOTHING:
            return
    said = ", ".join(f"{run.name} is a run of {run.command} on {run.setting('data.source')}" for run in runs)
    raise RunError(
        f"these runs have nothing in common that could be compared: {said}",
        remedy="Name runs of the same command, or write a report of each",
    )


def _label(index: int) -> str:
    """A … Z, then A2 … Z2."""
    return chr(ord("A") + index % 26) + ("" if index < 26 else str(index // 26 + 1))


def _differences(
    columns: Sequence[Mapping[str, str]], better: Mapping[str, Any] | None = None
) -> Differences:
    names = list(dict.fromkeys(name for column in columns for name in column))
    rows = [Row(name=name, cells=tuple(column.get(name, "") for column in columns)) for name in names]
    different = [row for row in rows if len(set(row.cells)) > 1]
    marked = tuple(
        Row(name=row.name, cells=row.cells, best=_best(row, (better or {}).get(row.name)))
        for row in different
    )
    return Differences(rows=marked, equal=len(rows) - len(different))


def _best(row: Row, better: Any) -> frozenset[int]:
    if better is None:
        return frozenset()
    numbers = {index: drawable(float(cell.replace(",", ""))) for index, cell in enumerate(row.cells) if cell}
    known = {index: value for index, value in numbers.items() if value is not None}
    return frozenset(index for index, value in known.items() if value == better(known.values()))


def _findings(runs: Sequence[RecordedRun]) -> tuple[Row, ...]:
    """One row per fault that any of the runs has."""
    found: dict[str, list[RecordedFinding | None]] = {}
    for index, run in enumerate(runs):
        for finding in run.findings:
            found.setdefault(f"{finding.id} {finding.name}", [None] * len(runs))[index] = finding
    return tuple(
        Row(name=name, cells=tuple(f.severity if f else "" for f in row)) for name, row in found.items()
    )


def _charts(compared: Sequence[Compared]) -> list[Chart]:
    charts = []
    for name, key, title in (
        ("validation", "loss", "Validation loss"),
        ("validation", "accuracy", "Validation accuracy"),
        ("train", "loss", "Training loss"),
        ("train", "accuracy", "Training accuracy"),
    ):
        series = [_series(one, column(split(one.run.metrics, name), "epoch", key)) for one in compared]
        charts += _overlaid(title, series, "epoch")
    tiny = [_series(one, column(one.run.of_kind("tiny"), "epoch", "cost")) for one in compared]
    charts += _overlaid("Cost on the tiny set", tiny, "epoch", log=True)
    ratios = [_series(one, _median_ratios(one.run)) for one in compared]
    charts += _overlaid("Update ratio, median over the layers", ratios, "epoch", log=True)
    charts += _overlaid(
        "Best value so far", [_series(one, _best_so_far(one.run)) for one in compared], "trial"
    )
    return charts


def _overlaid(title: str, series: list[Series], x_name: str, log: bool | None = None) -> list[Chart]:
    return [line_chart(title, series, x_name=x_name, log=log, legend=False)] if has_numbers(series) else []


def _series(one: Compared, points: Sequence[tuple[float, Any]]) -> Series:
    return Series(name=one.label, points=points, style=one.style)


def _median_ratios(run: RecordedRun) -> list[tuple[float, Any]]:
    points = []
    for event in run.of_kind("epoch"):
        ratios = event.get("update_ratios")
        known = [v for v in ratios.values() if drawable(v) is not None] if isinstance(ratios, Mapping) else []
        if known and drawable(event.get("epoch")) is not None:
            points.append((float(event["epoch"]), median(known)))
    return points


def _best_so_far(run: RecordedRun) -> list[tuple[float, Any]]:
    points: list[tuple[float, Any]] = []
    for count, event in enumerate(run.of_kind("trial"), start=1):
        best = event.get("best")
        points.append((float(count), drawable(best.get("value")) if isinstance(best, Mapping) else None))
    sign = -1.0 if any(event.get("metric") == "val_loss" for event in run.of_kind("trial")) else 1.0
    return [(at, None if value is None else sign * value) for at, value in points]
