"""Throughput of ``train`` with all probes on against a bare PyTorch loop of the same network and batches.

Run by hand, alone on the machine: ``python tests/benchmarks/throughput.py [--json FILE]``. Goal: a ratio of
at least 0.95 on a small fully connected network and on a small convolutional one.

Both sides train the same network from the same weights on the same samples in the same order, the data in
memory as one tensor. The bare loop has ``torch.optim.SGD`` as anyone would write it and keeps no record at
all: no losses, no accuracy, no probes. Our side is what ``nnbabysit train`` does in an epoch: loss and
training accuracy, the check for divergence, all probes on their steps, metrics written to a run directory.
Evaluation on validation data and checkpoints are left out on both sides. The two sides alternate in one
process, so that a machine that slows down slows down both; the ratio is the median over neighboring epochs.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.data.splits.order import epoch_order
from nnbabysit.core.models.build import build_model
from nnbabysit.core.models.weights import weight_matrices
from nnbabysit.core.record.run import Run
from nnbabysit.core.training.loop.epoch_totals import Tally
from nnbabysit.core.training.loop.steps import train_steps
from nnbabysit.core.training.probes.step_probes import standard_probes
from nnbabysit.core.training.setup.clipping import Limits
from nnbabysit.core.training.setup.losses import build_objective
from nnbabysit.core.training.setup.optimizers import build_optimizer
from nnbabysit.core.training.setup.penalties import Penalty
from nnbabysit.core.training.setup.schedules import Schedule
from nnbabysit.core.training.setup.setup import Assembly, pick_device
from nnbabysit.core.workflow.gates.train.events import TrainEvents

GOAL = 0.95
PROBE_EVERY = 55
"""As in an epoch of Fashion-MNIST, 550 steps, also where fewer steps are timed."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One network and how much of an epoch is timed."""

    name: str
    model: dict[str, Any]
    steps: int


CASES = (
    Case(name="mlp 784-100-10", model={"name": "mlp", "args": {"hidden": [100]}}, steps=550),
    Case(
        name="cnn 16-32, 64-10",
        model={"name": "cnn", "args": {"channels": [16, 32], "kernel": 3, "pool": 2, "hidden": [64]}},
        steps=110,
    ),
)


def config_of(case: Case, device: str) -> Config:
    """Momentum and batches of 100, as in the bundled config; no penalty, since the bare loop has none."""
    return Config.model_validate(
        {
            "device": device,
            "model": case.model,
            "optimizer": {"name": "momentum", "lr": 0.01},
            "training": {"epochs": 1000, "batch_size": 100},
        }
    )


def images(samples: int, device: torch.device) -> ArraySplit:
    """Noise in the shape of Fashion-MNIST: the time does not depend on the content."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(samples, 1, 28, 28, generator=generator)
    y = torch.randint(0, 10, (samples,), generator=generator)
    return ArraySplit(x, y).on(device)


def network(config: Config, device: torch.device) -> nn.Module:
    """The same initial weights each time."""
    return build_model(config.model, input_shape=(1, 28, 28), num_outputs=10, seed=0).to(device)


class BareLoop:
    """What a tutorial would write."""

    def __init__(self, config: Config, split: ArraySplit, device: torch.device) -> None:
        """Put a fresh network beside the data."""
        self.model = network(config, device)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01, momentum=0.9)
        self.x, self.y = split.x, split.y
        self.device = device

    def epoch(self, number: int) -> None:
        """Train for one epoch."""
        self.model.train()
        order = epoch_order(len(self.x), 0, number).to(self.device)
        for start in range(0, len(order), 100):
            indices = order[start : start + 100]
            x, y = self.x[indices], self.y[indices]
            loss = F.cross_entropy(self.model(x), y)
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()


class Watched:
    """What ``train`` does between two looks at the validation split."""

    def __init__(self, config: Config, split: ArraySplit, device: torch.device, folder: Path) -> None:
        """Put a fresh network beside the data, and a run directory into ``folder``."""
        model = network(config, device)
        optimizer = build_optimizer(config.optimizer, model.parameters())
        self.assembly = Assembly(
            model=model,
            objective=build_objective("cross_entropy", "classification"),
            optimizer=optimizer,
            schedule=Schedule(config.schedule, optimizer, config.training.epochs, steps=len(split) // 100),
            penalty=Penalty(0.0, 0.0, list(weight_matrices(model).values())),
            limits=Limits(config.regularization, model),
            device=device,
        )
        self.split = split
        self.steps = len(split) // 100
        self.probes = standard_probes(model)
        self.run = Run.create(
            root=folder, command="train", config_yaml="{}\n", name=f"bench{os.getpid()}-{next(NUMBERS)}"
        )
        self.events = TrainEvents(
            self.run, config, steps_per_epoch=self.steps, start_epoch=1, clock=time.perf_counter
        )

    def epoch(self, number: int) -> None:
        """Train for one epoch."""
        tally = Tally(self.assembly, first_cost=1e9)
        first = (number - 1) * self.steps
        for record in train_steps(
            self.assembly,
            self.split,
            epoch=number,
            seed=0,
            batch_size=100,
            step=first,
            probes=self.probes,
            probe_every=PROBE_EVERY,
        ):
            tally.see(record)
            self.events.step(record)
            assert not tally.stopped
        tally.summary()


NUMBERS = count(1)


def timed(side: BareLoop | Watched, number: int, device: torch.device) -> tuple[float, float]:
    """Wall seconds and, which neighbors on the machine disturb less, CPU seconds of one epoch."""
    synchronize(device)
    start, start_cpu = time.perf_counter(), time.process_time()
    side.epoch(number)
    synchronize(device)
    return time.perf_counter() - start, time.process_time() - start_cpu


def synchronize(device: torch.device) -> None:
    """Wait for the device."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def same_weights(a: nn.Module, b: nn.Module) -> float:
    """Largest difference of two networks' weights: the two sides did the same work."""
    pairs: list[tuple[Tensor, Tensor]] = list(zip(a.parameters(), b.parameters(), strict=True))
    return max(float((x - y).detach().abs().max()) for x, y in pairs)


def measure(case: Case, device: torch.device, pairs: int, folder: Path) -> dict[str, Any]:
    """Alternate the two sides; the first pair warms up and is not counted."""
    config = config_of(case, str(device))
    split = images(case.steps * 100, device)
    bare, watched = BareLoop(config, split, device), Watched(config, split, device, folder)
    seconds: dict[str, list[float]] = {"bare": [], "train": []}
    cpu: dict[str, list[float]] = {"bare": [], "train": []}
    for number in range(1, pairs + 2):
        order: list[tuple[str, BareLoop | Watched]] = [("bare", bare), ("train", watched)]
        for name, side in order if number % 2 else reversed(order):
            wall, processor = timed(side, number, device)
            seconds[name].append(wall)
            cpu[name].append(processor)
        if number == 1:
            difference = same_weights(bare.model, watched.assembly.model)
    watched.run.close(0)
    ratios = [b / t for b, t in zip(seconds["bare"][1:], seconds["train"][1:], strict=True)]
    samples = case.steps * 100
    return {
        "case": case.name,
        "device": str(device),
        "pairs": pairs,
        "bare_samples_per_second": samples / statistics.median(seconds["bare"][1:]),
        "train_samples_per_second": samples / statistics.median(seconds["train"][1:]),
        "ratio": statistics.median(ratios),
        "ratio_quartiles": statistics.quantiles(ratios, n=4)[::2] if pairs > 1 else [],
        "cpu_ratio": statistics.median(b / t for b, t in zip(cpu["bare"][1:], cpu["train"][1:], strict=True)),
        "ratio_of_best": min(seconds["bare"][1:]) / min(seconds["train"][1:]),
        "weights_differ_by": difference,
        "goal": GOAL,
    }


def show(results: list[dict[str, Any]]) -> str:
    """A table."""
    head = ("network", "bare loop", "train, probes", "ratio", "quartiles", "of best", "CPU")
    lines = ["{:<18}{:>14}{:>16}{:>8}{:>16}{:>9}{:>8}".format(*head)]
    for row in results:
        low, high = row["ratio_quartiles"] or (row["ratio"], row["ratio"])
        lines.append(
            f"{row['case']:<18}{row['bare_samples_per_second']:>12,.0f}/s{row['train_samples_per_second']:>14,.0f}/s"
            f"{row['ratio']:>8.3f}{f'{low:.3f}-{high:.3f}':>16}{row['ratio_of_best']:>9.3f}{row['cpu_ratio']:>8.3f}"
        )
    return "\n".join(lines)


def main() -> int:
    """Measure every case; exit code 3 when one misses the goal."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pairs", type=int, default=15, help="epochs on each side")
    parser.add_argument("--only", default="", help="networks whose name starts so")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path, help="where to write the numbers")
    arguments = parser.parse_args()
    device = pick_device(arguments.device)
    with tempfile.TemporaryDirectory() as folder:
        results = [
            measure(case, device, arguments.pairs, Path(folder))
            for case in CASES
            if case.name.startswith(arguments.only)
        ]
    document = {
        "torch": torch.__version__,
        "python": platform.python_version(),
        "machine": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "results": results,
    }
    if arguments.json:
        arguments.json.write_text(json.dumps(document, indent=2) + "\n")
    sys.stdout.write(show(results) + "\n")
    return 0 if all(row["ratio"] >= GOAL for row in results) else 3


if __name__ == "__main__":
    sys.exit(main())
