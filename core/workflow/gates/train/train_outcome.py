"""Outcome of a long run: in one sentence, as numbers, and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nnbabysit.core.formatting import loss_text, optional_text, rate_text, score_text
from nnbabysit.core.training.loop.records import EpochRecord, Score
from nnbabysit.core.workflow.result import Table

if TYPE_CHECKING:
    from nnbabysit.core.training.loop.run_state import Progress
    from nnbabysit.core.training.loop.yardstick import Yardstick


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What training came to, before it is judged.

    Attributes:
        progress: All epochs.
        ended: Why it ended early, one sentence; empty when all epochs were trained.
        test: Score of the best weights on the test split; None without one, or when training diverged.
        seconds: Wall time of this session.
        unpredicted: Classes that the best weights never answer with, in words; empty if there are none.
    """

    progress: Progress
    ended: str
    test: Score | None
    seconds: float
    unpredicted: str = ""

    @property
    def last(self) -> EpochRecord:
        """The last epoch."""
        return self.progress.history[-1]


def summary_of(outcome: Outcome) -> str:
    """The outcome in one sentence."""
    best, test = outcome.progress.best, outcome.test
    if outcome.last.stopped or best is None:
        return f"stopped: {outcome.ended}"
    accuracy = best.validation.accuracy
    by_loss = accuracy is None or outcome.progress.yardstick.merit(best.validation).by_loss
    if by_loss:
        text = f"best validation loss {loss_text(best.validation.loss)} at epoch {best.epoch}"
        tested = f", test loss {loss_text(test.loss)}" if test else ""
    else:
        text = f"best validation accuracy {score_text(accuracy or 0.0)} at epoch {best.epoch}"
        tested = f", test accuracy {score_text(test.accuracy)}" if test and test.accuracy is not None else ""
    parts = (
        f"{text} of {outcome.last.epoch}{tested}",
        _accuracy_in_words(outcome.progress.yardstick, accuracy) if by_loss and accuracy is not None else "",
        outcome.unpredicted,
        outcome.ended,
    )
    return "; ".join(part for part in parts if part)


def _accuracy_in_words(yardstick: Yardstick, accuracy: float) -> str:
    """Why it is not what the best epoch was chosen by."""
    text = f"its accuracy {score_text(accuracy or 0.0)}"
    if yardstick.own_loss or yardstick.majority is None:
        return text
    most = f"the most frequent answer's, {score_text(yardstick.majority)}"
    return f"{text} is not above {most}, by a standard error"


def metrics_of(outcome: Outcome, *, parameters: int) -> dict[str, Any]:
    """Numbers of the outcome; ``seconds`` is this session's, ``samples_per_second`` that of all training."""
    best, last, test = outcome.progress.best, outcome.last, outcome.test
    history = outcome.progress.history
    seconds = sum(record.seconds for record in history)
    samples = sum(record.seconds * record.samples_per_second for record in history)
    return {
        "best_val_accuracy": None if best is None else best.validation.accuracy,
        "best_val_loss": None if best is None else best.validation.loss,
        "best_epoch": None if best is None else best.epoch,
        "final_train_accuracy": last.train.accuracy,
        "final_train_loss": last.train.loss,
        "test_accuracy": None if test is None else test.accuracy,
        "test_loss": None if test is None else test.loss,
        "epochs": last.epoch,
        "steps": last.step,
        "parameters": parameters,
        "seconds": outcome.seconds,
        "samples_per_second": samples / max(seconds, 1e-9),
    }


def table_of(progress: Progress) -> Table:
    """About ten epochs, the best and the last among them."""
    every = max(1, len(progress.history) // 10)
    chosen = [
        record
        for index, record in enumerate(progress.history)
        if index % every == 0 or record is progress.best or record is progress.history[-1]
    ]
    with_accuracy = all(record.train.accuracy is not None for record in chosen)
    rows = tuple(
        (
            f"{record.epoch} *" if record is progress.best else str(record.epoch),
            *_cells(record.train, with_accuracy),
            *_cells(record.validation, with_accuracy),
            rate_text(record.lr),
        )
        for record in chosen
    )
    numbers = ("train loss", "train accuracy", "val loss", "val accuracy")
    shown = [name for name in numbers if with_accuracy or name.endswith("loss")]
    return Table(title="Epochs (* the best)", columns=("epoch", *shown, "lr"), rows=rows)


def _cells(score: Score, with_accuracy: bool) -> tuple[str, ...]:
    loss = loss_text(score.loss)
    return (loss, optional_text(score.accuracy, score_text)) if with_accuracy else (loss,)
