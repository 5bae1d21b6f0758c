"""Answer: the way of every command that makes no run directory, from its work to its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from nnbabysit.cli.interruption import ending_in_order
from nnbabysit.cli.options import Options
from nnbabysit.cli.render.output import print_failure
from nnbabysit.cli.render.terminal import Terminal, error_line
from nnbabysit.core.workflow.failure import failure_of, keep_in_temporary_file


def answer(command: str, options: Options, work: Callable[[], int]) -> int:
    """Do the work and return its exit code; whatever it raises is shown as a failure.

    Args:
        command: Words of the command line, such as ``config show``.
        options: What the user typed.
        work: Prints the answer and returns the exit code.
    """
    terminal = Terminal.detect(os.environ, sys.stdout, sys.stderr)
    with ending_in_order():
        try:
            return work()
        except BaseException as error:
            if isinstance(error, GeneratorExit):
                raise
            failure = failure_of(error, keep_in_temporary_file)
            if options.debug:
                import traceback

                error_line("".join(traceback.format_exception(error)))
            print_failure(failure, command, None, terminal, as_json=options.json)
            return failure.exit_code


def document(command: str, **more: Any) -> dict[str, Any]:
    """The one JSON document that ``--json`` prints, for an answer without findings."""
    return {
        "schema_version": 1,
        "command": command,
        "verdict": "pass",
        "run_dir": None,
        "metrics": {},
        "findings": [],
        **more,
    }
