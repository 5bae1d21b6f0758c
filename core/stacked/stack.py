"""Stack: trials that are trained as one model, each with settings, randomness and an end of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn

from nnbabysit.core.config.schema.root import Config, Model
from nnbabysit.core.data.preparation.augmentation import Augmentation
from nnbabysit.core.data.seeds import derive_seed
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.models.build import build_model
from nnbabysit.core.models.weights import weight_matrices
from nnbabysit.core.stacked.limits import StackedLimits
from nnbabysit.core.stacked.network import StackedNetwork
from nnbabysit.core.stacked.objective import StackedObjective
from nnbabysit.core.stacked.program import Program
from nnbabysit.core.stacked.schedules import StackedSchedule
from nnbabysit.core.stacked.stacked_optimizers import StackedOptimizer
from nnbabysit.core.stacked.tracing import trace
from nnbabysit.core.training.batching import steps_per_epoch
from nnbabysit.core.training.setup.clipping import unit_axes
from nnbabysit.core.training.setup.losses import build_objective
from nnbabysit.core.training.setup.setup import check_batch_size

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


@dataclass
class Stack:
    """What a step of many trials needs besides data.

    Attributes:
        places: Where each trial that is still in it stood among those that it was built from.
        configs: Config of each.
        network: Their weights.
        objective: Their losses.
        optimizer: Their steps.
        schedule: Their learning rates.
        limits: Their penalties and limits.
        augmentation: Changes of the batch, the same for all.
        device: Where everything lies.
        template: One of the networks as it was built.
        first_costs: Cost of each at its initial weights; empty before they are trained.
    """

    places: list[int]
    configs: list[Config]
    network: StackedNetwork
    objective: StackedObjective
    optimizer: StackedOptimizer
    schedule: StackedSchedule
    limits: StackedLimits
    augmentation: Augmentation | None
    device: torch.device
    template: nn.Module
    first_costs: list[float] = field(default_factory=list)

    def keep(self, kept: Sequence[int]) -> None:
        """Take all trials out but those at these present positions."""
        chosen = list(kept)
        self.places = [self.places[i] for i in chosen]
        self.configs = [self.configs[i] for i in chosen]
        self.first_costs = [self.first_costs[i] for i in chosen]
        for part in (self.network, self.objective, self.optimizer, self.schedule, self.limits):
            part.keep(chosen)

    def state(self, position: int) -> dict[str, Any]:
        """Everything that one trial needs to go on in another stack, copied to the CPU."""
        optimizer = {
            name: {key: value[position].cpu().clone() for key, value in kept.items()}
            for name, kept in self.optimizer.state.items()
        }
        return {
            "network": {name: tensor.cpu() for name, tensor in self.network.state(position).items()},
            "optimizer": optimizer,
            "steps": self.optimizer.steps,
            "first_cost": self.first_costs[position],
            **self.schedule.state(position),
        }

    def load(self, states: Sequence[dict[str, Any]]) -> None:
        """Go on with every trial from what ``state`` returned, all after equally many steps."""
        for position, state in enumerate(states):
            self.network.load(position, state["network"])
            self.schedule.load(position, state)
        for name in self.optimizer.state:
            keys = states[0]["optimizer"][name]
            self.optimizer.state[name] = {
                key: torch.stack([state["optimizer"][name][key] for state in states]).to(self.device)
                for key in keys
            }
        self.optimizer.steps = states[0]["steps"]
        self.first_costs = [state["first_cost"] for state in states]


def build_stack(configs: Sequence[Config], dataset: Dataset, device: torch.device) -> Stack:
    """Build trials of one ``signature`` as one stack.

    Args:
        configs: Config of each trial, ``training.epochs`` included.
        dataset: Their data.
        device: Where to put it.

    Raises:
        Unstackable: Their network has no stacked twin.
        UserError: What ``assemble`` raises of any of them.
    """
    networks = [network_of(config, dataset).to(device) for config in configs]
    template, first = networks[0], configs[0]
    check_batch_size(first, dataset, template)
    network = StackedNetwork(program_of(template), networks, precision=DTYPES[first.search.precision])
    axes = unit_axes(template)
    steps = steps_per_epoch(template, len(dataset.train), first.training.batch_size)
    smoothing = [config.regularization.label_smoothing for config in configs]
    return Stack(
        places=list(range(len(configs))),
        configs=list(configs),
        network=network,
        objective=StackedObjective(
            [
                build_objective(first.loss, dataset.task, s, batch_size=first.training.batch_size)
                for s in smoothing
            ]
        ),
        optimizer=StackedOptimizer([config.optimizer for config in configs], network.parameters),
        schedule=StackedSchedule(configs, steps),
        limits=StackedLimits(
            [config.regularization for config in configs],
            list(weight_matrices(template)),
            axes,
            next(iter(network.parameters.values())),
        ),
        augmentation=Augmentation.of(first.data.augment, first.seed, dataset.input_shape),
        device=device,
        template=template,
    )


def network_of(config: Config, dataset: Dataset) -> nn.Module:
    """The network of a trial, on the CPU; trials of one ``model`` section and seed get one and the same.

    Raises:
        ModelError: It cannot be built or does not fit the data.
        UserCodeError: The user's code raised.
    """
    return _built(
        json.dumps(config.model.model_dump(mode="json"), sort_keys=True),
        tuple(dataset.input_shape),
        dataset.num_outputs,
        derive_seed(config.seed, "model"),
    )


@lru_cache(maxsize=4)
def _built(model: str, input_shape: tuple[int, ...], num_outputs: int, seed: int) -> nn.Module:
    config = Model.model_validate(json.loads(model))
    return build_model(config, input_shape=input_shape, num_outputs=num_outputs, seed=seed)


@lru_cache(maxsize=4)
def program_of(network: nn.Module) -> Program:
    """``trace``, once for a network."""
    return trace(network)


def batch(stack: Stack, x: Tensor, order: Tensor | None, start: int, epoch: int) -> tuple[Tensor, Any]:
    """The batch x (B, ...) that begins at ``start`` of the epoch's order (N,), changed as the config asks."""
    if stack.augmentation is None:
        return x, None
    stop = start + len(x)
    samples = torch.arange(start, stop) if order is None else order[start:stop]
    return stack.augmentation.apply(x, samples.to(x.device), epoch)
