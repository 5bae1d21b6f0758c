"""Run reader: a recorded run as its files tell it, for screen and page alike; each is read when asked.

The outcome of a run is said once, here, in one word and one sentence: its *outcome* is ``running`` or
``crashed``, ``interrupted`` or ``terminated`` by a signal, ``damaged`` if ``result.json`` cannot be read, or
the verdict. A run that ended without a result has the verdict that its exit code stands for, and is
``ended`` if that is 0.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from nnbabysit.core.errors import RunError
from nnbabysit.core.record.archive import RunStatus, read_meta, status_of
from nnbabysit.core.record.directory import CONFIG, EVENTS, LOG, META, METRICS
from nnbabysit.core.record.events import DATA
from nnbabysit.core.record.files import read_lines
from nnbabysit.core.record.label import read_label
from nnbabysit.core.record.result_reader import RecordedResult, read_result
from nnbabysit.core.record.strict_json import ABSENT, Absence, Json, LogLine

if TYPE_CHECKING:
    from nnbabysit.core.record.settings_reader import Setting

TRAININGS = ("train", "train-ensemble")
SEARCHES = ("search-coarse", "search-fine")
"""Commands, as ``meta.json`` names them, whose runs can be gone on with; the others are run again."""
KEY_METRICS = (
    *("best_val_accuracy", "best_val_loss", "best.value", "final_accuracy", "final_loss", "initial_loss"),
    *("accuracy", "test_accuracy", "loss"),
)
"""What a run is judged by; the first that it has."""
_ENVIRONMENT = (
    *("versions", "platform", "host", "cores", "threads", "device", "seed"),
    *("git.commit", "git.branch", "git.dirty", "git.error", "dataset_fingerprint"),
)
_STOPPED = {130: "interrupted", 143: "terminated"}
_VERDICTS = {0: "", 3: "fail", 4: "diverged"}
"""Exit code → verdict; any other code is an error."""
_SENTENCES = {
    "running": "this run has not ended yet",
    "crashed": "this run ended without a word: its process was killed, or the machine stopped",
    "interrupted": "interrupted by Ctrl-C",
    "terminated": "terminated by SIGTERM",
}


class RecordedRun:
    """A run directory as its files tell it.

    Attributes:
        path: The directory.
        meta: ``meta.json``.
        command: Command that made it: ``train``, ``search-fine``.
        start: When it began, UTC.
        status: ``running``, ``ended`` or ``crashed``.
    """

    def __init__(self, path: Path) -> None:
        """Read ``meta.json`` and look at the lock.

        Raises:
            RunError: This is no run directory, it is damaged, or a newer version wrote it.
        """
        self.path = path
        self.meta: Mapping[str, Json] = read_meta(path)
        try:
            self.command = str(self.meta["command"])
            self.start = datetime.fromisoformat(str(self.meta["start"])).astimezone(UTC)
        except (KeyError, ValueError) as error:
            raise RunError(f"{META} is damaged or not ours: {error}", where=str(path)) from error
        self.status: RunStatus = status_of(path, self.meta)

    @property
    def name(self) -> str:
        """Name of the directory."""
        return self.path.name

    @cached_property
    def experiment(self) -> str:
        """``name`` of the config; empty if it does not say."""
        try:
            with (self.path / CONFIG).open(encoding="utf-8") as file:
                # our own writing: the name comes first, below a note about what was in memory
                first = next((line for line in file if not line.startswith("#")), "")
        except (OSError, UnicodeDecodeError):
            return ""
        key, _, value = first.partition(":")
        return value.strip().strip("\"'") if key == "name" else ""

    @cached_property
    def label(self) -> str:
        """What the user wrote on it; empty if nothing."""
        return read_label(self.path)

    @cached_property
    def result(self) -> RecordedResult:
        """``result.json``; empty if there is none yet, or it is damaged."""
        return read_result(self.path)

    @cached_property
    def numbers(self) -> Mapping[str, Json]:
        """Metrics of the result by dotted name; of a list of records only how many there are."""
        return flattened(self.result.metrics)

    @cached_property
    def settings(self) -> tuple[Setting, ...]:
        """``config.yaml`` beside the defaults.

        Raises:
            RunError: It is missing or damaged.
        """
        from nnbabysit.core.record.settings_reader import recorded_settings

        return recorded_settings(self.path)

    def setting(self, key: str) -> Json | Absence:
        """Value of a setting; ``ABSENT`` if there is none."""
        return next((setting.value for setting in self.settings if setting.key == key), ABSENT)

    @cached_property
    def environment(self) -> Mapping[str, Json]:
        """What decides about a result beside the config, by dotted name; what was never noted is left out."""
        flat = flattened(self.meta)
        return {
            key: value
            for part in _ENVIRONMENT
            for key, value in flat.items()
            if value not in (None, "", {}) and (key == part or key.startswith(f"{part}."))
        }

    @cached_property
    def events(self) -> list[LogLine]:
        """``events.jsonl``; a torn last line is left out.

        Raises:
            RunError: A line before the last is damaged.
        """
        return read_lines(self.path / EVENTS)[0]

    @cached_property
    def metrics(self) -> list[LogLine]:
        """``metrics.jsonl``; a torn last line is left out.

        Raises:
            RunError: A line before the last is damaged.
        """
        return read_lines(self.path / METRICS)[0]

    def of_kind(self, kind: str) -> list[LogLine]:
        """Events of one kind, in order."""
        return [event for event in self.events if event.get("kind") == kind]

    @property
    def data_notes(self) -> list[str]:
        """How the data was read, once each: a run that was resumed read it again."""
        told = (event for event in self.events if event.get("about") == DATA)
        return list(dict.fromkeys(str(event.get("text") or "") for event in told))

    @property
    def exit_code(self) -> int | None:
        """Exit code of the command; None while it runs and when it crashed."""
        found = self.meta.get("exit_code")
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    @property
    def verdict(self) -> str:
        """``pass``, ``fail``, ``diverged`` or ``error``; empty while there is none, or if it is damaged."""
        if self.status != "ended" and not self._concludes:
            return ""
        found = self.result.verdict
        return found if found or self.result.damage else _VERDICTS.get(self.exit_code or 0, "error")

    @property
    def outcome(self) -> str:
        """Its outcome in one word."""
        if self.status != "ended" and not self._concludes:
            return self.status
        damaged = "damaged" if self.result.damage else "ended"
        return _STOPPED.get(self.exit_code or 0) or self.verdict or damaged

    @property
    def summary(self) -> str:
        """Its outcome in a sentence."""
        early = f"this run ended with exit code {self.exit_code} before it came to a result"
        return _SENTENCES.get(self.outcome) or self.result.damage or self.result.summary or early

    @cached_property
    def _concludes(self) -> bool:
        """Whether it has told its verdict since it last started: its page is written, then it is closed."""
        if self.status != "running" or not self.result.verdict:
            return False
        resumes = self.meta.get("resumes")
        last = resumes[-1] if isinstance(resumes, list) and resumes else self.meta
        with suppress(RunError, ValueError, IndexError, KeyError, TypeError, AttributeError):
            since = datetime.fromisoformat(str(last["start"])).timestamp()
            return bool(self.events[-1]["kind"] == "verdict" and self.events[-1]["time"] >= since)
        return False

    @property
    def seconds(self) -> float | None:
        """From start to end; None while it runs, when it crashed, and if the clock was set back meanwhile."""
        try:
            found = (datetime.fromisoformat(str(self.meta.get("end"))) - self.start).total_seconds()
        except ValueError:
            return None
        return found if found >= 0 else None

    @property
    def lasted(self) -> float | None:
        """``seconds``, or until the last event of a run that has not ended; None if nobody knows."""
        last = self.events[-1].get("time") if self.meta.get("end") is None and self.events else None
        if not isinstance(last, int | float):
            return self.seconds
        return last - self.start.timestamp() if last >= self.start.timestamp() else None

    @property
    def key_metric(self) -> tuple[str, float] | None:
        """Name and value of what the run is judged by; None if it has none of them."""
        for name in KEY_METRICS:
            value = self.numbers.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return name, float(value)
        return None

    def next_command(self, place: str) -> str:
        """What to type next: watch it, go on with it if it was stopped, or what the result says.

        Args:
            place: How the user names the run: its path or its name.
        """
        if self.outcome == "running":
            return f"tail -f {shlex.quote(f'{place}/{LOG}')}"
        stopped = self.outcome in ("crashed", *_STOPPED.values())
        if stopped and has_progress(self.path, self.command):
            return f"nnbabysit resume {shlex.quote(place)}"
        return self.result.next_command


def read_run(path: Path) -> RecordedRun:
    """A run of which every file is read and none is damaged, as a page needs it.

    Raises:
        RunError: There is no run at ``path``, a newer version wrote it, or one of its files is damaged.
    """
    run = RecordedRun(path)
    if run.result.damage:
        raise RunError(run.result.damage, where=str(path))
    _ = run.settings, run.events, run.metrics
    return run


def has_progress(path: Path, command: str) -> bool:
    """Whether a run left something to go on with: a stored search, a checkpoint, or members of an ensemble.

    Args:
        path: Run directory.
        command: Its command; ``resume`` and ``search`` as they are typed will do.
    """
    if (path / "study.db").is_file() or command.startswith("search"):
        return command in ("resume", "search", *SEARCHES) and (path / "study.db").is_file()
    if command not in ("resume", *TRAININGS):
        return False
    if (path / "checkpoints" / "last.pt").is_file():
        return True
    return any(event.get("kind") == "member" for event in read_lines(path / EVENTS)[0])


def flattened(values: Mapping[str, Json], prefix: str = "") -> dict[str, Json]:
    """Nested mappings as one, with dotted names; a list of records becomes its length."""
    found: dict[str, Json] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            found |= flattened(value, f"{name}.")
        elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            found[name] = len(value)
        else:
            found[name] = value
    return found
