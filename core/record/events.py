"""Events: what happens in a run; the screen, the log, the sinks and resuming read the same ones.

One class per kind; ``training_events.py`` and ``search_events.py`` have more of them. Each line of
``events.jsonl`` and ``metrics.jsonl`` is one event, which ``event_log.py`` reads back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from typing import ClassVar

from nnbabysit.core.record import strict_json

DATA = "data"
"""Value of the field ``about`` of a note or warning that says how the data was read."""
LEFT_OUT: Mapping[str, bool] = {"left_out": True}
"""Metadata of a field that is not written where it is None."""
SPREAD: Mapping[str, bool] = {"spread": True}
"""Metadata of a mapping whose items are written as if each were a field of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One thing that happened.

    Attributes:
        kind: What happened, the same for all events of a class.
        time: When, in seconds since 1970 (UTC); the run sets it.
    """

    kind: ClassVar[str]
    time: float = 0.0

    @property
    def fields(self) -> dict[str, object]:
        """What belongs to this kind, as JSON-ready builtins."""
        found: dict[str, object] = {}
        for item in fields(self):
            value = _json_ready(getattr(self, item.name))
            if item.metadata.get("spread") and isinstance(value, dict):
                found |= value
            elif item.name != "time" and (value is not None or not item.metadata.get("left_out")):
                found[item.name] = value
        return found

    def to_json(self) -> str:
        """The event as one line of strict JSON, without the line break."""
        return strict_json.encode({"kind": self.kind, "time": self.time, **self.fields})


@dataclass(frozen=True, kw_only=True, slots=True)
class StartEvent(Event):
    """A command begins to compute; ``members`` is the size of an ensemble."""

    kind = "start"
    command: str
    name: str
    device: str | None = None
    parameters: int | None = field(default=None, metadata=LEFT_OUT)
    members: int | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteEvent(Event):
    """Something worth knowing; ``about`` is ``data`` if it says how the data was read."""

    kind = "note"
    text: str
    about: str | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True, kw_only=True, slots=True)
class WarningEvent(Event):
    """Something that may be wrong; ``about`` as for a note."""

    kind = "warning"
    text: str
    about: str | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True, kw_only=True, slots=True)
class RepairedEvent(Event):
    """The torn last line of ``file`` was cut off."""

    kind = "repaired"
    file: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckEvent(Event):
    """A check: passed, failed, or neither (None: it does not apply, or there is only a warning)."""

    kind = "check"
    name: str
    passed: bool | None
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckpointEvent(Event):
    """A checkpoint was saved; ``best`` if its weights are the best so far."""

    kind = "checkpoint"
    path: str
    epoch: int
    best: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class GateEvent(Event):
    """A gate of ``babysit``, or the next member of an ensemble, begins."""

    kind = "step"
    command: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MemberEvent(Event):
    """A member of an ensemble has its run directory."""

    kind = "member"
    seed: int
    run_dir: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingEvent(Event):
    """A finding of the run, see ``core/diagnosis/engine.py``."""

    kind = "finding"
    id: str
    name: str
    severity: str
    symptom: str
    evidence: Mapping[str, object]
    cause: str
    remedy: str
    patch: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class VerdictEvent(Event):
    """The run has come to a result."""

    kind = "verdict"
    verdict: str
    summary: str


Listener = Callable[[Event], None]


def _json_ready(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, tuple):
        return [_json_ready(item) for item in value]
    return value
