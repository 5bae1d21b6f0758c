"""Companions: what a long run keeps beside its best weights, an average of its weights and snapshots."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nnbabysit.core.config.schema.cycles import cycle_ends
from nnbabysit.core.formatting import loss_text, optional_text, score_text
from nnbabysit.core.record.events import NoteEvent, WarningEvent
from nnbabysit.core.training.checkpoints import AVERAGE, SNAPSHOT, load_weights, save_weights
from nnbabysit.core.training.evaluation.ensembling import mean_outputs, score_together
from nnbabysit.core.training.evaluation.outputs import ask
from nnbabysit.core.training.loop.averaging import Averaging
from nnbabysit.core.training.loop.records import EpochRecord, Score, StepRecord
from nnbabysit.core.training.loop.steps import evaluate
from nnbabysit.core.workflow.result import Table

if TYPE_CHECKING:
    from torch import nn

    from nnbabysit.core.config.schema.root import Config
    from nnbabysit.core.data.splits.dataset import Split
    from nnbabysit.core.record.run import Run
    from nnbabysit.core.training.loop.run_state import Progress
    from nnbabysit.core.training.setup.setup import Prepared


@dataclass(frozen=True, kw_only=True)
class Judged:
    """How weights fare that are not the best epoch's.

    Attributes:
        name: In words.
        validation: On the validation split.
        test: On the test split; None where it was not looked at.
    """

    name: str
    validation: Score
    test: Score | None = None


@dataclass(frozen=True, kw_only=True)
class Companionship:
    """What companions came to.

    Attributes:
        metrics: For the average ``average_of`` (how many sets of weights) and ``average_val_accuracy``,
            ``average_val_loss``, ``average_test_accuracy``, ``average_test_loss``; for snapshots
            ``snapshots`` ([{epoch, val_accuracy, val_loss}]) and ``snapshot_val_accuracy``, … of their
            averaged answers.
        rows: One for each set of weights.
        summary: In half a sentence; empty if there is nothing.
    """

    metrics: dict[str, Any] = field(default_factory=dict)
    rows: tuple[Judged, ...] = ()
    summary: str = ""


class Companions:
    """The average and the snapshots that a config asks for; without any it does nothing."""

    def __init__(self, config: Config, model: nn.Module) -> None:
        """Accompany the training of ``model``.

        Raises:
            UserCodeError: The network cannot be copied for the average.
        """
        self._config = config
        self._model = model
        self.averaging = Averaging.of(config, model)
        """The average; None if there is none."""
        self._ends = cycle_ends(config)

    def after_step(self, record: StepRecord) -> None:
        """To be called after every step."""
        if self.averaging is not None:
            self.averaging.after_step(record.epoch)

    def after_epoch(self, record: EpochRecord, run: Run) -> None:
        """To be called after every epoch, before its checkpoint: what is trained again is written again."""
        if self.averaging is not None:
            self.averaging.after_epoch(record.epoch)
        if record.epoch in self._ends:
            number = self._ends.index(record.epoch) + 1
            save_weights(run.checkpoints / SNAPSHOT.format(number), self._model)
            run.event(NoteEvent(text=f"snapshot {number} of {len(self._ends)} after epoch {record.epoch}"))

    def judged(self, run: Run, prepared: Prepared, progress: Progress) -> Companionship:
        """Judge them at the end; the network has the last snapshot's weights afterwards.

        Raises:
            RunError: A snapshot has gone.
            DiskError: The disk is full or broken.
        """
        if progress.history[-1].stopped:
            return Companionship()
        average = self._judged_average(run, prepared, progress)
        snapshots = self._judged_snapshots(run, prepared, progress)
        return Companionship(
            metrics={**average.metrics, **snapshots.metrics},
            rows=average.rows + snapshots.rows,
            summary="; ".join(part.summary for part in (average, snapshots) if part.summary),
        )

    def _judged_average(self, run: Run, prepared: Prepared, progress: Progress) -> Companionship:
        if self.averaging is None:
            return Companionship()
        if not self.averaging.count:
            run.event(WarningEvent(text="the run ended before training.average.start: nothing was averaged"))
            return Companionship()
        data, objective = prepared.dataset, prepared.assembly.objective
        device = prepared.assembly.device
        model = self.averaging.finished(
            data.train.on(device),
            seed=self._config.seed,
            batch_size=self._config.training.batch_size,
            epoch=progress.epoch,
        )
        save_weights(run.checkpoints / AVERAGE, model)
        judged = Judged(
            name=f"{self.averaging.kind} average",
            validation=evaluate(model, data.validation.on(device), objective),
            test=None if data.test is None else evaluate(model, data.test.on(device), objective),
        )
        metrics = {"average_of": self.averaging.count, **_numbers("average", judged)}
        return Companionship(metrics=metrics, rows=(judged,), summary=_words(judged))

    def _judged_snapshots(self, run: Run, prepared: Prepared, progress: Progress) -> Companionship:
        ends = [end for end in self._ends if end <= progress.epoch]
        if not ends:
            if self._ends:
                run.event(WarningEvent(text="the run ended within the first cycle: there is no snapshot"))
            return Companionship()
        then = {record.epoch: record.validation for record in progress.history}
        rows = [
            Judged(name=f"snapshot {number} (epoch {end})", validation=then[end])
            for number, end in enumerate(ends, start=1)
        ]
        data = prepared.dataset
        together = Judged(
            name=f"mean of {len(ends)} snapshots",
            validation=self._together(run, prepared, data.validation, len(ends)),
            test=None if data.test is None else self._together(run, prepared, data.test, len(ends)),
        )
        each = [
            {"epoch": end, "val_accuracy": then[end].accuracy, "val_loss": then[end].loss} for end in ends
        ]
        metrics = {"snapshots": each, **_numbers("snapshot", together)}
        return Companionship(metrics=metrics, rows=(*rows, together), summary=_words(together))

    def _together(self, run: Run, prepared: Prepared, split: Split, count: int) -> Score:
        """Score of the mean of what the snapshots say about a split."""
        assembly = prepared.assembly
        split = split.on(assembly.device)
        outputs = []
        assembly.model.eval()
        for number in range(1, count + 1):
            load_weights(run.checkpoints / SNAPSHOT.format(number), assembly.model)
            outputs.append(ask(assembly.model, split))
        objective = assembly.objective
        return score_together(mean_outputs(outputs, objective.task), split.y.cpu(), objective)


def table_of(best: Judged, companionship: Companionship) -> tuple[Table, ...]:
    """The best epoch's weights beside the others; none without others."""
    if not companionship.rows:
        return ()
    accuracy = best.validation.accuracy is not None
    names = ("val loss", "val accuracy", "test loss", "test accuracy")
    columns = tuple(name for name in names if accuracy or name.endswith("loss"))
    rows = []
    for judged in (best, *companionship.rows):
        cells = {
            "val loss": _loss(judged.validation.loss),
            "val accuracy": optional_text(judged.validation.accuracy, score_text),
            "test loss": "" if judged.test is None else _loss(judged.test.loss),
            "test accuracy": "" if judged.test is None else optional_text(judged.test.accuracy, score_text),
        }
        rows.append((judged.name, *(cells[name] for name in columns)))
    return (Table(title="Weights", columns=("weights", *columns), rows=tuple(rows)),)


def _numbers(name: str, judged: Judged) -> dict[str, float | None]:
    validation, test = judged.validation, judged.test
    return {
        f"{name}_val_accuracy": validation.accuracy,
        f"{name}_val_loss": _or_none(validation.loss),
        f"{name}_test_accuracy": None if test is None else test.accuracy,
        f"{name}_test_loss": None if test is None else _or_none(test.loss),
    }


def _or_none(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _words(judged: Judged) -> str:
    split, score = ("validation", judged.validation) if judged.test is None else ("test", judged.test)
    if score.accuracy is None and math.isnan(score.loss):
        return ""  # nothing is known of a mean of answers, see score_together
    if score.accuracy is None:
        return f"{judged.name}: {split} loss {loss_text(score.loss)}"
    return f"{judged.name}: {split} accuracy {score_text(score.accuracy)}"


def _loss(value: float) -> str:
    return "" if math.isnan(value) else loss_text(value)
