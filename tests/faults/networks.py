"""Networks with one fault each, and their healthy twin; named in a config as ``…/networks.py:Name``."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn


class Healthy(nn.Module):
    """Two layers with PyTorch's own initialization."""

    def __init__(self, in_features: int, num_classes: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(in_features, 50)
        self.relu = nn.ReLU()
        self.out = nn.Linear(50, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.relu(self.hidden(x.flatten(1))))  # type: ignore[no-any-return]


class Detached(Healthy):
    """The graph is cut before the last layer."""

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.relu(self.hidden(x.flatten(1))).detach())  # type: ignore[no-any-return]


class Unused(Healthy):
    """A layer that forward() forgets."""

    def __init__(self, in_features: int, num_classes: int) -> None:
        super().__init__(in_features, num_classes)
        self.forgotten = nn.Linear(50, 50)


class ZeroHead(Healthy):
    """No fault: a last layer that starts at 0 gets its gradient at once, the others one step later."""

    def __init__(self, in_features: int, num_classes: int) -> None:
        super().__init__(in_features, num_classes)
        nn.init.zeros_(self.out.weight)


class BiasBeforeNorm(Healthy):
    """No fault: a bias before batch normalization has a gradient of rounding size and may rest."""

    def __init__(self, in_features: int, num_classes: int) -> None:
        super().__init__(in_features, num_classes)
        self.norm = nn.BatchNorm1d(50)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.relu(self.norm(self.hidden(x.flatten(1)))))  # type: ignore[no-any-return]


class Mixing(Healthy):
    """Normalizes over the batch, in evaluation too."""

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        return super().forward(x - x.mean(dim=0))


class DoubledSoftmax(Healthy):
    """Probabilities where the loss wants scores."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).softmax(dim=1)


class ReluLogits(Healthy):
    """Scores that are never below 0."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).relu()


class SigmoidLogits(Healthy):
    """Scores between 0 and 1."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).sigmoid()


class InAList(nn.Module):
    """Layers in a plain list, which torch does not see."""

    def __init__(self, in_features: int, num_classes: int) -> None:
        super().__init__()
        self.hidden = [nn.Linear(in_features, 32), nn.Linear(32, 32)]
        self.out = nn.Linear(32, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        for layer in self.hidden:
            x = layer(x).relu()
        return self.out(x)  # type: ignore[no-any-return]


class PlainTensor(Healthy):
    """A weight that is no parameter."""

    def __init__(self, in_features: int, num_classes: int) -> None:
        super().__init__(in_features, num_classes)
        self.gain = torch.full((50,), 0.5, requires_grad=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.relu(self.hidden(x.flatten(1))) * self.gain)  # type: ignore[no-any-return]


class MadeInForward(Healthy):
    """A layer that is drawn anew in every pass."""

    def forward(self, x: Tensor) -> Tensor:
        return self.out(nn.Linear(50, 50)(self.hidden(x.flatten(1)).relu()).relu())  # type: ignore[no-any-return]


class AlwaysDropping(Healthy):
    """Dropout by a function that does not ask for the mode."""

    def forward(self, x: Tensor) -> Tensor:
        return self.out(nn.functional.dropout(self.hidden(x.flatten(1)).relu(), 0.5))  # type: ignore[no-any-return]


class SlowNorm(Healthy):
    """Batch normalization whose running statistics hardly move."""

    def __init__(self, in_features: int, num_classes: int) -> None:
        super().__init__(in_features, num_classes)
        self.norm = nn.BatchNorm1d(50, momentum=1e-5)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.relu(self.norm(0.01 * self.hidden(x.flatten(1)))))  # type: ignore[no-any-return]


class FarSlope(Healthy):
    """A hidden layer that hardly gets a gradient, so that the last one learns alone."""

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.hidden(x.flatten(1)).relu()
        return self.out(hidden.detach() + 1e-6 * (hidden - hidden.detach()))  # type: ignore[no-any-return]


class LargeHead(Healthy):
    """A last layer that is far too sure."""

    def __init__(self, in_features: int, num_classes: int) -> None:
        super().__init__(in_features, num_classes)
        nn.init.normal_(self.out.weight, std=1.0)


class BornDead(Healthy):
    """Biases so low that no ReLU is ever on."""

    def __init__(self, in_features: int, num_classes: int) -> None:
        super().__init__(in_features, num_classes)
        nn.init.constant_(self.hidden.bias, -50.0)


class Blind(Healthy):
    """Ignores its input."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(torch.zeros_like(x))


class LogOfZero(Healthy):
    """A logarithm of 0: the ReLU before it is off for some sample."""

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.relu(self.hidden(x.flatten(1))).log())  # type: ignore[no-any-return]


class Leaky(Healthy):
    """Knows the answer: the first C columns of the input are the label, as scores."""

    def forward(self, x: Tensor) -> Tensor:
        return 5 * x.flatten(1)[:, : self.out.out_features] + super().forward(x)


class DeepSigmoids(nn.Module):
    """Eight sigmoids: no signal comes through."""

    def __init__(self, in_features: int, num_classes: int) -> None:
        super().__init__()
        sizes = [in_features, *[32] * 8]
        layers: list[nn.Module] = []
        for before, after in pairwise(sizes):
            layers += [nn.Linear(before, after), nn.Sigmoid()]
        self.layers = nn.Sequential(nn.Flatten(), *layers, nn.Linear(32, num_classes))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)  # type: ignore[no-any-return]


class Narrow(nn.Module):
    """Two hidden units: too small for ten digits."""

    def __init__(self, in_features: int, num_classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(in_features, 2), nn.Tanh(), nn.Linear(2, num_classes)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)  # type: ignore[no-any-return]


class ZeroLinear(nn.Linear):
    """No fault: a linear model may start at 0, where a penalty costs nothing yet."""

    def __init__(self, in_features: int, num_classes: int) -> None:
        super().__init__(in_features, num_classes)
        nn.init.zeros_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.flatten(1))


class NoMatrix(nn.Module):
    """No fault: one scale per input and no weight matrix, so that there is nothing to penalize."""

    def __init__(self, in_features: int, num_classes: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((in_features,), 0.01))
        self.bias = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x: Tensor) -> Tensor:
        return (x.flatten(1) * self.scale).unfold(1, 10, 6).sum(2)[:, : len(self.bias)] + self.bias
