"""Event: one thing that happened in a run; the screen, the plots and resume read the same events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nnbabysit.core.record import strict_json

DATA = "data"
"""Value of the field ``about`` of a note or warning that says how the data was read."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of ``events.jsonl``.

    Attributes:
        kind: What happened: ``start``, ``epoch``, ``trial``, ``checkpoint``, ``finding``, …
        time: When, in seconds since 1970 (UTC).
        fields: What belongs to this kind, JSON-ready; the names ``kind`` and ``time`` are taken.
    """

    kind: str
    time: float
    fields: dict[str, Any] = field(default_factory=dict)

    def to_json_line(self) -> str:
        """The event as one line of strict JSON, without the line break."""
        assert not self.fields.keys() & {"kind", "time"}, "kind and time are the event's own"
        return strict_json.encode({"kind": self.kind, "time": self.time, **self.fields})

    @classmethod
    def from_json_line(cls, line: str) -> Event:
        """The event that ``to_json_line`` wrote.

        Raises:
            ValueError: The line is not an event.
        """
        document = strict_json.decode(line)
        if not isinstance(document, dict) or not {"kind", "time"} <= document.keys():
            raise ValueError("not an event: an object with kind and time is expected")
        return cls(kind=document.pop("kind"), time=document.pop("time"), fields=document)


Listener = Callable[[Event], None]
