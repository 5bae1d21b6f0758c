"""Trial: one draw from the search space and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["complete", "diverged", "stopped", "failed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedTrial:
    """One draw from the search space, not yet run.

    Attributes:
        index: Place in the search, from 0; with the seed it decides the draw.
        params: Config path → drawn value.
        confirm: Whether it is a second look at a trial, which is trained in fp32 whatever the config says.
        repeat_of: Index of the trial that it looks at again; None for a trial of the search itself.
    """

    index: int
    params: dict[str, Any]
    confirm: bool = False
    repeat_of: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """One trial that has ended.

    Attributes:
        index: Place in the search, from 0; with the seed it decides the draw.
        params: Config path → drawn value.
        value: Best validation accuracy (regression: the negative of the lowest validation loss) of any epoch
            and, with ``training.average``, of the averaged weights; None unless complete.
        state: ``complete``, ``diverged`` (cost over 3 × the first, or not finite), ``stopped`` (halving: it
            was among the worst by then) or ``failed`` (the code raised).
        reason: Why it did not complete, one sentence; empty if it did.
        curve: Value after each epoch.
        seconds: Wall time.
        repeat_of: Index of the trial whose settings were trained again; None for a trial of the search.
        seed: Seed that it was trained with again; None for a trial of the search, which has the config's.
    """

    index: int
    params: dict[str, Any]
    value: float | None
    state: State
    reason: str = ""
    curve: tuple[float, ...] = field(default=())
    seconds: float = 0.0
    repeat_of: int | None = None
    seed: int | None = None

    def to_document(self) -> dict[str, Any]:
        """The trial as JSON-ready builtins."""
        return {
            "index": self.index,
            "params": dict(self.params),
            "value": self.value,
            "state": self.state,
            "reason": self.reason,
            "seconds": self.seconds,
        }


def rank(trial: Trial) -> tuple[float, int]:
    """What complete trials are sorted by to have the best first; of equal ones the earlier draw."""
    return -(trial.value or 0.0), trial.index


def ranked(trials: Iterable[Trial]) -> list[Trial]:
    """The complete trials, best first."""
    return sorted((trial for trial in trials if trial.value is not None), key=rank)
