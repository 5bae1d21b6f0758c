"""Layers that draw: a resumed run is the uninterrupted one, bit for bit, and evaluation draws nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.training.loop.epochs import train_epochs
from nnbabysit.core.training.loop.run_state import Progress, load_progress, save_progress
from nnbabysit.core.training.loop.steps import evaluate
from nnbabysit.core.training.setup.setup import assemble

RANDOM = {
    "dropconnect": ("mlp", {"hidden": [12], "dropconnect": 0.5}),
    "alpha dropout": ("mlp", {"hidden": [12], "activation": "selu", "dropout": 0.3}),
    "fractional pooling": ("cnn", {"channels": [4], "hidden": [], "pooling": "fractional"}),
    "stochastic depth": ("resnet", {"channels": [4, 8], "blocks": 1, "survival": 0.5}),
}


@pytest.mark.parametrize("layer", RANDOM)
def test_a_resumed_run_draws_what_the_uninterrupted_one_draws(
    layer: str, tmp_path: Path, digits: Dataset, make_config: Any
) -> None:
    name, args = RANDOM[layer]
    config = make_config(model={"name": name, "args": args}, training={"epochs": 3, "batch_size": 500})
    whole, first, second = (assemble(config, digits) for _ in range(3))
    costs = [record.train for record in train_epochs(whole, digits, config)]
    progress = Progress()
    for record in train_epochs(first, digits, config, epochs=1):
        progress.add(record)
    save_progress(tmp_path / "last.pt", progress, first, config)
    torch.rand(7)  # what a new process has drawn does not matter
    load_progress(tmp_path / "last.pt", second, config)
    rest = [record.train for record in train_epochs(second, digits, config, start_epoch=2)]
    assert rest == costs[1:]
    for one, other in zip(whole.model.state_dict().values(), second.model.state_dict().values(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("layer", RANDOM)
def test_evaluation_draws_nothing_and_training_does(layer: str, digits: Dataset, make_config: Any) -> None:
    name, args = RANDOM[layer]
    assembly = assemble(make_config(model={"name": name, "args": args}), digits)
    torch.manual_seed(0)
    state = torch.get_rng_state()
    scores = [evaluate(assembly.model, digits.validation, assembly.objective) for _ in range(2)]
    assert scores[0] == scores[1]
    assert torch.equal(torch.get_rng_state(), state)
    x, _ = digits.validation.take(torch.arange(50))
    with torch.no_grad():
        assert not torch.equal(assembly.model(x), assembly.model(x))
