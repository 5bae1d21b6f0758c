"""The mean of what several networks say, against the mean of their probabilities taken plainly."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from nnbabysit.core.data.preparation.targets import Task
from nnbabysit.core.training.evaluation.ensembling import mean_outputs, score_together
from nnbabysit.core.training.evaluation.outputs import probabilities_of
from nnbabysit.core.training.setup.losses import build_objective

SHAPES: dict[Task, tuple[int, ...]] = {
    "classification": (7, 5),
    "binary": (7, 1),
    "multilabel": (7, 3),
}


def members(shape: tuple[int, ...], count: int = 3) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=generator) * 4 for _ in range(count)]


@pytest.mark.parametrize("task", SHAPES)
def test_its_probabilities_are_the_mean_of_the_members(task: Task) -> None:
    outputs = members(SHAPES[task])
    expected = sum(probabilities_of(o, task) for o in outputs) / len(outputs)
    torch.testing.assert_close(probabilities_of(mean_outputs(outputs, task), task), expected)


def test_one_member_is_its_own_mean() -> None:
    (outputs,) = members((7, 5), count=1)
    torch.testing.assert_close(mean_outputs([outputs], "classification"), outputs.double().log_softmax(1))


def test_numbers_are_averaged_as_they_are() -> None:
    found = mean_outputs([torch.tensor([1.0, 2.0]), torch.tensor([[3.0], [6.0]])], "regression")
    assert found.tolist() == [2.0, 4.0]


def test_the_mean_is_of_probabilities_and_not_of_logits() -> None:
    """Two say 0 with 0.6, one says 1 with 0.999: the mean of probabilities is for 1, two votes are not."""
    outputs = [torch.tensor([[math.log(0.6), math.log(0.4)]])] * 2
    outputs += [torch.tensor([[math.log(0.001), math.log(0.999)]])]
    probabilities = probabilities_of(mean_outputs(outputs, "classification"), "classification")
    assert probabilities[0].tolist() == pytest.approx([1.201 / 3, 1.799 / 3])


def test_a_certain_error_has_a_finite_cost() -> None:
    outputs = [torch.tensor([[0.0, 1e4]]), torch.tensor([[0.0, 2e4]])]
    found = mean_outputs(outputs, "classification")
    assert found[0, 0] == pytest.approx(-1e4 - math.log(2))
    logits = mean_outputs([torch.tensor([[1e4]]), torch.tensor([[2e4]])], "binary")
    assert float(logits) == pytest.approx(1e4 + math.log(2))


def test_loss_and_accuracy_are_those_of_the_mean_by_hand() -> None:
    """p̄ of the truth is 0.5·(0.9 + 0.3) = 0.6 and 0.5·(0.2 + 0.4) = 0.3."""
    one = torch.tensor([[0.9, 0.1], [0.2, 0.8]]).log()
    two = torch.tensor([[0.3, 0.7], [0.4, 0.6]]).log()
    y = torch.tensor([0, 0])
    score = score_together(
        mean_outputs([one, two], "classification"), y, build_objective("cross_entropy", "classification")
    )
    assert score.loss == pytest.approx(-(math.log(0.6) + math.log(0.3)) / 2)
    assert score.accuracy == 0.5


def test_a_loss_of_something_else_than_probabilities_is_left_out() -> None:
    outputs, y = mean_outputs(members((7, 5)), "classification"), torch.zeros(7, dtype=torch.int64)
    score = score_together(outputs, y, build_objective("hinge", "classification"))
    assert math.isnan(score.loss)
    assert score.accuracy is not None


@pytest.mark.parametrize(("loss", "task"), [("bce", "multilabel"), ("mse", "regression")])
def test_targets_that_are_numbers_fit(loss: str, task: Task) -> None:
    outputs = mean_outputs(members((7, 3)), task)
    score = score_together(outputs, torch.ones(7, 3), build_objective(loss, task))
    assert math.isfinite(score.loss)
