"""Data notes: what is said of how the data was read, shown whatever else is left out, and once a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnbabysit.core.record.events import DATA, NoteEvent, WarningEvent

if TYPE_CHECKING:
    from nnbabysit.core.record.events import Event


def is_data_note(event: Event) -> bool:
    """Whether a note or warning says how the data was read."""
    return isinstance(event, NoteEvent | WarningEvent) and event.about == DATA


class Heard:
    """Remembers what a view has shown of the data: the steps of ``babysit`` all read the same."""

    def __init__(self) -> None:
        """Nothing was shown yet."""
        self._texts: set[str] = set()

    def again(self, event: Event) -> bool:
        """Whether this is a note on the data that was shown before."""
        if not isinstance(event, NoteEvent | WarningEvent) or event.about != DATA:
            return False
        known = event.text in self._texts
        self._texts.add(event.text)
        return known
