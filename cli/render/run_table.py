"""Listing: runs as a table for people, as CSV and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from nnbabysit.cli.render.csv_cells import csv_text
from nnbabysit.cli.render.result import VERDICT_STYLES, Line, Span
from nnbabysit.cli.render.stacked_table import GAP, pair_lines
from nnbabysit.cli.time_arguments import age
from nnbabysit.core.formatting import clean_line, is_numeric_column, measured_text
from nnbabysit.core.record.catalog import numeric_metrics
from nnbabysit.core.record.run_reader import RecordedRun
from nnbabysit.core.record.strict_json import Json

SHORT = {
    "best_val_accuracy": "val_acc",
    "best_val_loss": "val_loss",
    "best.value": "best",
    "final_accuracy": "acc",
    "final_loss": "loss",
    "accuracy": "acc",
    "test_accuracy": "test_acc",
}
"""Key metric → its name in the table."""
OUTCOME_STYLES = {**VERDICT_STYLES, "running": "cyan", "crashed": "bold red", "damaged": "bold red"}
DISPENSABLE = ("command", "name")
"""Left out of a terminal that is too narrow; the command is the end of the run's name as well."""
NARROWEST = 12
"""With less room than this a label is not folded: the terminal wraps the line."""
SAME_ONLY_IF = 2
"""From so many rows on a column of equal cells says nothing."""


@dataclass(frozen=True)
class RunColumn:
    """One column: its head and a cell per run."""

    head: str
    cells: tuple[str, ...]

    @cached_property
    def width(self) -> int:
        """Characters of the widest cell."""
        return max(len(self.head), *(len(cell) for cell in self.cells))


@dataclass(frozen=True)
class Listing:
    """A table of runs.

    Attributes:
        columns: What differs, in order.
        same: Column → the cell that all runs share; those columns are left out.
        omitted: Columns for which the terminal has no room.
    """

    columns: tuple[RunColumn, ...]
    same: dict[str, str]
    omitted: tuple[str, ...] = ()


def listing(
    runs: Sequence[RecordedRun], *, metrics: Sequence[str], now: datetime, width: int | None, everything: bool
) -> Listing:
    """The table of some runs.

    Args:
        runs: Runs in order; at least one.
        metrics: Metrics to show, a column each; none: what each run is judged by.
        now: What ages are counted from.
        width: Columns of the terminal; None: no limit.
        everything: Show the columns too in which all runs agree.
    """
    columns, same = [], {}
    for column in _columns(runs, metrics, now):
        alike = len(set(column.cells)) == 1
        if column.head != "run" and alike and not column.cells[0]:
            continue
        if column.head != "run" and alike and len(runs) >= SAME_ONLY_IF and not everything:
            same[column.head] = column.cells[0]
        else:
            columns.append(column)
    omitted: list[str] = []
    for head in () if everything or width is None else DISPENSABLE:
        if _total(columns) > (width or 0) and any(column.head == head for column in columns):
            columns = [column for column in columns if column.head != head]
            omitted.append(head)
    return Listing(tuple(columns), same, tuple(omitted))


def _columns(runs: Sequence[RecordedRun], metrics: Sequence[str], now: datetime) -> list[RunColumn]:
    shown = (
        [_column(name, [_shown(run.numbers.get(name)) for run in runs]) for name in metrics]
        if metrics
        else [_column("result", [_key_metric(run) for run in runs])]
    )
    return [
        _column("run", [run.name for run in runs]),
        _column("outcome", [run.outcome for run in runs]),
        _column("age", [age(run.start, now) for run in runs]),
        *shown,
        _column("command", [run.command for run in runs]),
        _column("name", [run.experiment for run in runs]),
        _column("label", [run.label for run in runs]),
    ]


def _column(head: str, cells: Sequence[str]) -> RunColumn:
    return RunColumn(clean_line(head), tuple(clean_line(cell) for cell in cells))


def _shown(value: Json) -> str:
    return "" if value is None else measured_text("", value)


def _key_metric(run: RecordedRun) -> str:
    found = run.key_metric
    return "" if found is None else f"{SHORT.get(found[0], found[0])} {measured_text(*found)}"


def _total(columns: Sequence[RunColumn]) -> int:
    return sum(column.width for column in columns) + len(GAP) * (len(columns) - 1)


def listing_lines(table: Listing, *, width: int | None) -> list[Line]:
    """Head and rows; numbers to the right, nothing cut; what is too wide is folded, or stacked run by run."""
    columns = table.columns
    room = _room_of_last(columns, width)
    if width is not None and room is None and _total(columns) > width:
        return list(_stacked_lines(columns, width))
    right = [is_numeric_column(column.cells) and column.head != "age" for column in columns]
    lines: list[Line] = [_line(columns, [column.head for column in columns], right, style="bold")]
    for row in zip(*(column.cells for column in columns), strict=True):
        first, *rest = (textwrap.wrap(row[-1], room) if room else []) or [row[-1]]
        lines.append(_line(columns, [*row[:-1], first], right))
        lines += [_line(columns, [*[""] * (len(row) - 1), part], right) for part in rest]
    return lines


def _stacked_lines(columns: Sequence[RunColumn], width: int) -> Iterator[Line]:
    """Each run with its facts below it, for a terminal that is too narrow for their table."""
    for name, *cells in zip(*(column.cells for column in columns), strict=True):
        yield (Span(name, "bold"),)
        pairs = [(column.head, cell) for column, cell in zip(columns[1:], cells, strict=True) if cell]
        yield from ((Span(text),) for text in pair_lines(pairs, width))


def _room_of_last(columns: Sequence[RunColumn], width: int | None) -> int | None:
    """Characters that the label may have on one line; None if there is no need to fold."""
    if width is None or columns[-1].head != "label" or _total(columns) <= width:
        return None
    room = width - _total(columns) + columns[-1].width
    return room if room >= NARROWEST else None


def _line(
    columns: Sequence[RunColumn], cells: Sequence[str], right: Sequence[bool], *, style: str = ""
) -> Line:
    spans = []
    for index, (column, cell, to_right) in enumerate(zip(columns, cells, right, strict=True)):
        last = index == len(columns) - 1
        padded = f"{cell:>{column.width}}" if to_right else f"{cell:<{0 if last else column.width}}"
        outcome = OUTCOME_STYLES.get(cell, "") if column.head == "outcome" else ""
        spans += [Span("" if index == 0 else GAP), Span(padded, style or outcome)]
    return tuple(spans)


def listing_csv(runs: Sequence[RecordedRun], metrics: Sequence[str]) -> str:
    """Every run with all its facts and these metrics, or all that are numbers; stable for programs."""
    names = list(metrics) or numeric_metrics(runs)
    fixed = [
        "run",
        "command",
        "outcome",
        "status",
        "verdict",
        "exit_code",
        "start",
        "seconds",
        "name",
        "label",
    ]
    rows: list[list[Json]] = []
    for run in runs:
        facts = run_document(run)
        rows.append([*(facts[key] for key in fixed), *(run.numbers.get(name) for name in names)])
    own = [f"metrics.{name}" if name in fixed else name for name in names]  # a head for each column alone
    return csv_text([*fixed, *own], rows)


def run_document(run: RecordedRun) -> dict[str, Json]:
    """One run as JSON-ready builtins."""
    return {
        "run": run.name,
        "run_dir": str(run.path),
        "command": run.command,
        "outcome": run.outcome,
        "status": run.status,
        "verdict": run.verdict or None,
        "exit_code": run.exit_code,
        "start": run.start.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "seconds": run.seconds,
        "name": run.experiment,
        "label": run.label or None,
        "metrics": run.numbers,
    }
