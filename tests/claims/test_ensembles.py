"""What the notes say about ensembles (CS231n, lecture 7; Huang et al. 2017, "Snapshot ensembles")."""

from __future__ import annotations

from copy import deepcopy
from statistics import fmean

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.training.loop.epochs import train_epochs
from tests.claims.conftest import Build, Note

MEMBERS, CYCLE = 5, 4
SMALL = {"name": "mlp", "args": {"hidden": [12]}, "init": {"scheme": "he_normal"}}


@pytest.fixture(scope="module")
def unseen(digits: Dataset) -> tuple[Tensor, Tensor]:
    assert digits.test is not None
    return digits.test.take(torch.arange(len(digits.test)))


@pytest.fixture(scope="module")
def members(build: Build, digits: Dataset, unseen: tuple[Tensor, Tensor]) -> list[Tensor]:
    """Probabilities (N, C) of networks that differ in their seed, each trained for a whole run."""
    found = []
    for seed in range(MEMBERS):
        config, assembly = build(
            model=SMALL,
            seed=seed,
            schedule={"name": "cosine"},
            training={"epochs": MEMBERS * CYCLE, "batch_size": 50},
        )
        list(train_epochs(assembly, digits, config))
        found.append(_probabilities(assembly.model, unseen[0]))
    return found


@torch.no_grad()
def _probabilities(model: torch.nn.Module, x: Tensor) -> Tensor:
    probabilities: Tensor = model.eval()(x).softmax(1)
    return probabilities


def _scores(probabilities: Tensor, y: Tensor) -> tuple[float, float]:
    """Accuracy and log loss."""
    return float((probabilities.argmax(1) == y).float().mean()), float(F.nll_loss(probabilities.log(), y))


def test_an_ensemble_beats_its_mean_member(
    members: list[Tensor], unseen: tuple[Tensor, Tensor], note: Note
) -> None:
    y = unseen[1]
    alone = [_scores(member, y) for member in members]
    together = _scores(torch.stack(members).mean(0), y)
    note(mean_accuracy=fmean(accuracy for accuracy, _ in alone), ensemble_accuracy=together[0])
    note(mean_loss=fmean(loss for _, loss in alone), ensemble_loss=together[1])
    assert together[0] > fmean(accuracy for accuracy, _ in alone)
    assert together[1] < fmean(loss for _, loss in alone)


def test_snapshots_come_close_at_the_price_of_one_run(
    build: Build, digits: Dataset, members: list[Tensor], unseen: tuple[Tensor, Tensor], note: Note
) -> None:
    config, assembly = build(
        model=SMALL,
        optimizer={"name": "momentum", "lr": 0.05},
        schedule={"name": "warm_restarts", "period": CYCLE},
        training={"epochs": MEMBERS * CYCLE, "batch_size": 50},
    )
    snapshots = [
        _probabilities(deepcopy(assembly.model), unseen[0])
        for record in train_epochs(assembly, digits, config)
        if record.epoch % CYCLE == 0
    ]
    y = unseen[1]
    last, together = _scores(snapshots[-1], y), _scores(torch.stack(snapshots).mean(0), y)
    ensemble = _scores(torch.stack(members).mean(0), y)
    mean_member = fmean(_scores(member, y)[0] for member in members)
    note(last_snapshot=last[0], snapshots=together[0], ensemble=ensemble[0], mean_member=mean_member)
    assert len(snapshots) == MEMBERS
    assert together[0] >= mean_member
    assert together[0] > ensemble[0] - 0.015
