"""Catalog: the runs of a folder, filtered and sorted.

A thousand runs are listed in a fraction of a second: ``meta.json`` is read of each, ``result.json`` and
``config.yaml`` only where a filter, a column or a person wants them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from nnbabysit.core.errors import RunError
from nnbabysit.core.record.comparison import lower_is_better
from nnbabysit.core.record.files import os_errors_in_words
from nnbabysit.core.record.run_reader import RecordedRun

TEXTS = ("run", "command", "outcome", "name", "label")
"""Sorting keys that are text; ``start`` is a time, every other key a metric."""


@dataclass(frozen=True)
class Catalog:
    """Runs of a folder, the newest first, and one error for each directory that could not be read as one."""

    runs: tuple[RecordedRun, ...]
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

    def matches(self, run: RecordedRun) -> bool:
        """Whether a run is all of it; the files are looked at last."""
        return (
            (self.since is None or run.start >= self.since)
            and (self.before is None or run.start < self.before)
            and (not self.statuses or run.status in self.statuses)
            and (not self.commands or any(_is(run.command, command) for command in self.commands))
            and (not self.verdicts or run.verdict in self.verdicts)
            and (self.label is None or self.label.casefold() in run.label.casefold())
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
    runs: list[RecordedRun] = []
    skipped: list[RunError] = []
    for path in folders:
        if path.is_symlink() or not path.is_dir():
            continue
        try:
            runs.append(RecordedRun(path))
        except RunError as error:
            skipped.append(error)
    runs.sort(key=lambda run: (run.start, run.name), reverse=True)
    return Catalog(tuple(runs), tuple(skipped))


def find_runs(root: Path, *, command: str | None = None) -> list[Path]:
    """Directories of all runs of a folder, or of one command, the newest first.

    Raises:
        RunError: ``root`` is a file, or cannot be read.
    """
    return [run.path for run in read_catalog(root).runs if command in (None, run.command)]


def sorted_runs(runs: Iterable[RecordedRun], key: str, *, reverse: bool = False) -> list[RecordedRun]:
    """Runs in order of their ``start``, a text, their ``seconds`` or a metric.

    The newest or the best comes first; losses, errors and times are best when small. Runs without the metric
    come last either way.

    Args:
        runs: What to sort; equals stay in their order.
        key: ``start``, one of ``TEXTS``, ``seconds`` from start to end, or a metric.
        reverse: The other way round.

    Raises:
        RunError: No run has a metric of this name.
    """
    listed = list(runs)
    if key == "start":
        return sorted(listed, key=lambda run: run.start, reverse=not reverse)
    if key in TEXTS:
        return sorted(listed, key=lambda run: text_of(run, key).casefold(), reverse=reverse)
    values = [(run.seconds if key == "seconds" else number_of(run, key), run) for run in listed]
    known = [(value, run) for value, run in values if value is not None]
    if listed and not known and key != "seconds":
        raise _unknown_metric(key, listed)
    ordered = sorted(known, key=lambda pair: pair[0], reverse=lower_is_better(key) is reverse)
    return [run for _, run in ordered] + [run for value, run in values if value is None]


def text_of(run: RecordedRun, key: str) -> str:
    """One of ``TEXTS``."""
    return str(getattr(run, {"run": "name", "name": "experiment"}.get(key, key)))


def number_of(run: RecordedRun, name: str) -> float | None:
    """A metric of a run that is a number; None if it has none of this name, or a NaN."""
    value = run.numbers.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or value != value:
        return None
    return float(value)


def numeric_metrics(runs: Iterable[RecordedRun]) -> list[str]:
    """Names of all metrics that are numbers, in alphabetical order."""
    return sorted({name for run in runs for name in run.numbers if number_of(run, name) is not None})


def check_metrics(names: Iterable[str], runs: Sequence[RecordedRun]) -> None:
    """See that each metric is one that at least one of the runs has.

    Raises:
        RunError: One is not, with the nearest that is.
    """
    for name in names:
        if runs and not any(name in run.numbers for run in runs):
            raise _unknown_metric(name, runs)


def _is(command: str, wanted: str) -> bool:
    return command == wanted or command.startswith(f"{wanted}-")


def _unknown_metric(name: str, runs: Iterable[RecordedRun]) -> RunError:
    known = numeric_metrics(runs)
    near = get_close_matches(name, known, n=1) or [known for known in known if name in known][:1]
    remedy = f"Did you mean {near[0]}" if near else f"Known are {', '.join(known) or 'none'}"
    return RunError(f"no run has a metric {name}", remedy=remedy)
