"""Output: a result or a failure on the right stream, as JSON, plain text or for a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nnbabysit.cli.render.result import (
    LABEL,
    Line,
    Settings,
    aligned,
    result_lines,
    shown_path,
)
from nnbabysit.cli.render.stacked_table import least_width, stacked
from nnbabysit.cli.render.terminal import Terminal, error_line, paint, write
from nnbabysit.core.formatting import clean, clean_line, is_numeric_column, visible
from nnbabysit.core.workflow.failure import Failure

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable

    from nnbabysit.core.workflow.result import StepResult, Table


def print_json(document: dict[str, Any]) -> None:
    """The one document of ``--json``; strict, and safe to show in a terminal."""
    from nnbabysit.core.record.strict_json import encode

    text = encode(document, indent=2)
    write(sys.stdout, visible(text) + "\n")


def print_result(result: StepResult, settings: Settings | None, terminal: Terminal, *, quiet: bool) -> None:
    """Tables, findings, verdict, run directory and next command on stdout."""
    tables = () if quiet else result.tables
    lines = result_lines(result, settings, quiet=quiet)
    if terminal.rich:
        _print_rich(tables, lines, terminal)
    else:
        for table in tables:
            write(sys.stdout, "\n".join([*aligned(table), "", ""]))
        write(sys.stdout, painted(lines, color=terminal.color))


def print_lines(lines: Sequence[Line], terminal: Terminal) -> None:
    """Lines alone on stdout, wrapped beside their labels in a terminal."""
    if terminal.rich:
        _print_rich((), lines, terminal)
    else:
        write(sys.stdout, painted(lines, color=terminal.color))


def painted(lines: Sequence[Line], *, color: bool) -> str:
    """Lines as text, with escape codes for the styles if color is on."""
    texts = ("".join(paint(span.text, span.style, color=color) for span in line).rstrip() for line in lines)
    return "".join(f"{text}\n" for text in texts)


def _print_rich(tables: Sequence[Table], lines: Sequence[Line], terminal: Terminal) -> None:
    from rich.text import Text

    console = new_console(sys.stdout, color=terminal.color)
    console.print()
    for table in tables:
        print_table(console, table)
    for line in lines:
        shown = hanging(line) if console.width >= 2 * LABEL else None
        if shown is not None:
            console.print(shown)
        else:  # commands and paths must stay in one piece to be copied
            console.print(Text.assemble(*((span.text, span.style) for span in line)), soft_wrap=True)


def hanging(line: Line) -> RichTable | None:
    """A part of a finding, wrapped between words beside its label; None for any other line."""
    from rich.table import Table as RichTable
    from rich.text import Text

    if len(line) != 2 or len(line[0].text) != LABEL:
        return None
    grid = RichTable.grid()
    grid.add_column(width=LABEL)
    grid.add_column(overflow="fold")
    grid.add_row(*(Text(span.text, span.style) for span in line))
    return grid


def print_table(console: Console, table: Table) -> None:
    """The table as wide as the terminal, or its rows below one another where that would break a number."""
    from rich.text import Text

    shown = drawn(table)
    needed = sum(column.min_width or 0 for column in shown.columns) + 3 * len(shown.columns) - 1
    if needed <= console.width:
        console.print(shown)
        return
    for line in stacked(table, console.width):
        console.print(Text(line), soft_wrap=True)


def drawn(table: Table) -> Any:
    """The table for a terminal; text that is too wide is folded between words, numbers and heads never."""
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    title = Text(clean_line(table.title)) if table.title else None
    shown = RichTable(
        title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False
    )
    for index, column in enumerate(table.columns):
        cells = [clean_line(row[index]) for row in table.rows]
        numeric = is_numeric_column(cells)
        justify: Literal["left", "right"] = "right" if numeric else "left"
        whole = numeric or index == 0
        shown.add_column(
            Text(clean_line(column)),
            justify=justify,
            overflow="fold",
            no_wrap=whole,
            min_width=least_width([clean_line(column), *cells], whole=whole),
        )
    for row in table.rows:
        shown.add_row(*(Text(clean_line(cell)) for cell in row))
    return shown


def new_console(stream: Any, *, color: bool) -> Console:
    """A Rich console without markup, highlighting and emoji codes: user strings are shown as they are."""
    from rich.console import Console

    return Console(
        file=stream, no_color=not color, force_terminal=True, markup=False, highlight=False, emoji=False
    )


def print_failure(
    failure: Failure, command: str, run_dir: Path | None, terminal: Terminal, *, as_json: bool
) -> None:
    """One sentence with the place and the way out on stderr; with ``--json`` the document on stdout too."""
    if as_json:
        print_json(failure.to_document(command, None if run_dir is None else str(run_dir)))
    error_line(failure_text(failure, color=terminal.error_color))
    if run_dir is not None:
        error_line(f"run: {clean_line(shown_path(run_dir))}")


def failure_text(failure: Failure, *, color: bool) -> str:
    """``error: PLACE: MESSAGE. REMEDY.``; the mistakes of a config have a line each."""
    head = paint("error", "bold red", color=color)
    if failure.mistakes:
        listed = [clean(str(mistake)) for mistake in failure.mistakes]
        several = f"{len(listed)} mistakes in the config\n" if len(listed) > 1 else ""
        return f"{head}: {several}" + "\n".join(listed)
    place = f"{clean_line(failure.where)}: " if failure.where else ""
    sentence = f"{head}: {place}{clean(failure.message).strip()}"
    return f"{ended(sentence)} {ended(clean_line(failure.remedy))}" if failure.remedy else ended(sentence)


def ended(sentence: str) -> str:
    """The sentence with its full stop, unless it ends in a mark of its own."""
    bare = sentence.rstrip().rstrip(".")
    return bare if bare.endswith(("?", "!")) else f"{bare}."
