"""Evidence of overfit-tiny: how the tiny set was learned, and what other learning rates gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnbabysit.core.training.probes.structure import Fault


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """What the same run gave at another learning rate.

    Attributes:
        lr: Learning rate.
        loss: Final loss; may be nan or inf.
        learned: Whether the tiny set was learned.
        everywhere: Whether every layer took part: with a high rate the last one may learn a tiny set alone.
    """

    lr: float
    loss: float
    learned: bool
    everywhere: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class TinyEvidence:
    """What the rule on the tiny set (TIN) reads.

    Attributes:
        loss_name: The config's loss.
        num_outputs: Outputs of the model.
        tiny_losses: Data loss of the tiny set, per epoch, from the first to the last.
        tiny_max_loss: Loss under which the tiny set counts as learned, in units of the loss.
        tiny_lr: Learning rate of the run.
        tiny_lr_path: ``optimizer.lr``, or ``overfit_tiny.optimizer.lr`` where that is set.
        tiny_accuracy: Accuracy on the tiny set after the last epoch; None for regression.
        tiny_constant_loss: Loss of the best answer that ignores the input: entropy of the tiny set's labels,
            for regression the variance of its targets; None where there is no closed form.
        tiny_tried: What the same run gave at other learning rates: x10, ÷10, ….
        tiny_faults: Faults of the structure that no learning rate mends, the likeliest first.
    """

    loss_name: str
    num_outputs: int
    tiny_losses: tuple[float, ...]
    tiny_max_loss: float
    tiny_lr: float
    tiny_lr_path: str = "optimizer.lr"
    tiny_accuracy: float | None = None
    tiny_constant_loss: float | None = None
    tiny_tried: Mapping[str, Tried] = field(default_factory=dict)
    tiny_faults: tuple[Fault, ...] = ()
