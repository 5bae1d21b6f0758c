"""Layer statistics of a network whose numbers are known on paper."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from nnbabysit.core.training.probes.layer_statistics import layer_statistics
from nnbabysit.core.training.setup.losses import Objective

SUM = Objective(name="sum", task="regression", fn=lambda outputs, _y: outputs.sum())


def test_statistics_are_those_on_paper() -> None:
    first, last = nn.Linear(1, 2), nn.Linear(2, 1)
    model = nn.Sequential(first, nn.ReLU(inplace=True), nn.Dropout(0.0), last)
    with torch.no_grad():
        first.weight.copy_(torch.tensor([[1.0], [-1.0]]))
        first.bias.zero_()
        last.weight.copy_(torch.tensor([[3.0, 4.0]]))
        last.bias.zero_()
    layers = layer_statistics(model, SUM, torch.tensor([[2.0]]), torch.zeros(1))
    assert [(layer.name, layer.kind) for layer in layers] == [("0", "Linear"), ("1", "ReLU"), ("3", "Linear")]
    linear, relu, output = layers
    assert (linear.mean, linear.std, linear.zeros) == pytest.approx((0.0, 2.0, 0.0))
    assert (relu.mean, relu.std, relu.zeros) == pytest.approx((1.0, 1.0, 0.5))
    assert output.mean == pytest.approx(6.0)
    assert (output.gradient, relu.gradient, linear.gradient) == pytest.approx((1.0, 5.0, 3.0))


def test_nothing_is_left_behind() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    state = torch.get_rng_state()
    layer_statistics(
        model, SUM, torch.randn(5, 3, generator=torch.Generator().manual_seed(0)), torch.zeros(5)
    )
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(module._forward_hooks for module in model.modules())


@pytest.mark.parametrize("reentrant", [True, False])
@pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad")
def test_a_network_that_checkpoints_its_gradients(reentrant: bool) -> None:
    class Checkpointed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.last = nn.Linear(3, 4), nn.Linear(4, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            h = checkpoint(self.first, x, use_reentrant=reentrant)
            return torch.as_tensor(self.last(h))

    model = Checkpointed()
    model.last.weight.grad = torch.ones(1, 4)
    layers = layer_statistics(model, SUM, torch.ones(2, 3), torch.zeros(2))
    assert [layer.name for layer in layers] == ["first", "last"]
    assert layers[-1].gradient > 0
    assert torch.equal(model.last.weight.grad, torch.ones(1, 4))
    assert model.first.weight.grad is None
