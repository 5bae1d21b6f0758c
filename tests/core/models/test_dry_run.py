"""A dry run leaves no trace."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nnbabysit.core.models.dry_run import BATCH, dry_run


class Restless(nn.Module):
    """Changes all that a forward pass can change: its mode, a buffer in place and a buffer by assignment."""

    count: Tensor
    last: Tensor

    def __init__(self) -> None:
        """A network of one normalization layer."""
        super().__init__()
        self.norm = nn.BatchNorm1d(3)
        self.register_buffer("count", torch.zeros(()))
        self.register_buffer("last", torch.zeros(3))

    def forward(self, x: Tensor) -> Tensor:
        self.train()
        self.count += 1
        self.last = x[0]
        y: Tensor = self.norm(x)
        return y


def test_buffers_are_as_before_even_when_forward_changes_them() -> None:
    net = Restless()
    before = {name: buffer.clone() for name, buffer in net.named_buffers()}
    buffers = [id(buffer) for buffer in net.buffers()]
    dry_run(net, (3,))
    assert all(torch.equal(buffer, before[name]) for name, buffer in net.named_buffers())
    assert [id(buffer) for buffer in net.buffers()] == buffers


def test_each_layer_is_in_the_mode_that_it_was_in() -> None:
    net = Restless()
    net.norm.eval()
    dry_run(net, (3,))
    assert (net.training, net.norm.training) == (True, False)


def test_the_network_sees_two_samples_in_evaluation_mode_without_gradients() -> None:
    seen: list[tuple[tuple[int, ...], bool, bool]] = []

    class Watcher(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            seen.append((tuple(x.shape), self.training, torch.is_grad_enabled()))
            return x

    dry_run(Watcher(), (4, 5))
    assert seen == [((BATCH, 4, 5), False, False)]


def test_random_numbers_of_others_are_not_used_up() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    dry_run(nn.Identity(), (4,))
    assert torch.equal(torch.rand(2), expected)
