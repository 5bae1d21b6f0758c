"""Initial loss: does the loss of untrained networks differ from guessing by more than chance explains?

One network's first loss says little: over seeds it spreads by a few percent where ten classes are told
apart, and from 0.3 to 2.2 times guessing in a small regression, whose random answers happen to rise or fall
with the targets. So the mean over the seeds is compared, and only what lies beyond its standard error counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any, Literal

from nnbabysit.core.diagnosis.engine import Evidence

if TYPE_CHECKING:
    from nnbabysit.core.training.probes.initial_loss import InitialLosses

Standing = Literal["above", "below", "within", "undecided", "not finite"]

QUANTILES = {1: 63.66, 2: 9.925, 3: 5.841, 4: 4.604, 5: 4.032, 7: 3.499, 11: 3.106, 15: 2.947, 23: 2.807}
"""Degrees of freedom → quantile 0.995 of Student's t, as the tables have it."""
UNVARYING_ABOVE, UNVARYING_BELOW = 3.0, 0.1
"""Factors on the limits for a network that is the same for every seed; healthy single draws stay within."""


def start_evidence(losses: InitialLosses, tolerance: float) -> dict[str, Any]:
    """What rules read of a start; without ``expected_loss`` where guessing has no known cost."""
    evidence: dict[str, Any] = {
        "initial_losses": losses.per_seed,
        "initial_cost": losses.mean,
        "regularized_cost": losses.regularized,
        "penalty": losses.penalty,
        "weight_matrices": losses.weights,
        "prior_loss": losses.prior,
        "zero_output_loss": losses.zero_output,
        "outputs_are_probabilities": losses.probabilities,
        "sanity_tolerance": tolerance,
    }
    if losses.expected is not None:
        evidence |= {"expected_loss": losses.expected, "random_output_loss": losses.random_output}
    return evidence


def is_decided(losses: InitialLosses, tolerance: float) -> bool:
    """Whether more seeds would tell no more; always where the loss is not compared with guessing."""
    if losses.expected is None:
        return True
    return standing(losses.per_seed, *limits(start_evidence(losses, tolerance))) != "undecided"


def limits(evidence: Evidence) -> tuple[float, float]:
    """Lowest and highest mean loss of a sound start, in units of the loss.

    Below, guessing by class frequency is allowed for: an output bias set to it is no leak. Above, targets far
    from 0 are, and answers at random of the variance that the usual initializations give.
    """
    tolerance, expected = evidence["sanity_tolerance"], evidence["expected_loss"]
    lowest = min(loss for loss in (expected, evidence["prior_loss"]) if loss is not None)
    others = (evidence.get("zero_output_loss"), evidence.get("random_output_loss"))
    highest = max([expected, *(loss for loss in others if loss is not None)])
    return lowest * (1 - tolerance), highest * (1 + tolerance)


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
