"""Application: the Typer objects that the commands of ``commands/`` are hung on, and their help."""

from __future__ import annotations

from typing import Annotated, Any

import typer
import typer.core

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

EPILOG = (
    "Exit codes: 0 healthy, 1 our bug or your code raised, 2 usage, config or data error, 3 a check said no, "
    "4 diverged, 74 disk, 130 Ctrl-C, 143 SIGTERM."
)

ORDER = (
    *("init", "data", "sanity", "overfit-tiny", "search", "pretrain", "train", "babysit", "resume"),
    *("evaluate", "predict", "export", "report", "runs", "config", "rules", "explain"),
)
"""The gates in their order, then what is around the runs, then what is around the configs."""


class InOrder(typer.core.TyperGroup):
    """Lists the commands in their order, not in that of the modules they are declared in."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of all commands; one that ORDER does not know comes last."""
        known = {name: place for place, name in enumerate(ORDER)}
        return sorted(super().list_commands(ctx), key=lambda name: known.get(name, len(known)))


app = typer.Typer(
    name="nnbabysit",
    cls=InOrder,
    rich_markup_mode=None,  # Rich would triple the time of --help
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings=CONTEXT,
    epilog=EPILOG,
)
runs_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, context_settings=CONTEXT)
config_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, context_settings=CONTEXT)
app.add_typer(runs_app, name="runs")
app.add_typer(config_app, name="config")


def _print_version(wanted: bool) -> None:
    if wanted:
        from nnbabysit import __version__

        typer.echo(f"nnbabysit {__version__}")
        raise typer.Exit


@app.callback()
def nnbabysit(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Prove in minutes that a network can learn, find its hyperparameters, train it, and say what is wrong.

    Each command reads one YAML config. The gates in their order are data, sanity, overfit-tiny,
    search --coarse, search --fine and train; babysit runs them all.

    Example: nnbabysit babysit digits
    """


@runs_app.callback()
def runs() -> None:
    """Look at the runs that are there, compare them, label them, and remove them.

    RUN is the path of a run directory, its name in the folder of runs, or the end of that name. What became
    of a run is derived: its lock is held (running), its exit code is noted (ended), or neither (crashed).

    Example: nnbabysit runs ls --command train --since 2d
    """


@config_app.callback()
def config() -> None:
    """Check a config, show it with the origin of each value, compare two, or print the schema.

    Example: nnbabysit config show digits -S optimizer.lr=1e-2
    """
