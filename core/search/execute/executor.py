"""Executor: what turns planned trials into finished ones; the search knows the protocol alone.

All trials share the initial weights' seed and the order of the batches (``seed`` of the config): common
random numbers. Two trials then differ by their settings alone, which makes their comparison sharper than
independent luck would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.errors import ConfigError, DiskError, NnbabysitError
from nnbabysit.core.search.execute.trial_spec import TrialSpec
from nnbabysit.core.search.trial import PlannedTrial, State, Trial, judged
from nnbabysit.core.training.loop.averaging import Averaging
from nnbabysit.core.training.loop.epochs import train_epochs
from nnbabysit.core.training.loop.steps import evaluate
from nnbabysit.core.training.loop.yardstick import Merit, Yardstick
from nnbabysit.core.training.setup.setup import assemble, pick_device
from nnbabysit.core.user_code import user_code_error, users_own

KEPT_DATASETS = 4
"""Datasets that stay in memory when the space changes the data from trial to trial."""

_OF_A_TRIAL = (NnbabysitError, RuntimeError, MemoryError)
"""What a trial's values can cause without code of the user's: torch runs out of memory, shapes do not fit."""


class Executor(Protocol):
    """Runs trials, in whatever order and however many at a time.

    A trial's outcome is a function of the config, the trial's index and its params alone.
    """

    @property
    def width(self) -> int:
        """Trials that are trained together, at least 1."""

    @property
    def first_error(self) -> NnbabysitError | None:
        """Why the first failed trial failed; None if none did."""

    def run(self, trials: Sequence[PlannedTrial]) -> Iterator[list[Trial]]:
        """Run the trials; each is yielded once, together with those that ended with it."""


class SequentialExecutor:
    """One trial after another, each built and trained from scratch, on data that is loaded once.

    Attributes:
        first_error: Why the first failed trial failed; None if none did.
        device: Where trials are trained.
    """

    width = 1

    def __init__(
        self,
        spec: TrialSpec,
        *,
        load: Callable[[Config], Dataset] = load_dataset,
    ) -> None:
        """Prepare to run trials.

        Args:
            spec: What they share.
            load: Loads the data of a trial whose params change it.

        Raises:
            UserError: The device is not available.
        """
        self.first_error: NnbabysitError | None = None
        self._spec = spec
        self._load = load
        self.device = pick_device(spec.config.device)
        self._datasets = {data_key(spec.config): spec.dataset}

    def run(self, trials: Sequence[PlannedTrial]) -> Iterator[list[Trial]]:
        """Run the trials in the order given; where code or model raises, the trial is ``failed``.

        Raises:
            DiskError: The disk is full, over quota or broken.
        """
        for planned in trials:
            yield [self._run(planned)]

    def _run(self, planned: PlannedTrial) -> Trial:
        start = self._spec.clock()
        curve: list[Merit] = []
        average: list[Merit] = []
        stopped = ""
        try:
            for merit, reason in self._merits(planned, average):
                stopped = reason
                if merit is not None:
                    curve.append(merit)
        except DiskError:
            raise
        except Exception as error:
            if not (isinstance(error, _OF_A_TRIAL) or users_own(error)):
                raise  # our own bug, which no trial may swallow
            reason = self._note_failure(error, planned)
            return self._trial(planned, "failed", reason, curve, start)
        if stopped:
            return self._trial(planned, "diverged", stopped, curve, start)
        return self._trial(planned, "complete", "", curve, start, best=max(curve + average))

    def _merits(self, planned: PlannedTrial, average: list[Merit]) -> Iterator[tuple[Merit | None, str]]:
        """Train the trial: after each epoch its merit, or why it must stop.

        Where the config averages weights, ``average`` gets their merit in the end.
        """
        config = self._spec.config_of(planned)
        dataset = self._dataset(config)
        yardstick = yardstick_of(dataset, config, planned)
        assembly = assemble(config, dataset, device=self.device)
        averaging = Averaging.of(config, assembly.model)
        stopped = ""
        for record in train_epochs(
            assembly,
            dataset,
            config,
            on_step=None if averaging is None else lambda step: averaging.after_step(step.epoch),
        ):
            if averaging is not None:
                averaging.after_epoch(record.epoch)
            stopped = record.stopped
            yield (None if stopped else yardstick.merit(record.validation)), stopped
        if averaging is not None and averaging.count and not stopped:
            batch_size, epochs = config.training.batch_size, config.training.epochs
            train, validation = dataset.train.on(self.device), dataset.validation.on(self.device)
            model = averaging.finished(train, seed=config.seed, batch_size=batch_size, epoch=epochs)
            average.append(yardstick.merit(evaluate(model, validation, assembly.objective)))

    def _dataset(self, config: Config) -> Dataset:
        """Data of a trial: the config's, unless the space draws a ``data.*`` value, the seed or the loss."""
        key = data_key(config)
        if key not in self._datasets:
            if len(self._datasets) >= KEPT_DATASETS:
                oldest = list(self._datasets)[1]  # the first is the config's own
                del self._datasets[oldest]
            self._datasets[key] = self._load(config)
        return self._datasets[key]

    def _note_failure(self, error: Exception, planned: PlannedTrial) -> str:
        known = (
            error
            if isinstance(error, NnbabysitError)
            else user_code_error(error, f"trial {planned.index + 1}")
        )
        if self.first_error is None:
            known.__cause__ = known.__cause__ or (error if error is not known else None)
            self.first_error = known
        if isinstance(known, ConfigError):
            return "; ".join(f"{mistake.key}: {mistake.message}" for mistake in known.mistakes)
        return " ".join(str(known).split())

    def _trial(
        self,
        planned: PlannedTrial,
        state: State,
        reason: str,
        curve: list[Merit],
        start: float,
        *,
        best: Merit | None = None,
    ) -> Trial:
        return Trial(
            index=planned.index,
            params=planned.params,
            **({"value": None} if best is None else judged(best)),
            state=state,
            reason=reason,
            curve=tuple(curve),
            seconds=self._spec.clock() - start,
        )


def yardstick_of(dataset: Dataset, config: Config, planned: PlannedTrial) -> Yardstick:
    """What a trial is judged by, on the validation split that it has.

    Where the space draws the loss itself, trials have different ones and accuracy is what they share, under
    the user's own losses too.
    """
    loss = "cross_entropy" if "loss" in planned.params else config.loss
    return Yardstick.of(dataset.validation.y, dataset.task, loss)


def data_key(config: Config) -> tuple[str, int, str]:
    """What the data depends on: settings, the seed of the split, and the loss, which decides the task.

    Samples are augmented when they are trained on, so that is left out.
    """
    return repr(config.data.model_dump(exclude={"augment", "seed"})), config.split_seed, config.loss
