"""What a step of the workflow returns; the command line, JSON and pages show the same object."""

from __future__ import annotations

import traceback
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from nnbabysit.core.diagnosis.engine import Finding
from nnbabysit.core.errors import DiskError, NnbabysitError
from nnbabysit.core.record.events import FindingEvent, VerdictEvent
from nnbabysit.core.record.run import Run
from nnbabysit.core.workflow import display

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

    __repr__, __str__, _repr_html_ = display.in_short, display.as_text, display.as_html

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


def conclude(run: Run, result: StepResult) -> None:
    """Write a result and its page into the run directory, tell the listeners, and close the run.

    Raises:
        DiskError: The disk is full, over quota or broken.
    """
    for finding in result.findings:
        run.event(FindingEvent(**{field.name: getattr(finding, field.name) for field in fields(finding)}))
    run.event(VerdictEvent(verdict=result.verdict, summary=result.summary))
    tables = [asdict(table) for table in result.tables]
    run.save_result({**result.to_document(), "tables": tables})
    write_report(run)
    run.close(result.exit_code)


def write_report(run: Run) -> None:
    """Write ``report.html`` into a run; a page that fails is noted in the log and changes no outcome.

    Raises:
        DiskError: The disk is full, over quota or broken.
    """
    try:
        from nnbabysit.core.report.page.page import REPORT, write_page

        write_page([run.path], run.path / REPORT)
    except DiskError:
        raise
    except Exception as error:
        told = isinstance(error, NnbabysitError)
        run.log(f"the report could not be written: {error if told else traceback.format_exc()}")
