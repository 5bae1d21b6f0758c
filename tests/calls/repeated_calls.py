"""Healthy networks for the 8×8 digits that call a layer more than once, share weights, or both."""

from __future__ import annotations

import random
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint


class SharedActivation(nn.Module):
    """The commonest idiom there is: one ReLU behind layers of different width."""

    def __init__(self) -> None:
        super().__init__()
        self.act = nn.ReLU()
        self.first, self.second = nn.Linear(64, 48), nn.Linear(48, 20)
        self.out = nn.Linear(20, 10)

    def forward(self, x: Tensor) -> Any:
        return self.out(self.act(self.second(self.act(self.first(x.flatten(1))))))


class SharedNorm(nn.Module):
    """One BatchNorm in two branches: its running averages take in both."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Linear(64, 32), nn.Linear(64, 32)
        self.norm, self.act = nn.BatchNorm1d(32), nn.ReLU(inplace=True)
        self.out = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Any:
        x = x.flatten(1)
        return self.out(self.act(self.norm(self.left(x))) + self.act(self.norm(self.right(x))))


class SharedLinear(nn.Module):
    """One linear layer called three times in a loop, as in a recurrent network."""

    def __init__(self) -> None:
        super().__init__()
        self.into, self.again, self.out = nn.Linear(64, 32), nn.Linear(32, 32), nn.Linear(32, 10)
        self.act = nn.ReLU()

    def forward(self, x: Tensor) -> Any:
        h = self.act(self.into(x.flatten(1)))
        for _ in range(3):
            h = h + self.act(self.again(h))
        return self.out(h)


class Tied(nn.Module):
    """Two layers share a weight, the second reads it by its own name and has a bias of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.into, self.one, self.two = nn.Linear(64, 32), nn.Linear(32, 32), nn.Linear(32, 32)
        self.two.weight = self.one.weight
        self.act, self.out = nn.ReLU(), nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Any:
        return self.out(self.act(self.two(self.act(self.one(self.act(self.into(x.flatten(1))))))))


class TiedEmbedding(nn.Module):
    """The table of an embedding is the weight of a linear layer, as in language models."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.mix = nn.Embedding(10, 24), nn.Linear(64, 24)
        self.act, self.out = nn.Tanh(), nn.Linear(24, 10, bias=False)
        nn.init.normal_(self.table.weight, std=0.1)
        self.out.weight = self.table.weight

    def forward(self, x: Tensor) -> Any:
        x = x.flatten(1)
        token = (x.mean(1) > 0).long()
        return self.out(self.act(self.mix(x) + self.table(token)))


class TwoNames(nn.Module):
    """The same activation and the same layer, registered under two names each."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Linear(64, 64)
        self.two = self.one
        self.act = nn.ReLU()
        self.body = nn.Sequential(nn.Linear(64, 24), self.act)
        self.out = nn.Linear(24, 10)

    def forward(self, x: Tensor) -> Any:
        return self.out(self.body(self.act(self.two(self.act(self.one(x.flatten(1)))))))


class OftenerInTraining(nn.Module):
    """Its block runs three times in training and twice in evaluation, behind layers of different width."""

    def __init__(self) -> None:
        super().__init__()
        self.into, self.again, self.out = nn.Linear(64, 32), nn.Linear(32, 32), nn.Linear(32, 10)
        self.act = nn.ReLU()
        self.wide, self.narrow = nn.Linear(32, 40), nn.Linear(40, 32)

    def forward(self, x: Tensor) -> Any:
        h = self.act(self.into(x.flatten(1)))
        for _ in range(3 if self.training else 2):
            h = h + self.act(self.again(h)) / 4
        return self.out(self.act(self.narrow(self.act(self.wide(h)))))


class NowAndThen(nn.Module):
    """A layer that training skips at random: the first calls are of this width now and then of that."""

    def __init__(self) -> None:
        super().__init__()
        self.into, self.wide, self.narrow = nn.Linear(64, 32), nn.Linear(32, 48), nn.Linear(48, 32)
        self.act, self.out = nn.ReLU(), nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Any:
        h = self.into(x.flatten(1))
        if not self.training or random.random() < 0.5:
            h = h + self.narrow(self.act(self.wide(h)))
        return self.out(self.act(h))


class Pieces(nn.Module):
    """One ReLU over batches of other sizes: rows of pictures, whole samples, and no sample at all."""

    def __init__(self) -> None:
        super().__init__()
        self.row, self.whole, self.out = nn.Linear(8, 6), nn.Linear(48, 24), nn.Linear(24, 10)
        self.act = nn.ReLU()

    def forward(self, x: Tensor) -> Any:
        rows = self.act(self.row(x.reshape(-1, 8)))  # (8 N, 6)
        self.act(self.row(x[:0, 0, 0]))  # an expert to which no sample is sent
        samples_last = self.act(self.whole(rows.reshape(-1, 48)).T)  # (24, N)
        return self.out(samples_last.T)


class Checkpointed(nn.Module):
    """Gradient checkpointing runs the middle once more in the backward pass."""

    def __init__(self) -> None:
        super().__init__()
        self.into, self.act = nn.Linear(64, 32), nn.ReLU()
        self.middle = nn.Sequential(nn.Linear(32, 24), self.act)
        self.out = nn.Linear(24, 10)

    def forward(self, x: Tensor) -> Any:
        h = self.act(self.into(x.flatten(1)))
        return self.out(checkpoint(self.middle, h, use_reentrant=False))


class Block(nn.Module):
    """A residual block as in torchvision's ResNet-18: one ReLU, called twice."""

    expansion = 1

    def __init__(self, inputs: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = _shortcut(inputs, width, stride)

    def forward(self, x: Tensor) -> Any:
        out = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(out)) + self.downsample(x))


class Bottleneck(nn.Module):
    """As in torchvision's ResNet-50: one ReLU for two widths."""

    expansion = 4

    def __init__(self, inputs: int, width: int, stride: int = 1) -> None:
        super().__init__()
        outputs = width * self.expansion
        self.conv1, self.bn1 = nn.Conv2d(inputs, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, outputs, 1, bias=False), nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(inputs, outputs, stride)

    def forward(self, x: Tensor) -> Any:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        return self.relu(self.bn3(self.conv3(out)) + self.downsample(x))


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Module:
    if stride == 1 and inputs == outputs:
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))


class _ResNet(nn.Module):
    def __init__(self, block: type[Block] | type[Bottleneck]) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)
        self.layer1 = block(8, 8)
        self.layer2 = block(8 * block.expansion, 12, stride=2)
        self.pool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(12 * block.expansion, 10)

    def forward(self, x: Tensor) -> Any:
        h = self.layer2(self.layer1(self.relu(self.bn1(self.conv1(x)))))
        return self.fc(torch.flatten(self.pool(h), 1))


def basic() -> nn.Module:
    """A ResNet of basic blocks."""
    return _ResNet(Block)


def bottlenecks() -> nn.Module:
    """A ResNet of bottlenecks."""
    return _ResNet(Bottleneck)
