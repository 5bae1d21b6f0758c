"""Scores, against scikit-learn, against slow twins, and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn import metrics
from torch import Tensor

from nnbabysit.core.training.evaluation.metrics import calibration, score_classes, score_numbers, true_costs
from nnbabysit.core.training.evaluation.outputs import answers_of, probabilities_of


def drawn(samples: int, *shape: int) -> Tensor:
    return 2 * torch.randn(samples, *shape, generator=torch.Generator().manual_seed(0))


def test_classes_are_scored_as_scikit_learn_does() -> None:
    outputs = drawn(500, 7)
    y = (outputs + drawn(501, 7)[1:]).argmax(1).clamp(max=5)  # class 6 is said but never true
    scores = score_classes(outputs, y, "classification", 7)
    said = outputs.argmax(1)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        y, said, labels=range(7), zero_division=0
    )
    assert [s.precision for s in scores.classes] == pytest.approx(precision)
    assert [s.recall for s in scores.classes] == pytest.approx(recall)
    assert [s.f1 for s in scores.classes] == pytest.approx(f1)
    assert [s.support for s in scores.classes] == support.tolist()
    assert scores.confusion.tolist() == metrics.confusion_matrix(y, said, labels=range(7)).tolist()
    assert scores.accuracy == scores.exact == pytest.approx(metrics.accuracy_score(y, said))
    assert scores.log_loss == pytest.approx(metrics.log_loss(y, outputs.double().softmax(1), labels=range(7)))
    assert scores.macro("f1") == pytest.approx(
        metrics.f1_score(y, said, labels=range(7), average="macro", zero_division=0)
    )


@pytest.mark.parametrize("width", [(), (1,)])
def test_a_binary_answer_counts_for_both_classes(width: tuple[int, ...]) -> None:
    outputs = drawn(300, *width)
    y = (outputs.flatten() + drawn(301)[1:] > 0).float()
    scores = score_classes(outputs, y, "binary", 2)
    said = (outputs.flatten() > 0).long()
    assert scores.confusion.tolist() == metrics.confusion_matrix(y, said).tolist()
    assert scores.accuracy == pytest.approx(metrics.accuracy_score(y, said))
    assert [s.recall for s in scores.classes] == pytest.approx(metrics.recall_score(y, said, average=None))
    p = outputs.double().flatten().sigmoid()
    assert scores.log_loss == pytest.approx(metrics.log_loss(y, p))
    confidence = torch.maximum(p, 1 - p)
    assert scores.calibration.error == pytest.approx(_slow_error(confidence, said == y, 15))


def test_labels_are_scored_one_by_one() -> None:
    outputs = drawn(200, 4)
    y = (outputs + drawn(201, 4)[1:] > 0).float()
    scores = score_classes(outputs, y, "multilabel", 4)
    said = (outputs > 0).long()
    precision, recall, f1, support = metrics.precision_recall_fscore_support(y, said, zero_division=0)
    assert [s.precision for s in scores.classes] == pytest.approx(precision)
    assert [s.recall for s in scores.classes] == pytest.approx(recall)
    assert [s.f1 for s in scores.classes] == pytest.approx(f1)
    assert [s.support for s in scores.classes] == support.tolist()
    assert scores.confusion.tolist() == metrics.multilabel_confusion_matrix(y, said).tolist()
    assert scores.exact == pytest.approx(metrics.accuracy_score(y, said))
    assert scores.accuracy == pytest.approx(1 - metrics.hamming_loss(y, said))
    p = outputs.double().sigmoid()
    assert scores.log_loss == pytest.approx(
        np.mean([metrics.log_loss(y[:, k], p[:, k], labels=[0, 1]) for k in range(4)])
    )
    assert int(scores.calibration.count.sum()) == 800


@pytest.mark.parametrize("columns", [1, 3])
def test_numbers_are_scored_as_scikit_learn_does(columns: int) -> None:
    y = drawn(100, columns) + 50
    outputs = y + drawn(101, columns)[1:]
    scores = score_numbers(outputs, y if columns > 1 else y[:, 0])
    assert scores.mse == pytest.approx(metrics.mean_squared_error(y, outputs), rel=1e-5)
    assert scores.mae == pytest.approx(metrics.mean_absolute_error(y, outputs), rel=1e-5)
    assert scores.r2 == pytest.approx(metrics.r2_score(y, outputs), rel=1e-4)


def test_targets_that_do_not_vary_have_no_r2() -> None:
    scores = score_numbers(torch.tensor([1.0, 2.0]), torch.tensor([0.1, 0.1]))
    assert math.isnan(scores.r2)
    assert scores.mae == pytest.approx(1.4)
    assert math.isnan(score_numbers(torch.tensor([1.0]), torch.tensor([1.0])).r2)


def _slow_error(confidence: Tensor, right: Tensor, bins: int) -> float:
    """Guo et al. 2017, equation 3, as it is written: bins ((m − 1)/M, m/M]."""
    error = 0.0
    for m in range(1, bins + 1):
        inside = [i for i, p in enumerate(confidence.tolist()) if (m - 1) / bins < p <= m / bins]
        if inside:
            sure = sum(float(confidence[i]) for i in inside) / len(inside)
            hit = sum(bool(right[i]) for i in inside) / len(inside)
            error += len(inside) / len(confidence) * abs(hit - sure)
    return error


def test_the_calibration_error_is_that_of_the_paper() -> None:
    probabilities = drawn(400, 5).double().softmax(1)
    confidence, said = probabilities.max(1)
    right = said == drawn(401, 5)[1:].argmax(1)
    found = calibration(confidence, right)
    assert found.error == pytest.approx(_slow_error(confidence, right, 15))
    assert int(found.count.sum()) == 400


def test_a_calibration_error_by_hand() -> None:
    """Two bins: 0.3 sure and never right, then 0.8 and 1.0 sure and half right."""
    found = calibration(torch.tensor([0.3, 0.8, 1.0]), torch.tensor([False, True, False]), bins=2)
    assert found.count.tolist() == [1, 2]
    assert found.error == pytest.approx((1 * 0.3 + 2 * abs(0.5 - 0.9)) / 3)


def test_edges_belong_to_the_bin_below() -> None:
    found = calibration(torch.tensor([0.0, 0.5, 0.50001, 1.0]), torch.tensor([True] * 4), bins=2)
    assert found.count.tolist() == [2, 2]


def test_an_answer_that_is_not_a_number_does_not_hide() -> None:
    outputs = torch.tensor([[math.nan, 0.0], [1.0, 0.0]])
    scores = score_classes(outputs, torch.tensor([1, 0]), "classification", 2)
    assert math.isnan(scores.log_loss)
    assert math.isnan(scores.calibration.error)


def test_a_very_wrong_answer_costs_a_finite_sum() -> None:
    assert true_costs(torch.tensor([[1000.0, -1000.0]]), torch.tensor([1]), "classification").tolist() == [
        2000
    ]
    assert true_costs(torch.tensor([[-800.0]]), torch.tensor([1.0]), "binary").tolist() == [800]


def test_answers_come_from_the_outputs_and_not_from_rounded_probabilities() -> None:
    tiny = torch.tensor([[1e-30], [-1e-30], [0.0]])
    assert answers_of(tiny, "binary").tolist() == [1, 0, 0]
    assert probabilities_of(tiny, "binary").sum(1).tolist() == [1, 1, 1]
