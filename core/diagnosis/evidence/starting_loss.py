"""Starting loss: does the loss of untrained networks differ from guessing by more than chance explains?

One network's first loss says little: over seeds it spreads by a few percent where ten classes are told
apart, and from 0.3 to 2.2 times the chance-level loss in a small regression, whose random answers happen to
rise or fall with the targets. So the mean over the seeds is compared, and only what lies beyond its standard
error counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from nnbabysit.core.training.probes.initial_loss import InitialLosses

Standing = Literal["above", "below", "within", "undecided", "not finite"]

QUANTILES = {1: 63.66, 2: 9.925, 3: 5.841, 4: 4.604, 5: 4.032, 7: 3.499, 11: 3.106, 15: 2.947, 23: 2.807}
"""Degrees of freedom → quantile 0.995 of Student's t, as the tables have it."""
UNVARYING_ABOVE, UNVARYING_BELOW = 3.0, 0.1
"""Factors on the limits for a network that is the same for every seed; healthy single draws stay within."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StartingLoss:
    """First losses of untrained networks and what they are compared with; all in units of the loss.

    Attributes:
        initial_losses: Data loss in evaluation mode, penalties off, seed by seed; at least one.
        expected_loss: Chance-level loss: ln C, ln 2, the variance of the targets, C − 1.
        sanity_tolerance: Largest relative distance of the mean from it (``sanity.tolerance``).
        prior_loss: Entropy of the class prior; None if there is none.
        zero_output_loss: Loss when every output is 0: above expected_loss where targets are not centered.
        random_output_loss: Loss of answers at random, as wide as usual initializations give.
    """

    initial_losses: tuple[float, ...]
    expected_loss: float
    sanity_tolerance: float
    prior_loss: float | None = None
    zero_output_loss: float | None = None
    random_output_loss: float | None = None

    @classmethod
    def of(cls, losses: InitialLosses, tolerance: float) -> StartingLoss | None:
        """The start that was measured; None where the chance-level loss is not known."""
        if losses.expected is None:
            return None
        return cls(
            initial_losses=losses.per_seed,
            expected_loss=losses.expected,
            sanity_tolerance=tolerance,
            prior_loss=losses.prior,
            zero_output_loss=losses.zero_output,
            random_output_loss=losses.random_output,
        )

    @property
    def mean(self) -> float:
        """Mean over the seeds; NaN if one loss is not finite."""
        losses = self.initial_losses
        return math.fsum(losses) / len(losses) if all(map(math.isfinite, losses)) else math.nan

    @property
    def guessing(self) -> float:
        """The lower of chance level and class prior: a bias set to the frequencies is no leak."""
        return min(loss for loss in (self.expected_loss, self.prior_loss) if loss is not None)

    @property
    def lowest(self) -> float:
        """Lowest mean loss of a sound start."""
        return self.guessing * (1 - self.sanity_tolerance)

    @property
    def highest(self) -> float:
        """Highest: targets far from 0 are allowed for, and answers at random of the usual variance."""
        others = (self.expected_loss, self.zero_output_loss, self.random_output_loss)
        return max(loss for loss in others if loss is not None) * (1 + self.sanity_tolerance)

    @property
    def standing(self) -> Standing:
        """Where the mean over the seeds lies."""
        return standing(self.initial_losses, self.lowest, self.highest)


def standing(losses: Sequence[float], low: float, high: float) -> Standing:
    """Where the mean over the seeds lies, beyond what their spread explains at a chance of 1 in 200.

    Above, logarithms are compared: losses of a bad start differ by orders of magnitude, and the worst of them
    would make every mean uncertain. Below, the losses themselves are: the logarithms of a healthy regression
    lie below guessing, for half of its networks happen to answer in the right direction.

    Args:
        losses: First losses, seed by seed; at least one.
        low: Lowest mean that is sound.
        high: Highest.

    Returns:
        ``undecided`` where the mean is out of bounds, but by no more than the spread explains.
    """
    if not all(map(math.isfinite, losses)):
        return "not finite"
    logs = [math.log(max(loss, math.ulp(0.0))) for loss in losses]
    top = math.log(high) if high > 0 else -math.inf
    too_high, too_low = fmean(logs) > top, fmean(losses) < low
    if not too_high and not too_low:
        return "within"
    if len(losses) > 1 and max(losses) - min(losses) <= 1e-6 * abs(max(losses)):
        return _standing_alone(fmean(losses), low, high)
    if too_high and fmean(logs) - _error(logs) > top:
        return "above"
    return "below" if too_low and fmean(losses) + _error(losses) < low else "undecided"


def is_decided(losses: InitialLosses, tolerance: float) -> bool:
    """Whether more seeds would tell no more; always where the chance-level loss is not known."""
    start = StartingLoss.of(losses, tolerance)
    return start is None or start.standing != "undecided"


def _standing_alone(loss: float, low: float, high: float) -> Standing:
    """Of a network that no seed changes: how far such losses spread by chance cannot be seen."""
    if loss > UNVARYING_ABOVE * high:
        return "above"
    return "below" if loss < UNVARYING_BELOW * low else "undecided"


def _error(values: Sequence[float]) -> float:
    """What the mean may be off by: a quantile of Student's t times its standard error."""
    freedom = len(values) - 1
    if freedom < 1:
        return math.inf
    quantile = QUANTILES[max(known for known in QUANTILES if known <= freedom)]
    return quantile * stdev(values) / math.sqrt(len(values))
