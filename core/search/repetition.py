"""Repetition: the best trials once more with other seeds, and which of them can be told apart by that.

The best of many trials is partly the luckiest: its value in the search is too high by what luck is worth.
Trained again, it and its rivals are compared by values that no one chose them for.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.search.trial import PlannedTrial, Trial, ranked

CONFIDENCE = 0.95
"""Of the interval around a difference; two-sided."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeated:
    """A trial of the search and what its settings came to when they were trained again.

    Attributes:
        trial: The trial of the search.
        values: Seed → value, in the order of the seeds; None where that training did not complete.
        losses: Seed → validation loss of those that completed, where values are accuracies; empty otherwise.
        by_loss: Whether most trainings that completed are ranked by their loss; then the settings are.
        own_seed: Whether that was the seed which it had in the search, in another number type.
    """

    trial: Trial
    values: Mapping[int, float | None]
    losses: Mapping[int, float] = field(default_factory=dict)
    by_loss: bool = False
    own_seed: bool = False

    @property
    def completed(self) -> list[float]:
        """Values of the trainings that completed."""
        return [value for value in self.values.values() if value is not None]

    @property
    def mean(self) -> float | None:
        """Mean of the values; None if no training completed."""
        return statistics.fmean(self.completed) if self.completed else None

    @property
    def mean_loss(self) -> float | None:
        """Mean of the losses; None if none is known."""
        return statistics.fmean(self.losses.values()) if self.losses else None

    @property
    def compared(self) -> Mapping[int, float | None]:
        """Seed → what counts, more is better: the value, or the loss with its sign turned."""
        if not self.by_loss:
            return self.values
        return {seed: -self.losses[seed] if seed in self.losses else None for seed in self.values}

    @property
    def standard_error(self) -> float | None:
        """Standard error of the mean, s/√n with n−1 degrees of freedom; None for fewer than two values."""
        return _standard_error(self.completed)

    def to_document(self) -> dict[str, Any]:
        """As JSON-ready builtins."""
        return {
            "index": self.trial.index,
            "params": dict(self.trial.params),
            "value": self.trial.value,
            "seeds": list(self.values),
            "values": list(self.values.values()),
            "mean": self.mean,
            "standard_error": self.standard_error,
            "mean_loss": self.mean_loss,
            "by_loss": self.by_loss,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """How far the mean of one is above that of another.

    Attributes:
        mean: Mean of the differences, seed by seed.
        margin: Half the width of its confidence interval, 0 or more.
    """

    mean: float
    margin: float

    @property
    def is_clear(self) -> bool:
        """Whether 0 lies outside the interval."""
        return abs(self.mean) > self.margin


def is_wanted(config: Config) -> bool:
    """Whether the best trials are to be trained again."""
    return config.search.repeat > 0 or config.search.precision != "fp32"


def plan_again(config: Config, trials: Iterable[Trial], first: int) -> list[PlannedTrial]:
    """The trainings of a second look, a function of config and trials alone.

    The best ``search.top`` complete trials with ``search.repeat`` seeds each, those that follow the trial's
    own; with ``repeat`` 0 with its own seed alone. The splits stay those of the trial, whatever the seed: a
    difference between seeds is then one of training, not of which samples are hard.

    Args:
        config: Experiment.
        trials: All trials of the search.
        first: Index of the first training; the others follow.

    Returns:
        Seed by seed, all settings with each: an interrupted look has compared them on equal terms.
    """
    best = ranked(trials)[: config.search.top]
    draws = [(trial, step) for step in _steps(config) for trial in best]
    return [
        PlannedTrial(
            index=first + number,
            params={**trial.params, **_seeds(config, trial, step)},
            confirm=True,
            repeat_of=trial.index,
        )
        for number, (trial, step) in enumerate(draws)
    ]


def as_repeat(ended: Trial, planned: PlannedTrial, of: Trial) -> Trial:
    """A training of the second look as the study stores it: with the params of the trial it repeats."""
    return replace(ended, params=dict(of.params), repeat_of=of.index, seed=planned.params["seed"])


def gather(trials: Iterable[Trial], repeats: Iterable[Trial], *, own_seed: bool = False) -> list[Repeated]:
    """The trials that were trained again, best first.

    The order is that of the means, as trials are ranked: settings whose accuracy counts by its mean, equal
    ones by the mean loss, then all others by the mean loss. Settings with a seed that did not complete come
    last: a rate that diverges with every fifth seed is not a good one.

    Args:
        trials: Trials of the search.
        repeats: Their repeats, in any order.
        own_seed: Whether each had the seed of its trial.
    """
    of_search = {trial.index: trial for trial in trials}
    found: dict[int, dict[int, Trial]] = {}
    for repeat in sorted(repeats, key=lambda repeat: repeat.index):
        if repeat.repeat_of is not None and repeat.seed is not None:
            found.setdefault(repeat.repeat_of, {})[repeat.seed] = repeat
    gathered = [_repeated(of_search[index], again, own_seed) for index, again in found.items()]
    return sorted(gathered, key=_rank)


def _repeated(trial: Trial, again: Mapping[int, Trial], own_seed: bool) -> Repeated:
    completed = [one for one in again.values() if one.value is not None]
    by_loss = 2 * sum(one.by_loss for one in completed) > len(completed)
    return Repeated(
        trial=trial,
        values={seed: one.value for seed, one in again.items()},
        losses={seed: one.loss for seed, one in again.items() if one.loss is not None},
        by_loss=by_loss,
        own_seed=own_seed,
    )


def difference(one: Repeated, other: Repeated) -> Difference | None:
    """Interval of the difference of two means, by the paired t-test over the seeds that both completed.

    What is compared is what counts for ``one``, the better of the two.

    Paired, because both were trained with the same seeds, from the same initial weights if the networks are
    alike: what a seed does to both cancels out. Each pair is tested by itself, with no correction for their
    number.

    Source: Student 1908, "The probable error of a mean"; Law & Kelton, "Simulation Modeling and Analysis",
    section 10.2.1, paired-t confidence interval under common random numbers.

    Returns:
        None for fewer than two common seeds.
    """
    theirs_by_seed = replace(other, by_loss=one.by_loss).compared
    pairs = [(value, theirs_by_seed.get(seed)) for seed, value in one.compared.items()]
    differences = [mine - theirs for mine, theirs in pairs if mine is not None and theirs is not None]
    error = _standard_error(differences)
    if error is None:
        return None
    return Difference(
        mean=statistics.fmean(differences), margin=t_quantile(len(differences) - 1, CONFIDENCE) * error
    )


def t_quantile(dof: int, confidence: float) -> float:
    """The t for which a Student variable lies in −t … t with this probability; 2.776 for 4 and 0.95.

    The distribution for whole degrees of freedom is a finite sum: Abramowitz & Stegun, 26.7.3 and 26.7.4.
    SciPy has it too, but nothing else here needs SciPy.

    Args:
        dof: Degrees of freedom, at least 1.
        confidence: In 0 … 1, both excluded.
    """
    low, high = 0.0, math.pi / 2  # angle θ with tan θ = t/√dof: in it the search is bounded
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, dof) < confidence else (low, middle)
    return math.sqrt(dof) * math.tan(high)


def _within(angle: float, dof: int) -> float:
    """Probability that a Student variable lies within ±√dof · tan(angle)."""
    sine, cosine = math.sin(angle), math.cos(angle)
    if dof == 1:
        return 2 * angle / math.pi
    term = total = cosine if dof % 2 else 1.0
    for factor in range(3 if dof % 2 else 2, dof - 1, 2):
        term *= cosine**2 * (factor - 1) / factor
        total += term
    return 2 / math.pi * (angle + sine * total) if dof % 2 else sine * total


def _rank(repeated: Repeated) -> tuple[bool, bool, float, float, int]:
    lost = len(repeated.completed) < len(repeated.values)
    mean = -math.inf if repeated.mean is None else repeated.mean
    loss = math.inf if repeated.mean_loss is None else repeated.mean_loss
    return lost, repeated.by_loss, loss if repeated.by_loss else -mean, loss, repeated.trial.index


def _standard_error(values: Sequence[float]) -> float | None:
    return statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else None


def _steps(config: Config) -> range:
    """How far the seeds are from a trial's own."""
    return range(1, config.search.repeat + 1) if config.search.repeat else range(1)


def _seeds(config: Config, trial: Trial, step: int) -> dict[str, Any]:
    own = trial.params.get("seed", config.seed)
    split = trial.params.get("data.seed", config.data.seed)
    return {"seed": own + step, "data.seed": own if split is None else split}
