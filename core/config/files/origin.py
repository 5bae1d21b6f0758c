"""Origin: where a setting was written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Place of a setting.

    Attributes:
        source: The file as the user named it, or ``--set``.
        line: From 1; None for the command line.
        column: From 1; None for the command line.
        text: What was typed after ``--set``; empty for a file.
    """

    source: str
    line: int | None = None
    column: int | None = None
    text: str = ""

    @property
    def short(self) -> str:
        """``digits.yaml:7`` or ``--set``."""
        return self.source if self.line is None else f"{self.source}:{self.line}"

    @property
    def full(self) -> str:
        """``digits.yaml:7:3`` or ``--set optimizer.lr=0.1``."""
        if self.line is not None:
            return f"{self.source}:{self.line}:{self.column}"
        return f"{self.source} {self.text}" if self.text else self.source
