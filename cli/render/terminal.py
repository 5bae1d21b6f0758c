"""Terminal: what may be shown where, and user strings that cannot harm it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TextIO

COLORS = {"bold": "1", "red": "31", "green": "32", "yellow": "33", "cyan": "36", "dim": "2"}


@dataclass(frozen=True, kw_only=True)
class Terminal:
    """What the two output streams can show.

    Attributes:
        live: stderr is a terminal that may be redrawn: progress is a live view.
        rich: stdout is a terminal: tables are drawn for its width.
        color: Color on stdout.
        error_color: Color on stderr.
    """

    live: bool
    rich: bool
    color: bool
    error_color: bool

    @classmethod
    def detect(cls, environment: Mapping[str, str], stdout: TextIO, stderr: TextIO) -> Terminal:
        """Look at the streams and at NO_COLOR, FORCE_COLOR, TERM and CI.

        NO_COLOR wins over FORCE_COLOR. TERM=dumb has neither color nor redrawing. CI logs are not redrawn.
        """
        dumb = environment.get("TERM", "").lower() in ("dumb", "unknown")
        on_out, on_error = is_terminal(stdout) and not dumb, is_terminal(stderr) and not dumb
        drawable = "utf" in (getattr(stderr, "encoding", "") or "").lower()  # bars and sparklines
        banned = bool(environment.get("NO_COLOR"))
        forced = environment.get("FORCE_COLOR", "") not in ("", "0")
        quiet_ci = environment.get("CI", "").lower() not in ("", "0", "false")
        return cls(
            live=on_error and drawable and not quiet_ci,
            rich=on_out,
            color=not banned and (forced or on_out),
            error_color=not banned and (forced or on_error),
        )


def is_terminal(stream: TextIO | None) -> bool:
    """Whether the stream is open and a terminal."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def paint(text: str, style: str, *, color: bool) -> str:
    """Text in one or more of the COLORS (parted by blanks), if color is on and there is a style."""
    codes = ";".join(COLORS[word] for word in style.split())
    return f"\x1b[{codes}m{text}\x1b[0m" if color and codes else text


def write(stream: TextIO | None, text: str) -> None:
    """Write and flush; into a closed stream nothing is written."""
    with suppress(ValueError):
        if stream is not None:
            stream.write(text)
            stream.flush()


def error_line(text: str) -> None:
    """One line on stderr."""
    write(sys.stderr, f"{text}\n")
