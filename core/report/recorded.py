"""Recorded: what the files of a run directory say, read for a page and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnbabysit.core.errors import RunError
from nnbabysit.core.record import strict_json
from nnbabysit.core.record.archive import read_meta, status
from nnbabysit.core.record.directory import EVENTS, METRICS, RESULT
from nnbabysit.core.record.events import DATA
from nnbabysit.core.record.files import os_errors_in_words, read_lines
from nnbabysit.core.report.settings import Setting, read_settings
from nnbabysit.core.report.words import duration, moment, value_text

VERDICTS = ("pass", "fail", "diverged", "error")
_SEVERITIES = ("error", "warning", "info")
_SIGNALS = {130: "interrupted by Ctrl-C", 143: "terminated by SIGTERM"}


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedFinding:
    """A finding as ``result.json`` holds it.

    Attributes:
        id: Code of the rule.
        name: Name of the fault.
        severity: ``error``, ``warning`` or ``info``.
        symptom: What was seen.
        evidence: Name → number.
        cause: The most likely reason.
        remedy: What to do.
        changes: Setting, its value in this run, and the value to try.
    """

    id: str
    name: str
    severity: str
    symptom: str
    evidence: Mapping[str, Any]
    cause: str
    remedy: str
    changes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedTable:
    """A table as ``result.json`` holds it: title, columns, and rows of text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class RecordedRun:
    """A run as its files tell it.

    Attributes:
        path: Its directory.
        meta: ``meta.json``.
        result: ``result.json``; empty if the run has not come to one.
        settings: Its config beside the defaults.
        events: ``events.jsonl``.
        metrics: ``metrics.jsonl``.
        findings: The worst first.
        tables: In order; empty for runs of versions that did not keep them.
        state: ``running``, ``ended`` or ``crashed``.
    """

    path: Path
    meta: Mapping[str, Any]
    result: Mapping[str, Any]
    settings: tuple[Setting, ...]
    events: Sequence[Mapping[str, Any]]
    metrics: Sequence[Mapping[str, Any]]
    findings: tuple[RecordedFinding, ...]
    tables: tuple[RecordedTable, ...]
    state: str

    @property
    def name(self) -> str:
        """Name of the directory."""
        return self.path.name

    @property
    def short_name(self) -> str:
        """The name without its day and time: ``brave-otter train``."""
        parts = self.name.split("_")
        return " ".join(parts[2:]) if len(parts) > 3 else self.name

    @property
    def command(self) -> str:
        """Word of the command line: ``train``."""
        return str(self.result.get("command") or self.meta.get("command") or "run")

    @property
    def experiment(self) -> str:
        """``name`` of the config."""
        return next((setting.text for setting in self.settings if setting.key == "name"), "")

    @property
    def numbers(self) -> Mapping[str, Any]:
        """Metrics of the result."""
        found = self.result.get("metrics")
        return found if isinstance(found, dict) else {}

    @property
    def verdict(self) -> str:
        """``pass``, ``fail``, ``diverged``, ``error``, ``running`` or ``crashed``."""
        said = self.result.get("verdict")
        concluded = self.events and self.events[-1].get("kind") == "verdict"
        if said in VERDICTS and (self.state == "ended" or concluded or "error" in self.result):
            return str(said)
        return "error" if self.state == "ended" else self.state

    @property
    def summary(self) -> str:
        """The verdict in a sentence."""
        error = self.result.get("error")
        if self.verdict in VERDICTS and isinstance(error, dict):
            where = f"{error.get('where')}: " if error.get("where") else ""
            remedy = f". {error.get('remedy')}" if error.get("remedy") else ""
            return f"{where}{error.get('message', '')}{remedy}"
        if self.verdict in VERDICTS and self.result.get("summary"):
            return str(self.result["summary"])
        if self.verdict == "running":
            return "this run has not ended yet: the page shows it as far as it has come"
        if self.verdict == "crashed":
            return "this run ended without a word: its process was killed, or the machine stopped"
        code = self.meta.get("exit_code")
        early = f"this run ended with exit code {code} before it came to a result"
        return _SIGNALS.get(code, early) if isinstance(code, int) else early

    @property
    def next_command(self) -> str:
        """What to type next; empty if nothing is left."""
        return str(self.result.get("next") or "")

    @property
    def lasted(self) -> str:
        """From start to end, or to the last event; empty if the clock was set back meanwhile."""
        start, end = moment(self.meta.get("start")), moment(self.meta.get("end"))
        if start is None:
            return ""
        if end is not None:
            return duration((end - start).total_seconds()) if end >= start else ""
        last = self.events[-1].get("time") if self.events else None
        lasted = last - start.timestamp() if isinstance(last, int | float) else -1
        return duration(lasted) if lasted >= 0 else ""

    @property
    def started(self) -> str:
        """Minute of the start in UTC."""
        start = moment(self.meta.get("start"))
        return f"{start:%Y-%m-%d %H:%M} UTC" if start else ""

    def of_kind(self, kind: str) -> list[Mapping[str, Any]]:
        """Events of one kind, in order."""
        return [event for event in self.events if event.get("kind") == kind]

    @property
    def data_notes(self) -> list[str]:
        """How the data was read, once each: a run that was resumed read it again."""
        told = (event for event in self.events if event.get("about") == DATA)
        return list(dict.fromkeys(str(event.get("text") or "") for event in told))

    def setting(self, key: str) -> str:
        """A setting as text; empty if there is none."""
        return next((setting.text for setting in self.settings if setting.key == key), "")


def read_run(path: Path) -> RecordedRun:
    """Read a run; a torn last line of a log is left out.

    Raises:
        RunError: There is no run at ``path``, a newer version wrote it, or one of its files is damaged.
    """
    meta = read_meta(path)
    result = _read_result(path)
    settings = read_settings(path)
    try:
        findings = tuple(_finding(document, settings) for document in result.get("findings") or [])
        tables = tuple(_table(document) for document in result.get("tables") or [])
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise RunError(f"{RESULT} is damaged or not ours: {error}", where=str(path)) from error
    return RecordedRun(
        path=path,
        meta=meta,
        result=result,
        settings=settings,
        events=read_lines(path / EVENTS)[0],
        metrics=read_lines(path / METRICS)[0],
        findings=tuple(sorted(findings, key=lambda finding: _SEVERITIES.index(finding.severity))),
        tables=tables,
        state=status(path),
    )


def _read_result(path: Path) -> dict[str, Any]:
    file = path / RESULT
    if not file.is_file():
        return {}
    with os_errors_in_words(file, "read"):
        data = file.read_bytes()
    try:
        document = strict_json.decode(data.decode())
    except ValueError as error:
        raise RunError(f"{RESULT} is damaged: {error}", where=str(path)) from error
    if not isinstance(document, dict):
        raise RunError(f"{RESULT} is damaged: it holds no object", where=str(path))
    return document


def _finding(document: Mapping[str, Any], settings: Sequence[Setting]) -> RecordedFinding:
    current = {setting.key: setting.text for setting in settings}
    severity = str(document["severity"])
    patch = dict(document.get("patch") or {})
    return RecordedFinding(
        id=str(document["id"]),
        name=str(document["name"]),
        severity=severity if severity in _SEVERITIES else "error",
        symptom=str(document["symptom"]),
        evidence=dict(document.get("evidence") or {}),
        cause=str(document.get("cause") or ""),
        remedy=str(document.get("remedy") or ""),
        changes=tuple((key, current.get(key, ""), value_text(value)) for key, value in patch.items()),
    )


def _table(document: Mapping[str, Any]) -> RecordedTable:
    columns = tuple(str(column) for column in document["columns"])
    rows = tuple(tuple(str(cell) for cell in row) for row in document["rows"])
    if any(len(row) != len(columns) for row in rows):
        raise ValueError("a row of a table has another number of cells than its head")
    return RecordedTable(title=str(document["title"]), columns=columns, rows=rows)
