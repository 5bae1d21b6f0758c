"""Application: what the commands of ``commands/`` are hung on, and what each declares of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import typer
import typer.core

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

EPILOG = (
    "Exit codes: 0 healthy, 1 our bug or your code raised, 2 usage, config or data error, 3 a check failed, "
    "4 diverged, 74 disk, 130 Ctrl-C, 143 SIGTERM."
)


@dataclass(frozen=True, kw_only=True)
class Command:
    """What a command is, apart from what it does: declared in its own file, for those who treat all alike.

    Attributes:
        name: Word of the command line.
        order: Place in the help: the gates from 10, what is around the runs from 100, the configs from 200.
        many_steps: It may run other commands one after another, and says so.
        from_run: Its config is that of the runs that it is given.
        resumable: Interrupted, it goes on where it was.
        stops_at_checkpoint: When its time is over it ends with a checkpoint, not at the next event.
        trains: What it leaves is a trained network.
        gate_before: What to run when it failed and no value is known that would help.
        goes_on_with: The command whose run it goes on with.
    """

    name: str
    order: int
    many_steps: bool = False
    from_run: bool = False
    resumable: bool = False
    stops_at_checkpoint: bool = False
    trains: bool = False
    gate_before: str = ""
    goes_on_with: Command | None = None

    def register(self, function: Callable[..., int]) -> Callable[..., int]:
        """Hang a function on the application under this name."""
        COMMANDS[self.name] = self
        app.command(self.name)(function)
        return function

    def group(self, *, no_args_is_help: bool = True) -> typer.Typer:
        """A group of commands under this name, hung on the application."""
        COMMANDS[self.name] = self
        found = typer.Typer(
            cls=WholeSummaries,
            rich_markup_mode=None,
            no_args_is_help=no_args_is_help,
            context_settings=CONTEXT,
        )
        app.add_typer(found, name=self.name)
        return found


COMMANDS: dict[str, Command] = {}
"""Every command by its name, once ``nnbabysit.cli.commands`` is imported."""


class WholeSummaries(typer.core.TyperGroup):
    """Lists the commands with all of their first sentence; Typer cuts it to one line."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The first sentence of each command, whole, in as many lines as it takes."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [
            (name, command.get_short_help_str(limit=500))
            for name, command in commands
            if command is not None and not command.hidden
        ]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


class InOrder(WholeSummaries):
    """Lists the commands in their order, not in that of the files they are declared in."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of all commands."""
        return sorted(super().list_commands(ctx), key=lambda name: COMMANDS[name].order)


app = typer.Typer(
    name="nnbabysit",
    cls=InOrder,
    rich_markup_mode=None,  # Rich would triple the time of --help
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings=CONTEXT,
    epilog=EPILOG,
)


def version_line() -> str:
    """``nnbabysit 0.1.0``."""
    from nnbabysit import __version__

    return f"nnbabysit {__version__}"


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version_line())
        raise typer.Exit


@app.callback()
def nnbabysit(
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Prove in minutes that a network can learn, find its hyperparameters, train it, and say what is wrong.

    Each command reads one YAML config. The gates in their order are data, sanity, overfit-tiny,
    search --coarse, search --fine and train; babysit runs them all.

    Example: nnbabysit babysit digits
    """
