"""Event log: events read back from the lines of ``events.jsonl`` and ``metrics.jsonl``, of every format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nnbabysit.core.errors import RunError
from nnbabysit.core.record import strict_json
from nnbabysit.core.record.events import (
    CheckEvent,
    CheckpointEvent,
    Event,
    FindingEvent,
    GateEvent,
    MemberEvent,
    NoteEvent,
    RepairedEvent,
    StartEvent,
    VerdictEvent,
    WarningEvent,
)
from nnbabysit.core.record.files import read_lines
from nnbabysit.core.record.search_events import PlacementEvent, RepeatEvent, SearchProgressEvent, TrialEvent
from nnbabysit.core.record.training_events import (
    BatchEvent,
    EpochEvent,
    ScoreEvent,
    TinyEvent,
    TrainProgressEvent,
)

if TYPE_CHECKING:
    from pydantic import TypeAdapter

RENAMED = {"grad_norm": "gradient_norm"}
"""Name of a field in format 1 → its name."""
AnyEvent = TypeVar("AnyEvent", bound=Event)

_ALONE: tuple[type[Event], ...] = (
    StartEvent, NoteEvent, WarningEvent, RepairedEvent, EpochEvent, TinyEvent, TrialEvent, RepeatEvent,
    PlacementEvent, CheckEvent, CheckpointEvent, GateEvent, MemberEvent, FindingEvent, VerdictEvent,
)  # fmt: skip
"""The only class of its kind, each of them."""
_CLASSES = {one.kind: one for one in _ALONE}
_ADAPTERS: dict[type[Event], TypeAdapter[Event]] = {}


def from_json(line: str) -> Event:
    """The event that ``to_json`` wrote, in this format or an older one; unknown fields are ignored.

    Raises:
        ValueError: The line is not an event.
    """
    document = strict_json.decode(line)
    if not isinstance(document, dict):
        raise ValueError("not an event: an object with kind and time is expected")
    return from_document(document)


def from_document(document: Mapping[str, object]) -> Event:
    """The event that a line of ``events.jsonl`` or ``metrics.jsonl`` holds.

    Raises:
        ValueError: It is not an event.
    """
    if not {"kind", "time"} <= document.keys():
        raise ValueError("not an event: an object with kind and time is expected")
    named = {RENAMED.get(name, name): value for name, value in document.items()}
    kind = _class_of(named)
    if kind is BatchEvent:
        known = {item.name for item in fields(BatchEvent)} | {"kind"}
        named["readings"] = {name: named.pop(name) for name in list(named) if name not in known}
    return _adapter(kind).validate_python(named)


def read_events(path: Path, kind: type[AnyEvent]) -> Iterator[AnyEvent]:
    """The events of one class in a log, in order; a missing file has none, a torn last line is left out.

    Raises:
        RunError: The log is damaged before its last line.
    """
    for document in read_lines(path)[0]:
        if document.get("kind") != kind.kind:
            continue
        try:
            event = from_document(document)
        except ValueError as error:
            raise RunError(f"an event of kind {kind.kind} is damaged: {error}", where=str(path)) from error
        if isinstance(event, kind):
            yield event


def _class_of(document: Mapping[str, object]) -> type[Event]:
    kind = str(document["kind"])
    if kind == "metric":
        return BatchEvent if document.get("split") == "batch" else ScoreEvent
    if kind == "progress":
        return SearchProgressEvent if document.get("command") == "search" else TrainProgressEvent
    if kind not in _CLASSES:
        raise ValueError(f"not an event: there is no kind {kind!r}")
    return _CLASSES[kind]


def _adapter(kind: type[Event]) -> TypeAdapter[Event]:
    from pydantic import TypeAdapter  # late: a run that is only written needs none

    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
