"""Statistics in chunks against the plain computation."""

from __future__ import annotations

import pytest
import torch

from nnbabysit.core.data.preparation import statistics as module
from nnbabysit.core.data.preparation.statistics import Moments, Statistics


def gathered(x: torch.Tensor, *, pieces: int = 1) -> Statistics:
    moments = Moments(tuple(x.shape[1:]))
    for piece in x.chunk(pieces):
        moments.add(piece)
    return moments.statistics()


def test_statistics_by_hand() -> None:
    s = gathered(torch.tensor([[1.0, 5.0], [2.0, 5.0], [6.0, 5.0]]))
    assert s.mean.tolist() == [3.0, 5.0]
    assert s.std.tolist() == pytest.approx([(14 / 3) ** 0.5, 0.0])  # (4 + 1 + 9) / 3
    assert s.minimum.tolist() == [1, 5]
    assert s.maximum.tolist() == [6, 5]
    assert (s.samples, s.features, s.constant, s.non_finite) == (3, 2, 1, 0)


@pytest.mark.parametrize("pieces", [1, 3, 7])
def test_batches_and_chunks_do_not_change_the_result(pieces: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.randn(50, 3, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 1e6
    monkeypatch.setattr(module, "CHUNK_BYTES", 300)
    s = gathered(x, pieces=pieces)
    torch.testing.assert_close(s.mean, x.mean(0), rtol=1e-12, atol=0)
    torch.testing.assert_close(s.std, x.std(0, correction=0), rtol=1e-9, atol=0)


def test_bytes_are_counted_without_overflow() -> None:
    s = gathered(torch.full((1000, 1), 255, dtype=torch.uint8))
    assert s.mean.item() == 255
    assert s.std.item() == 0


def test_values_that_are_not_finite_are_left_out_and_counted() -> None:
    nan, inf = float("nan"), float("inf")
    s = gathered(torch.tensor([[1.0, nan, nan], [3.0, inf, nan], [nan, 4.0, -inf]]), pieces=2)
    assert s.count.tolist() == [2, 1, 0]
    assert s.mean.tolist() == [2, 4, 0]
    assert s.std.tolist() == [1, 0, 0]
    assert s.minimum.tolist() == [1, 4, 0]
    assert s.non_finite == 6


def test_pooled_features_are_one_population() -> None:
    x = torch.randn(30, 3, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    channels = gathered(x).pooled((1, 2))
    torch.testing.assert_close(channels.mean.flatten(), x.mean((0, 2, 3)))
    torch.testing.assert_close(channels.std.flatten(), x.std((0, 2, 3), correction=0))
    overall = gathered(x).overall()
    torch.testing.assert_close(overall.std.squeeze(), x.std(correction=0))
    assert overall.maximum.item() == x.max()
