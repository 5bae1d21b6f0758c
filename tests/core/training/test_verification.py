"""Agreement: differences that are known by hand, and every way in which a file can fail."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from nnbabysit.core.data.preparation.targets import Task
from nnbabysit.core.training.export.deployed import answers
from nnbabysit.core.training.export.formats import Answer
from nnbabysit.core.training.export.verification import LIMIT, SAMPLES, Agreement, batches, compare

LOGITS = torch.tensor([[4.0, 1.0], [0.0, 2.0], [3.0, 3.0]])


def lookup(table: Tensor, task: Task = "classification") -> Answer:
    """Answers by a table; the raw sample is its row."""
    return lambda samples: answers(task, table[samples.flatten()])


def agreement(found: Answer, table: Tensor = LOGITS, task: Task = "classification") -> Agreement:
    """Of ``found`` with the network whose outputs are ``table``."""
    samples = torch.arange(len(table)).reshape(-1, 1)
    reference = [lookup(table, task)(batch) for batch in batches(samples)]
    return compare(reference, found, samples, task)


def test_batches_of_one_of_seven_and_of_more() -> None:
    whole = torch.arange(SAMPLES)
    assert [len(batch) for batch in batches(whole)] == [1, 7, 64, 64, 64, 64]
    assert torch.equal(torch.cat(list(batches(whole))), whole)


def test_few_samples_come_round_again() -> None:
    few = list(batches(torch.arange(3)))
    assert [len(batch) for batch in few] == [1, 7, 64]
    assert torch.cat(few).tolist() == [i % 3 for i in range(72)]


def test_the_same_answers_match() -> None:
    same = agreement(lookup(LOGITS))
    assert (same.samples, same.changed, same.failure) == (3, 0, "")
    assert same.differences == {"logits": 0.0, "probabilities": 0.0}
    assert same.limits == pytest.approx({"logits": 4 * LIMIT, "probabilities": 4 * LIMIT})
    assert same.matches
    assert same.share == 0


def test_the_largest_difference_is_found_and_measured_by_the_largest_answer() -> None:
    moved = LOGITS.clone()
    moved[1, 0] += 0.25
    found = agreement(lookup(moved))
    assert found.differences["logits"] == 0.25
    assert found.largest == pytest.approx((0.25, 4 * LIMIT))
    assert found.share == pytest.approx(0.25 / (4 * LIMIT))
    assert not found.matches
    assert found.changed == 0


@pytest.mark.parametrize(("share", "matches"), [(0.9, True), (1.1, False)])
def test_the_limit_is_where_it_says(share: float, matches: bool) -> None:
    table = torch.tensor([[100.0, 0.0], [0.0, 100.0]])
    assert agreement(lookup(table + share * LIMIT * 100), table).matches is matches


def test_wrong_probabilities_do_not_pass_with_right_logits() -> None:
    def wrong(samples: Tensor) -> dict[str, Tensor]:
        right = lookup(LOGITS)(samples)
        return {**right, "probabilities": right["probabilities"].flip(1)}

    assert not agreement(wrong).matches


def test_changed_answers_are_counted_unless_they_were_close_calls() -> None:
    swapped = LOGITS.flip(1)
    # the third sample is a tie and may go either way; three samples come round 24 times in 72
    assert agreement(lookup(swapped)).changed == 2 * 24


@pytest.mark.parametrize("task", ["binary", "multilabel"])
def test_labels_that_flip_are_counted(task: Task) -> None:
    table = torch.tensor([[1.0], [-1.0], [0.0]])
    assert agreement(lookup(-table, task), table, task).changed == 2 * 24
    assert agreement(lookup(table, task), table, task).matches


def test_regression_has_no_classes_to_change() -> None:
    table = torch.tensor([[1.0], [2.0]])
    found = agreement(lookup(-table, "regression"), table, "regression")
    assert (found.changed, found.differences, found.matches) == (0, {"values": 4.0}, False)


def test_nan_never_matches() -> None:
    found = agreement(lookup(LOGITS * torch.nan))
    assert not found.matches
    assert found.share == math.inf


def test_a_network_that_answers_zero_matches_itself_alone() -> None:
    zero = torch.zeros(2, 1)
    assert agreement(lookup(zero, "regression"), zero, "regression").matches
    assert not agreement(lookup(zero + 1e-9, "regression"), zero, "regression").matches


def test_what_raises_does_not_match_and_says_why() -> None:
    def only_one(samples: Tensor) -> dict[str, Tensor]:
        if len(samples) != 1:
            raise RuntimeError("batch must be\n1")
        return lookup(LOGITS)(samples)

    found = agreement(only_one)
    assert found.failure == "RuntimeError: batch must be 1"
    assert not found.matches


def test_another_shape_does_not_match() -> None:
    found = agreement(lambda samples: {k: v[:, :1] for k, v in lookup(LOGITS)(samples).items()})
    assert "logits has shape (72, 1), expected (72, 2)" in found.failure
