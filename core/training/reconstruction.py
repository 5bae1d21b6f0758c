"""Reconstruction: samples as their own targets, damaged copies of them, and the network that gives them back.

Source: Vincent, Larochelle, Lajoie, Bengio & Manzagol 2010, "Stacked Denoising Autoencoders", sections 3 and
4; Bengio, Lamblin, Popovici & Larochelle 2007 for training layer by layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn

from nnbabysit.core.config.schema.root import Model, Regularization
from nnbabysit.core.config.schema.schedule import Constant
from nnbabysit.core.data.preparation.counter_rng import normals, uniforms
from nnbabysit.core.data.seeds import derive_seed
from nnbabysit.core.errors import ModelError
from nnbabysit.core.models.autoencoder import Autoencoder
from nnbabysit.core.models.build import build_model
from nnbabysit.core.training.batching import steps_per_epoch
from nnbabysit.core.training.setup.clipping import Limits
from nnbabysit.core.training.setup.losses import build_objective
from nnbabysit.core.training.setup.optimizers import build_optimizer
from nnbabysit.core.training.setup.penalties import Penalty
from nnbabysit.core.training.setup.schedules import Schedule
from nnbabysit.core.training.setup.setup import Assembly, refuse_batch

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import Config
    from nnbabysit.core.config.schema.transfer import Pretrain
    from nnbabysit.core.data.preparation.augmentation import Mix
    from nnbabysit.core.data.splits.dataset import Dataset, Split

SPREAD_SAMPLES = 1000
"""Training samples that the spread of the inputs is taken from."""


@dataclass(frozen=True, kw_only=True)
class Corruption:
    """x̃, a damaged copy of x: another one in every epoch, a function of seed, epoch and sample.

    Attributes:
        kind: ``masking`` sets each number to 0 with probability ``noise``; ``gaussian`` adds noise of the
            standard deviation ``noise``.
        noise: Probability, or standard deviation in the units of the samples.
        seed: Seed of the run.
    """

    kind: Literal["masking", "gaussian"]
    noise: float
    seed: int

    def apply(self, x: Tensor, samples: Tensor, epoch: int) -> tuple[Tensor, Mix | None]:
        """Damage a batch.

        Args:
            x: (N, ...).
            samples: (N,) int64, which samples of the split they are.
            epoch: Number of the epoch.
        """
        seed, count = derive_seed(self.seed, "corruption", epoch), x[:1].numel()
        if self.kind == "masking":
            kept = uniforms(seed, samples, count) >= self.noise
            return x * kept.reshape(x.shape), None
        return x + self.noise * normals(seed, samples, count).reshape(x.shape), None


@dataclass(frozen=True, eq=False)
class Inputs:
    """A split without labels: each sample, or what the layers below make of it, is its own target.

    Attributes:
        split: Samples.
        below: Layers that the samples go through first, in evaluation mode; they learn nothing here.
    """

    split: Split
    below: nn.Sequential

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.split)

    @property
    def y(self) -> Tensor:
        """All targets in order, (N, ...) like the samples."""
        return torch.cat([y for _, y in self.batches(SPREAD_SAMPLES)])

    def on(self, device: torch.device) -> Inputs:
        """The same on ``device``, where ``below`` has to be."""
        return Inputs(self.split.on(device), self.below)

    def take(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Samples (B, ...) at ``indices`` (B,), twice."""
        return self._twice(self.split.take(indices)[0])

    def batches(self, batch_size: int, order: Tensor | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches (B, ...), twice each."""
        for x, _ in self.split.batches(batch_size, order):
            yield self._twice(x)

    @torch.no_grad()
    def _twice(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.below(x)
        return x, x


@dataclass(frozen=True, kw_only=True, eq=False)
class Stage:
    """What is trained at one time: the whole autoencoder, or one layer of it and the one that undoes it.

    Attributes:
        name: For people, such as ``hidden2``.
        assembly: What to train.
        dataset: What it is trained on.
    """

    name: str
    assembly: Assembly
    dataset: Dataset


def build_autoencoder(config: Config, dataset: Dataset) -> Autoencoder:
    """The autoencoder whose encoder is the config's network without its output.

    Raises:
        ModelError: The network is no mlp, or its arguments do not go with an autoencoder.
    """
    if config.model.name not in ("mlp", "autoencoder"):
        raise ModelError(
            f"the autoencoder is made of the layers of an mlp, and the model is {config.model.name}",
            where="model.name",
            remedy="Choose mlp; other networks can take the weights of one that was trained with labels",
        )
    settings = Model(name="autoencoder", args=config.model.args, init=config.model.init)
    shape = dataset.input_shape
    model = build_model(
        settings, input_shape=shape, num_outputs=prod(shape), seed=derive_seed(config.seed, "model")
    )
    assert isinstance(model, Autoencoder)
    return model


def stages(config: Config, dataset: Dataset, model: Autoencoder, device: torch.device) -> Iterator[Stage]:
    """What to train, one after the other; a stage must be over before the next is asked for.

    Args:
        config: The experiment; section ``pretrain`` is read.
        dataset: Its training and validation split give the samples.
        model: On ``device``.
        device: Where to compute.

    Raises:
        UserError: The batch is larger than the training split, or of one sample to be batch-normalized.
    """
    refuse_batch(config.pretrain.batch_size, len(dataset.train), model, where="pretrain.batch_size")
    layers = range(1, model.depth + 1) if config.pretrain.kind == "stacked" else ()
    if not layers:
        yield _stage("all layers", config, dataset, model, nn.Sequential(), device)
    for number in layers:
        below = model.below(number).eval()
        yield _stage(f"hidden{number}", config, dataset, model.stage(number), below, device)


def mean_cost(train: Split, validation: Split) -> float:
    """Mean squared error on ``validation`` of the mean sample of ``train``: what knowing nothing costs."""
    total, count = torch.zeros(()), 0
    for x, _ in train.batches(SPREAD_SAMPLES):
        total, count = total.to(x.device) + x.double().sum(0), count + len(x)
    mean, error, samples = total / count, 0.0, 0
    for x, _ in validation.batches(SPREAD_SAMPLES):
        error += float((x.double() - mean).square().flatten(1).mean(1).sum())
        samples += len(x)
    return error / samples


def _stage(
    name: str, config: Config, dataset: Dataset, module: nn.Module, below: nn.Sequential, device: torch.device
) -> Stage:
    settings = config.pretrain
    data = replace(
        dataset,
        task="regression",
        train=Inputs(dataset.train.on(device), below),
        validation=Inputs(dataset.validation.on(device), below),
        test=None,
    )
    optimizer = build_optimizer(settings.learner, module.parameters())
    steps = steps_per_epoch(module, len(data.train), settings.batch_size)
    assembly = Assembly(
        model=module,
        objective=build_objective("mse", "regression"),
        optimizer=optimizer,
        schedule=Schedule(Constant(name="constant"), optimizer, settings.epochs, steps),
        penalty=Penalty(0.0, 0.0, []),
        limits=Limits(Regularization(), module),
        augmentation=corruption(settings, config.seed, data.train),
        device=device,
    )
    return Stage(name=name, assembly=assembly, dataset=data)


def corruption(settings: Pretrain, seed: int, train: Split) -> Corruption | None:
    """The damage that a config asks for; None if there is none."""
    if settings.kind == "autoencoder" or settings.noise == 0:
        return None
    noise = settings.noise
    if settings.corruption == "gaussian":
        seen = min(SPREAD_SAMPLES, len(train))
        x, _ = train.take(torch.arange(seen) * len(train) // seen)
        noise *= float(x.std())
    return Corruption(kind=settings.corruption, noise=noise, seed=seed)
