"""Catalog: the runs of a folder as entries that can be filtered and sorted, each file read when needed.

A thousand runs are listed in a fraction of a second: ``meta.json`` is read of each, ``result.json`` and
``config.yaml`` only where a filter, a column or a person wants them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

from nnbabysit.core.errors import RunError
from nnbabysit.core.record import strict_json
from nnbabysit.core.record.archive import Status, read_config_yaml, read_meta
from nnbabysit.core.record.directory import CONFIG, META, RESULT
from nnbabysit.core.record.files import os_errors_in_words
from nnbabysit.core.record.label import read_label
from nnbabysit.core.record.lock import HOLDER, is_held

STOPPED = {130: "interrupted", 143: "terminated"}
KEY_METRICS = (
    *("best_val_accuracy", "best_val_loss", "best.value", "final_accuracy", "final_loss", "initial_loss"),
    *("accuracy", "test_accuracy", "loss"),
)
"""What a run is judged by; the first that it has."""
LOWER_IS_BETTER = ("loss", "mse", "mae", "error", "seconds", "ece")
TEXTS = ("run", "command", "outcome", "name", "label")
"""Sorting keys that are text; ``start`` is a time, every other key a metric."""


class Entry:
    """One run of a folder.

    Attributes:
        path: The run directory, absolute.
        meta: ``meta.json``.
        start: When it began, UTC.
        status: ``running``, ``ended`` or ``crashed``.
    """

    def __init__(self, path: Path) -> None:
        """Read ``meta.json`` and look at the lock.

        Raises:
            RunError: This is no run directory, it is damaged, or a newer version wrote it.
        """
        self.path = path
        self.meta = read_meta(path)
        try:
            self.command = str(self.meta["command"])
            self.start = datetime.fromisoformat(str(self.meta["start"])).astimezone(UTC)
        except (KeyError, ValueError) as error:
            raise RunError(f"{META} is damaged or not ours: {error}", where=str(path)) from error
        self.status: Status = self._status()

    def _status(self) -> Status:
        # The note lies there whenever the lock is held; without it the lock need not be touched.
        if (self.path / HOLDER).exists() and is_held(self.path):
            return "running"
        return "crashed" if self.exit_code is None else "ended"

    @cached_property
    def result(self) -> dict[str, Any]:
        """``result.json``; empty if there is none yet, or it is damaged."""
        try:
            found = strict_json.decode((self.path / RESULT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    @cached_property
    def label(self) -> str:
        """What the user wrote on it; empty if nothing."""
        return read_label(self.path)

    @cached_property
    def name(self) -> str:
        """Name of the experiment; empty if the config does not say."""
        try:
            with (self.path / CONFIG).open(encoding="utf-8") as file:
                # our own writing: the name comes first, below a note about what was in memory
                first = next((line for line in file if not line.startswith("#")), "")
        except (OSError, UnicodeDecodeError):
            return ""
        key, _, value = first.partition(":")
        return value.strip().strip("\"'") if key == "name" else ""

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """Metrics by dotted name; of a list of records only how many there are."""
        found = self.result.get("metrics")
        return flattened(found) if isinstance(found, dict) else {}

    @cached_property
    def settings(self) -> dict[str, Any]:
        """``config.yaml`` by dotted name.

        Raises:
            RunError: It is missing or damaged.
        """
        from nnbabysit.core.config.files.yaml_loader import YamlError, parse

        try:
            found = parse(read_config_yaml(self.path)).value
        except YamlError as error:
            raise RunError(f"config.yaml is damaged: {error}", where=str(self.path)) from error
        return flattened(found) if isinstance(found, dict) else {}

    @property
    def exit_code(self) -> int | None:
        """Exit code of the command; None while it runs and when it crashed."""
        found = self.meta.get("exit_code")
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    @property
    def verdict(self) -> str:
        """``pass``, ``fail``, ``diverged`` or ``error``; empty as long as there is none."""
        return str(self.result.get("verdict") or "") if self.status == "ended" else ""

    @property
    def outcome(self) -> str:
        """Status and verdict in one word: ``running``, ``crashed``, ``pass``, ``interrupted``, …."""
        if self.status != "ended":
            return self.status
        return STOPPED.get(self.exit_code or 0) or self.verdict or "ended"

    @property
    def seconds(self) -> float | None:
        """From start to end; None while it runs, when it crashed, and if the clock was set back meanwhile."""
        try:
            found = (datetime.fromisoformat(str(self.meta.get("end"))) - self.start).total_seconds()
        except ValueError:
            return None
        return found if found >= 0 else None

    @property
    def key_metric(self) -> tuple[str, float] | None:
        """Name and value of what the run is judged by; None if it has none of them."""
        for name in KEY_METRICS:
            value = self.metrics.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return name, float(value)
        return None


@dataclass(frozen=True)
class Catalog:
    """Runs of a folder, the newest first, and one error for each directory that could not be read as one."""

    entries: tuple[Entry, ...]
    skipped: tuple[RunError, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What a run must be to be listed; what is empty lets all pass.

    Attributes:
        commands: Words of the command line; ``search`` means its stages too.
        verdicts: ``pass``, ``fail``, ``diverged``, ``error``.
        statuses: ``running``, ``ended``, ``crashed``.
        since: Started then or later.
        before: Started earlier.
        label: Part of the label, in any case.
    """

    commands: Sequence[str] = ()
    verdicts: Sequence[str] = ()
    statuses: Sequence[str] = ()
    since: datetime | None = None
    before: datetime | None = None
    label: str | None = None

    def matches(self, entry: Entry) -> bool:
        """Whether a run is all of it; the files are looked at last."""
        return (
            (self.since is None or entry.start >= self.since)
            and (self.before is None or entry.start < self.before)
            and (not self.statuses or entry.status in self.statuses)
            and (not self.commands or any(_is(entry.command, command) for command in self.commands))
            and (not self.verdicts or entry.verdict in self.verdicts)
            and (self.label is None or self.label.casefold() in entry.label.casefold())
        )


def read_catalog(root: Path) -> Catalog:
    """All runs of a folder, the newest first; a missing folder has none.

    Hidden folders, links such as ``latest`` and files are none of our business; any other folder that is no
    run is named in ``skipped``.

    Raises:
        RunError: ``root`` is a file, or cannot be read.
    """
    if not root.exists():
        return Catalog(())
    if not root.is_dir():
        raise RunError("this is not a folder", where=str(root), remedy="Choose another one with --runs-dir")
    with os_errors_in_words(root, "read"):
        folders = sorted(path for path in root.absolute().iterdir() if not path.name.startswith("."))
    entries: list[Entry] = []
    skipped: list[RunError] = []
    for path in folders:
        if path.is_symlink() or not path.is_dir():
            continue
        try:
            entries.append(Entry(path))
        except RunError as error:
            skipped.append(error)
    entries.sort(key=lambda entry: (entry.start, entry.path.name), reverse=True)
    return Catalog(tuple(entries), tuple(skipped))


def sort(entries: Iterable[Entry], key: str, *, reverse: bool = False) -> list[Entry]:
    """Entries in order of their ``start``, a text, their ``seconds`` or a metric.

    The newest or the best comes first; losses, errors and times are best when small. Runs without the metric
    come last either way.

    Args:
        entries: What to sort; equals stay in their order.
        key: ``start``, one of ``TEXTS``, ``seconds`` from start to end, or a metric.
        reverse: The other way round.

    Raises:
        RunError: No run has a metric of this name.
    """
    listed = list(entries)
    if key == "start":
        return sorted(listed, key=lambda entry: entry.start, reverse=not reverse)
    if key in TEXTS:
        return sorted(listed, key=lambda entry: text_of(entry, key).casefold(), reverse=reverse)
    values = [(entry.seconds if key == "seconds" else number_of(entry, key), entry) for entry in listed]
    known = [(value, entry) for value, entry in values if value is not None]
    if listed and not known and key != "seconds":
        raise _unknown_metric(key, listed)
    descending = not any(word in key for word in LOWER_IS_BETTER)
    ordered = sorted(known, key=lambda pair: pair[0], reverse=descending is not reverse)
    return [entry for _, entry in ordered] + [entry for value, entry in values if value is None]


def text_of(entry: Entry, key: str) -> str:
    """One of ``TEXTS``."""
    return entry.path.name if key == "run" else str(getattr(entry, key))


def number_of(entry: Entry, name: str) -> float | None:
    """A metric of a run that is a number; None if it has none of this name, or a NaN."""
    value = entry.metrics.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or value != value:
        return None
    return float(value)


def metric_names(entries: Iterable[Entry]) -> list[str]:
    """Names of all metrics that are numbers, in alphabetical order."""
    return sorted({name for entry in entries for name in entry.metrics if number_of(entry, name) is not None})


def check_metrics(names: Iterable[str], entries: Sequence[Entry]) -> None:
    """See that each metric is one that at least one of the runs has.

    Raises:
        RunError: One is not, with the nearest that is.
    """
    for name in names:
        if entries and not any(name in entry.metrics for entry in entries):
            raise _unknown_metric(name, entries)


def flattened(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as one, with dotted names; a list of records becomes its length."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            found |= flattened(value, f"{name}.")
        elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            found[name] = len(value)
        else:
            found[name] = value
    return found


def _is(command: str, wanted: str) -> bool:
    return command == wanted or command.startswith(f"{wanted}-")


def _unknown_metric(name: str, entries: Iterable[Entry]) -> RunError:
    known = metric_names(entries)
    near = get_close_matches(name, known, n=1) or [known for known in known if name in known][:1]
    remedy = f"Did you mean {near[0]}" if near else f"Known are {', '.join(known) or 'none'}"
    return RunError(f"no run has a metric {name}", remedy=remedy)
