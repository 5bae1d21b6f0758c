"""Epochs: train, look at validation, and stop when the cost runs away."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from nnbabysit.core.training.batching import steps_per_epoch
from nnbabysit.core.training.loop.divergence import initial_cost
from nnbabysit.core.training.loop.epoch_totals import Summary, Tally
from nnbabysit.core.training.loop.records import EpochRecord, Score, StepRecord
from nnbabysit.core.training.loop.steps import evaluate, train_steps

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import Config
    from nnbabysit.core.data.splits.dataset import Dataset, Split
    from nnbabysit.core.training.probes.probe import Probe
    from nnbabysit.core.training.setup.setup import Assembly


def train_epochs(
    assembly: Assembly,
    dataset: Dataset,
    config: Config,
    *,
    start_epoch: int = 1,
    epochs: int | None = None,
    probes: Sequence[Probe] = (),
    probe_every: int | None = None,
    on_step: Callable[[StepRecord], None] | None = None,
    first_cost: float | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[EpochRecord]:
    """Train epoch after epoch; the last record says in ``stopped`` why the run must not go on, if so.

    Args:
        assembly: What to train; its schedule is stepped before the record is yielded.
        dataset: Training and validation split.
        config: Seed, batch size and number of epochs.
        start_epoch: Number of the first epoch; above 1 when a run is resumed.
        epochs: Number of the last epoch; default: ``training.epochs``.
        probes: Readings to take.
        probe_every: See ``train_steps``.
        on_step: Called after every step.
        first_cost: Cost at the initial weights, when resuming; default: measured, and behind a transfer at
            least the chance-level loss.
        clock: Seconds.

    Yields:
        One record per epoch.
    """
    train = dataset.train.on(assembly.device)
    validation = dataset.validation.on(assembly.device)
    batch_size = config.training.batch_size
    if first_cost is None:
        first_cost = initial_cost(assembly, train, seed=config.seed, batch_size=batch_size)
        if assembly.transferred is not None:  # it may have learned all: three times nothing is soon exceeded
            guessing = assembly.objective.chance(dataset.num_outputs, train.y)
            first_cost = first_cost if math.isnan(guessing) else max(first_cost, guessing)
    steps = steps_per_epoch(assembly.model, len(train), batch_size)
    last = config.training.epochs if epochs is None else epochs
    for epoch in range(start_epoch, last + 1):
        began = clock()
        tally = Tally(assembly, first_cost)
        for step in train_steps(
            assembly,
            train,
            epoch=epoch,
            seed=config.seed,
            batch_size=batch_size,
            step=(epoch - 1) * steps,
            probes=probes,
            probe_every=probe_every,
        ):
            tally.see(step)
            if on_step is not None:
                on_step(step)
            if tally.stopped:
                break
        summary = tally.summary()
        seconds = clock() - began
        record = _with_validation(summary, assembly, validation, seconds)
        assembly.schedule.after_epoch(record.validation.loss)
        yield record
        if record.stopped:
            return


def _with_validation(summary: Summary, assembly: Assembly, validation: Split, seconds: float) -> EpochRecord:
    stopped, last = summary.stopped, summary.last
    if stopped:
        score = Score(loss=math.nan, accuracy=None if summary.train.accuracy is None else math.nan)
    else:
        score = evaluate(assembly.model, validation, assembly.objective)
        if not math.isfinite(score.loss):
            stopped = f"validation loss is {score.loss:g} at epoch {last.epoch}, step {last.step}"
    return EpochRecord(
        epoch=last.epoch,
        step=last.step,
        train=summary.train,
        validation=score,
        cost=summary.cost,
        lr=last.lr,
        seconds=seconds,
        samples_per_second=summary.samples / max(seconds, 1e-9),
        first_cost=summary.first_cost,
        stopped=stopped,
        probes=summary.probes,
    )
