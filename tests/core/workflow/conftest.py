"""Runs as a training leaves them, without the training."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from nnbabysit.core.config.loading import to_yaml
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.new_samples.signature import SIGNATURE_FILE, Signature
from nnbabysit.core.record.run import Run
from nnbabysit.core.training.checkpoints import BEST, save_weights
from nnbabysit.core.training.setup.setup import prepare

NewRun = Callable[..., Path]
Network = Callable[..., dict[str, Any]]
numbers = itertools.count()

NETWORK = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, in_features, num_outputs):
        super().__init__()
        self.output = nn.Linear(in_features, num_outputs)
        {constructor}

    def forward(self, x):
        {forward}
"""


@pytest.fixture
def network(tmp_path: Path) -> Network:
    """Section ``model`` for a network with these lines."""

    def write(forward: str, constructor: str = "") -> dict[str, Any]:
        path = tmp_path / f"net_{next(numbers)}.py"  # a new name each time, for modules stay imported
        path.write_text(NETWORK.format(forward=forward, constructor=constructor), encoding="utf-8")
        return {"name": f"{path}:Net"}

    return write


@pytest.fixture
def new_trained(tmp_path: Path) -> NewRun:
    """A run as a training leaves it, with weights that nobody trained."""

    def new(
        *, x: Any = None, y: Any = None, change: Callable[[nn.Module], None] | None = None, **more: Any
    ) -> Path:
        x = np.random.default_rng(0).normal(5, 3, size=(90, 4)) if x is None else x
        y = np.arange(len(x)) % 3 if y is None else y
        np.savez(tmp_path / "data.npz", x=x, y=y)
        document: dict[str, Any] = {
            "device": "cpu",
            "data": {"source": "npz", "path": str(tmp_path / "data.npz")},
            "model": {"name": "mlp", "args": {"hidden": [5], "norm": "batch", "dropout": 0.5}},
            "training": {"batch_size": 10},
        }
        document["data"].update(more.pop("data", {}))
        config = Config.model_validate({**document, **more})
        prepared = prepare(config)
        model = prepared.assembly.model
        with torch.no_grad():
            if change is not None:
                change(model)
        run = Run.create(root=tmp_path / "runs", command="train", config_yaml=to_yaml(config))
        save_weights(run.checkpoints / BEST, model)
        Signature.of(prepared.dataset).save(run.checkpoints / SIGNATURE_FILE)
        run.close(0)
        return run.path

    return new
