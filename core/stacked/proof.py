"""Proof that a stacked twin is one: what tracing cannot see shows in numbers.

A forward pass may switch gradients off, draw random numbers by itself, or write to memory that is read again;
none of it is in a trace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from nnbabysit.core.models.seeding import seeded
from nnbabysit.core.stacked.kinds import Unstackable
from nnbabysit.core.stacked.network import StackedNetwork
from nnbabysit.core.stacked.program import Program

SEEDS = (1, 2)
"""One trial for each; two, so that an axis of trials is not mistaken for another."""
SAMPLES = 5
RELATIVE = 1e-3
"""Largest difference, as a fraction of the largest number: rounding is far below it."""
OF_LARGEST = 1e-5
"""The same for a gradient, as a fraction of the largest of all, since one that should be 0 is rounding."""


def prove(program: Program, model: nn.Module, input_shape: tuple[int, ...]) -> None:
    """Compare outputs, gradients and buffers of two trials, stacked and one by one.

    Args:
        program: Traced from ``model``.
        model: Left as it is.
        input_shape: Shape of one sample.

    Raises:
        Unstackable: They differ, or one of the two raises.
    """
    was_training = model.training
    try:
        with seeded(0):
            x = torch.randn(SAMPLES, *input_shape, device=next(model.parameters()).device)
            network = StackedNetwork(program, [model] * len(SEEDS))
            for parameter in network.parameters.values():
                parameter.data += 0.1 * torch.randn_like(parameter)
        for training in (True, False):
            _compare(network, model, x, training)
        _check_samples(model, x)
    except Unstackable:
        raise
    except Exception as error:  # whatever the user's code does
        raise Unstackable(f"its stacked twin raises {type(error).__name__} ({error})") from error
    finally:
        model.train(was_training)


def _compare(network: StackedNetwork, model: nn.Module, x: Tensor, training: bool) -> None:
    when = "training" if training else "evaluation"
    alone = [_alone(model, network.state(i), x, seed, training) for i, seed in enumerate(SEEDS)]
    network.training = training
    network.seed(SEEDS)
    outputs = network(x)
    _check(outputs, [each[0] for each in alone], f"its output in {when}")
    network.backward(outputs.square().sum())
    largest = _size([parameter.grad for parameter in network.parameters.values()])
    for name, parameter in network.parameters.items():
        each = [gradients[name] for _, gradients, _ in alone]
        _check(parameter.grad, each, f"the gradient of {name} in {when}", OF_LARGEST * largest)
    for name, constant in network.constants.items():
        _check(constant, [state[name] for _, _, state in alone], f"{name} in {when}")


@torch.no_grad()
def _check_samples(model: nn.Module, x: Tensor) -> None:
    """A network that mixes samples is judged by other batches when it is alone."""
    model.eval()
    with seeded(0):
        together = model(x.clone())
        apart = torch.cat([model(x[:2].clone()), model(x[2:].clone())])
    if not torch.allclose(together, apart, rtol=0, atol=RELATIVE * _size([together]) + 1e-6, equal_nan=True):
        raise Unstackable("its output for a sample depends on the samples beside it")


def _alone(
    model: nn.Module, state: Mapping[str, Tensor], x: Tensor, seed: int, training: bool
) -> tuple[Tensor, dict[str, Tensor | None], dict[str, Tensor]]:
    """Output, gradients, and all tensors afterwards, of the network with the tensors of ``state``."""
    model.train(training)
    own: dict[str, Tensor] = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    trainable = {name: tensor for name, tensor in own.items() if tensor.requires_grad}
    before = {name: tensor.detach().clone() for name, tensor in own.items()}
    _fill(own, state)
    try:
        with seeded(seed):
            output = model(x.clone())
        gradients = torch.autograd.grad(output.square().sum(), list(trainable.values()), allow_unused=True)
        after = {name: tensor.detach().clone() for name, tensor in own.items()}
    finally:
        _fill(own, before)
    return output, dict(zip(trainable, gradients, strict=True)), after


@torch.no_grad()
def _fill(tensors: Mapping[str, Tensor], values: Mapping[str, Tensor]) -> None:
    for name, tensor in tensors.items():
        tensor.copy_(values[name])


def _size(tensors: Sequence[Tensor | None]) -> float:
    """The largest number."""
    return max((float(t.detach().abs().max()) for t in tensors if t is not None and t.numel()), default=0.0)


def _check(stacked: Tensor | None, alone: Sequence[Tensor | None], what: str, least: float = 0.0) -> None:
    expected = [tensor.detach() for tensor in alone if tensor is not None]
    if stacked is None and not expected:
        return
    if stacked is None or len(expected) < len(alone) or stacked.shape[1:] != expected[0].shape:
        raise Unstackable(f"{what} is another one in a stack")
    together, bound = torch.stack(expected), RELATIVE * _size(expected) + max(least, 1e-6)
    if not torch.allclose(stacked.detach(), together, rtol=0, atol=bound, equal_nan=True):
        raise Unstackable(f"{what} is another one in a stack")
