"""View: what shows a command while it runs, live in a terminal and line by line elsewhere."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from nnbabysit.cli.options import Options
from nnbabysit.cli.render.terminal import Terminal, error_line

if TYPE_CHECKING:
    from nnbabysit.core.record.run import Listener

View = AbstractContextManager["Listener"]


def new_view(terminal: Terminal, options: Options, *, steps: bool) -> View:
    """The view that the streams and the options ask for.

    Args:
        terminal: What the streams can show.
        options: ``quiet`` and ``verbose`` are read.
        steps: Whether the command runs other commands one after another.
    """
    if terminal.live and not options.quiet:
        from nnbabysit.cli.live.terminal_view import LiveView
        from nnbabysit.cli.render.output import new_console

        console = new_console(sys.stderr, color=terminal.error_color)
        return LiveView(console, verbose=options.verbose, steps=steps)
    from nnbabysit.cli.live.plain_view import PlainView

    return PlainView(error_line, quiet=options.quiet, verbose=options.verbose, steps=steps)
