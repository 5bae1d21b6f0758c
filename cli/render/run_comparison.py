"""Side by side: several runs compared, as a table for people, as CSV and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from nnbabysit.cli.render.csv_cells import csv_text
from nnbabysit.cli.render.result import Line, Span
from nnbabysit.cli.render.run_table import OUTCOME_STYLES, run_document
from nnbabysit.cli.render.stacked_table import GAP, pair_lines
from nnbabysit.core.formatting import clean_line, drawn_text, measured_text, value_text
from nnbabysit.core.record.comparison import ComparedFact, run_letter
from nnbabysit.core.record.run_reader import RecordedRun
from nnbabysit.core.record.strict_json import ABSENT, Absence, Json

WIDEST_CELL = 30
"""A cell that is wider than this is no reason to start another block; it runs on to the right."""


def comparison_lines(
    runs: Sequence[RecordedRun], rows: Sequence[ComparedFact], *, width: int | None, same: int
) -> list[Line]:
    """Which letter is which run, then a row per fact; runs that do not fit beside each other go below.

    Args:
        runs: The runs.
        rows: What to show of them.
        width: Columns of the terminal; None: no limit.
        same: How many rows are left out because all runs agree.
    """
    wide = len(run_letter(len(runs) - 1))
    lines: list[Line] = [
        (
            Span(f"{run_letter(index):<{wide}}", "bold"),
            Span(f"{GAP}{clean_line(run.name)}"),
            Span(f"{GAP}{run.label}" if run.label else "", "dim"),
        )
        for index, run in enumerate(runs)
    ]
    rows = [row for row in rows if (row.section, row.key) != ("run", "label")]  # stands beside the name
    cells = [[_cell(row, value) for value in row.values] for row in rows]
    widths = [
        max([len(run_letter(index)), *(min(len(row[index]), WIDEST_CELL) for row in cells)])
        for index in range(len(runs))
    ]
    keys = max((len(row.key) for row in rows), default=0)
    if not rows:
        lines += [(), (Span("no difference"),)]
    if rows and width is not None and keys + 2 * len(GAP) + min(widths) > width:
        return [*lines, (), *_stacked_lines(rows, cells, width), *_same_line(same)]
    for block in _blocks(widths if rows else [], None if width is None else width - keys - len(GAP)):
        lines += [(), *_block_lines(rows, cells, block, keys, widths)]
    return [*lines, *_same_line(same)]


def _same_line(same: int) -> list[Line]:
    """How many rows are left out."""
    words = "1 row is" if same == 1 else f"{same} rows are"
    return [(), (Span(f"{words} the same in all runs; --all shows them", "dim"),)] if same else []


def _stacked_lines(
    rows: Sequence[ComparedFact], cells: Sequence[Sequence[str]], width: int
) -> Iterator[Line]:
    """Each fact with the runs below it, for a terminal that is too narrow for one column beside the names."""
    for section, members in groupby(zip(rows, cells, strict=True), key=lambda pair: pair[0].section):
        yield (Span(section, "bold"),)
        for row, texts in members:
            yield (Span(f"{GAP}{clean_line(row.key)}"),)
            pairs = [(run_letter(index), text) for index, text in enumerate(texts)]
            yield from ((Span(GAP + text),) for text in pair_lines(pairs, width - len(GAP)))


def _blocks(widths: Sequence[int], room: int | None) -> Iterator[list[int]]:
    """Indices of the runs that fit beside each other, at least one at a time."""
    block: list[int] = []
    used = 0
    for index, width in enumerate(widths):
        if block and room is not None and used + len(GAP) + width > room:
            yield block
            block, used = [], 0
        block.append(index)
        used += len(GAP) + width
    if block:
        yield block


def _block_lines(
    rows: Sequence[ComparedFact],
    cells: Sequence[Sequence[str]],
    block: Sequence[int],
    keys: int,
    widths: Sequence[int],
) -> Iterator[Line]:
    def line(head: Span, texts: Sequence[str], style: str) -> Line:
        spans = (
            Span(f"{GAP}{text:<{widths[index]}}", OUTCOME_STYLES.get(text, style))
            for text, index in zip(texts, block, strict=True)
        )
        return (head, *spans)

    yield line(Span(GAP + " " * keys), [run_letter(index) for index in block], "bold")
    told = [
        (row, texts)
        for row, texts in zip(rows, cells, strict=True)
        if any(row.values[index] is not ABSENT for index in block)
    ]
    for section, members in groupby(told, key=lambda pair: pair[0].section):
        yield (Span(section, "bold"),)
        for row, texts in members:
            yield line(Span(f"{GAP}{clean_line(row.key):<{keys}}"), [texts[index] for index in block], "")


def _cell(row: ComparedFact, value: Json | Absence) -> str:
    if value is ABSENT:
        return "–"
    return drawn_text(value) if row.section == "config" else measured_text(row.key, value)


def comparison_csv(runs: Sequence[RecordedRun], rows: Sequence[ComparedFact]) -> str:
    """A row per run and a column per fact, as spreadsheet and data frame programs want it."""
    columns = ["run", *(f"{row.section}.{row.key}" for row in rows)]
    return csv_text(
        columns,
        ([run.name, *(_csv_value(row.values[index]) for row in rows)] for index, run in enumerate(runs)),
    )


def _csv_value(value: Json | Absence) -> str | float | None:
    if value is ABSENT or value is None:
        return None
    return value if isinstance(value, bool | int | float) else value_text(value)


def comparison_document(runs: Sequence[RecordedRun], rows: Sequence[ComparedFact]) -> dict[str, Json]:
    """The runs and, by section and key, their values in this order; a run that has none is null there."""
    return {
        "runs": [run_document(run) for run in runs],
        "differences": [
            {
                "section": row.section,
                "key": row.key,
                "values": [None if value is ABSENT else value for value in row.values],
                "differs": row.differs,
            }
            for row in rows
        ],
    }
