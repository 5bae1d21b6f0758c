"""What a network's outputs are, by their values and by its last layer."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nnbabysit.core.models.ending import Ending, kind_of, look_at_ending


def net(*last: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 3), *last)


X = torch.linspace(-3, 3, 32).reshape(8, 4)


@pytest.mark.parametrize(
    ("model", "ending"),
    [
        (net(), Ending("scores", "Linear")),
        (net(nn.Softmax(1)), Ending("probabilities", "Softmax")),
        (net(nn.LogSoftmax(1)), Ending("log-probabilities", "LogSoftmax")),
        (net(nn.Sigmoid()), Ending("between 0 and 1", "Sigmoid")),
        (net(nn.ReLU()), Ending("not below 0", "ReLU")),
        (net(nn.Tanh()), Ending("scores", "Tanh")),
    ],
)
def test_each_ending_is_seen(model: nn.Module, ending: Ending) -> None:
    model[0].weight.data *= 5  # type: ignore[index]
    assert look_at_ending(model, X) == ending


def test_a_softmax_in_forward_is_seen_and_the_network_is_left_as_it_was() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.BatchNorm1d(4)
            self.last = nn.Linear(4, 3)

        def forward(self, x: Tensor) -> Tensor:
            return F.softmax(self.last(self.norm(x)), 1)

    model = Net()
    model.norm.eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert look_at_ending(model, X) == Ending("probabilities", "Linear")
    assert model.training
    assert not model.norm.training
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert not model.last._forward_hooks


def test_one_column_is_no_distribution() -> None:
    assert kind_of(torch.ones(5, 1)) == "between 0 and 1"
    assert kind_of(torch.zeros(5)) == "between 0 and 1"
    assert kind_of(torch.full((5, 1), 3.0)) == "not below 0"
    assert kind_of(torch.full((5, 2), torch.nan)) == "scores"


@pytest.mark.parametrize(("low", "high"), [(0.2, 0.8), (0.2, 5.0)])
def test_scores_that_are_small_by_chance_are_no_activation(low: float, high: float) -> None:
    layer = nn.Linear(4, 1)
    layer.weight.data.fill_(0.01)
    layer.bias.data.fill_((low + high) / 2)
    model = nn.Sequential(layer, nn.Identity())
    before = [parameter.clone() for parameter in model.parameters()]
    assert kind_of(model(X)) != "scores"
    assert look_at_ending(model, X) == Ending("scores", "Identity")
    assert all(map(torch.equal, before, model.parameters()))


def test_a_network_that_takes_no_other_numbers_is_judged_by_the_samples() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(5, 1)

        def forward(self, x: Tensor) -> Tensor:
            return torch.sigmoid(self.table(x.long())[:, 0])

    assert look_at_ending(Net(), torch.ones(6, 4)) == Ending("between 0 and 1", "Embedding")


def test_scores_of_a_layer_that_starts_at_0_are_scores() -> None:
    model = nn.Linear(4, 3)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    assert look_at_ending(model, torch.randn(8, 4)).kind == "scores"
    assert not model.weight.any(), "as it was"


def test_a_relu_is_told_from_a_sigmoid_however_small_its_outputs_are() -> None:
    layer = nn.Linear(4, 3)
    with torch.no_grad():
        layer.weight.mul_(0.01)
    assert look_at_ending(nn.Sequential(layer, nn.ReLU()), torch.randn(8, 4)).kind == "not below 0"
