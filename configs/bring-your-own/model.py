"""A network of your own: any torch.nn.Module will do, nothing is subclassed or registered."""

import torch
from torch import nn


class Net(nn.Module):
    """Two hidden layers; `in_features` and `num_classes` are filled in because the signature names them."""

    def __init__(self, in_features: int, num_classes: int, hidden: int = 32) -> None:
        """Build the layers; `hidden` is set by `model.args` in the config."""
        super().__init__()
        self.hidden1 = nn.Linear(in_features, hidden)
        self.hidden2 = nn.Linear(hidden, hidden)
        self.output = nn.Linear(hidden, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scores (N, num_classes) for samples (N, in_features); the loss takes them without softmax."""
        x = torch.relu(self.hidden1(x))
        x = torch.relu(self.hidden2(x))
        return self.output(x)
