"""Sinks: what ``--log`` can name, beside the run directory that every run has."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from nnbabysit.core.errors import UserError
from nnbabysit.core.record.events import WarningEvent
from nnbabysit.core.record.run import Run
from nnbabysit.core.record.sink import Sink, Writer

SINKS = {"tensorboard": "tensorboardX"}
"""Name of the sink, which is the name of its extra too → package that it needs."""


def check_sinks(names: Sequence[str], *, where: str = "--log") -> None:
    """See that every sink is known and its package is installed; nothing is imported for it.

    Args:
        names: Names of sinks.
        where: Where the user wrote them.

    Raises:
        UserError: It is not.
    """
    for name in names:
        if name not in SINKS:
            near = get_close_matches(name.lower(), SINKS, n=1)
            raise UserError(
                f"there is no {name!r} to log to",
                where=where,
                remedy=f"Did you mean {near[0]}?" if near else f"Choose {' or '.join(SINKS)}",
            )
        if importlib.util.find_spec(SINKS[name]) is None:
            raise UserError(
                f"{name} needs the package {SINKS[name]}",
                where=where,
                remedy=f"Install it with pip install 'nnbabysit[{name}]'",
            )


def attach_sinks(names: Sequence[str], run: Run) -> list[Sink]:
    """Let a run tell the sinks too; close them when it has ended."""

    def warn(text: str) -> None:
        run.event(WarningEvent(text=text))

    sinks = []
    for name in dict.fromkeys(names):
        sink = Sink(name, lambda: _tensorboard(run.path), tell=warn)
        run.listen(sink)
        sinks.append(sink)
    return sinks


def close_sinks(sinks: Sequence[Sink], timeout: float = 1.0) -> list[str]:
    """End all sinks within ``timeout`` seconds together; a second call does nothing.

    Returns:
        What went wrong and was not told yet, one sentence each.
    """
    end = time.monotonic() + timeout
    troubles = [sink.close(max(end - time.monotonic(), 0.01)) for sink in sinks]
    return [trouble for trouble in troubles if trouble]


def _tensorboard(run_dir: Path) -> Writer:
    from nnbabysit.core.report.sinks.tensorboard import FOLDER, TensorBoardWriter

    return TensorBoardWriter(run_dir / FOLDER)
