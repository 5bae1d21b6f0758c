"""Time arguments: ``10m`` as seconds, ``2d`` or ``2026-11-20`` as a time, and a time as its age."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import typer

UNIT_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
UNITS = ((86400 * 365, "y"), (86400 * 7, "w"), (86400, "d"), (3600, "h"), (60, "m"))


def length_of_time(text: str) -> float:
    """Seconds from ``90``, ``90s``, ``10m``, ``1.5h`` or ``1h30m``; raises typer.BadParameter otherwise."""
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd]?)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise typer.BadParameter(f"{text!r} is not a length of time such as 90s, 10m or 2h")
    seconds = sum(float(number) * UNIT_SECONDS[unit] for number, unit in parts)
    if seconds <= 0:
        raise typer.BadParameter("the length of time must be above 0")
    return seconds


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
        return datetime.now(UTC) - timedelta(seconds=length_of_time(text))
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
