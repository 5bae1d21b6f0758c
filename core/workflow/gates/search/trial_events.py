"""Telling: each trial that ends, as an event, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nnbabysit.core.record.directory import EVENTS
from nnbabysit.core.record.event_log import read_events
from nnbabysit.core.record.events import NoteEvent
from nnbabysit.core.record.run import Run
from nnbabysit.core.record.search_events import BestTrial, TrialEvent
from nnbabysit.core.search.marks import Marks
from nnbabysit.core.search.trial import Trial


class Telling:
    """Tells of trials in the order in which they end."""

    def __init__(
        self, run: Run, trials: int, *, metric: str, good: float, clock: Callable[[], float]
    ) -> None:
        """Tell ``run``.

        Args:
            run: Takes the events.
            trials: Trials of the stage.
            metric: What a value is called, ``val_acc`` or ``val_loss``.
            good: Best share that is marked.
            clock: Seconds.
        """
        self._run = run
        self._trials = trials
        self._metric = metric
        self._clock = clock
        self._start = clock()
        self._known = 0
        self._ended = 0
        self._marks = Marks(good)

    def begin(self, known: Sequence[Trial]) -> None:
        """Begin behind the trials that were stored before, with those that nobody was told of.

        A process can be killed between storing and telling.
        """
        self._start, self._known = self._clock(), len(known)
        if not known:
            return
        told = {event.index for event in read_events(self._run.path / EVENTS, TrialEvent)}
        left = self._trials - len(known)
        text = f"going on with {left} of {self._trials} trials, {len(known)} have ended"
        self._run.event(NoteEvent(text=text))
        for trial in known:
            if trial.index in told:
                self._take(trial)
        self.tell([trial for trial in known if trial.index not in told])

    def tell(self, trials: Sequence[Trial]) -> None:
        """Tell of trials that ended together."""
        for trial in trials:
            self._take(trial)
            self._tell(trial)

    def _take(self, trial: Trial) -> None:
        self._ended += 1
        self._marks.add(trial)

    def _tell(self, trial: Trial) -> None:
        best = self._marks.best
        ended_now = max(1, self._ended - self._known)
        self._run.event(
            TrialEvent(
                index=trial.index,
                params=trial.params,
                value=trial.value,
                loss=trial.loss,
                by_loss=trial.by_loss,
                state=trial.state,
                reason=trial.reason,
                seconds=trial.seconds,
                ended=self._ended,
                trials=self._trials,
                metric=self._metric,
                good=self._marks.is_good(trial),
                best=as_best(best) if best else None,
                eta=(self._clock() - self._start) / ended_now * (self._trials - self._ended),
            )
        )


def as_best(trial: Trial) -> BestTrial:
    """A winner as events and results tell of it."""
    return BestTrial(
        index=trial.index, params=trial.params, value=trial.value, loss=trial.loss, by_loss=trial.by_loss
    )
