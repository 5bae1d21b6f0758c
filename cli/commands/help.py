"""``help``: the help of a command, for those who put the word first."""

from __future__ import annotations

from typing import Annotated

import typer

from nnbabysit.cli.typer_app import COMMANDS, Command, app


def _names(incomplete: str) -> list[str]:
    return [name for name in COMMANDS if name.startswith(incomplete)]


@Command(name="help", order=230).register
def help_of(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="COMMAND",
            help="A command, such as train or runs ls; default: all of them.",
            autocompletion=_names,
        ),
    ] = None,
) -> int:
    """Show the help of a command, as COMMAND --help does.

    Example: nnbabysit help runs ls
    """
    return int(app(args=[*(words or []), "--help"], prog_name="nnbabysit", standalone_mode=False) or 0)
