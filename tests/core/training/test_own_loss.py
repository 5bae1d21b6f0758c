"""Losses of the user's own: asked in batches of the training's size, with an accuracy if there is one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from nnbabysit.core import import_path
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.record.run import Run
from nnbabysit.core.training.loop.steps import evaluate
from nnbabysit.core.training.setup.losses import Objective, build_objective
from nnbabysit.core.training.setup.own_loss import wants_class_scores
from nnbabysit.core.workflow.gates.overfit_tiny import run_overfit_tiny
from nnbabysit.core.workflow.gates.sanity import run_sanity
from nnbabysit.core.workflow.gates.search.search import run_search
from nnbabysit.core.workflow.gates.train.train import run_train
from nnbabysit.core.workflow.result import StepResult

CPU = torch.device("cpu")


def focal(z: Tensor, y: Tensor) -> Tensor:
    cost = F.cross_entropy(z, y, reduction="none")
    return ((1 - (-cost).exp()) ** 2 * cost).mean()


def weighted(z: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(z / 20, y, weight=torch.linspace(0.01, 1, z.shape[1]))


def of_probabilities(p: Tensor, y: Tensor) -> Tensor:
    return F.binary_cross_entropy(p, F.one_hot(y, p.shape[1]).float())  # raises on scores


def of_log_probabilities(logs: Tensor, y: Tensor) -> Tensor:
    if bool((logs > 1e-6).any()):
        raise ValueError("log-probabilities are not above 0")
    return F.nll_loss(logs, y)


def dice(z: Tensor, y: Tensor) -> Tensor:
    p, truth = z.softmax(1), F.one_hot(y, z.shape[1])
    return 1 - (2 * (p * truth).sum(0) / (p + truth).sum(0).clamp(min=1e-6)).mean()


def triplet(z: Tensor, y: Tensor) -> Tensor:
    d, same = torch.cdist(z, z), y[:, None] == y
    far = d.masked_fill(~same, 0).amax(1)
    near = d.masked_fill(same, 1e9).amin(1)
    return torch.relu(far - near + 0.5).mean()


def supervised_contrast(z: Tensor, y: Tensor) -> Tensor:
    z, others = F.normalize(z, dim=1), ~torch.eye(len(y), dtype=torch.bool)
    likeness = (z @ z.T / 0.1).masked_fill(~others, -1e9)
    same = (y[:, None] == y) & others
    logs = likeness - likeness.logsumexp(1, keepdim=True)
    return -((logs * same).sum(1) / same.sum(1).clamp(min=1)).mean()


def spread(z: Tensor, y: Tensor) -> Tensor:
    return torch.stack([z[y == c].var(0, correction=0).mean() for c in set(y.tolist())]).mean()


def distances(z: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(-z, y)  # the lowest output is the answer


def ordinal(z: Tensor, y: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(z, (y[:, None] > torch.arange(z.shape[1])).float())


def nothing(z: Tensor, _y: Tensor) -> Tensor:
    return z.sum() * 0


def not_a_number(z: Tensor, _y: Tensor) -> Tensor:
    return z.sum() * torch.nan


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("batch", [1, 8, 32])
@pytest.mark.parametrize("loss", [focal, weighted, of_probabilities, of_log_probabilities, dice])
def test_losses_over_class_scores_have_an_accuracy(loss: Any, classes: int, batch: int) -> None:
    assert wants_class_scores(loss, classes, batch, CPU)


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("batch", [1, 8, 32])
@pytest.mark.parametrize(
    "loss", [triplet, supervised_contrast, spread, distances, ordinal, nothing, not_a_number]
)
def test_others_have_none(loss: Any, classes: int, batch: int) -> None:
    assert not wants_class_scores(loss, classes, batch, CPU)


def test_asking_leaves_random_state_alone_and_asks_for_no_more_than_a_batch() -> None:
    sizes = []

    def drawing(z: Tensor, y: Tensor) -> Tensor:
        sizes.append(len(y))
        torch.rand(3)
        return focal(z, y)

    state = torch.get_rng_state()
    assert wants_class_scores(drawing, 10, 7, CPU)
    assert torch.equal(torch.get_rng_state(), state)
    assert max(sizes) == 7


def _objective(fn: Any, batch_size: int | None) -> Objective:
    return Objective(name="my:loss", task="classification", fn=fn, batch_size=batch_size)


@pytest.mark.parametrize("samples", [1, 7, 8, 9, 65, 100])
def test_a_mean_over_samples_is_the_same_in_parts_none_of_which_is_a_sample_by_itself(samples: int) -> None:
    generator, sizes = torch.Generator().manual_seed(0), []

    def noting(z: Tensor, y: Tensor) -> Tensor:
        sizes.append(len(y))
        return focal(z, y)

    z = torch.randn(samples, 4, generator=generator, requires_grad=True)
    y = torch.randint(4, (samples,), generator=generator)
    parts, whole = _objective(noting, 8).loss(z, y), focal(z, y)
    assert float(parts.detach()) == pytest.approx(float(whole.detach()), rel=1e-6)
    assert max(sizes) <= 8
    assert sum(sizes) == samples
    assert min(sizes) > 1 or samples == 1
    torch.testing.assert_close(torch.autograd.grad(parts, z)[0], torch.autograd.grad(whole, z)[0])


def test_built_in_losses_are_asked_as_ever() -> None:
    objective = build_objective("cross_entropy", "classification", batch_size=8)
    assert objective.batch_size is None
    assert objective.order(100) is None
    z, y = torch.randn(100, 3, generator=torch.Generator().manual_seed(0)), torch.arange(100) % 3
    assert float(objective.loss(z, y)) == float(F.cross_entropy(z, y))


def test_a_split_that_is_stored_class_by_class_is_mixed() -> None:
    seen = []

    def noting(z: Tensor, y: Tensor) -> Tensor:
        seen.append(len(set(y.tolist())))
        return focal(z, y)

    split = ArraySplit(torch.zeros(600, 3), torch.arange(3).repeat_interleave(200))
    model = torch.nn.Identity()
    evaluate(model, split, _objective(noting, 20))
    assert min(seen[-30:]) > 1


OWN = """
import torch

SIZES = []

def triplet(z, y):
    SIZES.append(len(y))
    d, same = torch.cdist(z, z), y[:, None] == y
    return torch.relu(d.masked_fill(~same, 0).amax(1) - d.masked_fill(same, 1e9).amin(1) + 0.5).mean()

def focal(z, y):
    SIZES.append(len(y))
    cost = torch.nn.functional.cross_entropy(z, y, reduction="none")
    return ((1 - (-cost).exp()) ** 2 * cost).mean()
"""


@pytest.fixture
def own(tmp_path: Path) -> Callable[[str], str]:
    path = tmp_path / f"losses_of_{tmp_path.name}.py"
    path.write_text(OWN)
    return lambda name: f"{path}:{name}"


@pytest.mark.parametrize("name", ["triplet", "focal"])
def test_every_gate_asks_in_batches_of_the_training(
    name: str, own: Callable[[str], str], make_config: Callable[..., Config], digits: Dataset, tmp_path: Path
) -> None:
    config = make_config(
        loss=own(name),
        training={"epochs": 2, "batch_size": 16},
        optimizer={"name": "adam", "lr": 0.003},
        schedule={"name": "constant"},
        overfit_tiny={"samples": 20, "epochs": 150},
        search={
            "coarse": {"trials": 3, "epochs": 1, "space": {"optimizer.lr": {"log_uniform": [1e-3, 1e-2]}}}
        },
    )
    steps: dict[str, Callable[..., StepResult]] = {
        "sanity": run_sanity,
        "tiny": run_overfit_tiny,
        "search": partial(run_search, stage="coarse"),
        "train": run_train,
    }
    results = {}
    for command, step in steps.items():
        with Run.create(root=tmp_path, command=command, config_yaml="") as run:
            results[command] = step(config, run, dataset=digits)
    sizes = vars(sys.modules[import_path.load(config.loss).__module__])["SIZES"]
    assert max(sizes) == 16
    accuracy, tiny = results["train"].metrics["best_val_accuracy"], results["tiny"]
    assert tiny.verdict == "pass"
    if name == "focal":
        assert accuracy > 0.5
        assert tiny.metrics["final_accuracy"] == 1.0
        assert results["search"].tables[0].columns[1] == "val_acc"
    else:
        assert accuracy is None
        assert tiny.metrics["final_accuracy"] is None
        assert results["search"].tables[0].columns[1] == "val_loss"
