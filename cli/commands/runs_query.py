"""What ``runs ls``, ``runs show`` and ``runs compare`` do: read, choose the form, print."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nnbabysit.cli.options import Options
from nnbabysit.cli.query import answer, document
from nnbabysit.cli.render.output import painted, print_json
from nnbabysit.cli.render.result import Line, shown_path
from nnbabysit.cli.render.terminal import Terminal, clean_line, error_line, write
from nnbabysit.cli.run_lookup import find_run
from nnbabysit.core.record.catalog import (
    TEXTS,
    Catalog,
    Entry,
    Filter,
    check_metrics,
    read_catalog,
    sort,
)

if TYPE_CHECKING:
    from nnbabysit.cli.render.run_table import Listing


def list_runs(
    options: Options,
    wanted: Filter,
    *,
    metrics: Sequence[str],
    key: str,
    reverse: bool,
    limit: int | None,
    everything: bool,
    as_csv: bool,
) -> int:
    """Print the runs that pass a filter, in order; returns the exit code."""

    def work() -> int:
        catalog = read_catalog(options.runs_dir)
        tell_skipped(catalog)
        check_metrics(metrics, catalog.entries)
        chosen = sort(filter(wanted.matches, catalog.entries), key, reverse=reverse)[:limit]
        by_metric = key not in (*TEXTS, "start", "seconds") and key not in metrics
        shown = [*metrics, *([key] if by_metric else [])]
        if options.json:
            _print_json_list(chosen, catalog)
        elif as_csv:
            from nnbabysit.cli.render.run_table import listing_csv

            write(sys.stdout, listing_csv(chosen, shown))
        elif options.quiet:
            write(sys.stdout, "".join(f"{clean_line(entry.path.name)}\n" for entry in chosen))
        else:
            _print_table(chosen, catalog, options, shown, everything=everything)
        return 0

    return answer("runs ls", options, work)


def show_run(options: Options, name: str) -> int:
    """Print one run in plain words; returns the exit code."""

    def work() -> int:
        from nnbabysit.cli.render.run_details import portrait_document, portrait_lines
        from nnbabysit.core.record.defaults import changed_settings
        from nnbabysit.core.record.inventory import inventory

        entry = Entry(find_run(name, options.runs_dir))
        changed, items = changed_settings(entry), inventory(entry.path)
        if options.json:
            shown = portrait_document(entry, changed, items)
            print_json(document("runs show", run_dir=str(entry.path), run=shown))
        else:
            now = datetime.now(UTC)
            print_lines(
                portrait_lines(entry, changed, items, now, quiet=options.quiet, width=terminal_width())
            )
        return 0

    return answer("runs show", options, work)


def compare_runs(options: Options, names: Sequence[str], *, everything: bool, as_csv: bool) -> int:
    """Print what differs between runs; returns the exit code."""

    def work() -> int:
        from nnbabysit.cli.render.run_comparison import comparison_csv, comparison_document, comparison_lines
        from nnbabysit.core.record.comparison import compare

        entries = [Entry(find_run(name, options.runs_dir)) for name in names]
        rows = compare(entries)
        shown = [row for row in rows if row.differs or everything]
        if options.json:
            print_json(document("runs compare", **comparison_document(entries, shown)))
        elif as_csv:
            write(sys.stdout, comparison_csv(entries, shown))
        else:
            same = len(rows) - len(shown)
            print_lines(comparison_lines(entries, shown, width=terminal_width(), same=same))
        return 0

    return answer("runs compare", options, work)


def tell_skipped(catalog: Catalog) -> None:
    """One line on stderr for each directory that is no run."""
    for error in catalog.skipped:
        error_line(f"skipped {clean_line(shown_path_of(error.where))}: {clean_line(error.message)}")


def shown_path_of(where: str) -> str:
    """A path as people read it."""
    from pathlib import Path

    return shown_path(Path(where))


def terminal_width() -> int | None:
    """Columns of the terminal; None if stdout is none."""
    terminal = Terminal.detect(os.environ, sys.stdout, sys.stderr)
    return shutil.get_terminal_size().columns if terminal.rich else None


def print_lines(lines: Sequence[Line]) -> None:
    """Lines on stdout, colored where that is wanted."""
    terminal = Terminal.detect(os.environ, sys.stdout, sys.stderr)
    write(sys.stdout, painted(lines, color=terminal.color))


def _print_table(
    chosen: Sequence[Entry],
    catalog: Catalog,
    options: Options,
    metrics: Sequence[str],
    *,
    everything: bool,
) -> None:
    if not chosen:
        place = clean_line(shown_path(options.runs_dir))
        passed = f"none of the {len(catalog.entries)} runs in {place} is so"
        error_line(passed if catalog.entries else f"there are no runs in {place}")
        return
    from nnbabysit.cli.render.run_table import listing, listing_lines

    width = terminal_width()
    table = listing(chosen, metrics=metrics, now=datetime.now(UTC), width=width, everything=everything)
    print_lines(listing_lines(table, width=width))
    error_line(_note(table, len(chosen), len(catalog.entries)))


def _note(table: Listing, shown: int, total: int) -> str:
    """How many runs these are, and what the table leaves out."""
    counted = "1 run" if total == 1 else f"{total} runs"
    parts = [counted if shown == total else f"{shown} of {counted}"]
    if table.same:
        parts.append("all of them: " + ", ".join(f"{key} {value}" for key, value in table.same.items()))
    if table.omitted:
        parts.append(f"no room for {' and '.join(table.omitted)}, which --all shows")
    return "; ".join(parts)


def _print_json_list(chosen: Sequence[Entry], catalog: Catalog) -> None:
    from nnbabysit.cli.render.run_table import entry_document

    skipped: list[dict[str, Any]] = [
        {"path": error.where, "message": error.message} for error in catalog.skipped
    ]
    print_json(document("runs ls", runs=[entry_document(entry) for entry in chosen], skipped=skipped))
