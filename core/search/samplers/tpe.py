"""TPE: draws that learn from the trials before them, by Optuna's tree-structured Parzen estimator."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler
from optuna.trial import FrozenTrial, TrialState

from nnbabysit.core.config.schema.space import Axis
from nnbabysit.core.data.seeds import derive_seed
from nnbabysit.core.search.samplers.random_grid import draw
from nnbabysit.core.search.space.encoding import decoded, distribution, encoded
from nnbabysit.core.search.space.scale import scale_of
from nnbabysit.core.search.trial import PlannedTrial, State, Trial

STARTUP = 10
"""Trials with a value to learn from before the first that is not drawn at random; Optuna's own number."""

_STATES: dict[State, TrialState] = {
    "complete": TrialState.COMPLETE,
    "diverged": TrialState.PRUNED,
    "stopped": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}


class InRounds:
    """Rounds of trials, each drawn from what all rounds before it came to.

    The draws of a round are a function of (seed, stage, round, the trials of earlier rounds) alone: a search
    that was interrupted within a round asks for it again and gets the same. Trials of one round are told
    apart by taking those asked already as bad ("constant liar"). The rounds at the start are those of a
    random search with the same seed.

    Source: Bergstra et al. 2011, "Algorithms for Hyper-Parameter Optimization"; Watanabe 2023 for the
    details of Optuna's ``TPESampler``; Ginsbourger et al. 2010 for the constant liar.
    """

    def __init__(
        self, space: Mapping[str, Axis], trials: int, *, round_size: int, seed: int, stage: str
    ) -> None:
        """Hand out trials round by round.

        Args:
            space: Config path → axis.
            trials: Trials of the stage.
            round_size: Trials per round, at least 1.
            seed: The config's seed.
            stage: ``coarse`` or ``fine``; the stages draw apart.
        """
        self.trials = trials
        self._space = {path: space[path] for path in sorted(space)}
        self._distributions = {path: distribution(axis) for path, axis in self._space.items()}
        self._round_size = round_size
        self._seed = seed
        self._stage = stage

    def next(self, known: Sequence[Trial]) -> list[PlannedTrial]:
        """The round behind ``known``; none when the stage is over."""
        indices = range(len(known), min(len(known) + self._round_size, self.trials))
        if sum(trial.state != "failed" for trial in known) < STARTUP:
            draws = [draw(self._space, seed=self._seed, stage=self._stage, index=index) for index in indices]
        else:
            draws = self._learned(known, len(indices))
        return [
            PlannedTrial(index=index, params=params) for index, params in zip(indices, draws, strict=True)
        ]

    def _learned(self, known: Sequence[Trial], count: int) -> list[dict[str, Any]]:
        number = len(known) // self._round_size
        seed = derive_seed(self._seed, self._stage, "tpe", number) % 2**32
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sampler = TPESampler(seed=seed, n_startup_trials=STARTUP)
            study = optuna.create_study(direction="maximize", sampler=sampler)
            study.add_trials([_frozen(trial, self._space, self._distributions) for trial in known])
            return [self._plain(study.ask(self._distributions).params) for _ in range(count)]

    def _plain(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Params as a config holds them, within their ranges."""
        return {path: _plain_value(axis, params[path]) for path, axis in self._space.items()}


def _plain_value(axis: Axis, value: Any) -> Any:
    scale = scale_of(axis)
    if scale is None:
        return decoded(axis, value)
    within = scale.clip(value)
    return int(within) if axis.int is not None else float(within)


def _frozen(
    trial: Trial, space: Mapping[str, Axis], distributions: Mapping[str, BaseDistribution]
) -> FrozenTrial:
    """A trial as Optuna learns from it: stopped early with its curve, or failed, which says nothing."""
    return optuna.trial.create_trial(
        state=_STATES[trial.state],
        value=None if trial.merit is None else trial.merit.value,
        params={path: encoded(space[path], value) for path, value in trial.params.items()},
        distributions=dict(distributions),
        intermediate_values=dict(enumerate((merit.value for merit in trial.curve), start=1)),
    )
