"""Display: a result at a prompt, printed, and in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnbabysit.core.diagnosis.engine import Finding
    from nnbabysit.core.workflow.result import StepResult, Table

_COLORS = {"pass": "#1a7f37", "fail": "#b35900", "diverged": "#b3261e", "error": "#b3261e"}
_HEAD = "text-align:left;border-bottom:1px solid #8888"


def in_short(result: StepResult) -> str:
    """One line, for a prompt and for lists of results."""
    return f"<StepResult {result.command}: {result.verdict}, {_line(result.summary)}>"


def as_text(result: StepResult) -> str:
    """Tables, findings, verdict and run directory as plain text; control characters are escaped."""
    blocks = [*map(_text_table, result.tables), *map(_text_finding, result.findings)]
    notes = "".join(f"note: {_line(note)}\n" for note in result.notes)
    end = f"{notes}{result.verdict}: {_line(result.summary)}\nrun   {_line(str(result.run_dir))}"
    return "\n\n".join([*blocks, end])


def as_html(result: StepResult) -> str:
    """The same for a notebook: everything escaped, nothing loaded from elsewhere, no script."""
    color = _COLORS[result.verdict]
    parts = [
        f'<p><b style="color:{color}">{escape(result.verdict)}</b> '
        f"<b>{_html(result.command)}</b>: {_html(result.summary)}</p>",
        *(f"<p>note: {_html(note)}</p>" for note in result.notes),
        *_html_findings(result.findings),
        *map(_html_table, result.tables),
        f"<p>run <code>{_html(str(result.run_dir))}</code></p>",
    ]
    return f"<div>{''.join(parts)}</div>"


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
