"""``cli/REFERENCE.md``: the help of every command, as ``--help`` prints it in a wide terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from nnbabysit.cli import commands as _commands  # noqa: F401 -- hangs them on the application
from nnbabysit.cli.typer_app import app

PATH = "cli/REFERENCE.md"
WIDTH = 98
HEAD = """\
# Reference of the commands

What `--help` prints, for every command; written by `make docs`. Commands that make a run share their
options, as do those that look at runs.
"""


def commands_page() -> str:
    """The whole page."""
    parts = [HEAD, *(_section(words, context) for words, context in contexts())]
    return "\n".join(parts)


def contexts() -> Iterator[tuple[tuple[str, ...], Any]]:
    """The words that call a command, and the context in which it prints its help; groups before their own."""
    top: Any = typer.main.get_command(app)
    context = top.make_context("nnbabysit", [], resilient_parsing=True, terminal_width=WIDTH)
    yield from _below(context, ("nnbabysit",))


def _below(context: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield words, context
    group = context.command
    for name in group.list_commands(context) if hasattr(group, "commands") else ():
        command = group.get_command(context, name)
        inner = command.make_context(name, [], parent=context, resilient_parsing=True)
        yield from _below(inner, (*words, name))


def _section(words: tuple[str, ...], context: Any) -> str:
    return f"## {' '.join(words)}\n\n```text\n{context.command.get_help(context).rstrip()}\n```\n"
