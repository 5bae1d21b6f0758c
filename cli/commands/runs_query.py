"""What ``runs ls``, ``runs show`` and ``runs compare`` do: read, choose the form, print."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nnbabysit.cli.options import Options
from nnbabysit.cli.query import answer, document
from nnbabysit.cli.render.output import painted, print_json
from nnbabysit.cli.render.result import Line, shown_path
from nnbabysit.cli.render.terminal import Terminal, error_line, write
from nnbabysit.cli.run_lookup import find_run, newest_run
from nnbabysit.core.formatting import clean_line
from nnbabysit.core.record.catalog import (
    TEXTS,
    Catalog,
    Filter,
    check_metrics,
    read_catalog,
    sorted_runs,
)
from nnbabysit.core.record.run_reader import RecordedRun

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
        check_metrics(metrics, catalog.runs)
        chosen = sorted_runs(filter(wanted.matches, catalog.runs), key, reverse=reverse)[:limit]
        by_metric = key not in (*TEXTS, "start", "seconds") and key not in metrics
        shown = [*metrics, *([key] if by_metric else [])]
        if options.json:
            _print_json_list(chosen, catalog)
        elif as_csv:
            from nnbabysit.cli.render.run_table import listing_csv

            write(sys.stdout, listing_csv(chosen, shown))
        elif options.quiet:
            write(sys.stdout, "".join(f"{clean_line(run.name)}\n" for run in chosen))
        else:
            _print_table(chosen, catalog, options, shown, everything=everything)
        return 0

    return answer("runs ls", options, work)


def show_run(options: Options, name: str | None) -> int:
    """Print one run, the newest if none is named, in plain words; returns the exit code."""

    def work() -> int:
        from nnbabysit.cli.render.run_details import run_detail_document, run_detail_lines
        from nnbabysit.core.record.inventory import inventory

        run = RecordedRun(newest_run(options.runs_dir) if name is None else find_run(name, options.runs_dir))
        items = inventory(run.path)
        if options.json:
            print_json(document("runs show", run_dir=str(run.path), run=run_detail_document(run, items)))
        else:
            now = datetime.now(UTC)
            print_lines(run_detail_lines(run, items, now, quiet=options.quiet, width=terminal_width()))
        return 0

    return answer("runs show", options, work)


def compare_runs(options: Options, names: Sequence[str], *, everything: bool, as_csv: bool) -> int:
    """Print what differs between runs; returns the exit code."""

    def work() -> int:
        from nnbabysit.cli.render.run_comparison import comparison_csv, comparison_document, comparison_lines
        from nnbabysit.core.record.comparison import compared_facts

        runs = [RecordedRun(find_run(name, options.runs_dir)) for name in names]
        rows = compared_facts(runs)
        shown = [row for row in rows if row.differs or everything]
        if options.json:
            print_json(document("runs compare", **comparison_document(runs, shown)))
        elif as_csv:
            write(sys.stdout, comparison_csv(runs, shown))
        else:
            same = len(rows) - len(shown)
            print_lines(comparison_lines(runs, shown, width=terminal_width(), same=same))
        return 0

    return answer("runs compare", options, work)


def tell_skipped(catalog: Catalog) -> None:
    """One line on stderr for each directory that is no run."""
    for error in catalog.skipped:
        error_line(f"skipped {clean_line(shown_path(Path(error.where)))}: {clean_line(error.message)}")


def terminal_width() -> int | None:
    """Columns of the terminal; None if stdout is none."""
    terminal = Terminal.detect(os.environ, sys.stdout, sys.stderr)
    return shutil.get_terminal_size().columns if terminal.rich else None


def print_lines(lines: Sequence[Line]) -> None:
    """Lines on stdout, colored where that is wanted."""
    terminal = Terminal.detect(os.environ, sys.stdout, sys.stderr)
    write(sys.stdout, painted(lines, color=terminal.color))


def _print_table(
    chosen: Sequence[RecordedRun],
    catalog: Catalog,
    options: Options,
    metrics: Sequence[str],
    *,
    everything: bool,
) -> None:
    if not chosen:
        place = clean_line(shown_path(options.runs_dir))
        passed = f"none of the {len(catalog.runs)} runs in {place} is so"
        error_line(passed if catalog.runs else f"there are no runs in {place}")
        return
    from nnbabysit.cli.render.run_table import listing, listing_lines

    width = terminal_width()
    table = listing(chosen, metrics=metrics, now=datetime.now(UTC), width=width, everything=everything)
    print_lines(listing_lines(table, width=width))
    error_line(_note(table, len(chosen), len(catalog.runs)))


def _note(table: Listing, shown: int, total: int) -> str:
    """How many runs these are, and what the table leaves out."""
    counted = "1 run" if total == 1 else f"{total} runs"
    parts = [counted if shown == total else f"{shown} of {counted}"]
    if table.same:
        parts.append("all of them: " + ", ".join(f"{key} {value}" for key, value in table.same.items()))
    if table.omitted:
        parts.append(f"no room for {' and '.join(table.omitted)}, which --all shows")
    return "; ".join(parts)


def _print_json_list(chosen: Sequence[RecordedRun], catalog: Catalog) -> None:
    from nnbabysit.cli.render.run_table import run_document

    skipped = [{"path": error.where, "message": error.message} for error in catalog.skipped]
    print_json(document("runs ls", runs=[run_document(run) for run in chosen], skipped=skipped))
