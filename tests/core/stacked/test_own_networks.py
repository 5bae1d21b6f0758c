"""Networks of the user's own, written in many ways: stacked they come to what each comes to alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.stacked.conftest import Training

LR = "optimizer.lr"

OWN = '''
import torch
import torch.nn.functional as F
from torch import nn

class Net(nn.Module):
    """Everything by functions: a residual sum, views, sizes, dropout, and a parameter in arithmetic."""

    def __init__(self, num_classes, dropout=0.3):
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.gain = nn.Parameter(torch.ones(4, 1, 1))
        self.scale = nn.Parameter(torch.tensor(1.0))
        self.shift = nn.Parameter(torch.zeros(16))
        self.out = nn.Linear(64, 16)
        self.last = nn.Linear(16, num_classes)
        self.dropout = dropout

    def forward(self, x):
        h = F.relu(self.first(x))
        h = h + self.gain * torch.tanh(self.second(h))
        h = F.max_pool2d(h, 2)
        h = h.view(x.size(0), -1)
        h = F.dropout(h, p=self.dropout, training=self.training)
        h = self.out(h.reshape(h.shape[0], 64)) * self.scale - self.shift
        h = F.gelu(h) / 2 + 1
        return self.last(2 - h)
'''


@pytest.fixture(scope="session")
def own_network(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("own") / "own_network_of_a_stack.py"
    path.write_text(OWN)
    return f"{path}:Net"


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_a_network_of_the_users_own(training: Training, own_network: str, optimizer: str) -> None:
    clips = "regularization.clip_norm"
    shared = {"model.name": own_network, "optimizer.name": optimizer}
    training.check_equal(shared, {LR: 0.01, clips: 0.5}, {LR: 3e-3, clips: None}, {LR: 1e-3, clips: 0.1})


OWN_LOSSES = """
import torch

def triplet(z, y):
    assert len(y) <= 25
    d, same = torch.cdist(z, z), y[:, None] == y
    return torch.relu(d.masked_fill(~same, 0).amax(1) - d.masked_fill(same, 1e9).amin(1) + 0.5).mean()

def focal(z, y):
    assert len(y) <= 25
    cost = torch.nn.functional.cross_entropy(z, y, reduction="none")
    return ((1 - (-cost).exp()) ** 2 * cost).mean()
"""


@pytest.mark.parametrize("loss", ["triplet", "focal"])
def test_a_loss_of_the_users_own(training: Training, tmp_path: Path, loss: str) -> None:
    path = tmp_path / f"losses_of_a_stack_{loss}.py"
    path.write_text(OWN_LOSSES)
    training.check_equal({"loss": f"{path}:{loss}"}, {LR: 0.01}, {LR: 3e-3})
