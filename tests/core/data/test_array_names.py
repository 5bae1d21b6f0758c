"""Names of arrays: the spellings in use, and what is refused."""

from __future__ import annotations

import itertools

import pytest

from nnbabysit.core.data.readers.array_names import SPLITS, Part, part_of


@pytest.mark.parametrize(
    ("names", "part"),
    [
        ("x X xs inputs features data images x_data X.data Images data_x samples", "x"),
        ("y Y labels Label target targets y_data label_data outputs", "y"),
        (
            "x_train X_train train_x trainX xTrain XTrain xtrain Xtr x_tr train_images training_images",
            "x_train",
        ),
        ("train_data train_features images_train train-images trainimages train_set_x x.train", "x_train"),
        ("y_train train_y ytrain trainY train_labels labels_train train_targets train_set_y Ytr", "y_train"),
        ("x_val X_valid x_dev xval val_images val_data x_va dev_x valX validation_features", "x_validation"),
        ("y_val y_valid y_dev yval val_labels val_targets", "y_validation"),
        ("x_test X_test test_images xte x_te test_data testX test_set_x", "x_test"),
        ("y_test test_labels yte test_targets", "y_test"),
        ("class_names target_names label_names classNames", "class_names"),
    ],
)
def test_a_spelling_in_use_is_recognized(names: str, part: str) -> None:
    assert {name: str(part_of(name)) for name in names.split()} == dict.fromkeys(names.split(), part)


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "arr_0",
        "weights",
        "x_train_test",
        "train",
        "x_y",
        "x_labels",
        "feature_names",
        "DESCR",
        "filename",
        "id",
        "x1",
        "x_weights",
        "train_ids",
        "extra",
        "text",
        "mask",
        "indices",
        "exit",
        "tree",
        "val",
        "train_names",
    ],
)
def test_a_name_that_says_nothing_or_two_things_is_no_part(name: str) -> None:
    assert part_of(name) is None


def test_every_split_is_told_by_each_of_its_words_before_and_behind() -> None:
    for (split, words), role in itertools.product(SPLITS.items(), "xy"):
        for word in words:
            assert part_of(f"{role}_{word}") == part_of(f"{word}_{role.upper()}") == Part(role, split)
