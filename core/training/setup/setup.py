"""Assembly: network, objective, optimizer, schedule and penalty, built from a config and put on a device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import torch

from nnbabysit.core.config.synonyms import canonical_device
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.preparation.augmentation import Augmentation, Mix
from nnbabysit.core.data.seeds import derive_seed
from nnbabysit.core.errors import ModelError, UserCodeError, UserError
from nnbabysit.core.models.build import build_model
from nnbabysit.core.models.weights import weight_matrices
from nnbabysit.core.training.batching import normalizes_batches, steps_per_epoch
from nnbabysit.core.training.setup.clipping import Limits
from nnbabysit.core.training.setup.losses import Objective, build_objective
from nnbabysit.core.training.setup.optimizers import build_optimizer
from nnbabysit.core.training.setup.penalties import Penalty
from nnbabysit.core.training.setup.schedules import Schedule
from nnbabysit.core.training.setup.transfer import Transferred, set_learning_rates, transfer

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nnbabysit.core.config.schema.root import Config
    from nnbabysit.core.data.splits.dataset import Dataset


class Change(Protocol):
    """Random changes of a training batch."""

    def apply(self, x: Tensor, samples: Tensor, epoch: int) -> tuple[Tensor, Mix | None]:
        """The batch (B, ...) as it is trained on, and what it was mixed with."""


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """Everything that a training step needs besides data.

    Attributes:
        model: Network, on the device.
        objective: Loss and what counts as right.
        optimizer: Optimizer over the trainable parameters.
        schedule: Learning rate over steps and epochs.
        penalty: L2 and L1 on the weight matrices.
        limits: Clipping of gradients and max-norm of weights.
        augmentation: Random changes of the training samples; None if there are none.
        transferred: What the network took over from another; None if it is reinitialized.
        device: Where everything lies.
    """

    model: nn.Module
    objective: Objective
    optimizer: torch.optim.Optimizer
    schedule: Schedule
    penalty: Penalty
    limits: Limits
    augmentation: Change | None = None
    transferred: Transferred | None = None
    device: torch.device

    def begin(self, epoch: int) -> None:
        """Put the network into training mode for this epoch, from 1; frozen layers stay as they are."""
        self.model.train()
        if self.transferred is not None:
            self.transferred.begin(epoch)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A dataset and an assembly that fit each other: the user's input has passed."""

    dataset: Dataset
    assembly: Assembly


def prepare(config: Config, dataset: Dataset | None = None) -> Prepared:
    """Read the data and build the network, before a run directory exists.

    Args:
        config: The experiment.
        dataset: Already loaded data of this config; default: read now.

    Raises:
        UserError: Data, model, device or batch size are at fault.
        UserCodeError: The user's model or data function raised.
    """
    device = pick_device(config.device)  # first, being the quickest mistake to find
    dataset = load_dataset(config) if dataset is None else dataset
    return Prepared(dataset=dataset, assembly=assemble(config, dataset, device=device))


def load_fitting(config: Config) -> Dataset:
    """The data, after a proof that what the config describes fits it; raises as ``prepare`` does.

    No optimizer is built: with its first one torch imports its compiler, which takes over a second and is of
    no use to a stacked search.
    """
    if config.transfer is not None:  # its learning rates are checked against an optimizer
        return prepare(config).dataset
    device = pick_device(config.device)
    dataset = load_dataset(config)
    try:
        _network(config, dataset, device, derive_seed(config.seed, "model"))
    except (ModelError, UserCodeError) as error:
        if not dataset.channels_last or config.data.channels is not None:
            raise
        # an own network may expect the channels where the file has them
        remedy = f"{error.remedy.rstrip('. ')}. " if error.remedy else ""
        remedy += "The channels of the samples were last, and are first now: data.channels: first leaves them"
        raise type(error)(error.message, where=error.where, remedy=remedy) from error.__cause__
    objective_of(config, dataset)
    _augmentation(config, dataset)
    return dataset


def assemble(
    config: Config,
    dataset: Dataset,
    *,
    device: torch.device | None = None,
    seed: int | None = None,
    epochs: int | None = None,
) -> Assembly:
    """Build what a config describes, for this data.

    Args:
        config: The experiment.
        dataset: Gives the shapes that the network must fit.
        device: Where to put it; default: the config's.
        seed: Seed of the initial weights; default: derived from the config's seed.
        epochs: Length of the run, which the cosine schedule must know; default: ``training.epochs``.

    Raises:
        UserError: The batch does not fit the training split, the network or the optimizer, or labels are to
            be smoothed for a loss that has none.
        RunError: There are no weights to transfer.
        ModelError: The network cannot be built or does not fit the data.
        UserCodeError: The user's code raised.
    """
    device = pick_device(config.device) if device is None else device
    seed = derive_seed(config.seed, "model") if seed is None else seed
    model, transferred = _network(config, dataset, device, seed)
    optimizer = build_optimizer(config.optimizer, model.parameters())
    if transferred is not None:
        set_learning_rates(optimizer, transferred, config.optimizer)
    steps = steps_per_epoch(model, len(dataset.train), config.training.batch_size)
    assembly = Assembly(
        model=model,
        objective=objective_of(config, dataset),
        optimizer=optimizer,
        schedule=Schedule(config.schedule, optimizer, epochs or config.training.epochs, steps),
        penalty=Penalty.of(config.regularization, list(weight_matrices(model).values())),
        limits=Limits(config.regularization, model),
        augmentation=_augmentation(config, dataset),
        transferred=transferred,
        device=device,
    )
    if transferred is not None:
        transferred.begin(epoch=1)  # last: optimizer, penalty and limits know the frozen weights too
    return assembly


def _network(
    config: Config, dataset: Dataset, device: torch.device, seed: int
) -> tuple[nn.Module, Transferred | None]:
    """The network, on its device, and what it took over."""
    model = build_model(
        config.model, input_shape=dataset.input_shape, num_outputs=dataset.num_outputs, seed=seed
    ).to(device)
    check_batch_size(config, dataset, model)
    return model, None if config.transfer is None else transfer(config.transfer, model, dataset)


def objective_of(config: Config, dataset: Dataset) -> Objective:
    """The loss that a config names, for this data; raises as ``build_objective`` does."""
    return build_objective(
        config.loss,
        dataset.task,
        config.regularization.label_smoothing,
        batch_size=config.training.batch_size,
    )


def _augmentation(config: Config, dataset: Dataset) -> Augmentation | None:
    return Augmentation.of(config.data.augment, config.seed, dataset.input_shape)


def check_batch_size(config: Config, dataset: Dataset, model: nn.Module) -> None:
    """Refuse a batch that cannot be formed.

    Raises:
        UserError: It is larger than the training split, one sample is to be batch-normalized, or L-BFGS,
            whose estimate of the curvature breaks when the samples change, is to work on a part of them.
    """
    size = config.training.batch_size
    if size == "full":
        return
    if config.optimizer.full_batch_only:
        raise UserError(
            f"{config.optimizer.name} needs all samples in every step",
            where="training.batch_size",
            remedy="Set training.batch_size to full, or choose another optimizer",
        )
    refuse_batch(size, len(dataset.train), model, where="training.batch_size", instead=", or full")


def refuse_batch(size: int, samples: int, model: nn.Module, *, where: str, instead: str = "") -> None:
    """Refuse so many samples per batch, if they cannot be had or not be normalized.

    Args:
        size: Samples per batch.
        samples: Samples in the training split.
        model: The network.
        where: Setting that the size comes from.
        instead: What else that setting takes, to be named behind a number.

    Raises:
        UserError: It is larger than the training split, or one sample is to be batch-normalized.
    """
    if size > samples:
        raise UserError(
            f"{size} samples per batch, but the training split has {samples}",
            where=where,
            remedy=f"Choose at most {samples}{instead}",
        )
    if size == 1 and normalizes_batches(model):
        raise UserError(
            "one sample per batch cannot be batch-normalized",
            where=where,
            remedy="Choose 2 or more, or a network without batch normalization",
        )


def pick_device(name: str) -> torch.device:
    """The device that a config or a flag names.

    ``auto`` takes the first CUDA device, else MPS, else the CPU; ``gpu`` the same but for the CPU; ``1`` is
    ``cuda:1``.

    Raises:
        UserError: This machine, or this build of torch, does not have it.
    """
    name = canonical_device(name)
    cuda = torch.cuda.is_available()
    mps = torch.backends.mps.is_available()
    if name == "auto":
        return torch.device("cuda:0" if cuda else "mps" if mps else "cpu")
    if name == "gpu" and (cuda or mps):
        return torch.device("cuda:0" if cuda else "mps")
    kind, _, index = name.partition(":")
    if kind == "cpu" or (kind == "mps" and mps):
        return torch.device(kind)
    if kind == "cuda" and cuda and int(index or 0) < torch.cuda.device_count():
        return torch.device("cuda", int(index or 0))
    found = (
        ", ".join(f"cuda:{i}" for i in range(torch.cuda.device_count()))
        if cuda
        else "mps"
        if mps
        else "the CPU only"
    )
    raise UserError(
        f"device {name} is not available; torch sees {found}",
        where="device",
        remedy="Set device: auto or cpu",
    )
