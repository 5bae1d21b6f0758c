"""``runs``: look at the runs that are there, compare them, label them, and remove them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from nnbabysit.cli.options import Options, with_run_options
from nnbabysit.cli.time_arguments import moment
from nnbabysit.cli.typer_app import Command

runs_app = Command(name="runs", order=140).group(no_args_is_help=False)
_COMPARE = Command(name="compare", order=150)


@runs_app.callback(invoke_without_command=True)
def runs_group(context: typer.Context) -> int:
    """Look at the runs that are there, compare them, label them, and remove them.

    RUN is the path of a run directory, its name in the folder of runs, or the end of that name. The outcome
    of a run is derived: its lock is held (running), its exit code is noted (ended), or neither (crashed).
    Without a command of its own it lists them.

    Example: nnbabysit runs ls --command train --since 2d
    """
    if context.invoked_subcommand is not None:
        return 0
    group: Any = context.command
    listing = group.get_command(context, "ls")
    with listing.make_context("ls", [], parent=context) as inner:
        return int(listing.invoke(inner))


class VerdictChoice(StrEnum):
    """Verdicts that ``--verdict`` takes."""

    PASS = "pass"
    FAIL = "fail"
    DIVERGED = "diverged"
    ERROR = "error"


class StatusChoice(StrEnum):
    """States that ``--status`` takes."""

    RUNNING = "running"
    ENDED = "ended"
    CRASHED = "crashed"


Commands = Annotated[
    list[str] | None,
    typer.Option("--command", metavar="COMMAND", help="Only runs of this command. Repeatable."),
]
Verdicts = Annotated[
    list[VerdictChoice] | None,
    typer.Option(
        "--verdict",
        metavar="VERDICT",
        help="Only runs with this verdict: pass, fail, diverged, error. Repeatable.",
    ),
]
Statuses = Annotated[
    list[StatusChoice] | None,
    typer.Option(
        "--status", metavar="STATUS", help="Only runs in this state: running, ended, crashed. Repeatable."
    ),
]
LabelPart = Annotated[
    str | None, typer.Option("--label", metavar="TEXT", help="Only runs whose label holds this text.")
]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV on stdout.")]


@runs_app.command("ls")
@with_run_options
def runs_ls(
    options: Options,
    command: Commands = None,
    verdict: Verdicts = None,
    status: Statuses = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since", metavar="TIME", parser=moment, help="Only runs begun since: 12h, 2d, 2026-11-20 (UTC)."
        ),
    ] = None,
    label: LabelPart = None,
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", metavar="METRIC", help="Show this metric. Repeatable."),
    ] = None,
    sort: Annotated[
        str,
        typer.Option(
            "--sort", metavar="KEY", help="start, run, command, outcome, name, label, seconds or a metric."
        ),
    ] = "start",
    reverse: Annotated[bool, typer.Option("--reverse", help="The other way round.")] = False,
    limit: Annotated[
        int | None, typer.Option("-n", "--limit", min=1, metavar="N", help="Only the first N.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Show the columns too in which all runs agree.")
    ] = False,
    as_csv: Csv = False,
) -> int:
    """List the runs, the newest first.

    Shows of each run its outcome (running, crashed, interrupted, or its verdict), how long ago it
    began, what it is judged by, and its label. Columns in which all runs agree are left out and told once.
    The best metric comes first: a high accuracy, a low loss. With -q the names alone, one per line.

    Example: nnbabysit runs ls --command train --verdict fail --since 2d --sort best_val_accuracy
    """
    from nnbabysit.cli.commands.runs_query import list_runs
    from nnbabysit.core.record.catalog import Filter

    wanted = Filter(
        commands=command or (), verdicts=verdict or (), statuses=status or (), since=since, label=label
    )
    _refuse_both(options.json, as_csv)
    return list_runs(
        options,
        wanted,
        metrics=metric or [],
        key=sort,
        reverse=reverse,
        limit=limit,
        everything=everything,
        as_csv=as_csv,
    )


@runs_app.command("show")
@with_run_options
def runs_show(
    options: Options,
    run: Annotated[
        str | None,
        typer.Argument(metavar="RUN", help="Path of a run directory, or its name. Default: the newest run."),
    ] = None,
) -> int:
    """Show one run in plain words.

    Prints the verdict and its sentence, the findings, all metrics, the settings that differ from the
    defaults, versions and machine, the files with their sizes, and what to type next.

    Example: nnbabysit runs show runs/latest
    """
    from nnbabysit.cli.commands.runs_query import show_run

    return show_run(options, run)


@_COMPARE.register
@runs_app.command("compare")
@with_run_options
def runs_compare(
    options: Options,
    run: Annotated[
        list[str], typer.Argument(metavar="RUN", help="Two or more run directories, or their names.")
    ],
    everything: Annotated[bool, typer.Option("--all", help="Show what is the same in all of them too.")] = (
        False
    ),
    as_csv: Csv = False,
) -> int:
    """Show what differs between runs: outcome, metrics, config, environment.

    CSV has one row per run and one column per difference.

    Example: nnbabysit runs compare brave-otter_train calm-finch_train
    """
    from nnbabysit.cli.commands.runs_query import compare_runs

    if len(run) < 2:
        raise typer.BadParameter("two runs or more are needed; nnbabysit runs show tells of one")
    _refuse_both(options.json, as_csv)
    return compare_runs(options, run, everything=everything, as_csv=as_csv)


@runs_app.command("label")
@with_run_options
def runs_label(
    options: Options,
    run: Annotated[str, typer.Argument(metavar="RUN", help="Path of a run directory, or its name.")],
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="What to write on it.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the label off.")] = False,
) -> int:
    """Write a label on a run, in place of the one it had.

    A label is up to 80 characters on one line. It is shown by runs ls and in reports, and may be written at
    any time: nothing else of the run changes.

    Example: nnbabysit runs label runs/latest "wider net, same seed"
    """
    from nnbabysit.cli.commands.runs_edit import label_run

    if (text is None) is not remove:
        raise typer.BadParameter("give either TEXT or --remove")
    return label_run(options, run, text)


@runs_app.command("rm")
@with_run_options
def runs_rm(
    options: Options,
    run: Annotated[
        list[str] | None, typer.Argument(metavar="RUN", help="Run directories, or their names.")
    ] = None,
    command: Commands = None,
    verdict: Verdicts = None,
    status: Statuses = None,
    before: Annotated[
        datetime | None,
        typer.Option(
            "--before", metavar="TIME", parser=moment, help="Only runs begun before: 30d, 2026-11-01 (UTC)."
        ),
    ] = None,
    label: LabelPart = None,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed; remove nothing.")] = (
        False
    ),
) -> int:
    """Remove runs for good: the named ones, or those that every filter picks.

    Lists them and asks first; without a terminal to ask at, --yes is needed. What is running, and
    what is no run directory, is refused when it is named and passed by when a filter picks. If one of the
    named cannot be removed, none is. runs/latest then points to the newest that is left.

    Example: nnbabysit runs rm --verdict error --before 30d --dry-run
    """
    from nnbabysit.cli.commands.runs_edit import remove_runs
    from nnbabysit.core.record.catalog import Filter

    wanted = Filter(
        commands=command or (), verdicts=verdict or (), statuses=status or (), before=before, label=label
    )
    if label is not None and not label.strip():
        raise typer.BadParameter("--label needs a text: every run has the empty one")
    if bool(run) is (wanted != Filter()):
        raise typer.BadParameter(
            "name the runs, or pick them by --command, --verdict, --status, --before, --label"
        )
    return remove_runs(options, run or [], wanted, yes=yes, dry_run=dry_run)


def _refuse_both(as_json: bool, as_csv: bool) -> None:
    if as_json and as_csv:
        raise typer.BadParameter("--json cannot be combined with --csv: give one of them")
