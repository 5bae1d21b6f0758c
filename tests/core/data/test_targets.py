"""Which targets make which task, and which are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from nnbabysit.core.data.preparation.targets import as_floats, check_every_class, resolve
from nnbabysit.core.errors import DataError


def resolved(loss: str, y: Any, **others: Any) -> Any:
    ys = {"train": np.array(y), **{name: np.array(other) for name, other in others.items()}}
    return resolve(loss, ys, None, "data.npz")


def refused(loss: str, y: Any, **others: Any) -> DataError:
    with pytest.raises(DataError) as error:
        resolved(loss, y, **others)
    assert error.value.where == "data.npz"
    return error.value


@pytest.mark.parametrize("loss", ["cross_entropy", "hinge", "my.losses:focal"])
def test_losses_over_classes(loss: str) -> None:
    targets = resolved(loss, [0, 2, 1, 1])
    assert (targets.task, targets.num_outputs, targets.class_names) == ("classification", 3, ("0", "1", "2"))
    y = targets.tensor(np.array([0, 2], np.uint8))
    assert y.dtype == torch.int64
    assert y.tolist() == [0, 2]


def test_bce_is_binary_or_multilabel_by_the_shape_of_y() -> None:
    binary = resolved("bce", [0, 1, True])
    assert (binary.task, binary.num_outputs, len(binary.class_names)) == ("binary", 1, 2)
    many = resolved("bce", [[0, 1, 1], [1, 0, 0]])
    assert (many.task, many.num_outputs, many.class_names) == ("multilabel", 3, ("0", "1", "2"))
    assert many.tensor(np.array([[0, 1, 1]])).dtype == torch.float32
    assert many.classes(np.array([[0, 1, 1]])) is None


def test_mse_is_regression_with_one_output_per_column() -> None:
    assert resolved("mse", [1.5, 2.5]).num_outputs == 1
    assert resolved("mse", [[1.5, 2], [2.5, 3]]).num_outputs == 2
    assert resolved("mse", [1.5, 2.5]).class_names == ()


def test_names_of_the_source_say_how_many_classes_there_are() -> None:
    targets = resolve("cross_entropy", {"train": np.array([0, 1])}, ("a", "b", "c"), "here")
    assert targets.num_outputs == 3
    with pytest.raises(
        DataError, match=r"label y\[1\] of train is 3, which is out of range, the 3 classes are 0 … 2"
    ):
        resolve("cross_entropy", {"train": np.array([0, 3])}, ("a", "b", "c"), "here")


@pytest.mark.parametrize(
    ("loss", "y", "words"),
    [
        ("cross_entropy", [0, 1, -1, -2], "label y[2] of train is -1, which is negative"),
        ("./own.py:loss", [0.0, 1.0], "integers, the labels of train are float64: y[0] is 0"),
        ("cross_entropy", [0.0, 2.0**53], "label y[1] of train is 9.0072e+15, which may stand for several"),
        ("cross_entropy", [0, 0.5, 1], "y[1] is 0.5"),
        ("cross_entropy", [0, np.nan], "y[1] is nan"),
        ("cross_entropy", [[0, 1], [1, 0]], "shape (2, 2)"),
        ("cross_entropy", [0, 0, 0], "only one class"),
        (
            "cross_entropy",
            [0, 1, 4_000_000_000],
            "label y[2] is 4000000000, but there are only 3 different labels",
        ),
        ("bce", [0, 1, 2], "label y[2] of train is 2, which is neither 0 nor 1"),
        ("bce", [[0, 1], [0, 0.3]], "label y[1, 1] of train is 0.3"),
        ("bce", [0, np.nan], "is nan"),
        ("mse", [1.0, np.inf], "label y[1] of train is inf, which is not a finite number"),
        ("mse", [1.0, 1e39], "too large for float32"),
    ],
)
def test_the_first_wrong_target_is_named(loss: str, y: Any, words: str) -> None:
    assert words in refused(loss, y).message


def test_the_way_out_depends_on_the_kind_of_number() -> None:
    assert 'y.astype("int64")' in refused("./own.py:loss", [0.0, 1.0]).remedy
    assert "mse" in refused("cross_entropy", [0.5, 1.0]).remedy
    assert "argmax" in refused("cross_entropy", [[0, 1], [1, 0]]).remedy


def test_classes_that_were_saved_as_floats_are_classes_and_it_is_said() -> None:
    y = np.array([0.0, 2.0, 1.0, 1.0], np.float32)
    targets = resolved("cross_entropy", y)
    assert targets.class_names == ("0", "1", "2")
    assert targets.tensor(y).tolist() == [0, 2, 1, 1]
    assert as_floats([y], targets) == (
        "the labels are numbers with a point (0.0 to 2.0), read as the classes 0 to 2",
    )
    assert as_floats([y.astype(int)], targets) == ()
    assert as_floats([y], resolved("mse", y)) == ()


def test_names_are_no_numbers_to_predict() -> None:
    for names in (("cat", "dog"), ("10", "20")):
        with pytest.raises(DataError, match="predicts a number, and the targets are classes"):
            resolve("mse", {"train": np.array([0, 1])}, names, "here")
    assert resolve("mse", {"train": np.array([0, 1])}, ("0", "1"), "here").task == "regression"


def test_every_split_is_looked_at() -> None:
    assert "label y[1] of test is 2, which is out of range" in refused("hinge", [0, 1], test=[0, 2]).message
    assert "differ in shape" in refused("bce", [0, 1], test=[[0, 1]]).message


def test_every_class_must_be_in_training() -> None:
    check_every_class(np.array([0, 1, 2]), ("0", "1", "2"), "here")
    with pytest.raises(DataError, match=r"class 1 \(dog\) has no sample in the training split") as error:
        check_every_class(np.array([0, 0, 2]), ("cat", "dog", "cow"), "here")
    assert "without gaps" in error.value.remedy
    with pytest.raises(DataError, match="class 1 has no sample in the training split, nor have 1 other"):
        check_every_class(np.array([0, 3, 0, 3]), ("0", "1", "2", "3"), "here")
    with pytest.raises(DataError, match=r"labels run from 2 to 3, and classes count from 0\. Subtract 2"):
        check_every_class(np.array([2, 3, 2, 3]), ("0", "1", "2", "3"), "here")
    with pytest.raises(DataError, match=r"class 0 \(cat\) has no sample"):
        check_every_class(np.array([1, 1]), ("cat", "dog"), "here")
    with pytest.raises(DataError, match="2 samples for 3 classes"):
        check_every_class(np.array([0, 1]), ("0", "1", "2"), "here")
