"""``version``: which nnbabysit this is."""

from __future__ import annotations

import typer

from nnbabysit.cli.typer_app import Command, version_line


@Command(name="version", order=220).register
def version() -> int:
    """Print the version, as --version and -V do.

    Example: nnbabysit version
    """
    typer.echo(version_line())
    return 0
