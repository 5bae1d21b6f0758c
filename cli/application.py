"""Application: the Typer objects that the commands of ``commands/`` are hung on, and their help."""

from __future__ import annotations

from typing import Annotated

import typer

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

EPILOG = (
    "Exit codes: 0 healthy, 1 our bug or your code raised, 2 usage, config or data error, 3 a check said no, "
    "4 diverged, 74 disk, 130 Ctrl-C, 143 SIGTERM."
)

app = typer.Typer(
    name="nnbabysit",
    rich_markup_mode=None,  # Rich would triple the time of --help
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings=CONTEXT,
    epilog=EPILOG,
)
config_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, context_settings=CONTEXT)
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


@config_app.callback()
def config() -> None:
    """Check a config, or show it with the origin of each value.

    Example: nnbabysit config show digits -S optimizer.lr=1e-2
    """
