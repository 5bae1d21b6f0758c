"""A result as text for people: tables, findings, verdict, run directory and what to type next."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnbabysit.core.formatting import clean, clean_line, drawn_text, is_numeric_column, measured_text

if TYPE_CHECKING:
    from nnbabysit.core.diagnosis.engine import Finding
    from nnbabysit.core.record.result_reader import RecordedFinding
    from nnbabysit.core.workflow.result import StepResult, Table

SEVERITY_STYLES = {"error": "bold red", "warning": "bold yellow", "info": "cyan"}
VERDICT_STYLES = {"pass": "bold green", "fail": "bold red", "diverged": "bold red", "error": "bold red"}
LABEL = 10
"""Width of the labels in front of a finding's parts."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text in one style; the style is a word of ``terminal.COLORS`` or more of them."""

    text: str
    style: str = ""


Line = tuple[Span, ...]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a finding's patch is compared with.

    Attributes:
        value: Config path → current value; raises KeyError if there is none.
        locate: Config path → place such as ``digits.yaml:23``, ``--set`` or ``default``.
    """

    value: Callable[[str], Any]
    locate: Callable[[str], str]


def result_lines(result: StepResult, settings: Settings | None, *, quiet: bool = False) -> list[Line]:
    """Findings, worst first, and the end; the tables are drawn for a terminal or aligned for a pipe.

    Args:
        result: What the workflow returned.
        settings: The config that ran; None: patches are shown without their place.
        quiet: Findings and verdict alone.
    """
    lines: list[Line] = []
    for finding in sorted(result.findings, key=lambda finding: list(SEVERITY_STYLES).index(finding.severity)):
        lines += [*finding_lines(finding, settings), ()]
    lines.append(verdict_line(result))
    if not quiet:
        lines.append((Span(f"{'run':<6}", "dim"), Span(clean_line(shown_path(result.run_dir)))))
        if result.next_command:
            lines.append((Span(f"{'next':<6}", "dim"), Span(clean_line(result.next_command), "bold")))
    return lines


def verdict_line(result: StepResult) -> Line:
    """The verdict and its sentence."""
    return (Span(result.verdict, VERDICT_STYLES[result.verdict]), Span(f": {clean_line(result.summary)}"))


def finding_lines(finding: Finding | RecordedFinding, settings: Settings | None) -> list[Line]:
    """Heading, symptom, evidence, cause, remedy, the lines of the config to change, where there is more."""
    heading = (
        Span(f"{finding.severity:<{LABEL}}", SEVERITY_STYLES[finding.severity]),
        Span(f"{finding.id} {finding.name}", "bold"),
    )
    evidence = ", ".join(f"{key} {measured_text(key, value)}" for key, value in finding.evidence.items())
    parts = [
        ("", finding.symptom),
        ("evidence", evidence),
        ("cause", finding.cause),
        ("remedy", finding.remedy),
        *(("change", change) for change in changes(finding.patch, settings)),
        ("more", f"nnbabysit explain {finding.id}"),
    ]
    return [
        heading,
        *((Span(f"{label:<{LABEL}}", "dim"), Span(clean_line(text))) for label, text in parts if text),
    ]


def changes(patch: Mapping[str, Any], settings: Settings | None) -> list[str]:
    """One line per setting: ``digits.yaml:23  optimizer.lr: 0.5 → 0.05``."""
    return [_change(key, value, settings) for key, value in patch.items()]


def _change(key: str, value: object, settings: Settings | None) -> str:
    new = drawn_text(value)
    if settings is None:
        return f"{key}: {new}"
    try:
        change = f"{key}: {drawn_text(settings.value(key))} → {new}"
    except KeyError:
        change = f"{key}: {new}"
    return f"{settings.locate(key)}  {change}"


def shown_path(path: Path) -> str:
    """The path relative to the current directory if that is shorter."""
    absolute = str(path.absolute())
    try:
        relative = os.path.relpath(absolute)
    except (ValueError, OSError):  # another drive; a current folder that was removed
        return absolute
    return relative if len(relative) < len(absolute) else absolute


def aligned(table: Table) -> list[str]:
    """Title, head and rows of a table as aligned columns with every value in full; numbers to the right."""
    rows = [[clean_line(cell) for cell in row] for row in (table.columns, *table.rows)]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(len(table.columns))]
    right = [is_numeric_column([row[column] for row in rows[1:]]) for column in range(len(table.columns))]
    lines = [
        "  ".join(
            f"{cell:>{width}}" if to_right else f"{cell:<{width}}"
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in rows
    ]
    return [clean_line(table.title), *lines] if table.title else lines


def plain_text(lines: Sequence[Line]) -> str:
    """Lines without styles."""
    return "".join("".join(span.text for span in line).rstrip() + "\n" for line in lines)


def command_line(*words: str) -> str:
    """Words that can be pasted into a shell."""
    return " ".join(shlex.quote(clean(word)) for word in words if word)
