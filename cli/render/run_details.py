"""Run details: one run in plain words, from its outcome and findings to its files and what to type next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from nnbabysit.cli.render.result import Line, Span, finding_lines, shown_path
from nnbabysit.cli.render.run_table import OUTCOME_STYLES, run_document
from nnbabysit.cli.render.stacked_table import pair_lines
from nnbabysit.cli.time_arguments import age
from nnbabysit.core.formatting import clean_line, drawn_text, duration, measured_text, value_text
from nnbabysit.core.record.inventory import Item
from nnbabysit.core.record.run_reader import RecordedRun
from nnbabysit.core.record.strict_json import ABSENT, Json

if TYPE_CHECKING:
    from nnbabysit.core.record.settings_reader import Setting

SIZE_UNITS = ("B", "kB", "MB", "GB", "TB")


def run_detail_lines(
    run: RecordedRun,
    items: Sequence[Item],
    now: datetime,
    *,
    quiet: bool = False,
    width: int | None = None,
) -> list[Line]:
    """The run from its outcome to the next command.

    Args:
        run: The run.
        items: Files of the run.
        now: What the age is counted from.
        quiet: The outcome and the findings alone.
        width: Columns of the terminal; None: no limit.

    Raises:
        RunError: Its config is missing or damaged.
    """
    lines: list[Line] = [*_head(run, now), ()]
    for finding in run.result.findings:
        lines += [*finding_lines(finding, None), ()]
    if quiet:
        return lines[:-1]
    facts: dict[str, list[tuple[str, str]]] = {
        "metrics": [
            (key, measured_text(key, value)) for key, value in run.numbers.items() if value not in (None, {})
        ],
        "config (what differs from the defaults)": [
            (setting.key, _change(setting)) for setting in run.settings if setting.changed
        ],
        "environment": [(key, value_text(value)) for key, value in run.environment.items()],
        "files": [(item.name, _size_of_item(item)) for item in items],
    }
    for title, pairs in facts.items():
        if pairs:
            lines.append((Span(title, "bold"),))
            lines += [(Span(text),) for text in pair_lines(pairs, width)]
            lines.append(())
    place = shown_path(run.path)
    lines.append((Span(f"{'run':<6}", "dim"), Span(clean_line(place))))
    advised = run.next_command(place)
    if advised:
        lines.append((Span(f"{'next':<6}", "dim"), Span(clean_line(advised), "bold")))
    return lines


def _head(run: RecordedRun, now: datetime) -> list[Line]:
    """What it was, what came out, and when."""
    outcome = Span(run.outcome, OUTCOME_STYLES.get(run.outcome, "bold"))
    lines: list[Line] = [(outcome, Span(f": {clean_line(run.summary)}"))]
    since = age(run.start, now)
    words = [f"{run.command} {run.experiment}".strip(), f"started {run.start:%Y-%m-%d %H:%M} UTC"]
    words += [since if since == "now" else f"{since} ago"]
    words += [f"took {duration(run.seconds)}"] if run.seconds is not None else []
    if run.label:
        lines.append((Span(f"{'label':<6}", "dim"), Span(clean_line(run.label))))
    return [*lines, (Span(clean_line(", ".join(words)), "dim"),)]


def _change(setting: Setting) -> str:
    own = drawn_text(setting.value)
    return own if setting.default is ABSENT else f"{own} (default {drawn_text(setting.default)})"


def _size_of_item(item: Item) -> str:
    size = size_in_words(item.size)
    if not item.name.endswith("/"):
        return size
    return f"{size} in 1 file" if item.files == 1 else f"{size} in {item.files} files"


def size_in_words(size: float) -> str:
    """``870 B``, ``26.7 kB``, ``1.2 GB``; 1 kB is 1000 bytes."""
    unit = 0
    while size >= 1000 and unit < len(SIZE_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.0f} {SIZE_UNITS[unit]}" if unit == 0 else f"{size:.3g} {SIZE_UNITS[unit]}"


def run_detail_document(run: RecordedRun, items: Sequence[Item]) -> dict[str, Json]:
    """The run as JSON-ready builtins: what ``result.json`` holds, what was changed, and the files.

    Raises:
        RunError: Its config is missing or damaged.
    """
    document = run.result.document
    return {
        **run_document(run),
        **{key: document[key] for key in ("summary", "findings", "error") if key in document},
        "changed": {setting.key: setting.value for setting in run.settings if setting.changed},
        "environment": run.environment,
        "files": [{"name": item.name, "files": item.files, "bytes": item.size} for item in items],
        "next": run.next_command(shown_path(run.path)),
    }
