"""Evidence of a search: the outcome of its trials, and an axis with the best one near its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialsEvidence:
    """What rules read of all trials.

    Attributes:
        trial_states: Per trial: complete, diverged, stopped or failed.
        trial_lrs: Learning rate per trial, in the same order; None where it was not searched.
    """

    trial_states: tuple[str, ...]
    trial_lrs: tuple[float, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BorderEvidence:
    """The best trial lies in the outer tenth of a range that could be wider.

    Attributes:
        search_axis: Config path of the axis.
        search_low: Lower end of the range.
        search_high: Upper end of the range.
        search_best: Value of the best trial.
        search_side: The end that it is close to: low or high.
        search_wider: Ends of a wider range to try.
        search_kind: log_uniform, uniform or int.
        search_stage: coarse or fine.
        search_space: All axes of the space, as a config writes them, where the config does not.
    """

    search_axis: str
    search_low: float
    search_high: float
    search_best: float
    search_side: str
    search_wider: tuple[float, float]
    search_kind: str | None = None
    search_stage: str = "coarse"
    search_space: Mapping[str, object] | None = None
