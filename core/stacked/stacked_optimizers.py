"""Optimizers with settings of their own for each trial; each is torch's algorithm on (T, ...) tensors.

torch's own take one learning rate for a tensor, and one group for each trial would cost a Python call per
trial and step, which is what stacking is there to save. A setting in which all trials of a stack agree goes
in as a number, others as a vector, and both come to the same bits: a trial must not depend on its neighbors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from nnbabysit.core.config.schema import optimizer as settings_of

Direction = Callable[["StackedOptimizer", str, Tensor, Tensor], Tensor]


class StackedOptimizer:
    """Steps for every trial, from gradients (T, ...) to changed parameters.

    Attributes:
        lr: (T,), to be set before each step.
    """

    def __init__(self, settings: Sequence[settings_of.Optimizer], parameters: Mapping[str, Tensor]) -> None:
        """Optimize.

        Args:
            settings: ``config.optimizer`` of each trial, all of one name.
            parameters: Name → (T, ...), where the vectors of settings and the state are put too.
        """
        self._settings = list(settings)
        self._direction = _STEPS[settings[0].name]
        self._like = next(iter(parameters.values())).detach()
        self.lr = self._vector([each.lr for each in settings])
        self.state: dict[str, dict[str, Tensor]] = {name: {} for name in parameters}
        self.steps = 0

    def keep(self, places: Sequence[int]) -> None:
        """Take all trials out but those at ``places``."""
        chosen = torch.tensor(places, dtype=torch.int64, device=self.lr.device)
        self._settings = [self._settings[i] for i in places]
        self.lr = self.lr[chosen]
        self.state = {name: {k: v[chosen] for k, v in kept.items()} for name, kept in self.state.items()}

    def setting(self, name: str, like: Tensor, *, complement: bool = False) -> Any:
        """A setting of all trials: the number where they agree, else (T, 1, …) to multiply ``like``.

        Its ``complement`` to 1 is taken before it is rounded, as torch's own optimizers do.
        """
        values = [getattr(each, name) for each in self._settings]
        values = [1 - value for value in values] if complement else values
        return values[0] if len(set(values)) == 1 else self._column(self._vector(values), like)

    def betas(self, like: Tensor) -> Sequence[Any]:
        """Adam's β1 and β2, 1 − β of each, and 1 − βᵗ of each: numbers, or (T, 1, …) to multiply ``like``."""
        betas = [getattr(each, "betas") for each in self._settings]  # noqa: B009 -- Adam's alone have them
        powers = [(b1, b2, 1 - b1, 1 - b2, 1 - b1**self.steps, 1 - b2**self.steps) for b1, b2 in betas]
        if len(set(powers)) == 1:
            return powers[0]
        return [self._column(self._vector(list(each)), like) for each in zip(*powers, strict=True)]

    @torch.no_grad()
    def step(self, parameters: Mapping[str, Tensor]) -> None:
        """Change the parameters (T, ...) by their gradients; those without one are left alone."""
        self.steps += 1
        for name, parameter in parameters.items():
            if parameter.grad is not None:
                direction = self._direction(self, name, parameter, self._decayed(parameter, parameter.grad))
                parameter.addcmul_(direction, self._column(self.lr, parameter), value=-1)

    def _decayed(self, parameter: Tensor, gradient: Tensor) -> Tensor:
        """The gradient + w·θ of the trials that have a weight decay, unless it is apart from the gradient."""
        decays = any(getattr(each, "weight_decay", 0) for each in self._settings)
        if self._settings[0].decoupled_decay or not decays:
            return gradient
        decay = self.setting("weight_decay", parameter)
        if isinstance(decay, Tensor):
            return torch.addcmul(gradient, parameter, decay)
        return torch.add(gradient, parameter, alpha=decay)

    def _vector(self, values: Sequence[float]) -> Tensor:
        return torch.tensor(values, dtype=self._like.dtype, device=self._like.device)

    @staticmethod
    def _column(vector: Tensor, like: Tensor) -> Tensor:
        return vector.view(-1, *(1,) * (like.ndim - 1))

    def kept(self, name: str, key: str, like: Tensor) -> Tensor:
        """A running quantity of a parameter (T, ...), 0 at first."""
        state = self.state[name]
        if key not in state:
            state[key] = torch.zeros_like(like, memory_format=torch.preserve_format)
        return state[key]


def can_stack(settings: settings_of.Optimizer) -> bool:
    """Whether there is such an optimizer here; each trial may have settings of its own, but for the name."""
    return settings.name in _STEPS


def _sgd(_optimizer: StackedOptimizer, _name: str, _weight: Tensor, gradient: Tensor) -> Tensor:
    return gradient


def _momentum(optimizer: StackedOptimizer, name: str, _weight: Tensor, gradient: Tensor) -> Tensor:
    velocity = optimizer.kept(name, "velocity", gradient)
    share = optimizer.setting("momentum", gradient)
    if isinstance(share, Tensor):
        return torch.addcmul(gradient, velocity, share, out=velocity)
    return torch.add(gradient, velocity, alpha=share, out=velocity)


def _nesterov(optimizer: StackedOptimizer, name: str, weight: Tensor, gradient: Tensor) -> Tensor:
    velocity = _momentum(optimizer, name, weight, gradient)
    result: Tensor = gradient + velocity * optimizer.setting("momentum", gradient)
    return result


def _adagrad(optimizer: StackedOptimizer, name: str, _weight: Tensor, gradient: Tensor) -> Tensor:
    total = optimizer.kept(name, "squares", gradient).addcmul_(gradient, gradient)
    return gradient.div(total.sqrt() + optimizer.setting("eps", gradient))


def _rmsprop(optimizer: StackedOptimizer, name: str, _weight: Tensor, gradient: Tensor) -> Tensor:
    decay = optimizer.setting("decay", gradient)
    mean = optimizer.kept(name, "squares", gradient)
    mean.mul_(decay).add_(gradient.square().mul_(optimizer.setting("decay", gradient, complement=True)))
    return gradient.div(mean.sqrt() + optimizer.setting("eps", gradient))


def _adam(optimizer: StackedOptimizer, name: str, _weight: Tensor, gradient: Tensor) -> Tensor:
    beta1, beta2, rest1, rest2, correction1, correction2 = optimizer.betas(gradient)
    mean = optimizer.kept(name, "mean", gradient)
    square = optimizer.kept(name, "squares", gradient)
    mean.mul_(beta1).add_(gradient * rest1)
    square.mul_(beta2).add_(gradient.square().mul_(rest2))
    root = (square / correction2).sqrt_().add_(optimizer.setting("eps", gradient))
    return mean.div(correction1).div_(root)


def _adamw(optimizer: StackedOptimizer, name: str, weight: Tensor, gradient: Tensor) -> Tensor:
    _decay(optimizer, weight)
    return _adam(optimizer, name, weight, gradient)


def _lion(optimizer: StackedOptimizer, name: str, weight: Tensor, gradient: Tensor) -> Tensor:
    _decay(optimizer, weight)
    beta1, beta2, rest1, rest2, *_ = optimizer.betas(gradient)
    mean = optimizer.kept(name, "mean", gradient)
    direction: Tensor = (mean * beta1).add_(gradient * rest1).sign_()
    mean.mul_(beta2).add_(gradient * rest2)
    return direction


def _decay(optimizer: StackedOptimizer, weight: Tensor) -> None:
    weight.mul_(1 - optimizer._column(optimizer.lr, weight) * optimizer.setting("weight_decay", weight))


_STEPS: dict[str, Direction] = {
    "sgd": _sgd, "momentum": _momentum, "nesterov": _nesterov, "adagrad": _adagrad, "rmsprop": _rmsprop,
    "adam": _adam, "adamw": _adamw, "lion": _lion,
}  # fmt: skip
