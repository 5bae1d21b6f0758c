"""What a step of the workflow returns; the command line, JSON and pages show the same object."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from nnbabysit.core.diagnosis.rule import Finding
from nnbabysit.core.record.run import Run

SCHEMA_VERSION = 1
Verdict = Literal["pass", "fail", "diverged", "error"]
EXIT_CODES: dict[Verdict, int] = {"pass": 0, "error": 1, "fail": 3, "diverged": 4}


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
    """

    command: str
    verdict: Verdict
    summary: str
    run_dir: Path
    metrics: dict[str, Any]
    findings: tuple[Finding, ...] = ()
    tables: tuple[Table, ...] = field(default=())
    next_command: str = ""

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
            "metrics": self.metrics,
            "findings": [finding.to_document() for finding in self.findings],
            "next": self.next_command,
        }


def conclude(run: Run, result: StepResult) -> None:
    """Write a result into its run directory, tell the listeners, and close the run with its exit code."""
    for finding in result.findings:
        run.event("finding", **finding.to_document())
    run.event("verdict", verdict=result.verdict, summary=result.summary)
    run.save_result(result.to_document())
    run.close(result.exit_code)
