"""Losses at initialization, over several seeds: what sanity compares with the chance-level loss."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from nnbabysit.core.config.loading import with_values
from nnbabysit.core.data.splits.order import epoch_order
from nnbabysit.core.models.weights import weight_matrices
from nnbabysit.core.training.setup.setup import assemble

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import Config
    from nnbabysit.core.data.splits.dataset import Dataset
    from nnbabysit.core.training.setup.losses import Objective

SAMPLES = 1000
"""Training samples that a loss is averaged over: its standard error is then about 1 % of ln C."""
MOST_SEEDS = 24
"""Initializations that are drawn at most, where ``sanity.seeds`` of them leave open where their mean lies."""
RANDOM_VARIANCE = 1.5
"""Variance of the answers at random that a start may be as bad as. Torch's own initialization leaves 0.1 to
0.4, LeCun's 1; He's of every layer, the last one too, 2, which a small regression survives: its first losses
have a geometric mean of 2.9 times guessing, and (1 + 1.5) with the tolerance of 0.15 is as much."""
SMALL_TARGETS = 0.1
"""Deviation of a regression's targets below which answers at random are to shrink with them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InitialLosses:
    """Losses of untrained networks, in evaluation mode but for batch normalization, which uses the batch's.

    Attributes:
        per_seed: Data loss without any penalty, initialization by initialization.
        regularized: Mean cost of the same weights with the cranked-up penalty.
        penalty: Mean of the cranked-up penalty alone, which a large loss would swallow.
        weights: Weight matrices that are trained, and so penalized.
        chance: Chance-level loss: ln C, ln 2, C - 1, the targets' variance; NaN for the user's own loss.
        prior: Entropy of the class fractions, the loss of guessing by frequency; None where meaningless.
        zero_output: Loss when every output is 0.
        random_output: Mean loss of independent normal outputs of variance 1.5; for targets of a
            deviation under 0.1 they shrink with it. NaN for the user's own loss.
        probabilities: Whether the outputs are probabilities already: ≥ 0, each row summing to 1 ± 0.001.
    """

    per_seed: tuple[float, ...]
    regularized: float
    penalty: float
    weights: int
    chance: float
    prior: float | None
    zero_output: float
    random_output: float
    probabilities: bool

    @property
    def mean(self) -> float:
        """Mean data loss over the seeds."""
        return fmean(self.per_seed)

    @property
    def expected(self) -> float | None:
        """``chance``, or None if it is not known."""
        return None if math.isnan(self.chance) else self.chance


def first_samples(dataset: Dataset, seed: int) -> tuple[Tensor, Tensor]:
    """Up to 1000 training samples (B, ...) and their targets, drawn as the first epoch's are."""
    return dataset.train.take(epoch_order(len(dataset.train), seed, epoch=0)[:SAMPLES])


@torch.no_grad()
def initial_losses(
    config: Config,
    dataset: Dataset,
    x: Tensor,
    y: Tensor,
    device: torch.device,
    *,
    enough: Callable[[InitialLosses], bool] = lambda losses: True,
) -> InitialLosses:
    """Build the network once per seed and measure its loss before any training.

    Args:
        config: Experiment; ``sanity.seeds`` and ``sanity.regularization`` are read.
        dataset: Gives shapes and the targets of the training split.
        x: Samples (B, ...), on ``device``.
        y: Targets (B, ...), on ``device``.
        device: Where to compute.
        enough: Whether the seeds so far decide; if not, as many again are drawn, up to 24 in all.
    """
    cranked = with_values(
        config, {"regularization.l2": config.sanity.regularization, "regularization.l1": 0.0}
    )
    losses: list[float] = []
    penalties: list[float] = []
    wanted = config.sanity.seeds
    while True:
        for seed in range(config.seed + len(losses), config.seed + wanted):
            assembly = assemble(cranked.model_copy(update={"seed": seed}), dataset, device=device)
            _ask_by_the_batch(assembly.model.eval())
            outputs = assembly.model(x)
            losses.append(float(assembly.objective.loss(outputs, y)))
            penalties.append(float(assembly.penalty.value()))
        objective = assembly.objective
        drawn = InitialLosses(
            per_seed=tuple(losses),
            regularized=fmean(losses) + fmean(penalties),
            penalty=fmean(penalties),
            weights=len(weight_matrices(assembly.model)),
            chance=objective.chance(dataset.num_outputs, y),
            prior=objective.prior(dataset.train.y, dataset.num_outputs),
            zero_output=float(objective.loss(torch.zeros_like(outputs), y)),
            random_output=_random_output_loss(objective, outputs, y, dataset.num_outputs),
            probabilities=_are_probabilities(outputs),
        )
        if wanted >= MOST_SEEDS or enough(drawn):
            return drawn
        wanted = min(2 * wanted, MOST_SEEDS)


def _random_output_loss(objective: Objective, outputs: Tensor, y: Tensor, num_outputs: int) -> float:
    """Mean loss of answers at random, over at least 4096 of them."""
    chance = objective.chance(num_outputs, y)
    if math.isnan(chance):
        return math.nan
    deviation = math.sqrt(RANDOM_VARIANCE)
    if objective.task == "regression":
        deviation *= min(1.0, math.sqrt(chance) / SMALL_TARGETS)
    generator = torch.Generator().manual_seed(0)
    losses = []
    for _ in range(math.ceil(4096 / outputs.numel())):
        answers = deviation * torch.randn(outputs.shape, generator=generator)
        losses.append(float(objective.loss(answers.to(outputs), y)))
    return fmean(losses)


def _ask_by_the_batch(model: nn.Module) -> None:
    """Let batch normalization that has seen no batch use the statistics of the one that it is given.

    Its running statistics are still 0 and 1, so in evaluation mode it would normalize nothing, and a deep
    residual network would start at many times the chance-level loss: a loss that its training never meets.
    """
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and module.num_batches_tracked is not None:
            module.train(int(module.num_batches_tracked) == 0)


def _are_probabilities(outputs: Tensor) -> bool:
    if outputs.ndim != 2 or outputs.shape[1] < 2 or bool((outputs < 0).any()):
        return False
    return bool(((outputs.sum(1) - 1).abs() < 1e-3).all())
