"""Cases of the search benchmark: networks, data, settings of both sides, and the goals.

Standard library alone: the process that starts all others must stay small, since Linux counts what a process
held before ``exec`` into the peak memory of what it has become.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LR = (1e-4, 1e-1)
L2 = (1e-6, 1e-1)
"""Ranges of both sides, log-uniform."""
MOMENTUM, DECAY = 0.9, 0.9
FACTOR = 3
"""One trial in so many goes on behind each rung, on both sides."""
FASHION = {
    "source": "idx",
    "path": "/usr/share/datasets/fashion-mnist",
    "validation": 5000,
    "preprocess": {"center": "pixel", "scale": "unit255"},
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One network on one data source.

    Attributes:
        name: As ``--only`` takes it.
        text: As people are told.
        data: Settings of the data; an empty path stands for random images.
        model: Settings of our network.
        batch: Samples of a mini-batch.
        epochs: Epochs of a trial.
        trials: Trials of one of our searches.
        rival_trials: Trials of one run of a rival, of each of its processes.
        goals: Side, rival → how many times faster we are to be.
        share: Fraction of the machine's own matrix products that is to be reached in fp32.
    """

    name: str
    text: str
    data: dict[str, Any]
    model: dict[str, Any]
    batch: int
    epochs: int = 5
    trials: int
    rival_trials: int
    goals: dict[tuple[str, str], float]
    share: float | None = None

    @property
    def halved_epochs(self) -> int:
        """Epochs of a race with halving: rungs at the end of epochs 1 and 3 on both sides."""
        return FACTOR**2


@dataclass(frozen=True, kw_only=True)
class Work:
    """What one search is asked for, on either side.

    Attributes:
        trials: How many.
        epochs: Of each.
        seed: Of draws, weights and order; the splits stay.
        halving: Whether the worst stop early.
        bf16: Whether our wide products are in bf16.
    """

    trials: int
    epochs: int
    seed: int = 0
    halving: bool = False
    bf16: bool = False

    def config(self, case: Case, folder: Path) -> dict[str, Any]:
        """Our config of it."""
        search: dict[str, Any] = {
            "coarse": {
                "trials": self.trials,
                "epochs": self.epochs,
                "space": {
                    "optimizer.lr": {"log_uniform": list(LR)},
                    "regularization.l2": {"log_uniform": list(L2)},
                },
            }
        }
        if self.halving:
            search["halving"] = {"factor": FACTOR}
        path = case.data.get("path")
        return {
            "name": case.name,
            "seed": self.seed,
            "device": "cpu",
            "data": {**case.data, "seed": 0} | ({"path": str(folder / RANDOM)} if path == "" else {}),
            "model": case.model,
            "optimizer": {"name": "momentum", "lr": 0.01, "momentum": MOMENTUM},
            "schedule": {"name": "exponential", "factor": DECAY},
            "training": {"epochs": self.epochs, "batch_size": case.batch},
            "search": search,
        }

    def write(self, case: Case, folder: Path) -> Path:
        """Our config as a file; JSON is YAML."""
        path = folder / f"{case.name}.yaml"
        path.write_text(json.dumps(self.config(case, folder)), encoding="utf-8")
        return path


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a case comes to once its data is loaded.

    Attributes:
        train: Training samples.
        validation: Validation samples.
        training_flops: Floating-point operations of a training sample: forward, both gradients.
        evaluation_flops: The same of a validation sample.
        parameters: Numbers that the network learns.
        torch: Its version.
    """

    train: int
    validation: int
    training_flops: float
    evaluation_flops: float
    parameters: int
    torch: str = field(default="")

    def flops(self, epochs: int) -> float:
        """Of one trial, with one evaluation per epoch."""
        return epochs * (self.train * self.training_flops + self.validation * self.evaluation_flops)


RANDOM = "random.npz"
CASES = (
    Case(
        name="digits",
        text="digits, 64-100-10, batch 64",
        data={
            "source": "digits",
            "validation": 360,
            "preprocess": {"center": "channel", "scale": "standard"},
        },
        model={"name": "mlp", "args": {"hidden": [100]}},
        batch=64,
        trials=200,
        rival_trials=20,
        goals={("fp32", "typical"): 40.0, ("fp32", "lean2"): 15.0},
    ),
    Case(
        name="fashion-mnist",
        text="Fashion-MNIST, 784-100-10, batch 100",
        data=FASHION,
        model={"name": "mlp", "args": {"hidden": [100]}},
        batch=100,
        trials=32,
        rival_trials=3,
        goals={("fp32", "typical"): 7.0, ("fp32", "lean2"): 3.0, ("bf16", "typical"): 9.0},
    ),
    Case(
        name="cifar-shape",
        text="random images in the shape of CIFAR-10, 3072-50-10, batch 100",
        data={
            "source": "npz",
            "path": "",
            "validation": 1000,
            "preprocess": {"center": "pixel", "scale": "unit255"},
        },
        model={"name": "mlp", "args": {"hidden": [50]}},
        batch=100,
        trials=32,
        rival_trials=3,
        goals={("fp32", "typical"): 5.5, ("fp32", "lean2"): 3.0, ("bf16", "typical"): 8.0},
        share=0.75,
    ),
    Case(
        name="cnn",
        text="Fashion-MNIST, 3×3 convolutions of 8 and 16 filters, each pooled, then 64-10, batch 100",
        data=FASHION,
        model={"name": "cnn", "args": {"channels": [8, 16], "kernel": 3, "pool": 2, "hidden": [64]}},
        batch=100,
        epochs=1,
        trials=8,
        rival_trials=2,
        goals={("fp32", "typical"): 1.5, ("fp32", "lean2"): 1.0},
    ),
)
