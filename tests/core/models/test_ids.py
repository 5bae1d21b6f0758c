"""Which inputs a network looks up, seen by running it."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nnbabysit.core.models.ids import are_whole, looked_up

X = torch.randint(0, 9, (64, 4), generator=torch.Generator().manual_seed(0)).float()


class Tokens(nn.Module):
    """Every number is looked up."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(40, 3)
        self.place = nn.Embedding(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return (self.table(x.long()) + self.place(torch.arange(x.shape[1]))).mean(1)  # type: ignore[no-any-return]


class Shifted(Tokens):
    """Each field has its own part of one table, and padding is 0."""

    def forward(self, x: Tensor) -> Tensor:
        return self.table(x.long() + torch.tensor([1, 11, 21, 31])).mean(1)  # type: ignore[no-any-return]


class OneHot(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return F.one_hot(x.long(), 9).float().mean(1)


class Indexed(Tokens):
    """By the weight itself."""

    def forward(self, x: Tensor) -> Tensor:
        return self.table.weight[x.long()].mean(1)


class Mixed(Tokens):
    """The first number is an id, the others are quantities."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.table(x[:, 0].long()), x[:, 1:]], 1)


class Pixels(Tokens):
    """Looks up places, as a vision transformer does, and computes with the numbers."""

    def forward(self, x: Tensor) -> Tensor:
        return (x[:, :, None] + self.place(torch.arange(x.shape[1]))).mean(1)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (Tokens, [True] * 4),
        (Shifted, [True] * 4),
        (OneHot, [True] * 4),
        (Indexed, [True] * 4),
        (Mixed, [True, False, False, False]),
        (Pixels, [False] * 4),
        (lambda: nn.Linear(4, 2), [False] * 4),
    ],
)
def test_what_is_looked_up_is_seen_by_running_the_network(
    network: type[nn.Module], expected: list[bool]
) -> None:
    assert looked_up(network(), X).tolist() == expected


def test_a_token_that_never_varies_is_one_like_the_others() -> None:
    x = X.clone()
    x[:, 0] = 1
    assert bool(looked_up(Tokens(), x).all())


@pytest.mark.parametrize(
    ("x", "expected"), [(X, True), (X - 1, False), (X / 2, False), (X * torch.nan, False)]
)
def test_ids_are_whole_numbers_from_0_on(x: Tensor, expected: bool) -> None:
    assert are_whole(x) is expected
