"""Losses, the chance-level loss, and what counts as right."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from nnbabysit.core.data.preparation.augmentation import Mix
from nnbabysit.core.errors import UserCodeError, UserError
from nnbabysit.core.training.setup.losses import build_objective


def test_hinge_sums_the_margins_of_the_wrong_classes() -> None:
    logits = torch.tensor([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
    loss = build_objective("hinge", "classification").loss(logits, torch.tensor([0, 1, 2]))
    assert float(loss) == pytest.approx((2.9 + 0 + 12.9) / 3, abs=1e-5)  # CS231n, lecture 3: cat, car, frog


@pytest.mark.parametrize(("name", "expected"), [("cross_entropy", math.log(10)), ("hinge", 9.0)])
def test_equal_outputs_cost_what_chance_says(name: str, expected: float) -> None:
    objective = build_objective(name, "classification")
    y = torch.arange(10)
    assert float(objective.loss(torch.zeros(10, 10), y)) == pytest.approx(expected, rel=1e-6)
    assert objective.chance(10, y) == pytest.approx(expected)


@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_bce_takes_outputs_with_and_without_a_column(shape: tuple[int, ...]) -> None:
    objective = build_objective("bce", "binary")
    y = torch.tensor([0.0, 1.0, 1.0, 0.0])
    assert float(objective.loss(torch.zeros(shape), y)) == pytest.approx(math.log(2))
    right = objective.correct(torch.tensor([-1.0, 2.0, -3.0, -1.0]).reshape(shape), y)
    assert right is not None
    assert float(right) == 3


def test_a_multilabel_sample_counts_by_its_share_of_right_labels() -> None:
    objective = build_objective("bce", "multilabel")
    right = objective.correct(torch.tensor([[1.0, -1.0], [1.0, 1.0]]), torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    assert right is not None
    assert float(right) == 1.5


def test_mse_chance_is_the_variance_and_nothing_is_right_or_wrong() -> None:
    objective = build_objective("mse", "regression")
    y = torch.tensor([[1.0, 10.0], [3.0, 10.0]])
    assert objective.chance(2, y) == pytest.approx(0.5)
    assert objective.correct(y, y) is None
    assert objective.prior(y, 2) is None
    assert float(objective.loss(torch.zeros(2, 1), torch.tensor([1.0, 3.0]))) == pytest.approx(5.0)


def test_prior_is_the_entropy_of_the_class_shares() -> None:
    y = torch.tensor([0, 0, 0, 1])
    expected = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert build_objective("cross_entropy", "classification").prior(y, 3) == pytest.approx(expected)
    assert build_objective("bce", "binary").prior(y.float(), 1) == pytest.approx(expected)


def _loss_file(folder: Path, name: str, body: str) -> str:
    (folder / f"{name}.py").write_text(f"def loss(outputs, y):\n    {body}\n")
    return f"{folder / name}.py:loss"


def test_a_loss_of_ones_own_is_used(tmp_path: Path) -> None:
    objective = build_objective(
        _loss_file(tmp_path, "good_loss", "return (outputs * 2).mean()"), "classification"
    )
    assert float(objective.loss(torch.ones(2, 3), torch.tensor([0, 1]))) == 2
    assert math.isnan(objective.chance(3, torch.tensor([0, 1])))


@pytest.mark.parametrize(
    ("name", "body", "error", "words"),
    [
        ("raising_loss", "raise KeyError('weights')", UserCodeError, "raised KeyError"),
        ("wide_loss", "return outputs", UserError, r"shape \(2, 3\), not a scalar"),
        ("number_loss", "return 1.0", UserError, "returned float"),
    ],
)
def test_a_faulty_loss_is_named(
    tmp_path: Path, name: str, body: str, error: type[Exception], words: str
) -> None:
    objective = build_objective(_loss_file(tmp_path, name, body), "classification")
    with pytest.raises(error, match=words):
        objective.loss(torch.ones(2, 3), torch.tensor([0, 1]))


def test_a_loss_that_is_no_function_is_refused() -> None:
    with pytest.raises(UserError, match="not a function"):
        build_objective("math:pi", "classification")


def test_smoothed_labels_spread_a_share_evenly_over_the_classes() -> None:
    objective = build_objective("cross_entropy", "classification", smoothing=0.3)
    logits, y = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.1, 0.2]]), torch.tensor([0, 2])
    targets = torch.tensor([[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]])
    by_hand = -(targets * logits.log_softmax(1)).sum(1).mean()
    assert float(objective.training_loss(logits, y)) == pytest.approx(float(by_hand))
    plain = build_objective("cross_entropy", "classification")
    assert objective.loss(logits, y) == plain.loss(logits, y) == plain.training_loss(logits, y)


@pytest.mark.parametrize("name", ["hinge", "bce", "mse", "torch.nn.functional:cross_entropy"])
def test_other_losses_have_no_labels_to_smooth(name: str) -> None:
    with pytest.raises(UserError, match="smoothed for cross_entropy alone") as caught:
        build_objective(name, "classification", smoothing=0.1)
    assert caught.value.where == "regularization.label_smoothing"


def test_mixed_samples_have_both_their_targets() -> None:
    objective = build_objective("cross_entropy", "classification", smoothing=0.1)
    logits, y = torch.randn(3, 4, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 2, 3])
    partner = torch.tensor([2, 0, 1])
    targets = 0.9 * (0.7 * torch.eye(4)[y] + 0.3 * torch.eye(4)[y[partner]]) + 0.1 / 4
    by_hand = -(targets * logits.log_softmax(1)).sum(1).mean()
    mixed = objective.training_loss(logits, y, Mix(partner=partner, share=0.7))
    assert float(mixed) == pytest.approx(float(by_hand))
