"""Result: what a command returns, and how it shows itself at a prompt, printed and in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any, Literal

from nnbabysit.core.diagnosis.engine import Finding

SCHEMA_VERSION = 1
Verdict = Literal["pass", "fail", "diverged", "error"]
EXIT_CODES: dict[Verdict, int] = {"pass": 0, "error": 1, "fail": 3, "diverged": 4}
_COLORS = {"pass": "#1a7f37", "fail": "#b35900", "diverged": "#b3261e", "error": "#b3261e"}
_HEAD = "text-align:left;border-bottom:1px solid #8888"


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table for people: shown by the terminal, plain text and pages alike.

    Attributes:
        title: Caption.
        columns: Column names.
        rows: Cells, already text, as many per row as there are columns.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """Outcome of one command.

    Attributes:
        command: Command line word, such as ``overfit-tiny``.
        verdict: ``pass``, ``fail`` (a check said no), ``diverged`` or ``error``.
        summary: The verdict in one sentence, with its numbers.
        run_dir: Where everything was written.
        metrics: Name → number; names are listed in the documentation and stay.
        findings: What is wrong, worst first.
        tables: What a person wants to see, in order.
        next_command: What to type next; empty if there is nothing left.
        notes: How the data was read, plain sentences.
    """

    command: str
    verdict: Verdict
    summary: str
    run_dir: Path
    metrics: dict[str, Any]
    findings: tuple[Finding, ...] = ()
    tables: tuple[Table, ...] = field(default=())
    next_command: str = ""
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """One line, for a prompt and for lists of results."""
        return f"<StepResult {self.command}: {self.verdict}, {_line(self.summary)}>"

    def __str__(self) -> str:
        """Tables, findings, verdict and run directory as plain text; control characters are escaped."""
        blocks = [*map(_text_table, self.tables), *map(_text_finding, self.findings)]
        notes = "".join(f"note: {_line(note)}\n" for note in self.notes)
        end = f"{notes}{self.verdict}: {_line(self.summary)}\nrun   {_line(str(self.run_dir))}"
        return "\n\n".join([*blocks, end])

    def _repr_html_(self) -> str:
        """The same for a notebook: everything escaped, nothing loaded from elsewhere, no script."""
        color = _COLORS[self.verdict]
        parts = [
            f'<p><b style="color:{color}">{escape(self.verdict)}</b> '
            f"<b>{_html(self.command)}</b>: {_html(self.summary)}</p>",
            *(f"<p>note: {_html(note)}</p>" for note in self.notes),
            *_html_findings(self.findings),
            *map(_html_table, self.tables),
            f"<p>run <code>{_html(str(self.run_dir))}</code></p>",
        ]
        return f"<div>{''.join(parts)}</div>"

    @property
    def exit_code(self) -> int:
        """0 healthy, 1 error, 3 a check said no, 4 diverged."""
        return EXIT_CODES[self.verdict]

    def to_document(self) -> dict[str, Any]:
        """The one JSON document that ``--json`` prints."""
        return {
            "schema_version": SCHEMA_VERSION,
            "command": self.command,
            "verdict": self.verdict,
            "summary": self.summary,
            "run_dir": str(self.run_dir),
            "notes": list(self.notes),
            "metrics": self.metrics,
            "findings": [finding.to_document() for finding in self.findings],
            "next": self.next_command,
        }


def amount(loss: float) -> str:
    """A loss, as digits that can be read."""
    return f"{loss:.4f}" if abs(loss) < 1e6 else f"{loss:.4g}"


def _html_findings(findings: tuple[Finding, ...]) -> Iterator[str]:
    if not findings:
        return
    yield "<ul>"
    for finding in findings:
        head = f"<b>{_html(finding.severity)} {_html(finding.id)}</b> {_html(finding.symptom)}"
        rest = "".join(f"<br>{label}: {_html(text)}" for label, text in _reasons(finding))
        yield f"<li>{head}{rest}</li>"
    yield "</ul>"


def _html_table(table: Table) -> str:
    head = "".join(f'<th style="{_HEAD}">{_html(column)}</th>' for column in table.columns)
    rows = "".join(f"<tr>{''.join(f'<td>{_html(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    caption = f'<caption style="text-align:left">{_html(table.title)}</caption>'
    body = f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
    return f'<table style="margin:1em 0;border-spacing:1em 0">{caption}{body}</table>'


def _text_table(table: Table) -> str:
    lines = [[_line(cell) for cell in row] for row in (table.columns, *table.rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    shown = ("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines)
    return "\n".join([_line(table.title), *shown])


def _text_finding(finding: Finding) -> str:
    head = f"{finding.severity} {finding.id}: {_line(finding.symptom)}"
    return "\n".join([head, *(f"  {label}: {_line(text)}" for label, text in _reasons(finding))])


def _reasons(finding: Finding) -> Iterator[tuple[str, str]]:
    yield "cause", finding.cause
    yield "remedy", finding.remedy
    if finding.patch:
        yield "change", ", ".join(f"{key}: {value}" for key, value in finding.patch.items())


def _html(text: str) -> str:
    return escape(_line(text))


def _line(text: str) -> str:
    """One line without anything that a terminal or a browser would act on, such as a change of direction."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
