"""Log: ``log.txt`` of a run, the lines that a person sees of its events; nobody else writes them there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nnbabysit.core.report.event_lines import line_of

if TYPE_CHECKING:
    from nnbabysit.core.record.events import Event
    from nnbabysit.core.record.run import Run


def keep_log(run: Run) -> None:
    """Write a line for every event of ``run`` from now on that has one; to be called once for an open run."""

    def listen(event: Event) -> None:
        line = line_of(event)
        if line:
            run.log(line)

    run.listen(listen)


def failure_line(document: Mapping[str, Any]) -> str:
    """The last line of a run that ended without a result: ``error: model.py:7: …``.

    Args:
        document: What ``result.json`` holds of it.
    """
    error = document["error"]
    return ": ".join(part for part in (document["verdict"], error["where"], error["message"]) if part)
