"""TrialSpec: what all trials of a stage share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from nnbabysit.core.config.loading import with_values
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.search.trial import PlannedTrial


@dataclass(frozen=True, eq=False)
class TrialSpec:
    """What trials are trained by.

    Attributes:
        config: Experiment; a trial's params replace its values.
        dataset: The config's data.
        epochs: Epochs per trial, unless the space draws ``training.epochs``.
        trials: Trials of the whole stage; measuring pays the more, the more there are.
        clock: Seconds.
    """

    config: Config
    dataset: Dataset
    epochs: int
    trials: int = 1
    clock: Callable[[], float] = time.perf_counter

    def config_of(self, trial: PlannedTrial) -> Config:
        """The config of a trial.

        Raises:
            ConfigError: It is refused.
        """
        confirmed = {"search.precision": "fp32"} if trial.confirm else {}
        return with_values(self.config, {"training.epochs": self.epochs, **trial.params, **confirmed})
