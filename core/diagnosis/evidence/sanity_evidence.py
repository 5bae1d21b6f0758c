"""Evidence of the sanity gate: the untrained network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnbabysit.core.diagnosis.evidence.starting_loss import StartingLoss

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import Config
    from nnbabysit.core.training.probes.initial_loss import InitialLosses
    from nnbabysit.core.training.probes.wiring import Motion


@dataclass(frozen=True, kw_only=True, slots=True)
class SanityEvidence:
    """What the rules on the untrained network (INI) read.

    Attributes:
        loss_name: The config's loss: cross_entropy, hinge, bce, mse or an import path.
        num_outputs: Outputs of the model: classes, labels or target columns (1 for binary).
        initial_total_loss: Total loss with every penalty off.
        regularized_total_loss: Total loss of the same weights and samples with l2 = regularization_strength.
        penalty: That penalty alone: beside a large loss it would be lost to rounding.
        regularization_strength: The cranked-up λ (``sanity.regularization``).
        weight_matrices: Number of weight matrices that are trained.
        gradient_norms: Parameter → largest gradient norm over the first few steps, None if it never got a
            gradient, nan or inf if one was not finite. Several steps, because behind a layer that starts at 0
            the first gradient is 0.
        parameter_changes: Parameter → largest absolute change of an entry after those steps.
        batch_dependence: Evaluation mode: largest absolute change of one sample's output when the other
            samples of the batch are replaced, divided by the largest absolute output.
        outputs_are_probabilities: Whether every row of the untrained outputs is ≥ 0 and sums to 1 ± 0.001.
        start: The first losses, seed by seed, and what they are compared with; None where the chance-level
            loss is not known.
        init_scheme: ``model.init.scheme``; None if the network initializes itself.
    """

    loss_name: str
    num_outputs: int
    initial_total_loss: float
    regularized_total_loss: float
    penalty: float
    regularization_strength: float
    weight_matrices: int
    gradient_norms: Mapping[str, float | None]
    parameter_changes: Mapping[str, float]
    batch_dependence: float
    outputs_are_probabilities: bool
    start: StartingLoss | None = None
    init_scheme: str | None = None

    @classmethod
    def of(
        cls,
        config: Config,
        num_outputs: int,
        losses: InitialLosses,
        motions: Mapping[str, Motion],
        batch_dependence: float,
    ) -> SanityEvidence:
        """What was measured of an untrained network."""
        return cls(
            loss_name=config.loss,
            num_outputs=num_outputs,
            initial_total_loss=losses.mean,
            regularized_total_loss=losses.regularized,
            penalty=losses.penalty,
            regularization_strength=config.sanity.regularization,
            weight_matrices=losses.weights,
            gradient_norms={name: motion.gradient for name, motion in motions.items()},
            parameter_changes={name: motion.change for name, motion in motions.items()},
            batch_dependence=batch_dependence,
            outputs_are_probabilities=losses.probabilities,
            start=StartingLoss.of(losses, config.sanity.tolerance),
            init_scheme=config.model.init.scheme if config.model.init else None,
        )
