"""Reconstruction: damage as a function of seed, epoch and sample; samples as targets; stages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.errors import NnbabysitError
from nnbabysit.core.training.reconstruction import (
    Corruption,
    Inputs,
    build_autoencoder,
    corruption,
    mean_cost,
    stages,
)

MakeConfig = Callable[..., Config]
MLP: dict[str, Any] = {"name": "mlp", "args": {"hidden": [20, 6]}}
CPU = torch.device("cpu")


def test_masking_sets_its_share_to_0_and_leaves_the_rest() -> None:
    x = torch.randn(200, 3, 10)
    damaged, _ = Corruption(kind="masking", noise=0.3, seed=0).apply(x, torch.arange(200), 1)
    gone = damaged == 0
    assert float(gone.float().mean()) == pytest.approx(0.3, abs=0.02)  # 6000 numbers: σ = 0.006
    assert torch.equal(damaged[~gone], x[~gone])


def test_gaussian_noise_has_its_standard_deviation() -> None:
    x = torch.randn(300, 20)
    noise = Corruption(kind="gaussian", noise=0.5, seed=0).apply(x, torch.arange(300), 1)[0] - x
    assert float(noise.std()) == pytest.approx(0.5, abs=0.02)
    assert float(noise.mean()) == pytest.approx(0.0, abs=0.03)


def test_gaussian_noise_is_a_multiple_of_the_spread_of_the_inputs(make_config: MakeConfig) -> None:
    config = make_config(pretrain={"corruption": "gaussian", "noise": 0.5})
    split = ArraySplit(4 * torch.randn(2000, 3), torch.zeros(2000))
    damage = corruption(config.pretrain, 0, split)
    assert damage is not None
    assert damage.noise == pytest.approx(2.0, rel=0.1)


@pytest.mark.parametrize("kind", ["masking", "gaussian"])
def test_a_samples_damage_depends_on_seed_epoch_and_sample_alone(kind: Any) -> None:
    x = torch.randn(6, 30)

    def damaged(rows: list[int], epoch: int = 1, seed: int = 0) -> torch.Tensor:
        order = torch.tensor(rows)
        return Corruption(kind=kind, noise=0.4, seed=seed).apply(x[order], order, epoch)[0]

    whole = damaged([0, 1, 2, 3, 4, 5])
    assert torch.equal(damaged([4, 2]), whole[[4, 2]])
    assert not torch.equal(damaged([0, 1, 2, 3, 4, 5], epoch=2), whole)
    assert not torch.equal(damaged([0, 1, 2, 3, 4, 5], seed=1), whole)


def test_inputs_are_their_own_targets_behind_the_layers_below() -> None:
    x = torch.randn(7, 4)
    below = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    inputs = Inputs(ArraySplit(x, torch.arange(7)), below).on(CPU)
    expected = below(x).detach()
    seen = list(inputs.batches(3, torch.tensor([6, 5, 4, 3, 2, 1, 0])))
    assert len(inputs) == 7
    assert all(torch.equal(first, second) and not first.requires_grad for first, second in seen)
    torch.testing.assert_close(torch.cat([y for _, y in seen]), expected.flip(0))
    torch.testing.assert_close(inputs.y, expected)
    torch.testing.assert_close(inputs.take(torch.tensor([2]))[1], expected[[2]])


def test_the_mean_sample_costs_the_distance_to_it() -> None:
    """The mean of 0 and 4 is 2; 1 and 5 are 1 and 3 away from it: (1 + 9) / 2."""
    train = ArraySplit(torch.tensor([[0.0], [4.0]]), torch.zeros(2))
    validation = ArraySplit(torch.tensor([[1.0], [5.0]]), torch.zeros(2))
    assert mean_cost(train, validation) == 5.0


@pytest.mark.parametrize(
    ("kind", "names", "damaged"),
    [
        ("autoencoder", ["all layers"], False),
        ("denoising", ["all layers"], True),
        ("stacked", ["hidden1", "hidden2"], True),
    ],
)
def test_what_is_trained_one_after_the_other(
    make_config: MakeConfig, digits: Dataset, kind: str, names: list[str], damaged: bool
) -> None:
    config = make_config(model=MLP, pretrain={"kind": kind})
    model = build_autoencoder(config, digits)
    found = list(stages(config, digits, model, CPU))
    assert [stage.name for stage in found] == names
    assert all((stage.assembly.augmentation is not None) == damaged for stage in found)
    trained = {id(p) for stage in found for p in stage.assembly.model.parameters()}
    assert trained == {id(p) for p in model.parameters()}
    for stage, width in zip(found, (64, 20), strict=False):
        x, y = stage.dataset.train.take(torch.arange(5))
        assert y[0].numel() == width
        assert stage.assembly.model(x).shape == y.shape


def test_no_noise_is_no_damage(make_config: MakeConfig, digits: Dataset) -> None:
    config = make_config(pretrain={"noise": 0})
    assert corruption(config.pretrain, 0, digits.train) is None


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"model": {"name": "cnn"}}, "made of the layers of an mlp, and the model is cnn"),
        ({"model": {"name": "mlp", "args": {"hidden": []}}}, "hidden"),
        ({"pretrain": {"batch_size": 1151}}, "1151 samples per batch, but the training split has 1150"),
        ({"pretrain": {"batch_size": 1}}, "one sample per batch cannot be batch-normalized"),
    ],
)
def test_what_cannot_be_pretrained_is_refused_in_words(
    make_config: MakeConfig, digits: Dataset, sections: dict[str, Any], words: str
) -> None:
    config = make_config(**sections)
    with pytest.raises(NnbabysitError, match=words):
        list(stages(config, digits, build_autoencoder(config, digits), CPU))
