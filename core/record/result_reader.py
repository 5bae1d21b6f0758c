"""Result reader: ``result.json`` of a run as typed records, or in which way it is damaged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nnbabysit.core.errors import RunError
from nnbabysit.core.record import strict_json
from nnbabysit.core.record.directory import RESULT
from nnbabysit.core.record.files import os_errors_in_words
from nnbabysit.core.record.finding_names import under_current_names
from nnbabysit.core.record.strict_json import Json

VERDICTS = ("pass", "fail", "diverged", "error")
_SEVERITIES = ("error", "warning", "info")


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
        patch: Setting → the value to try.
    """

    id: str
    name: str
    severity: str
    symptom: str
    evidence: Mapping[str, Json]
    cause: str
    remedy: str
    patch: Mapping[str, Json]


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedTable:
    """A table as ``result.json`` holds it: title, columns, and rows of text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedResult:
    """What ``result.json`` says; everything is empty as long as there is none, and when it is damaged.

    Attributes:
        document: The whole file.
        verdict: ``pass``, ``fail``, ``diverged`` or ``error``.
        summary: The verdict in a sentence, or the error with its place and the way out.
        metrics: Name → number, text, list or more of them.
        findings: The worst first.
        tables: In order; empty for runs of versions that did not keep them.
        next_command: What to type next.
        damage: Why the file cannot be read; empty if it can.
    """

    document: Mapping[str, Json] = field(default_factory=dict)
    verdict: str = ""
    summary: str = ""
    metrics: Mapping[str, Json] = field(default_factory=dict)
    findings: tuple[RecordedFinding, ...] = ()
    tables: tuple[RecordedTable, ...] = ()
    next_command: str = ""
    damage: str = ""


def read_result(run: Path) -> RecordedResult:
    """``result.json`` of a run directory; nothing is raised, for a listing must not end with one bad file."""
    file = run / RESULT
    if not file.is_file():
        return RecordedResult()
    try:
        with os_errors_in_words(file, "read"):
            data = file.read_bytes()
        return _result(strict_json.decode(data.decode()))
    except RunError as error:
        return RecordedResult(damage=f"{RESULT} {error.message}")
    except KeyError as error:
        return RecordedResult(damage=f"{RESULT} is damaged or not ours: it has no {error.args[0]}")
    except (ValueError, TypeError, AttributeError) as error:
        return RecordedResult(damage=f"{RESULT} is damaged or not ours: {error}")


def _result(document: Json) -> RecordedResult:
    """The file's object as a record.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: It is none.
    """
    if not isinstance(document, Mapping):
        raise ValueError("it holds no object")
    metrics, verdict = document.get("metrics"), document.get("verdict")
    findings = [_finding(found) for found in _records(document, "findings")]
    return RecordedResult(
        document=document,
        verdict=str(verdict) if verdict in VERDICTS else "",
        summary=_error(document.get("error")) or str(document.get("summary") or ""),
        metrics=metrics if isinstance(metrics, Mapping) else {},
        findings=tuple(sorted(findings, key=lambda finding: _SEVERITIES.index(finding.severity))),
        tables=tuple(_table(found) for found in _records(document, "tables")),
        next_command=str(document.get("next") or ""),
    )


def _records(document: Mapping[str, Json], key: str) -> list[Mapping[str, Json]]:
    listed = document.get(key) or []
    if not isinstance(listed, list) or not all(isinstance(found, Mapping) for found in listed):
        raise ValueError(f"{key} is no list of objects")
    return listed


def _error(error: Json) -> str:
    """The error of a run that came to no result, with its place and the way out."""
    if not isinstance(error, Mapping):
        return ""
    where, message, remedy = (str(error.get(key) or "") for key in ("where", "message", "remedy"))
    sentence = ": ".join(part for part in (where, message) if part)
    return ". ".join(part for part in (sentence, remedy) if part)


def _finding(document: Mapping[str, Json]) -> RecordedFinding:
    document = under_current_names(document)
    severity, evidence, patch = str(document["severity"]), document.get("evidence"), document.get("patch")
    return RecordedFinding(
        id=str(document["id"]),
        name=str(document["name"]),
        severity=severity if severity in _SEVERITIES else "error",
        symptom=str(document["symptom"]),
        evidence=evidence if isinstance(evidence, Mapping) else {},
        cause=str(document.get("cause") or ""),
        remedy=str(document.get("remedy") or ""),
        patch=patch if isinstance(patch, Mapping) else {},
    )


def _table(document: Mapping[str, Json]) -> RecordedTable:
    columns, rows = document["columns"], document["rows"]
    if not isinstance(columns, list) or not isinstance(rows, list):
        raise ValueError("a table has no rows or no columns")
    cells = [tuple(str(cell) for cell in row) for row in rows if isinstance(row, list)]
    if any(len(row) != len(columns) for row in cells) or len(cells) < len(rows):
        raise ValueError("a row of a table has another number of cells than its head")
    return RecordedTable(title=str(document["title"]), columns=tuple(map(str, columns)), rows=tuple(cells))
