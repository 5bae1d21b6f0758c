"""What cannot be stacked says why, and tracing leaves a network as it was."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nnbabysit.core.config.schema.root import Model
from nnbabysit.core.models.build import build_model
from nnbabysit.core.stacked.kinds import Unstackable
from nnbabysit.core.stacked.network import StackedNetwork
from nnbabysit.core.stacked.proof import prove
from nnbabysit.core.stacked.tracing import trace

SHAPE = (1, 6, 6)


class Net(nn.Module):
    """Two layers and whatever a test does between them."""

    def __init__(self, between: Callable[[Net, Tensor], Tensor], **parts: nn.Module) -> None:
        super().__init__()
        self.first = nn.Linear(36, 8)
        self.last = nn.Linear(8, 3)
        self.gain = nn.Parameter(torch.rand(8))
        self.scalar = nn.Parameter(torch.tensor(0.7))
        self.count = 0
        self.between = between
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.last(self.between(self, self.first(x.flatten(1))))
        return result


def stackable(model: nn.Module, shape: tuple[int, ...] = SHAPE) -> None:
    prove(trace(model), model, shape)


FINE: dict[str, Callable[[Net, Tensor], Tensor]] = {
    "arithmetic with numbers": lambda net, h: 2 - h * 3 + 1 / (1 + h.square()),
    "parameters of unlike shapes": lambda net, h: h * (net.scalar * net.gain) + net.scalar,
    "a scalar parameter": lambda net, h: torch.mul(net.scalar, h),
    "means": lambda net, h: h - h.mean(1, keepdim=True),
    "softmax": lambda net, h: F.softmax(h, dim=1) + h.log_softmax(-1),
    "sizes": lambda net, h: h.view(h.size(dim=0), 2, -1).reshape(h.shape[0], h.size(-1)),
    "in place on nobody else's": lambda net, h: F.tanh(h.mul_(2)),
    "cat": lambda net, h: torch.cat([h, h.tanh()], 1).reshape(-1, 2, 8).sum(1),
    "dropout": lambda net, h: F.dropout(h, 0.4, training=net.training),
    "other ways in training": lambda net, h: h.relu() if net.training else h,
    "axes": lambda net, h: h.unsqueeze(1).transpose(1, 2).squeeze(2).flatten(1),
}  # fmt: skip


@pytest.mark.parametrize("between", FINE.values(), ids=FINE)
def test_what_can_be_stacked(between: Callable[[Net, Tensor], Tensor]) -> None:
    stackable(Net(between))


def _sets(net: Net, h: Tensor) -> Tensor:
    net.count += 1
    return h


def _without_gradient(net: Net, h: Tensor) -> Tensor:
    with torch.no_grad():
        return h.relu()


def _skips_at_times(net: Net, h: Tensor) -> Tensor:
    """As LayerDrop and stochastic depth do: under most seeds it takes the same path."""
    return h if net.training and torch.rand(1).item() < 0.3 else h.relu()


def _gated_without_gradient(net: Net, h: Tensor) -> Tensor:
    """Its gradient is wrong by half, and small against those of the last layer."""
    with torch.no_grad():
        gate = torch.sigmoid(h)
    h = h * gate
    for _ in range(4):
        h = torch.sigmoid(h)
    return h


def _drops_always(net: Net, h: Tensor) -> Tensor:
    return F.dropout(h, 0.5, training=True)


def _adds_in_place(net: Net, h: Tensor) -> Tensor:
    before = h
    h += net.gain
    return h + before


REFUSED: dict[str, tuple[Callable[[Net, Tensor], Tensor], str]] = {
    "its path depends on data": (
        lambda net, h: h if h.sum() > 0 else -h,
        "goes over all axes|cannot be traced",
    ),
    "on the batch": (lambda net, h: h if h.shape[0] > 3 else -h, "cannot be traced"),
    "all axes": (lambda net, h: h - h.mean(), "mean goes over all axes"),
    "squeeze": (lambda net, h: h.squeeze(), "squeeze goes over all axes"),
    "unknown": (lambda net, h: h.cumsum(1), "cumsum has no stacked twin"),
    "detached": (lambda net, h: h.detach(), "detach has no stacked twin"),
    "indexing": (lambda net, h: h[:, [0] * 8], "getitem has no stacked twin"),
    "samples mixed": (lambda net, h: h - h.mean(0), "depends on the samples beside it"),
    "a path drawn in Python": (_skips_at_times, "draws random numbers by itself"),
    "a gate without gradient": (_gated_without_gradient, "the gradient of first"),
    "random numbers": (lambda net, h: h + torch.randn(h.size(0), 8), "cannot be traced"),
    "a constant": (lambda net, h: h + torch.ones(8), "a tensor of its own"),
    "a random constant": (lambda net, h: h + torch.randn(8), "draws random numbers by itself"),
    "a random number": (lambda net, h: h * random.random(), "draws random numbers by itself"),
    "several tensors": (lambda net, h: torch.stack([h, h]).sum(0), "several tensors"),
    "no gradient": (_without_gradient, "the gradient of first"),
    "state": (_sets, r"sets self\.count"),
    "in place": (lambda net, h: F.relu(h, inplace=True) + h, "overwrites what is read again"),
    "in place through a view": (lambda net, h: h.view(-1, 8).relu_() + h, "overwrites what is read again"),
    "a parameter in place": (lambda net, h: h * net.gain.mul_(1.0), "overwrites what is read again"),
    "dropout in evaluation": (_drops_always, "its output in evaluation"),
    "an operator in place": (_adds_in_place, "its output"),
}


@pytest.mark.parametrize(("between", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_stacked_says_why(between: Callable[[Net, Tensor], Tensor], reason: str) -> None:
    with pytest.raises(Unstackable, match=reason):
        stackable(Net(between))


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (nn.BatchNorm2d(1, momentum=None), "keeps no running averages"),
        (nn.BatchNorm2d(1, track_running_stats=False), "keeps no running averages"),
        (nn.Conv2d(1, 2, 3, padding=1, padding_mode="reflect"), "pads by reflect"),
        (nn.Dropout2d(0.5), "Dropout2d has no stacked twin"),
        (nn.InstanceNorm2d(1), "InstanceNorm2d has no stacked twin"),
        (nn.LSTM(6, 3), "cannot be traced|has no stacked twin"),
        (nn.utils.parametrizations.weight_norm(nn.Conv2d(1, 2, 3)), "parametrization"),
    ],
    ids=lambda value: "" if isinstance(value, str) else type(value).__name__,
)
def test_layers_without_a_twin(layer: nn.Module, reason: str) -> None:
    with pytest.raises(Unstackable, match=reason):
        trace(nn.Sequential(layer, nn.Flatten(), nn.Linear(72, 3)))


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("mlp", {"dropconnect": 0.2}),
        ("resnet", {"survival": 0.5, "channels": [4]}),
        ("cnn", {"pooling": "fractional", "channels": [4]}),
    ],
)
def test_layers_of_our_own_without_a_twin(name: str, args: dict[str, object]) -> None:
    model = build_model(Model(name=name, args=args), input_shape=(1, 8, 8), num_outputs=3, seed=0)
    with pytest.raises(Unstackable, match="has no stacked twin"):
        trace(model)


def test_embeddings_hooks_and_two_inputs_are_refused() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x: Tensor, y: Tensor) -> Tensor:
            result: Tensor = self.layer(x) + y
            return result

    with pytest.raises(Unstackable, match="more than one argument"):
        trace(Two())
    with pytest.raises(Unstackable, match="Embedding has no stacked twin"):
        trace(nn.Sequential(nn.Embedding(5, 3), nn.Flatten(), nn.Linear(3, 3)))
    hooked = nn.Linear(3, 3)
    hooked.register_forward_hook(lambda *_: None)
    with pytest.raises(Unstackable, match="has hooks"):
        trace(nn.Sequential(hooked))
    hooked = nn.Linear(3, 3)
    hooked.weight.register_hook(lambda gradient: 2 * gradient)  # type: ignore[no-untyped-call]
    with pytest.raises(Unstackable, match="a parameter has hooks"):
        trace(nn.Sequential(hooked))


def test_the_input_itself_is_no_output() -> None:
    with pytest.raises(Unstackable, match="depends on its weights"):
        trace(nn.Sequential(nn.Flatten(), nn.ReLU()))


@pytest.mark.parametrize(
    "layer",
    [
        nn.LayerNorm([6, 6]),
        nn.LayerNorm([6, 6], elementwise_affine=False),
        nn.LayerNorm([6, 6], bias=False),
        nn.GroupNorm(1, 1),
        nn.GroupNorm(1, 1, affine=False),
        nn.BatchNorm2d(1),
        nn.BatchNorm2d(1, affine=False),
        nn.PReLU(),
        nn.Dropout(0.3),
        nn.AlphaDropout(0.3),
        nn.Conv2d(1, 4, 3, padding="same", dilation=2, bias=False),
        nn.MaxPool2d(2),
        nn.AdaptiveMaxPool2d(2),
        nn.Linear(6, 4),
        nn.Unflatten(1, (1, 1)),
    ],
    ids=str,
)
def test_every_layer_may_be_the_first_and_the_second(layer: nn.Module) -> None:
    """The first is called on what all trials share, the second on what each has for itself."""
    first = nn.Sequential(layer, nn.Flatten(), nn.LazyLinear(3))
    second = nn.Sequential(nn.Conv2d(1, 1, 1), layer, nn.Flatten(), nn.LazyLinear(3))
    for model in (first, second):
        model(torch.rand(2, *SHAPE))
        stackable(model)


def test_convolutions_in_groups_and_of_one_axis() -> None:
    stackable(
        nn.Sequential(
            nn.Unflatten(1, (2, 18)), nn.Conv1d(2, 4, 3, groups=2), nn.BatchNorm1d(4),
            nn.Conv1d(4, 4, 3, groups=4), nn.AvgPool1d(2), nn.Flatten(), nn.Linear(28, 3),
        ),
        (36,),
    )  # fmt: skip


def test_a_layer_called_twice_and_tied_weights() -> None:
    layer = nn.Linear(8, 8)
    stackable(
        Net(lambda net, h: net.get_submodule("extra")(h.tanh()), extra=nn.Sequential(layer, nn.ReLU(), layer))
    )
    other = nn.Linear(8, 8)
    other.weight = layer.weight
    stackable(Net(lambda net, h: net.get_submodule("b")(net.get_submodule("a")(h)), a=layer, b=other))
    assert isinstance(layer.weight, nn.Parameter)
    drop = nn.Dropout(0.5)
    stackable(
        Net(lambda net, h: net.get_submodule("extra")(h), extra=nn.Sequential(drop, nn.Linear(8, 8), drop))
    )


@pytest.mark.parametrize("training", [True, False])
def test_a_network_is_left_as_it_was(training: bool) -> None:
    model = Net(
        lambda net, h: net.get_submodule("norm")(F.dropout(h, 0.5, net.training)), norm=nn.BatchNorm1d(8)
    )
    model.train(training)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    state, drawn = torch.get_rng_state(), (random.getstate(), str(np.random.get_state()))  # noqa: NPY002
    stackable(model)
    assert all(module.training is training for module in model.modules())
    assert torch.equal(state, torch.get_rng_state())
    assert drawn == (random.getstate(), str(np.random.get_state()))  # noqa: NPY002
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    refused = Net(_sets)
    with pytest.raises(Unstackable):
        trace(refused)
    assert refused.count == 0


def test_in_place_layers_leave_the_data_alone() -> None:
    relu = nn.ReLU(inplace=True)
    model = nn.Sequential(relu, nn.Flatten(), nn.Dropout(0.5, inplace=True), nn.Linear(36, 3))
    network = StackedNetwork(trace(model), [model, model])
    network.seed([0, 1])
    x = torch.randn(4, *SHAPE)
    before = x.clone()
    network(x)
    assert torch.equal(x, before)
    assert relu.inplace


def test_structures_are_told_apart_by_what_trials_cannot_differ_in() -> None:
    def structure(*layers: nn.Module) -> str:
        return trace(nn.Sequential(nn.Flatten(), nn.Linear(36, 8), *layers, nn.Linear(8, 3))).structure

    base = structure(nn.LeakyReLU(0.1), nn.Dropout(0.1))
    assert base == structure(nn.LeakyReLU(0.1), nn.Dropout(0.7))
    assert base != structure(nn.LeakyReLU(0.2), nn.Dropout(0.1))
    assert base != structure(nn.ELU(0.1), nn.Dropout(0.1))
    frozen = nn.Linear(8, 8).requires_grad_(requires_grad=False)
    assert structure(nn.Linear(8, 8)) != structure(frozen)


def test_whatever_a_layer_was_made_with_belongs_to_the_architecture() -> None:
    """``extra_repr`` of average pooling leaves this out."""
    structures = set()
    for counted in (True, False):
        pool = nn.AvgPool2d(2, padding=1, count_include_pad=counted)
        structures.add(trace(nn.Sequential(pool, nn.Flatten(), nn.Linear(9, 3))).structure)
    assert len(structures) == 2
