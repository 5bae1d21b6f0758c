"""StackedNetwork: the weights of many networks of one architecture, and their forward passes as one.

Shape suffixes: T trials, N samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from nnbabysit.core.stacked.program import Program, Slot, Step


class StackedNetwork:
    """Weights with a trial axis in front, and the program that they run.

    Attributes:
        parameters: Name → (T, ...), leaves of the graph of gradients.
        constants: Name → (T, ...): buffers and frozen parameters.
        training: Whether it runs as in training.
        generators: One stream of random numbers for each trial.
        precision: Number type of the wide matrix products.
    """

    def __init__(
        self, program: Program, networks: Sequence[nn.Module], *, precision: torch.dtype = torch.float32
    ) -> None:
        """Stack networks.

        Args:
            program: Traced from one of them.
            networks: T networks of the program's structure, on one device; their tensors are copied.
            precision: Number type of the matrix products on shared input; float32 means that of the weights.
        """
        self._program = program
        self.precision = precision
        self.training = True
        first = dict(networks[0].named_parameters())
        trainable = {name for name, parameter in first.items() if parameter.requires_grad}
        states = [{**dict(n.named_parameters()), **dict(n.named_buffers())} for n in networks]
        stacked = {name: torch.stack([state[name].detach() for state in states]) for name in states[0]}
        self.parameters = {name: t.requires_grad_() for name, t in stacked.items() if name in trainable}
        self.constants = {name: t for name, t in stacked.items() if name not in trainable}
        own = {id(p): name for name, p in first.items()}
        all_names = networks[0].named_parameters(remove_duplicate=False)
        self._tied = {name: own[id(p)] for name, p in all_names if name not in first}
        self._drop = {name: [_p(n, name) for n in networks] for name in program.random}
        self.generators = [torch.Generator() for _ in networks]
        self._one_stream = False

    @property
    def trials(self) -> int:
        """T."""
        return len(next(iter(self.parameters.values())))

    def __getitem__(self, name: str) -> Tensor:
        """A parameter or buffer of all trials, (T, ...), by any of its names."""
        name = self._tied.get(name, name)
        found = self.parameters.get(name)
        return self.constants[name] if found is None else found

    def __call__(self, x: Tensor) -> Tensor:
        """Outputs (T, N, ...) for a batch (N, ...) that all trials share."""
        values: list[Any] = [x]
        for step in self._program.training if self.training else self._program.evaluation:
            values.append(self._run(step, values))
        result: Tensor = values[-1]
        return result

    def _run(self, step: Step, values: Sequence[Any]) -> Any:
        args = [_filled(value, values) for value in step.args]
        if step.of_network:
            return step.run(self, *args)
        if step.kwargs:
            return step.run(*args, **{name: _filled(value, values) for name, value in step.kwargs.items()})
        return step.run(*args)

    def dtype_of(self, x: Tensor) -> torch.dtype:
        """Number type of a matrix product with ``x`` of any shape."""
        return self.precision if self.precision is torch.bfloat16 else x.dtype

    def vector(self, values: Sequence[float]) -> Tensor:
        """Numbers of the trials, (T,), of the weights' type and place."""
        like = next(iter(self.parameters.values()))
        return torch.tensor(values, dtype=like.dtype, device=like.device)

    def backward(self, total: Tensor) -> None:
        """Leave the gradients of a scalar, a sum over trials apart from each other, in the parameters."""
        for parameter in self.parameters.values():
            parameter.grad = None
        total.backward()  # type: ignore[no-untyped-call]

    def seed(self, seeds: Sequence[int]) -> None:
        """Begin the random streams of the trials anew."""
        for generator, seed in zip(self.generators, seeds, strict=True):
            generator.manual_seed(seed % 2**63)
        alike = all(len(set(drop)) == 1 for drop in self._drop.values())
        self._one_stream = alike and len(set(seeds)) == 1

    def dropped(self, name: str) -> list[float]:
        """The p of a random layer, for each trial."""
        return self._drop[name]

    def masks(self, drop: Sequence[float], shape: Sequence[int]) -> Tensor:
        """Which units are kept, as 1 and 0: (T, *shape), or (1, *shape) if all trials draw the same."""
        device = next(iter(self.parameters.values())).device
        count = 1 if self._one_stream else len(drop)
        masks = torch.ones(count, *shape)
        for mask, p, generator in zip(masks, drop[:count], self.generators[:count], strict=True):
            if p == 1:
                mask.zero_()
            elif p > 0:
                mask.bernoulli_(1 - p, generator=generator)
        return masks.to(device)

    @torch.no_grad()
    def keep(self, places: Sequence[int]) -> None:
        """Take all trials out but those at ``places``."""
        chosen = torch.tensor(places, dtype=torch.int64, device=next(iter(self.parameters.values())).device)
        self.parameters = {n: t.detach()[chosen].requires_grad_() for n, t in self.parameters.items()}
        self.constants = {n: t[chosen] for n, t in self.constants.items()}
        self._drop = {name: [drop[i] for i in places] for name, drop in self._drop.items()}
        drawn = self.generators[0].get_state()
        self.generators = [self.generators[i] for i in places]
        if self._one_stream and self.generators:  # the first alone has drawn, for all
            self.generators[0].set_state(drawn)

    def state(self, place: int) -> dict[str, Tensor]:
        """Parameters and buffers of one trial, copies of its shapes, as a ``state_dict`` names them."""
        return {n: t[place].detach().clone() for n, t in {**self.parameters, **self.constants}.items()}

    @torch.no_grad()
    def load(self, place: int, state: Mapping[str, Tensor]) -> None:
        """Give one trial the tensors that ``state`` returned, of its shapes."""
        for name, value in state.items():
            self[name][place].copy_(value)


def _p(network: nn.Module, name: str) -> float:
    return float(getattr(network.get_submodule(name), "p"))  # noqa: B009 -- modules declare no such field


def _filled(value: Any, values: Sequence[Any]) -> Any:
    if isinstance(value, Slot):
        return values[value.index]
    if isinstance(value, list | tuple):
        return type(value)(_filled(each, values) for each in value)
    return value
