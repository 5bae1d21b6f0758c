"""``report``: runs as one page."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from nnbabysit.cli.options import Options, with_run_options
from nnbabysit.cli.typer_app import Command


@Command(name="report", order=130, from_run=True).register
@with_run_options
def report(
    options: Options,
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN",
            help="Path of a run, its name in the folder of runs, or latest. Default: the newest run.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to write. Default: report.html in the run; of several runs, in the current folder.",
        ),
    ] = None,
) -> int:
    """Write a run as one HTML page, or several side by side.

    The page comes verdict first, then findings with evidence and remedy, curves, signals inside the network,
    the trials of a search, what the config changes, and the environment. It is one file without JavaScript
    that loads nothing from anywhere, so it can be sent as it is. Several runs are shown by what differs.
    Every command leaves such a page in its run; a run that crashed gets one here. Prints the path. A file
    that is not a report is never overwritten.

    Example: nnbabysit report latest && nnbabysit report brave-otter_train calm-heron_train
    """
    from nnbabysit.cli.query import answer

    return answer("report", options, lambda: _report(options, runs or (), output))


def _report(options: Options, runs: Sequence[str], output: Path | None) -> int:
    from nnbabysit.cli.query import document
    from nnbabysit.cli.render.output import print_json
    from nnbabysit.cli.render.result import shown_path
    from nnbabysit.cli.render.terminal import write
    from nnbabysit.cli.run_lookup import find_run, newest_run
    from nnbabysit.core.formatting import clean_line
    from nnbabysit.core.report.page.page import REPORT, write_page

    found = list(dict.fromkeys(find_run(name, options.runs_dir) for name in runs))
    found = found or [newest_run(options.runs_dir)]
    page = write_page(found, output or (found[0] / REPORT if len(found) == 1 else Path(REPORT)))
    if options.json:
        run_dir = str(found[0]) if len(found) == 1 else None
        print_json(document("report", run_dir=run_dir, runs=[str(run) for run in found], page=str(page)))
    else:
        write(sys.stdout, f"{clean_line(shown_path(page))}\n")
    return 0
