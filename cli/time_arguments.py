"""Moments: ``2d`` or ``2026-11-20`` as a time, and a time as how long ago it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import typer

from nnbabysit.cli.options import duration

UNITS = ((86400 * 365, "y"), (86400 * 7, "w"), (86400, "d"), (3600, "h"), (60, "m"))


def moment(text: str) -> datetime:
    """A time in UTC from ``2d`` (that long ago), ``2026-11-20`` or ``2026-11-20T14:03``.

    Raises:
        typer.BadParameter: It is neither.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        pass
    else:
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    try:
        return datetime.now(UTC) - timedelta(seconds=duration(text))
    except (typer.BadParameter, OverflowError) as error:
        raise typer.BadParameter(
            f"{text!r} is neither a length of time such as 12h or 2d nor a date such as 2026-11-20"
        ) from error


def age(start: datetime, now: datetime) -> str:
    """``now``, ``5m``, ``3h``, ``2d``, ``6w``: how long ago, in the largest unit that fits twice."""
    seconds = (now - start).total_seconds()
    for size, unit in UNITS:
        if seconds >= (2 * size if size > 60 else size):
            return f"{int(seconds // size)}{unit}"
    return "now"
