"""Trial: one draw from the search space and what came of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from nnbabysit.core.training.loop.yardstick import Merit

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
        value: Validation accuracy (regression: validation loss with its sign turned) of its best epoch or,
            with ``training.average``, of the averaged weights, if they are better; None unless complete.
        state: ``complete``, ``diverged`` (cost over 3 × the first, or not finite), ``stopped`` (halving: it
            was among the worst by then) or ``failed`` (the code raised).
        reason: Why it did not complete, one sentence; empty if it did.
        curve: Merit after each epoch.
        seconds: Wall time.
        loss: Validation loss of the same weights, where ``value`` is an accuracy; None unless complete, and
            in searches of older versions.
        by_loss: Whether it is ranked by the loss although it has an accuracy, see ``loop/yardstick.py``.
        repeat_of: Index of the trial whose settings were trained again; None for a trial of the search.
        seed: Seed that it was trained with again; None for a trial of the search, which has the config's.
    """

    index: int
    params: dict[str, Any]
    value: float | None
    state: State
    reason: str = ""
    curve: tuple[Merit, ...] = field(default=())
    seconds: float = 0.0
    loss: float | None = None
    by_loss: bool = False
    repeat_of: int | None = None
    seed: int | None = None

    @property
    def merit(self) -> Merit | None:
        """What it is ranked by; None unless complete."""
        if self.value is None:
            return None
        if self.loss is None:
            return Merit.of_value(self.value)
        return Merit(-self.loss if self.by_loss else self.value, -self.loss, self.value, self.by_loss)

    def to_document(self) -> dict[str, Any]:
        """The trial as JSON-ready builtins."""
        return {
            "index": self.index,
            "params": dict(self.params),
            "value": self.value,
            "loss": self.loss,
            "by_loss": self.by_loss,
            "state": self.state,
            "reason": self.reason,
            "seconds": self.seconds,
        }


def judged(merit: Merit) -> dict[str, Any]:
    """What a trial with weights of this merit holds: ``Trial(**judged(merit), …)``."""
    loss = None if merit.accuracy is None else merit.loss
    return {"value": merit.told, "loss": loss, "by_loss": merit.by_loss}


def rank(trial: Trial) -> tuple[float, float, float, int]:
    """What complete trials are sorted by to have the best first; of equal ones the earlier draw."""
    merit = trial.merit or Merit.of_value(-math.inf)
    return (*merit.place, trial.index)


def ranked(trials: Iterable[Trial]) -> list[Trial]:
    """The complete trials, best first."""
    return sorted((trial for trial in trials if trial.value is not None), key=rank)
