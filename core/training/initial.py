"""Losses at initialisation, over several seeds: what sanity compares with the cost of guessing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from nnbabysit.core.config.loading import with_values
from nnbabysit.core.training.assembly import assemble

if TYPE_CHECKING:
    from nnbabysit.core.config.schema import Config
    from nnbabysit.core.data.dataset import Dataset


@dataclass(frozen=True, kw_only=True, slots=True)
class InitialLosses:
    """Losses of untrained networks, in evaluation mode but for batch normalisation, which uses the batch's.

    Attributes:
        per_seed: Data loss without any penalty, initialisation by initialisation.
        regularized: Mean cost of the same weights with the cranked-up penalty.
        chance: What guessing costs: ln C, ln 2, C - 1, the targets' variance; NaN for the user's own loss.
        prior: Entropy of the class shares: what guessing by frequency costs; None where it has no meaning.
        zero_output: Loss when every output is 0.
        probabilities: Whether the outputs are probabilities already: ≥ 0, each row summing to 1 ± 0.001.
    """

    per_seed: tuple[float, ...]
    regularized: float
    chance: float
    prior: float | None
    zero_output: float
    probabilities: bool

    @property
    def mean(self) -> float:
        """Mean data loss over the seeds."""
        return fmean(self.per_seed)

    @property
    def expected(self) -> float | None:
        """``chance``, or None if it is not known."""
        return None if math.isnan(self.chance) else self.chance


@torch.no_grad()
def initial_losses(
    config: Config, dataset: Dataset, x: Tensor, y: Tensor, device: torch.device
) -> InitialLosses:
    """Build the network once per seed and measure its loss before any training.

    Args:
        config: Experiment; ``sanity.seeds`` and ``sanity.regularization`` are read.
        dataset: Gives shapes and the targets of the training split.
        x: Samples (B, ...), on ``device``.
        y: Targets (B, ...), on ``device``.
        device: Where to compute.
    """
    cranked = with_values(
        config, {"regularization.l2": config.sanity.regularization, "regularization.l1": 0.0}
    )
    losses, costs = [], []
    for seed in range(config.seed, config.seed + config.sanity.seeds):
        assembly = assemble(cranked.model_copy(update={"seed": seed}), dataset, device=device)
        _ask_by_the_batch(assembly.model.eval())
        outputs = assembly.model(x)
        losses.append(float(assembly.objective.loss(outputs, y)))
        costs.append(losses[-1] + float(assembly.penalty.value()))
    objective, targets = assembly.objective, dataset.train.y
    return InitialLosses(
        per_seed=tuple(losses),
        regularized=fmean(costs),
        chance=objective.chance(dataset.num_outputs, targets),
        prior=objective.prior(targets, dataset.num_outputs),
        zero_output=float(objective.loss(torch.zeros_like(outputs), y)),
        probabilities=_are_probabilities(outputs),
    )


def _ask_by_the_batch(model: nn.Module) -> None:
    """Let batch normalisation that has seen no batch use the statistics of the one that it is given.

    Its running statistics are still 0 and 1, so in evaluation mode it would normalise nothing, and a deep
    residual network would start at many times what guessing costs: a loss that its training never meets.
    """
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and module.num_batches_tracked is not None:
            module.train(int(module.num_batches_tracked) == 0)


def _are_probabilities(outputs: Tensor) -> bool:
    if outputs.ndim != 2 or outputs.shape[1] < 2 or bool((outputs < 0).any()):
        return False
    return bool(((outputs.sum(1) - 1).abs() < 1e-3).all())
