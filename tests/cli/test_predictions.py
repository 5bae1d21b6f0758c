"""Predictions as text: nothing in them is taken for a formula, and the JSON is strict."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import Any

import numpy as np
import pytest
import torch

from nnbabysit.cli.render.predictions import text_cell, write_csv, write_json
from nnbabysit.core.config.schema.data import Preprocess
from nnbabysit.core.data.new_samples.signature import Signature
from nnbabysit.core.data.new_samples.unlabeled import UnlabeledSamples
from nnbabysit.core.data.preparation.preprocessing import Preprocessing
from nnbabysit.core.workflow.trained.predict import Prediction

FITTED = Preprocessing.fit(torch.arange(4.0).reshape(2, 2), Preprocess())


def signature(task: Any, names: tuple[str, ...], outputs: int) -> Signature:
    return Signature(
        task=task,
        class_names=names,
        input_shape=(2,),
        num_outputs=outputs,
        preprocessing=FITTED,
        columns=None,
        source="npz",
    )


def samples(files: tuple[str, ...] | None = None) -> UnlabeledSamples:
    return UnlabeledSamples(
        place="x.npz", files=files, count=2, raw=lambda start, stop: np.ones((2, 2)), preprocessing=FITTED
    )


def as_csv(*arguments: Any) -> list[list[str]]:
    stream = io.StringIO()
    write_csv(stream, *arguments)
    return list(csv.reader(io.StringIO(stream.getvalue())))


def as_json(*arguments: Any) -> Any:
    stream = io.StringIO()
    write_json(stream, {"command": "predict"}, *arguments)

    def refuse(constant: str) -> Any:
        raise AssertionError(constant)

    return json.loads(stream.getvalue(), parse_constant=refuse)


def test_a_class_that_is_a_formula_is_only_text() -> None:
    names = ('=cmd|"/c calc"!A1', "@SUM(1)")
    predictions = [Prediction(sample="=a.png", answer=(names[0],), values=(0.75, 0.25))]
    head, row = as_csv(signature("classification", names, 2), samples(("=a.png",)), predictions)
    assert head == ["file", "prediction", f"probability_{names[0]}", f"probability_{names[1]}"]
    assert row == ["'=a.png", f"'{names[0]}", "0.75", "0.25"]
    document = as_json(signature("classification", names, 2), samples(("=a.png",)), predictions)
    assert document["predictions"] == [
        {"file": "=a.png", "prediction": names[0], "probabilities": {names[0]: 0.75, names[1]: 0.25}}
    ]


@pytest.mark.parametrize(
    ("text", "cell"), [("-1", "-1"), ("+1e5", "+1e5"), ("-a", "'-a"), ("cat", "cat"), ("\t=1", "'")]
)
def test_numbers_stay_numbers(text: str, cell: str) -> None:
    assert text_cell(text).startswith(cell)


def test_labels_of_a_sample_are_listed() -> None:
    predictions = [
        Prediction(sample=0, answer=("a", "b"), values=(0.9, 0.8)),
        Prediction(sample=1, answer=(), values=(0.1, 0.2)),
    ]
    rows = as_csv(signature("multilabel", ("a", "b"), 2), samples(), predictions)
    assert [row[1] for row in rows] == ["prediction", "a;b", ""]
    document = as_json(signature("multilabel", ("a", "b"), 2), samples(), predictions)
    assert [p["prediction"] for p in document["predictions"]] == [["a", "b"], []]


def test_numbers_of_a_regression_are_the_prediction() -> None:
    one = [Prediction(sample=0, answer=(), values=(-1.25,))]
    assert as_csv(signature("regression", (), 1), samples(), one) == [["index", "prediction"], ["0", "-1.25"]]
    assert as_json(signature("regression", (), 1), samples(), one)["predictions"][0]["prediction"] == -1.25
    two = [Prediction(sample=0, answer=(), values=(math.nan, -math.inf))]
    assert as_csv(signature("regression", (), 2), samples(), two)[0] == [
        "index",
        "prediction_0",
        "prediction_1",
    ]
    document = as_json(signature("regression", (), 2), samples(), two)
    assert document["predictions"] == [{"index": 0, "prediction": ["nan", "-inf"]}]


def test_no_samples_make_an_empty_list() -> None:
    assert as_json(signature("regression", (), 1), samples(), [])["predictions"] == []
