"""Rivals: a random search by Optuna over a loop in plain PyTorch, as three kinds of people write it.

- ``typical``: as in the examples of both, with a ``DataLoader``;
- ``lean``: batches indexed from tensors in memory;
- ``lean2``: the same in two processes of one thread each;
- ``hyperband``: ``lean`` with Optuna's own sampler and its Hyperband pruner, told of every epoch.

``python -m tests.benchmarks.rivals KIND CASE FOLDER TRIALS EPOCHS SEED`` prints one JSON document. Trials
alone are timed: imports and loading are not, nor what torch and Optuna import at first use (``warm_up``).
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from tests.benchmarks.cases import CASES, DECAY, FACTOR, L2, LR, MOMENTUM, Case

ARRAYS = "arrays.npz"
PATIENCE = 3600
"""Seconds after which a process that another waits for is taken to be lost."""
Batches = Callable[[], Iterable[Sequence[Tensor]]]


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a rival is asked for."""

    kind: str
    case: str
    folder: str
    trials: int
    epochs: int
    seed: int


@dataclass(kw_only=True)
class Came:
    """What came of it.

    Attributes:
        seconds: Of all trials.
        warm_up: Seconds of a first step and an empty trial, not among them.
        best: Highest validation accuracy after any epoch.
        rises: Seconds and accuracy at each new best.
    """

    seconds: float = 0.0
    warm_up: float = 0.0
    best: float = 0.0
    rises: list[tuple[float, float]] = field(default_factory=list)


def network(case: str, sample: Sequence[int]) -> nn.Sequential:
    """The layers of our network, written by hand."""
    if case != "cnn":
        inputs, hidden = int(np.prod(sample)), 50 if case == "cifar-shape" else 100
        return nn.Sequential(nn.Flatten(), nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, 10))
    return nn.Sequential(
        *(nn.Conv2d(sample[0], 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(16 * (sample[1] // 4) * (sample[2] // 4), 64), nn.ReLU()),
        nn.Linear(64, 10),
    )


class Rival:
    """One process of a rival."""

    def __init__(self, order: Order) -> None:
        """Load the data."""
        self.order = order
        self.case = next(case for case in CASES if case.name == order.case)
        with np.load(Path(order.folder) / ARRAYS) as archive:
            arrays = {name: torch.from_numpy(archive[name]) for name in archive.files}
        self.x, self.y = arrays["x_train"], arrays["y_train"]
        self.x_validation, self.y_validation = arrays["x_validation"], arrays["y_validation"]
        self.batches = loaded(self.x, self.y, self.case) if order.kind == "typical" else self._indexed
        self.came = Came()
        self.began = 0.0

    def search(self) -> Came:
        """All trials."""
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        began = time.perf_counter()
        self._warm_up()
        self.began = time.perf_counter()
        self.came.warm_up = self.began - began
        torch.manual_seed(self.order.seed)
        study = self._study()
        study.optimize(self._trial, n_trials=self.order.trials)
        self.came.seconds = time.perf_counter() - self.began
        return self.came

    def _warm_up(self) -> None:
        """What is imported at first use: torch's optimizers alone take a second."""
        model = network(self.case.name, self.x.shape[1:])
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        nn.CrossEntropyLoss()(model(self.x[:2]), self.y[:2]).backward()
        optimizer.step()
        optuna.create_study().optimize(lambda trial: trial.suggest_float("lr", *LR, log=True), n_trials=1)

    def _study(self) -> optuna.Study:
        seed = self.order.seed
        if self.order.kind != "hyperband":
            return optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=seed))
        pruner = optuna.pruners.HyperbandPruner(
            min_resource=1, max_resource=self.order.epochs, reduction_factor=FACTOR
        )
        return optuna.create_study(
            direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed), pruner=pruner
        )

    def _trial(self, trial: optuna.Trial) -> float:
        lr = trial.suggest_float("lr", *LR, log=True)
        decay = trial.suggest_float("l2", *L2, log=True)
        model = network(self.case.name, self.x.shape[1:])
        optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=MOMENTUM, weight_decay=decay)
        schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=DECAY)
        loss_of, accuracy = nn.CrossEntropyLoss(), 0.0
        for epoch in range(1, self.order.epochs + 1):
            model.train()
            for x, y in self.batches():
                loss = loss_of(model(x), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            schedule.step()
            accuracy = self._accuracy(model)
            if self.order.kind == "hyperband":
                trial.report(accuracy, epoch)
                if trial.should_prune():
                    raise optuna.TrialPruned
        return accuracy

    def _accuracy(self, model: nn.Module) -> float:
        model.eval()
        with torch.no_grad():
            right = int((model(self.x_validation).argmax(1) == self.y_validation).sum())
        accuracy = right / len(self.y_validation)
        if accuracy > self.came.best:
            self.came.best = accuracy
            self.came.rises.append((time.perf_counter() - self.began, accuracy))
        return accuracy

    def _indexed(self) -> Iterable[Sequence[Tensor]]:
        size = self.case.batch
        order = torch.randperm(len(self.x))
        for start in range(0, len(order) - size + 1, size):
            indices = order[start : start + size]
            yield self.x[indices], self.y[indices]


def loaded(x: Tensor, y: Tensor, case: Case) -> Batches:
    """Batches as the tutorials make them."""
    loader = DataLoader(TensorDataset(x, y), batch_size=case.batch, shuffle=True, drop_last=True)
    return lambda: loader


def side_by_side(order: Order, number: int, barrier: Barrier, results: Any) -> None:
    """One of several processes; the clock starts when all have loaded."""
    torch.set_num_threads(1)
    rival = Rival(Order(**{**asdict(order), "seed": order.seed * 2 + number}))
    barrier.wait(timeout=PATIENCE)
    results.put(rival.search())


def in_processes(order: Order, processes: int) -> list[Came]:
    """The same in several processes, each with so many trials."""
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(processes), context.Queue()
    workers = [
        context.Process(target=side_by_side, args=(order, number, barrier, results))
        for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    found = [results.get(timeout=PATIENCE) for _ in workers]
    for worker in workers:
        worker.join()
    return found


def main() -> None:
    """Run one rival."""
    kind, case, folder, *numbers = sys.argv[1:]
    trials, epochs, seed = map(int, numbers)
    order = Order(kind=kind, case=case, folder=folder, trials=trials, epochs=epochs, seed=seed)
    found = in_processes(order, 2) if kind == "lean2" else [Rival(order).search()]
    seconds = max(came.seconds for came in found)
    best = max(found, key=lambda came: came.best)
    document = {
        "seconds": seconds,
        "trials": trials * len(found),
        "seconds_per_trial": seconds / (trials * len(found)),
        "warm_up": max(came.warm_up for came in found),
        "best": best.best,
        "rises": best.rises,
    }
    sys.stdout.write(json.dumps(document) + "\n")


if __name__ == "__main__":
    main()
