"""Search events: where trials are trained, how far they are, and what came of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nnbabysit.core.record.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchProgressEvent(Event):
    """How far a search is.

    Attributes:
        ended: Trials that have ended, of ``trials``.
        running: Trials in the stack that reports; ``epoch`` of ``epochs`` is behind it.
        share: Fraction of all epochs of all trials.
        value: The best so far, of trials that still train as well.
    """

    kind = "progress"
    command: str = "search"
    trials: int
    ended: int
    running: int
    epoch: int
    epochs: int
    share: float
    value: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class BestTrial:
    """The best trial so far, see ``core/search/trial.py``."""

    index: int
    params: Mapping[str, object]
    value: float | None
    loss: float | None = None
    by_loss: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialEvent(Event):
    """A trial of a search has ended.

    Attributes:
        index: Place in the search, from 0; for the other fields of a trial see ``core/search/trial.py``.
        ended: Trials that have ended by now, of ``trials``.
        metric: What the value is called: ``val_acc``, or ``val_loss``, whose sign is turned.
        good: Whether it is among the best so far.
        best: The best so far.
        eta: Seconds that are left.
    """

    kind = "trial"
    index: int
    params: Mapping[str, object]
    value: float | None
    loss: float | None = None
    by_loss: bool = False
    state: str = "complete"
    reason: str = ""
    seconds: float = 0.0
    ended: int = 0
    trials: int
    metric: str = "val_acc"
    good: bool = False
    best: BestTrial | None = None
    eta: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RepeatEvent(Event):
    """A trial was trained again: the ``number``-th of ``repeats`` trainings, of trial ``repeat_of``."""

    kind = "repeat"
    index: int
    repeat_of: int | None
    seed: int | None
    value: float | None
    loss: float | None = None
    by_loss: bool = False
    state: str = "complete"
    reason: str = ""
    number: int
    repeats: int
    metric: str = "val_acc"


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacementTiming:
    """What a placement takes, in milliseconds for one step of one trial."""

    text: str
    milliseconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacementEvent(Event):
    """Where the trials of a search are trained, in words and as numbers, and what was measured for it."""

    kind = "placement"
    text: str
    placement: Mapping[str, int] = field(default_factory=dict)
    alternatives: tuple[PlacementTiming, ...] = ()
