"""Portrait: one run in plain words, from its verdict and findings to its files and what to type next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nnbabysit.cli.render.result import (
    SEVERITY_STYLES,
    Line,
    Span,
    command_line,
    finding_lines,
    shown_path,
    shown_value,
)
from nnbabysit.cli.render.run_table import STYLES, entry_document
from nnbabysit.cli.render.stacked_table import pair_lines
from nnbabysit.cli.render.terminal import clean_line
from nnbabysit.cli.time_arguments import age
from nnbabysit.core.record.catalog import Entry
from nnbabysit.core.record.comparison import MISSING, Row, environment
from nnbabysit.core.record.inventory import Item
from nnbabysit.core.report.event_lines import duration

if TYPE_CHECKING:
    from nnbabysit.core.diagnosis.engine import Finding

UNITS = ("B", "kB", "MB", "GB", "TB")


def portrait_lines(
    entry: Entry,
    changed: Sequence[Row],
    items: Sequence[Item],
    now: datetime,
    *,
    quiet: bool = False,
    width: int | None = None,
) -> list[Line]:
    """The run from its verdict to the next command.

    Args:
        entry: The run.
        changed: Settings that differ from their default: values are the default and the run's.
        items: Files of the run.
        now: What the age is counted from.
        quiet: The verdict and the findings alone.
        width: Columns of the terminal; None: no limit.
    """
    lines: list[Line] = [*_head(entry, now), ()]
    for finding in findings_of(entry):
        lines += [*finding_lines(finding, None), ()]
    if quiet:
        return lines[:-1]
    facts: dict[str, list[tuple[str, str]]] = {
        "metrics": [
            (key, shown_value(value)) for key, value in entry.metrics.items() if value not in (None, {})
        ],
        "config (what differs from the defaults)": [(row.key, _change(row)) for row in changed],
        "environment": [(key, shown_value(value)) for key, value in environment(entry).items()],
        "files": [(item.name, _size_in_words(item)) for item in items],
    }
    for title, pairs in facts.items():
        if pairs:
            lines.append((Span(title, "bold"),))
            lines += [(Span(text),) for text in pair_lines(pairs, width)]
            lines.append(())
    lines.append((Span(f"{'run':<6}", "dim"), Span(clean_line(shown_path(entry.path)))))
    advised = next_command(entry)
    if advised:
        lines.append((Span(f"{'next':<6}", "dim"), Span(clean_line(advised), "bold")))
    return lines


def _head(entry: Entry, now: datetime) -> list[Line]:
    """What it was, what came out, and when."""
    summary = str(entry.result.get("summary") or _error(entry))
    lines: list[Line] = [
        (
            Span(entry.outcome, STYLES.get(entry.outcome, "bold")),
            Span(f": {clean_line(summary)}" if summary and entry.status == "ended" else ""),
        )
    ]
    since = age(entry.start, now)
    words = [f"{entry.command} {entry.name}".strip(), f"started {entry.start:%Y-%m-%d %H:%M} UTC"]
    words += [since if since == "now" else f"{since} ago"]
    words += [f"took {duration(entry.seconds)}"] if entry.seconds is not None else []
    if entry.label:
        lines.append((Span(f"{'label':<6}", "dim"), Span(clean_line(entry.label))))
    return [*lines, (Span(clean_line(", ".join(words)), "dim"),)]


def _error(entry: Entry) -> str:
    error = entry.result.get("error")
    if not isinstance(error, dict):
        return ""
    parts = [str(error.get(key) or "") for key in ("where", "message")]
    return ": ".join(part for part in parts if part)


def findings_of(entry: Entry) -> list[Finding]:
    """The findings of a run, worst first; what is not one (damaged by hand) is left out."""
    from nnbabysit.core.diagnosis.engine import Finding

    found: list[Finding] = []
    listed = entry.result.get("findings")
    for document in listed if isinstance(listed, list) else []:
        try:
            finding = Finding(**document)
        except TypeError:
            continue
        if finding.severity in SEVERITY_STYLES:
            found.append(finding)
    return sorted(found, key=lambda finding: list(SEVERITY_STYLES).index(finding.severity))


def next_command(entry: Entry) -> str:
    """What to type next: what the result says, or how a training that stopped goes on."""
    if entry.status == "running":
        return command_line("tail", "-f", shown_path(entry.path / "log.txt"))
    started = (entry.path / "checkpoints" / "last.pt").is_file()
    stopped = entry.status == "crashed" or entry.outcome in ("interrupted", "terminated")
    if stopped and entry.command == "train" and started:
        return command_line("nnbabysit", "resume", shown_path(entry.path))
    return str(entry.result.get("next") or "")


def _change(row: Row) -> str:
    default, own = row.values
    return shown_value(own) if default is MISSING else f"{shown_value(own)} (default {shown_value(default)})"


def _size_in_words(item: Item) -> str:
    size = size_in_words(item.size)
    if not item.name.endswith("/"):
        return size
    return f"{size} in 1 file" if item.files == 1 else f"{size} in {item.files} files"


def size_in_words(size: float) -> str:
    """``870 B``, ``26.7 kB``, ``1.2 GB``; 1 kB is 1000 bytes."""
    unit = 0
    while size >= 1000 and unit < len(UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.0f} {UNITS[unit]}" if unit == 0 else f"{size:.3g} {UNITS[unit]}"


def portrait_document(entry: Entry, changed: Sequence[Row], items: Sequence[Item]) -> dict[str, Any]:
    """The run as JSON-ready builtins: what ``result.json`` holds, what was changed, and the files."""
    result: dict[str, Any] = {
        key: entry.result[key] for key in ("summary", "findings", "error") if key in entry.result
    }
    return {
        **entry_document(entry),
        **result,
        "changed": {row.key: row.values[1] for row in changed},
        "environment": environment(entry),
        "files": [{"name": item.name, "files": item.files, "bytes": item.size} for item in items],
        "next": next_command(entry),
    }
