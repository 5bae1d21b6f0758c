"""Averaged weights: the sums by hand, the training untouched, the statistics of the average its own."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
import torch
from torch import nn

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.errors import UserCodeError
from nnbabysit.core.training.loop.averaging import Averaging


def averaging(model: nn.Module, epochs: int = 4, **settings: Any) -> Averaging:
    config = Config.model_validate({"training": {"epochs": epochs, "average": settings}})
    found = Averaging.of(config, model)
    assert found is not None
    return found


def single(weight: float = 0.0) -> nn.Linear:
    model = nn.Linear(1, 1, bias=False, dtype=torch.float64)
    model.weight.data.fill_(weight)
    return model


def split(x: torch.Tensor) -> ArraySplit:
    return ArraySplit(x, torch.zeros(len(x), dtype=torch.int64))


def averaged(average: Averaging, x: torch.Tensor | None = None) -> nn.Module:
    x = torch.ones(4, 1, dtype=torch.float64) if x is None else x
    return average.finished(split(x), seed=0, batch_size=2, epoch=4)


def weight(average: Averaging) -> float:
    return float(next(averaged(average).parameters()).detach())


def test_ema_is_the_sum_by_hand() -> None:
    """The decay is min(0.4, 2/11), min(0.4, 3/12), min(0.4, 4/13), ...: at last 0.4."""
    model = single()
    average = averaging(model, kind="ema", decay=0.4)
    expected = None
    for count, value in enumerate([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]):
        model.weight.data.fill_(value)
        average.after_step(epoch=1)
        decay = min(0.4, (1 + count) / (10 + count))
        expected = value if expected is None else decay * expected + (1 - decay) * value
        assert weight(average) == pytest.approx(expected)
    assert average.count == 7


def test_swa_is_the_mean_of_the_epochs_after_its_start() -> None:
    model = single()
    average = averaging(model, kind="swa", start=0.5)
    for epoch in (1, 2, 3, 4):
        model.weight.data.fill_(100.0)
        average.after_step(epoch)
        model.weight.data.fill_(float(epoch))
        average.after_epoch(epoch)
    assert weight(average) == 3.5
    assert average.count == 2


def test_swa_begins_with_the_last_quarter_when_nothing_is_said() -> None:
    average = averaging(single(), kind="swa", epochs=8)
    for epoch in range(1, 9):
        average.after_epoch(epoch)
    assert average.count == 2


def test_it_goes_on_from_its_state() -> None:
    whole_model, cut_model = single(), single()
    whole = averaging(whole_model, kind="ema", decay=0.9)
    cut = averaging(cut_model, kind="ema", decay=0.9)
    for value in range(20):
        if value == 7:
            state, cut = deepcopy(cut.state_dict()), averaging(cut_model, kind="ema", decay=0.9)
            cut.load_state_dict(state)
        for model, average in ((whole_model, whole), (cut_model, cut)):
            model.weight.data.fill_(float(value))
            average.after_step(1)
    assert weight(cut) == weight(whole)


def test_statistics_of_batch_normalization_are_those_of_the_average() -> None:
    """One batch of 0, 1, 2, 3 times the averaged weight 3: mean 4.5 and variance 15, unbiased."""
    model = nn.Sequential(single(), nn.BatchNorm1d(1, dtype=torch.float64))
    average = averaging(model, kind="swa", start=0)
    for value in (2.0, 4.0):
        next(model.parameters()).data.fill_(value)
        average.after_epoch(4)
    x = torch.arange(4, dtype=torch.float64)[:, None]
    found = average.finished(split(x), seed=0, batch_size="full", epoch=4)
    assert float(found.get_buffer("1.running_mean")) == pytest.approx(4.5)
    assert float(found.get_buffer("1.running_var")) == pytest.approx(15)
    assert not found.training
    assert float(model.get_buffer("1.running_mean")) == 0


def test_statistics_of_frozen_batch_normalization_are_those_it_was_frozen_with() -> None:
    """The layers above learned from what it gives with them, and are measured behind it."""
    model = nn.Sequential(nn.BatchNorm1d(1, dtype=torch.float64), nn.BatchNorm1d(1, dtype=torch.float64))
    model.get_buffer("0.running_mean").fill_(10.0)
    model[0].requires_grad_(False).eval()
    average = averaging(model, kind="swa", start=0)
    average.after_epoch(4)
    x = torch.arange(4, dtype=torch.float64)[:, None]
    found = average.finished(split(x), seed=0, batch_size="full", epoch=4)
    assert float(found.get_buffer("0.running_mean")) == 10
    assert float(found.get_buffer("1.running_mean")) == pytest.approx(1.5 - 10, rel=1e-4)


def test_measuring_statistics_with_dropout_leaves_the_random_numbers_of_others() -> None:
    model = nn.Sequential(single(1.0), nn.Dropout(), nn.BatchNorm1d(1, dtype=torch.float64))
    average = averaging(model, kind="swa", start=0)
    average.after_epoch(4)
    x = torch.rand(50, 1, dtype=torch.float64)
    torch.manual_seed(3)
    before = torch.get_rng_state()
    one, other = averaged(average, x), averaged(average, x)
    assert torch.equal(torch.get_rng_state(), before)
    means = [float(network.get_buffer("2.running_mean")) for network in (one, other)]
    assert means[0] == means[1] > 0


def test_a_network_that_cannot_be_copied_is_told() -> None:
    class Own(nn.Linear):
        def __deepcopy__(self, memo: object) -> Own:
            raise TypeError("no copies")

    with pytest.raises(UserCodeError, match="cannot be copied, as an average needs it: TypeError: no copies"):
        averaging(Own(1, 1), kind="ema")


def test_nothing_is_made_of_nothing() -> None:
    with pytest.raises(ValueError, match="nothing was averaged"):
        averaged(averaging(single(), kind="ema"))
