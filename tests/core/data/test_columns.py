"""The remembered encoding: saved, restored, and applied to files that come later."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nnbabysit.core.data.readers.tables.columns import Column, Columns
from nnbabysit.core.errors import DataError

COLUMNS = Columns(
    columns=(Column("n", fill=2.5), Column("c", ("a", "b"), fill=1.0)),
    target="y",
    classes=("no", "yes"),
    missing="mean",
)


def test_it_survives_being_written_as_json() -> None:
    document = json.loads(json.dumps(COLUMNS.to_document()))
    assert Columns.from_document(document) == COLUMNS
    plain = Columns((Column("n"),), "y")
    assert Columns.from_document(json.loads(json.dumps(plain.to_document()))) == plain


def test_the_target_may_be_absent_and_the_order_another(tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("c,extra,n\nb,hello,1\na,there,2\n")
    assert COLUMNS.features(tmp_path / "new.csv").tolist() == [[1, 0, 1], [2, 1, 0]]


def test_missing_and_unknown_values_take_what_was_learned(tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("n,c\n,a\n1,\n1,zebra\n")
    assert COLUMNS.features(tmp_path / "new.csv").tolist() == [[2.5, 1, 0], [1, 0, 1], [1, 0, 1]]


@pytest.mark.parametrize(
    ("text", "words"), [("n,c\n1,a\n,a\n", "column 'n' has no value"), ("n,c\n1,a\n1,zebra\n", "'zebra'")]
)
def test_they_are_refused_if_nothing_was_learned(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "new.csv").write_text(text)
    columns = Columns((Column("n"), Column("c", ("a", "b"))), "y")
    with pytest.raises(DataError, match=words) as caught:
        columns.features(tmp_path / "new.csv")
    assert caught.value.where == f"{tmp_path / 'new.csv'}:3"


def test_what_stands_for_a_missing_value() -> None:
    x = np.array([[1, 1, 0], [1, 0, 1], [4, 0, 1], [np.nan, np.nan, np.nan]])
    found = {
        how: [c.fill for c in Columns(COLUMNS.columns, "y", None, how).fitted(x).columns]
        for how in ("mean", "median", "most_frequent")
    }
    assert found == {"mean": [2, 1], "median": [1, 1], "most_frequent": [1, 1]}
    assert COLUMNS.gaps(x) == {"n": 1, "c": 1}


def test_a_column_without_any_value_cannot_be_filled() -> None:
    with pytest.raises(DataError, match="column 'n' has no value in the training split"):
        COLUMNS.fitted(np.array([[np.nan, 1, 0]]))
