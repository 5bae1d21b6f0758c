"""Plateau: what the loss curve of a tiny set that was not learned tells about the reason.

Closed forms, C classes, in nats:
    H(y)               the entropy of the tiny set's labels: the best that a network that ignores its input
                       can do (for regression the variance of the targets).
    ln(1 + (C − 1)/e)  the lowest cross-entropy when the logits are themselves a softmax (1.461 for C = 10):
                       the best logits are then 1 for the right class and 0 for the others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import Literal

from nnbabysit.core.diagnosis.evidence.tiny_evidence import Tried

Pattern = Literal["diverging", "bouncing", "softmax", "falling", "ignores-input", "stuck"]

CLOSE = 0.02
"""Distance in nats from a closed form that counts as the same; dead and zeroed networks stay within 0.015."""
SOFTMAX_SLACK = 0.35
"""A doubled softmax seldom reaches its floor: 1.46–1.76 seen for 1.461; each wrong one of 20 adds 0.05."""
STILL_FALLING = 0.05
"""Relative fall over the last quarter that counts as still falling."""
BETTER = 0.95
"""Another learning rate helped when it left less than this fraction of the final loss; ten times a rate that
is a thousand times too low leaves 0.8 to 0.9 of it."""


FACTORS = {"x10": 10.0, "÷10": 0.1, "x100": 100.0, "÷100": 0.01, "x1000": 1000.0, "÷1000": 0.001}
"""Names of the other learning rates that may be tried, as multiples of the configured one."""
FURTHER = {"x10": "x100", "x100": "x1000", "÷10": "÷100", "÷100": "÷1000"}
"""Which one is tried next, where one helped and did not pass."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What the curve tells.

    Attributes:
        pattern: Shape of the curve.
        cause: The most likely reason.
        remedy: What to do; ``{path}`` stands for the config path of the learning rate.
        lr: Learning rate to set, if one was seen to pass with every layer learning.
    """

    pattern: Pattern
    cause: str
    remedy: str
    lr: float | None = None


CAUSES: dict[Pattern, str] = {
    "diverging": "the loss grows, as it does when the learning rate is too high",
    "bouncing": "the loss bounces instead of settling, as it does when the learning rate is too high",
    "softmax": "the loss is stuck near ln(1 + (C − 1)/e), the floor of a softmax applied twice",
    "falling": "the loss was still falling, as it does when the learning rate is too low",
    "ignores-input": "the loss stays at that of the best constant output: the network's output does not "
    "depend on its input",
    "stuck": "the loss is stuck above the bound",
}
REMEDIES: dict[Pattern, str] = {
    "diverging": "lower {path}",
    "bouncing": "lower {path}",
    "softmax": "remove the softmax at the end of the network: cross_entropy wants logits",
    "falling": "raise {path}, or overfit_tiny.epochs",
    "ignores-input": "look for inputs that are all alike after data.preprocess, weights that start at 0 "
    "(model.init), dead ReLUs, saturated sigmoids, or a detach() in forward()",
    "stuck": "look for an activation after the last layer, equal samples with different labels, or a "
    "network that is too small",
}


def read_plateau(
    losses: Sequence[float],
    *,
    bound: float,
    constant_loss: float | None,
    num_outputs: int | None,
    tried: Mapping[str, Tried],
) -> Reading:
    """Read the curve of a tiny set that was not learned.

    Args:
        losses: Loss per epoch, at least one.
        bound: Loss that counts as learned.
        constant_loss: Lowest loss of a network that ignores its input, or None where unknown.
        num_outputs: Classes of a softmax cross-entropy; None for another loss.
        tried: Name of a factor → what that learning rate gave; may be empty.
    """
    pattern = _pattern(losses, bound, constant_loss, num_outputs, tried)
    remedy = REMEDIES[pattern]
    name = next((name for name, outcome in tried.items() if outcome.learned and outcome.everywhere), None)
    if name is not None:
        lr = float(f"{tried[name].lr:.6g}")
        direction = "low" if name.startswith("x") else "high"
        cause = f"the learning rate is too {direction}: with lr {name} the same run passes"
        passed = f"set {{path}} to {lr:g}: also tried, it passes with a final loss of {tried[name].loss:.4g}"
        return Reading(pattern=pattern, cause=cause, remedy=passed, lr=lr)
    if not tried or pattern in ("softmax", "ignores-input"):
        return Reading(pattern=pattern, cause=CAUSES[pattern], remedy=_and_tried(remedy, tried))
    cause = f"{CAUSES[pattern]}; but no learning rate that was tried mends it, so the cause cannot be told"
    return Reading(pattern=pattern, cause=cause, remedy=_and_tried(remedy, tried))


def _and_tried(remedy: str, tried: Mapping[str, Tried]) -> str:
    """The remedy, with what other learning rates gave."""
    if not tried:
        return remedy
    failed = [f"{name} leaves {outcome.loss:.4g}" for name, outcome in tried.items() if not outcome.learned]
    alone = [name for name, outcome in tried.items() if outcome.learned and not outcome.everywhere]
    told = [f"lr {', '.join(failed)}, which does not pass yet"] if failed else []
    told += [f"with lr {', '.join(alone)} it passes while some layers rest"] if alone else []
    return f"{remedy} (tried: {'; '.join(told)})"


def _pattern(
    losses: Sequence[float],
    bound: float,
    constant_loss: float | None,
    num_outputs: int | None,
    tried: Mapping[str, Tried],
) -> Pattern:
    final = losses[-1]
    if not math.isfinite(final) or final > 3 * losses[0]:
        return "diverging"
    if constant_loss is not None and _is_flat(losses) and abs(final - constant_loss) <= CLOSE:
        # 20 stratified samples have H(y) = ln C, where every network starts: a low learning rate
        # looks the same,
        # unless ten times as much of it was seen to help.
        return "falling" if _raising_helps(losses, tried) else "ignores-input"
    if num_outputs is not None and _is_doubled_softmax(losses, num_outputs, tried):
        return "softmax"
    if _bounces(losses, bound):
        return "bouncing"
    return "falling" if _falls(losses) or _raising_helps(losses, tried) else "stuck"


def _tail(losses: Sequence[float]) -> Sequence[float]:
    """The last quarter, at least two values."""
    return losses[-max(2, len(losses) // 4) :]


def _is_flat(losses: Sequence[float]) -> bool:
    tail = _tail(losses)
    return max(tail) - min(tail) <= CLOSE


def _is_doubled_softmax(losses: Sequence[float], num_outputs: int, tried: Mapping[str, Tried]) -> bool:
    """Whether all losses lie where logits between 0 and 1 keep them, and the last one near the floor."""
    floor = math.log(1 + (num_outputs - 1) / math.e)
    ceiling = floor + 1  # all of the probability on a wrong class
    seen = [*losses, *(outcome.loss for outcome in tried.values())]
    inside = all(floor - CLOSE <= loss <= ceiling + CLOSE for loss in seen)
    return inside and losses[-1] <= floor + SOFTMAX_SLACK and losses[-1] < losses[0] - CLOSE


def _falls(losses: Sequence[float]) -> bool:
    tail = _tail(losses)
    return tail[-1] < (1 - STILL_FALLING) * tail[0]


def _bounces(losses: Sequence[float], bound: float) -> bool:
    """Whether the tail goes up as much as down, by more than the bound."""
    tail = _tail(losses)
    steps = [after - before for before, after in pairwise(tail)]
    up, down = sum(s for s in steps if s > 0), -sum(s for s in steps if s < 0)
    return min(up, down) > max(bound, 0.1 * fmean(tail)) and sum(s > 0 for s in steps) >= 0.2 * len(steps)


def _raising_helps(losses: Sequence[float], tried: Mapping[str, Tried]) -> bool:
    """Whether lr × 10 fell at least twice as far from the same start, by more than rounding."""
    outcome = tried.get("x10")
    if outcome is None or not math.isfinite(outcome.loss):
        return False
    fell, would_fall = losses[0] - losses[-1], losses[0] - outcome.loss
    return would_fall > max(2 * fell, 2e-3)


def helps(final: float, outcome: float) -> bool:
    """Whether another learning rate left clearly less loss than the run, or a loss at all."""
    return math.isfinite(outcome) and not (math.isfinite(final) and outcome > BETTER * final)
