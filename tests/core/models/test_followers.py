"""Which non-linearity follows which layer: as layers, as functions, and in every order."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nnbabysit.core.models.followers import Follower, Followers, following
from nnbabysit.core.models.maxout import Maxout


def seen(net: nn.Module, x: Tensor) -> Followers:
    with following(net) as followers, torch.no_grad():
        net(x)
    return followers


class Own(nn.Module):
    """Layers written down in another order than they are called; one activation serves two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.output = nn.Linear(4, 2)
        self.relu = nn.ReLU()
        self.layers = nn.ModuleList(nn.Linear(4, 4) for _ in range(6))

    def forward(self, x: Tensor) -> Tensor:
        one, two, three, four, five, six = self.layers
        x = self.relu(one(x))
        x = torch.tanh(two(x))
        x = F.leaky_relu(three(x), 0.2)
        x = self.relu(four(x) + x)
        x = five(x)
        x = six(x).sigmoid_()
        out: Tensor = self.output(x)
        return out


def test_layers_and_functions_are_seen_in_the_order_of_the_calls() -> None:
    net = Own()
    followers = seen(net, torch.zeros(2, 4))
    names = [followers.after.get(layer) for layer in net.layers]
    assert names == [
        Follower("relu"), Follower("tanh"), Follower("leaky_relu", slope=0.2), Follower("relu"), None,
        Follower("sigmoid"),
    ]  # fmt: skip
    assert followers.output is net.output
    assert net.output not in followers.after


def test_every_activation_layer_of_torch_that_auto_knows_is_recognized() -> None:
    expected = {
        nn.ReLU(inplace=True): Follower("relu"),
        nn.ReLU6(): Follower("relu6"),
        nn.Hardtanh(): Follower("hardtanh"),
        nn.LeakyReLU(0.3): Follower("leaky_relu", slope=0.3),
        nn.PReLU(init=0.5): Follower("prelu", slope=0.5),
        nn.RReLU(): Follower("rrelu", slope=11 / 48),
        nn.ELU(): Follower("elu"),
        nn.CELU(): Follower("celu"),
        nn.SELU(): Follower("selu"),
        nn.GELU(): Follower("gelu"),
        nn.SiLU(): Follower("silu"),
        nn.Mish(): Follower("mish"),
        nn.Softplus(): Follower("softplus"),
        nn.Tanh(): Follower("tanh"),
        nn.Sigmoid(): Follower("sigmoid"),
        Maxout(2): Follower("maxout", pieces=2),
    }
    for activation, follower in expected.items():
        net = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), activation, nn.LazyLinear(2)).eval()
        followers = seen(net, torch.zeros(2, 4))
        assert followers.after == {net[0]: follower}
        assert followers.output is net[3]


def test_a_network_that_ends_in_a_non_linearity_has_no_output_layer() -> None:
    net = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    assert seen(net, torch.zeros(2, 4)).output is None
    assert Followers().output is None


def test_nothing_is_left_attached() -> None:
    net = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    followers = seen(net, torch.zeros(2, 4))
    followers.after.clear()
    net(torch.zeros(2, 4))
    assert followers.after == {}


def test_of_a_layer_that_is_called_again_the_last_call_counts() -> None:
    layer = nn.Linear(4, 4)
    net = nn.Sequential(layer, nn.ReLU(), layer)
    assert seen(net, torch.zeros(2, 4)).output is layer
