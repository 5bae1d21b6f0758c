"""The entry point: one command line in, an exit code out."""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

import typer

from nnbabysit.cli import commands  # noqa: F401 -- hangs the commands on the application
from nnbabysit.cli.completion import (
    COMPLETE,
    join_words_at_equals,
    leave_no_space_behind_equals,
    leave_words_as_typed,
)
from nnbabysit.cli.streams import prepare_streams
from nnbabysit.cli.typer_app import app
from nnbabysit.core.errors import DiskError

UsageError: Any = typer.BadParameter.__mro__[1]  # Typer does not export the base class


def main() -> None:
    """Entry point: run a command and leave with its exit code."""
    prepare_streams()
    gc.disable()  # a tenth of the time of a usage or config error; a session switches it on again
    if COMPLETE in os.environ:
        leave_words_as_typed()
        join_words_at_equals()
    if COMPLETE in os.environ or any(word.endswith("-completion") for word in sys.argv):
        leave_no_space_behind_equals()
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: list[str]) -> int:
    """Run one command line and return its exit code; usage errors are shown, nothing is raised."""
    try:
        return int(app(args=arguments, prog_name="nnbabysit", standalone_mode=False) or 0)
    except UsageError as error:
        return _usage_error(error, arguments)
    except typer.Abort:
        return 130
    except DiskError as error:  # what Typer itself writes: help, version, completion
        from nnbabysit.cli.render.terminal import error_line

        error_line(f"error: {error}.")
        return error.exit_code


def _usage_error(error: Any, arguments: list[str]) -> int:
    from nnbabysit.cli.render.terminal import error_line
    from nnbabysit.core.formatting import clean

    # the validation behind Typer names its own class of error in front of the words
    message = clean(error.format_message()).rstrip(".").replace(": Value error, ", ": ")
    if type(error).__name__ == "NoArgsIsHelpError":
        error_line(message)
        return 2
    path = error.ctx.command_path if error.ctx is not None else "nnbabysit"
    message += _as_setting(getattr(error, "option_name", "") or "")
    if "--json" in arguments:
        from nnbabysit.cli.render.output import print_json
        from nnbabysit.core.workflow.failure import Failure

        failure = Failure(exit_code=2, message=message, remedy=f"See {path} --help")
        print_json(failure.to_document(path.partition(" ")[2], None))
    error_line(f"error: {message}{'' if message.endswith('?') else '.'} See {path} --help.")
    return 2


def _as_setting(option: str) -> str:
    """How a flag that is no flag here is written as a setting; empty if none is known by its name."""
    from nnbabysit.core.config.synonyms import find_synonym

    synonym = find_synonym(option.lstrip("-"))
    if synonym is None:
        return ""
    return f"; {synonym.answer or 'as a setting: ' + ' '.join(f'{path}=VALUE' for path in synonym.paths)}"
