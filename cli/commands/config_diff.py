"""Difference: what ``config diff`` prints."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnbabysit.cli.config_origin import load
from nnbabysit.cli.options import Options
from nnbabysit.cli.query import answer, document
from nnbabysit.cli.render.output import new_console, print_json, print_table
from nnbabysit.cli.render.result import aligned, shown_path
from nnbabysit.cli.render.terminal import Terminal, write
from nnbabysit.cli.run_lookup import find_run
from nnbabysit.core.errors import RunError
from nnbabysit.core.formatting import clean_line, value_text
from nnbabysit.core.record.directory import CONFIG

if TYPE_CHECKING:
    from nnbabysit.core.config.difference import Difference, Side

NOTHING = "–"


def diff(first: str, second: str | None, options: Options) -> int:
    """Print the settings in which two configs, or a config and the defaults, differ."""
    return answer("config diff", options, lambda: _diff(first, second, options))


def _diff(first: str, second: str | None, options: Options) -> int:
    one = load(config_of(first, options.runs_dir), options)
    from nnbabysit.core.config.difference import DEFAULTS, differences

    other = DEFAULTS if second is None else load(config_of(second, options.runs_dir), options)
    found = differences(one, other)
    names = (first, "defaults" if second is None else second)
    if options.json:
        rows = [
            {"key": row.key, "first": _side_document(row.first), "second": _side_document(row.second)}
            for row in found
        ]
        print_json(document("config diff", first=names[0], second=names[1], differences=rows))
    else:
        _print(found, names)
    return 0


def config_of(name: str, runs_dir: Path) -> str:
    """The config that a word of the command line names: a run's own copy for a run, else the word itself."""
    from nnbabysit.core.config.loading import bundled

    if name in bundled() or Path(name).is_file():
        return name
    for folder in (Path(name), runs_dir / name):
        if (folder / CONFIG).is_file():
            return _shown(folder.resolve())
    with suppress(RunError):  # the message about a word that is neither names both
        run = find_run(name, runs_dir)
        return _shown(run) if (run / CONFIG).is_file() else name
    return name


def _shown(run: Path) -> str:
    return os.path.join(".", shown_path(run / CONFIG))  # noqa: PTH118 (keeps ./)


def _side_document(side: Side) -> dict[str, Any] | None:
    return {"value": side.value, "origin": side.place} if side.exists else None


def _print(found: list[Difference], names: tuple[str, str]) -> None:
    if not found:
        write(sys.stdout, f"no difference between {clean_line(names[0])} and {clean_line(names[1])}\n")
        return
    from nnbabysit.core.workflow.result import Table

    rows: tuple[tuple[str, ...], ...] = tuple(
        (row.key, *_cells(row.first), *_cells(row.second)) for row in found
    )
    defaults = all(cells[4] in ("default", "") for cells in rows)
    columns: tuple[str, ...] = ("setting", names[0], "from", names[1], "from")
    if defaults:  # every place is the same: it says nothing
        columns, rows = columns[:4], tuple(cells[:4] for cells in rows)
    table = Table(title="", columns=columns, rows=rows)
    terminal = Terminal.detect(os.environ, sys.stdout, sys.stderr)
    if terminal.rich:
        print_table(new_console(sys.stdout, color=terminal.color), table)
    else:
        write(sys.stdout, "\n".join(aligned(table)) + "\n")


def _cells(side: Side) -> tuple[str, str]:
    return (clean_line(value_text(side.value)), clean_line(side.place)) if side.exists else (NOTHING, "")
