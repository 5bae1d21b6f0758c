"""Optimizers against their formulas."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from pydantic import TypeAdapter
from torch import Tensor

from nnbabysit.core.config.schema import optimizer as settings_of
from nnbabysit.core.training.setup.optimizers import build_optimizer

OPTIMIZERS: TypeAdapter[Any] = TypeAdapter(settings_of.Optimizer)


def _walk(document: dict[str, Any], steps: int = 3) -> Tensor:
    """Minimize x² / 2 from x = 1; the gradient is x."""
    x = torch.nn.Parameter(torch.tensor([1.0]))
    optimizer = build_optimizer(OPTIMIZERS.validate_python(document), [x])
    for _ in range(steps):
        optimizer.zero_grad()
        (x * x / 2).sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return x.detach()


def test_sgd_steps_against_the_gradient() -> None:
    assert float(_walk({"name": "sgd", "lr": 0.1})) == pytest.approx(0.9**3)


def test_momentum_follows_the_formula_of_the_notes() -> None:
    x, v = 1.0, 0.0
    for _ in range(3):
        v = 0.9 * v + x
        x -= 0.1 * v
    assert float(_walk({"name": "momentum", "lr": 0.1, "momentum": 0.9})) == pytest.approx(x)


def test_nesterov_looks_ahead() -> None:
    x, v = 1.0, 0.0
    for _ in range(3):
        gradient = x
        v = 0.9 * v + gradient
        x -= 0.1 * (gradient + 0.9 * v)
    assert float(_walk({"name": "nesterov", "lr": 0.1})) == pytest.approx(x)


def test_rmsprop_divides_by_the_running_root_mean_square() -> None:
    x, s = 1.0, 0.0
    for _ in range(3):
        s = 0.99 * s + 0.01 * x * x
        x -= 0.01 * x / (s**0.5 + 1e-7)
    assert float(_walk({"name": "rmsprop", "lr": 0.01, "decay": 0.99})) == pytest.approx(x, rel=1e-5)


def test_the_first_step_of_adam_is_the_learning_rate() -> None:
    assert float(_walk({"name": "adam", "lr": 0.1}, steps=1)) == pytest.approx(0.9, rel=1e-5)


def test_adamw_also_shrinks_the_weight() -> None:
    step = _walk({"name": "adamw", "lr": 0.1, "weight_decay": 0.5}, steps=1)
    assert float(step) == pytest.approx(0.95 - 0.1, rel=1e-5)


TORCHS: dict[str, tuple[Any, dict[str, Any]]] = {
    "sgd": (torch.optim.SGD, {}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "adagrad": (torch.optim.Adagrad, {"eps": 1e-7}),
    "rmsprop": (torch.optim.RMSprop, {"alpha": 0.9, "eps": 1e-7}),
    "adadelta": (torch.optim.Adadelta, {"eps": 1e-6}),
    "adam": (torch.optim.Adam, {}),
    "adamw": (torch.optim.AdamW, {}),
    "radam": (torch.optim.RAdam, {}),
    "nadam": (torch.optim.NAdam, {}),
}
"""Name → torch's class and its arguments for our defaults."""


@pytest.mark.parametrize("name", TORCHS)
def test_weight_decay_is_torchs_for_every_parameter_of_a_network(name: str) -> None:
    kind, arguments = TORCHS[name]
    networks = [_normalized_network() for _ in range(3)]
    x, y = torch.randn(16, 3, generator=torch.Generator().manual_seed(1)), torch.arange(16) % 2
    settings = {"name": name, "lr": 0.05}
    optimizers = [
        build_optimizer(
            OPTIMIZERS.validate_python({**settings, "weight_decay": 0.2}), networks[0].parameters()
        ),
        kind(networks[1].parameters(), lr=0.05, weight_decay=0.2, **arguments),
        build_optimizer(
            OPTIMIZERS.validate_python({**settings, "weight_decay": 0.0}), networks[2].parameters()
        ),
    ]
    for _ in range(5):
        for network, optimizer in zip(networks, optimizers, strict=True):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(x), y).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    triples = zip(*(network.parameters() for network in networks), strict=True)
    for ours, torchs, undecayed in triples:
        torch.testing.assert_close(ours, torchs, rtol=1e-6, atol=1e-7)
        assert not torch.allclose(ours, undecayed, rtol=1e-4)


def _normalized_network() -> torch.nn.Sequential:
    """Weights, biases and the two parameters of a normalization, none of them 0."""
    network = torch.nn.Sequential(
        torch.nn.Linear(3, 4), torch.nn.LayerNorm(4), torch.nn.Tanh(), torch.nn.Linear(4, 2)
    )
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return network


def test_lion_moves_by_the_sign_of_its_running_mean() -> None:
    # Program 1 of Chen et al. 2023, on gradients whose sign turns before that of their mean does
    gradients = [1.0, 2.0, -0.5, -3.0, 0.1, 0.0]
    weight, mean, lr, beta1, beta2, decay = 1.0, 0.0, 0.1, 0.9, 0.8, 0.5
    x = torch.nn.Parameter(torch.tensor([1.0]))
    settings = {"name": "lion", "lr": lr, "betas": [beta1, beta2], "weight_decay": decay}
    optimizer = build_optimizer(OPTIMIZERS.validate_python(settings), [x])
    for gradient in gradients:
        update = beta1 * mean + (1 - beta1) * gradient
        weight -= lr * ((update > 0) - (update < 0) + decay * weight)
        mean = beta2 * mean + (1 - beta2) * gradient
        x.grad = torch.tensor([gradient])
        optimizer.step()
        assert float(x.detach()) == pytest.approx(weight, rel=1e-6)


def test_frozen_parameters_are_left_out() -> None:
    frozen = torch.nn.Parameter(torch.ones(1), requires_grad=False)
    free = torch.nn.Parameter(torch.ones(1))
    optimizer = build_optimizer(OPTIMIZERS.validate_python({"name": "sgd"}), [frozen, free])
    assert [id(p) for group in optimizer.param_groups for p in group["params"]] == [id(free)]


def test_adagrad_divides_by_the_root_of_all_squares() -> None:
    x, total = 1.0, 0.0
    for _ in range(3):
        total += x * x
        x -= 0.1 * x / (total**0.5 + 1e-7)
    assert float(_walk({"name": "adagrad", "lr": 0.1})) == pytest.approx(x, rel=1e-5)


def test_adadelta_scales_by_the_size_of_its_past_steps() -> None:
    x, squares, steps = 1.0, 0.0, 0.0
    for _ in range(3):
        squares = 0.9 * squares + 0.1 * x * x
        step = ((steps + 1e-6) / (squares + 1e-6)) ** 0.5 * x
        steps = 0.9 * steps + 0.1 * step * step
        x -= step
    assert float(_walk({"name": "adadelta"})) == pytest.approx(x, rel=1e-6)


def test_radam_starts_as_momentum_without_the_variance() -> None:
    # with betas (0.9, 0.999) the variance of the step cannot be trusted in the first five steps
    x, mean = 1.0, 0.0
    for step in range(1, 4):
        mean = 0.9 * mean + 0.1 * x
        x -= 0.1 * mean / (1 - 0.9**step)
    assert float(_walk({"name": "radam", "lr": 0.1})) == pytest.approx(x, rel=1e-5)


def test_nadam_mixes_in_the_gradient_of_now() -> None:
    # Dozat 2016, section 3: mu_t = beta1 (1 - 0.5 * 0.96^(0.004 t))
    mu1, mu2 = (0.9 * (1 - 0.5 * 0.96 ** (0.004 * t)) for t in (1, 2))
    mean = mu2 * 0.1 / (1 - mu1 * mu2) + (1 - mu1) / (1 - mu1)
    assert float(_walk({"name": "nadam", "lr": 0.1}, steps=1)) == pytest.approx(1 - 0.1 * mean, rel=1e-4)


def test_lbfgs_finds_the_minimum_of_a_parabola_in_one_step() -> None:
    x = torch.nn.Parameter(torch.tensor([1.0]))
    optimizer = build_optimizer(OPTIMIZERS.validate_python({"name": "lbfgs"}), [x])

    def cost() -> float:
        optimizer.zero_grad()
        loss = (3 * (x - 2) ** 2).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    optimizer.step(cost)
    assert float(x.detach()) == pytest.approx(2.0, abs=1e-5)


@pytest.mark.parametrize("name", ["momentum", "nesterov"])
def test_a_layer_that_the_first_steps_skipped_begins_later(name: str) -> None:
    early, late, lone = (torch.nn.Parameter(torch.tensor([1.0])) for _ in range(3))
    both = build_optimizer(OPTIMIZERS.validate_python({"name": name, "lr": 0.1}), [early, late])
    alone = build_optimizer(OPTIMIZERS.validate_python({"name": name, "lr": 0.1}), [lone])
    for step in range(4):
        early.grad = early.detach().clone()
        late.grad = late.detach().clone() if step >= 2 else None
        both.step()
        if step >= 2:
            lone.grad = lone.detach().clone()
            alone.step()
    assert torch.equal(late, lone)
    assert float(early.detach()) < float(late.detach())


@pytest.mark.parametrize("name", ["momentum", "nesterov"])
def test_a_velocity_of_zero_comes_to_the_bits_of_none(name: str) -> None:
    generator = torch.Generator().manual_seed(0)
    ours, plain = (torch.nn.Parameter(torch.linspace(-3, 3, 1001)) for _ in range(2))
    optimizer = build_optimizer(OPTIMIZERS.validate_python({"name": name, "lr": 0.1}), [ours])
    reference = torch.optim.SGD([plain], lr=0.1, momentum=0.9, nesterov=name == "nesterov", fused=True)
    for _ in range(5):
        ours.grad = torch.randn(1001, generator=generator)
        plain.grad = ours.grad.clone()
        optimizer.step()
        reference.step()
    assert torch.equal(ours, plain)
