"""A small residual network, written as somebody would who has never heard of the tool that trains it."""

import torch
from torch import nn


class Block(nn.Module):
    """Two convolutions and a way around them."""

    def __init__(self, width: int) -> None:
        """Build the layers."""
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, width, H, W) → the same shape."""
        residual = self.norm2(self.conv2(torch.relu(self.norm1(self.conv1(x)))))
        return torch.relu(x + residual)


class ResidualNet(nn.Module):
    """Stem, residual blocks, global average, linear output."""

    def __init__(self, in_channels: int, num_classes: int, width: int = 16, blocks: int = 2) -> None:
        """Build the layers for images of 8×8 pixels or more."""
        super().__init__()
        self.stem = nn.Conv2d(in_channels, width, 3, stride=2, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.blocks = nn.Sequential(*(Block(width) for _ in range(blocks)))
        self.output = nn.Linear(width, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Images (N, in_channels, H, W) → scores (N, num_classes)."""
        x = self.blocks(torch.relu(self.norm(self.stem(x))))
        scores: torch.Tensor = self.output(x.mean(dim=(2, 3)))
        return scores
