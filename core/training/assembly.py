"""Assembly: network, objective, optimiser, schedule and penalty, built from a config and put on a device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.seeds import derive_seed
from nnbabysit.core.errors import UserError
from nnbabysit.core.models.build import build_model
from nnbabysit.core.models.weights import weight_matrices
from nnbabysit.core.training.loop import normalises_batches
from nnbabysit.core.training.losses import Objective, build_objective
from nnbabysit.core.training.optimisation import build_optimizer, build_schedule
from nnbabysit.core.training.penalties import Penalty

if TYPE_CHECKING:
    from torch import nn
    from torch.optim.lr_scheduler import LRScheduler

    from nnbabysit.core.config.schema import Config
    from nnbabysit.core.data.dataset import Dataset


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """Everything that a training step needs besides data.

    Attributes:
        model: Network, on the device.
        objective: Loss and what counts as right.
        optimizer: Optimiser over the trainable parameters.
        schedule: Learning rate over the epochs; stepped once after each.
        penalty: L2 and L1 on the weight matrices.
        device: Where everything lies.
    """

    model: nn.Module
    objective: Objective
    optimizer: torch.optim.Optimizer
    schedule: LRScheduler
    penalty: Penalty
    device: torch.device


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A dataset and an assembly that fit each other: the user's input has passed."""

    dataset: Dataset
    assembly: Assembly


def prepare(config: Config, dataset: Dataset | None = None) -> Prepared:
    """Read the data and build the network, before a run directory exists.

    Args:
        config: The experiment.
        dataset: Already loaded data of this config; left out: read now.

    Raises:
        UserError: Data, model, device or batch size are at fault.
        UserCodeError: The user's model or data function raised.
    """
    device = pick_device(config.device)  # first, being the quickest mistake to find
    dataset = load_dataset(config) if dataset is None else dataset
    return Prepared(dataset=dataset, assembly=assemble(config, dataset, device=device))


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
        device: Where to put it; left out: the config's.
        seed: Seed of the initial weights; left out: derived from the config's seed.
        epochs: Length of the run, which the cosine schedule must know; left out: ``training.epochs``.

    Raises:
        UserError: The batch is larger than the training split, or of one sample under batch normalisation.
        ModelError: The network cannot be built or does not fit the data.
        UserCodeError: The user's code raised.
    """
    device = pick_device(config.device) if device is None else device
    model = build_model(
        config.model,
        input_shape=dataset.input_shape,
        num_outputs=dataset.num_outputs,
        seed=derive_seed(config.seed, "model") if seed is None else seed,
    ).to(device)
    check_batch_size(config, dataset, model)
    optimizer = build_optimizer(config.optimizer, model.parameters())
    return Assembly(
        model=model,
        objective=build_objective(config.loss, dataset.task),
        optimizer=optimizer,
        schedule=build_schedule(config.schedule, optimizer, epochs or config.training.epochs),
        penalty=Penalty(
            config.regularization.l2, config.regularization.l1, list(weight_matrices(model).values())
        ),
        device=device,
    )


def check_batch_size(config: Config, dataset: Dataset, model: nn.Module) -> None:
    """Refuse a batch that cannot be formed.

    Raises:
        UserError: It is larger than the training split, or one sample is to be batch-normalised.
    """
    size = config.training.batch_size
    if size == "full":
        return
    samples = len(dataset.train)
    if size > samples:
        raise UserError(
            f"{size} samples per batch, but the training split has {samples}",
            where="training.batch_size",
            remedy=f"Choose at most {samples}, or full",
        )
    if size == 1 and normalises_batches(model):
        raise UserError(
            "one sample per batch cannot be batch-normalised",
            where="training.batch_size",
            remedy="Choose 2 or more, or a network without batch normalisation",
        )


def pick_device(name: str) -> torch.device:
    """The device that a config names; ``auto`` takes the first CUDA device, then MPS, then the CPU.

    Raises:
        UserError: This machine, or this build of torch, does not have it.
    """
    cuda = torch.cuda.is_available()
    mps = torch.backends.mps.is_available()
    if name == "auto":
        return torch.device("cuda:0" if cuda else "mps" if mps else "cpu")
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
