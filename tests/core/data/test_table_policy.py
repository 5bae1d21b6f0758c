"""What a table is taken for: nothing is passed over, nothing guessed, and each remedy leads on."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unicodedata import normalize

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers import tabular
from nnbabysit.core.data.readers.checked_arrays import Arrays
from nnbabysit.core.data.readers.raw import Raw
from nnbabysit.core.data.readers.reader import Known
from nnbabysit.core.data.readers.tables.columns import Columns
from nnbabysit.core.errors import DataError

ROWS = 40


def csv(*cells: str, header: str = "x,v,kind") -> str:
    """A table of 40 rows: a number, a further column that repeats ``cells``, and two classes."""
    numbers = np.random.default_rng(0).permutation(ROWS)
    lines = [f"{x},{cells[i % len(cells)]},{'ab'[i % 2]}" for i, x in enumerate(numbers)]
    return "\n".join([header, *lines]) + "\n"


def odd(cell: str, row: int = 9) -> str:
    """The same, the further column a number but for one cell."""
    lines = csv("1.5").splitlines()
    return "\n".join([*lines[: row + 1], lines[row + 1].replace("1.5", cell), *lines[row + 2 :]]) + "\n"


def read(folder: Path, table: str | pa.Table, loss: str = "cross_entropy", **data: Any) -> Raw:
    path = folder / ("t.csv" if isinstance(table, str) else "t.parquet")
    if isinstance(table, str):
        path.write_text(table)
    else:
        pq.write_table(table, path)
    source = path.suffix[1:]
    return tabular.TableReader().read(
        Data(**{"source": source, "path": str(path), "target": "kind", **data}), loss
    )


def read_alike(path: Path, first: Columns, *, is_trained: bool = False) -> Raw:
    """Another table, read as the first was."""
    known = Known(
        class_names=first.classes, sample_shape=(first.width,), columns=first, is_trained=is_trained
    )
    return tabular.TableReader().read_alike(Data(source=path.suffix[1:], path=str(path)), known)


def arrays(raw: Raw) -> Arrays:
    assert isinstance(raw.train, Arrays)
    return raw.train


def columns(raw: Raw) -> Columns:
    assert raw.columns is not None
    return raw.columns


@pytest.mark.parametrize("cell", ["unknown", "-", "#DIV/0!", "NaT", "v", "1,200", "12%", "−5", "'7'"])
def test_one_odd_cell_is_named_with_its_line(tmp_path: Path, cell: str) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, odd(f'"{cell}"'), missing="median")
    assert caught.value.where == f"{tmp_path / 't.csv'}:11"
    assert cell in caught.value.message.removeprefix("column 'v'")
    assert caught.value.remedy


@pytest.mark.parametrize("cell", ["", "NA", "N/A", "#N/A", "<NA>", "None", "null", "NaN", "?", " NA "])
def test_the_words_of_pandas_are_missing_values(tmp_path: Path, cell: str) -> None:
    with pytest.raises(DataError, match=r"column 'v' (has no value|holds .* stands for a missing value)"):
        read(tmp_path, odd(cell))
    raw = read(tmp_path, odd(cell), missing="median")
    assert arrays(raw).x.shape == (ROWS, 2)
    assert np.isnan(arrays(raw).x).sum() == 1


def test_the_remedies_of_an_odd_cell_lead_on(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"empty it and set data\.missing to median"):
        read(tmp_path, odd("unknown"))
    assert arrays(read(tmp_path, odd(""), missing="median")).x.shape == (ROWS, 2)
    assert arrays(read(tmp_path, odd("unknown"), categorical=["v"])).x.shape == (ROWS, 3)


def test_an_odd_class_among_numbers_is_named(tmp_path: Path) -> None:
    text = "x,kind\n" + "".join(f"{i * 7 % 40},{i % 3 if i != 5 else 'other'}\n" for i in range(ROWS))
    with pytest.raises(DataError, match="if it is the name of a class, add the column") as caught:
        read(tmp_path, text)
    assert caught.value.where == f"{tmp_path / 't.csv'}:7"
    assert read(tmp_path, text, categorical=["kind"]).class_names == ("0", "1", "2", "other")


def test_an_odd_quantity_is_never_proposed_as_a_class(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"column 'v' has numbers with a comma.*such as 101\.3"):
        read(tmp_path, odd('"101,3"'), "mse", target="v", drop=["kind"])
    with pytest.raises(DataError) as caught:
        read(tmp_path, odd("unknown"), "mse", target="v", drop=["kind"])
    assert "categorical" not in str(caught.value)


def test_a_class_called_na(tmp_path: Path) -> None:
    text = "x,kind\n" + "".join(f"{i * 7 % 40},{('NA', 'EU', 'AS')[i % 3]}\n" for i in range(ROWS))
    with pytest.raises(DataError, match=r"data.categorical: \[kind\]") as caught:
        read(tmp_path, text)
    assert caught.value.where == f"{tmp_path / 't.csv'}:2"
    assert read(tmp_path, text, categorical=["kind"]).class_names == ("AS", "EU", "NA")
    table = pa.table({"x": np.arange(6) * 7 % 5, "kind": ["NA", "EU"] * 3})
    assert read(tmp_path, table).class_names == ("EU", "NA")  # a typed file knows null


def test_a_word_for_missing_is_named_also_where_it_is_one_of_two_classes(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="column 'kind' holds 'None', which stands for a missing value"):
        read(tmp_path, "x,kind\n" + "1,None\n2,mild\n" * 4)


def test_names_with_what_cannot_be_seen(tmp_path: Path) -> None:
    raw = read(tmp_path, "x,\u200bkind\u00a0\n" + "1,a\n2,b\n" * 4)
    assert raw.class_names == ("a", "b")
    table = pa.table({"x": [1, 2], "\u200bkind": ["a", "b"]})
    assert read(tmp_path, table).class_names == ("a", "b")


def test_na_as_a_category_is_said(tmp_path: Path) -> None:
    raw = read(tmp_path, csv("NA", "EU"), categorical=["v"])
    assert columns(raw).columns[1].categories == ("EU", "NA")
    assert any("'v': NA is a category" in note for note in raw.notes)


def test_text_of_many_values_is_never_categories(tmp_path: Path) -> None:
    cells = [f"n{i}" for i in range(ROWS)]
    with pytest.raises(DataError, match="text with 40 different values in 40 rows"):
        read(tmp_path, csv(*cells))
    with pytest.raises(DataError, match=r"80% of it are numbers, the first other cell is 'w0' in .*t\.csv:2"):
        read(tmp_path, csv(*(f"{i}" if i % 5 else f"w{i}" for i in range(ROWS))))


def test_numbers_among_words_are_said(tmp_path: Path) -> None:
    raw = read(tmp_path, csv("1", "2", "3", "x"))
    assert any("'v' is taken for text: 75% of it are numbers, 'x' is none" in note for note in raw.notes)


@pytest.mark.parametrize("cell", ["01/31/2024", "31.01.2024", "2024-01-31", "12:30", '"Jan 31, 2024"'])
def test_dates_in_any_form_are_refused(tmp_path: Path, cell: str) -> None:
    with pytest.raises(DataError, match="column 'v' holds dates or times, such as") as caught:
        read(tmp_path, csv(cell, cell.replace("31", "30")))
    assert "data.drop: [v]" in caught.value.remedy
    assert arrays(read(tmp_path, csv(cell), drop=["v"])).x.shape == (ROWS, 1)


def test_the_index_of_pandas_is_left_out_and_said(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": np.arange(ROWS) * 7 % 40, "kind": list("ab") * 20})
    frame = frame.sample(frac=1, random_state=0)
    frame.to_csv(tmp_path / "own.csv")
    frame.to_parquet(tmp_path / "own.parquet")
    frame.set_index(frame.index.rename("id")).to_parquet(tmp_path / "named.parquet")
    again = pandas.read_csv(tmp_path / "own.csv")
    again.to_csv(tmp_path / "twice.csv")
    found = {}
    for name in ("own.csv", "own.parquet", "named.parquet", "twice.csv"):
        data = Data(source=name.rpartition(".")[2], path=str(tmp_path / name), target="kind")
        raw = tabular.TableReader().read(data, "cross_entropy")
        found[name] = arrays(raw).x.tolist()
        assert [note for note in raw.notes if note.startswith("left out: '")], name
    assert all(x == [[value] for value in frame["x"].tolist()] for x in found.values())


def test_a_folder_called_like_a_column_adds_none(tmp_path: Path) -> None:
    folder = tmp_path / "length=7" / "width=3"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"length": [1, 2, 3, 4], "kind": ["a", "b"] * 2}), folder / "t.parquet")
    data = Data(source="parquet", path=str(folder / "t.parquet"), target="kind")
    raw = tabular.TableReader().read(data, "cross_entropy")
    assert arrays(raw).x.tolist() == [[1], [2], [3], [4]]
    assert [column.name for column in columns(raw).columns] == ["length"]


def test_names_in_parquet_are_as_stored(tmp_path: Path) -> None:
    table = pa.table({"t": [1, 2, 3, 4], "T": ["a", "b", "a", "b"]})
    assert read(tmp_path, table, target="T").class_names == ("a", "b")
    twice = pa.Table.from_arrays(
        [pa.array([1, 2]), pa.array([3, 4]), pa.array(["a", "b"])], ["x", "x", "kind"]
    )
    with pytest.raises(DataError, match="columns 1 and 2 are both called 'x'"):
        read(tmp_path, twice)


def test_numbers_stored_as_text_are_said(tmp_path: Path) -> None:
    raw = read(tmp_path, pa.table({"x": ["1", "20", "3", "7"], "kind": ["a", "b"] * 2}))
    assert arrays(raw).x[:, 0].tolist() == [1, 20, 3, 7]
    assert any("stored as text and read as numbers: x" in note for note in raw.notes)


@pytest.mark.parametrize("names", ["größe,é,kind", normalize("NFD", "größe,é,kind")])
@pytest.mark.parametrize("typed", ["größe", normalize("NFD", "größe")])
def test_accents_of_one_character_or_two(tmp_path: Path, names: str, typed: str) -> None:
    text = "".join(f"{i},x,{i % 2}\n" for i in range(10))
    raw = read(tmp_path, f"{names}\n{text}", "mse", target=typed, drop=["é"])
    assert arrays(raw).y.tolist() == list(range(10))


def test_a_later_file_is_matched_by_composed_names(tmp_path: Path) -> None:
    first = columns(read(tmp_path, csv("1", "2", header=normalize("NFC", "größe,v,kind"))))
    (tmp_path / "new.csv").write_text(normalize("NFD", "v,größe\n1,5\n"))
    assert first.features(tmp_path / "new.csv").tolist() == [[5, 1]]


def test_no_setting_is_proposed_to_a_network_that_is_trained(tmp_path: Path) -> None:
    first = columns(read(tmp_path, csv("1", "2")))
    for cell, words in (("", "has no value"), ("NA", "holds 'NA'"), ("x", "holds 'x'")):
        (tmp_path / "new.csv").write_text(f"x,v\n5,1\n5,{cell}\n")
        with pytest.raises(DataError, match=words) as caught:
            first.features(tmp_path / "new.csv")
        assert "data." not in caught.value.remedy


@pytest.mark.parametrize(("own", "other"), [(("01", "02"), ("1", "2")), (("1", "2"), ("01", "02"))])
def test_classes_under_other_names_are_refused(tmp_path: Path, own: Any, other: Any) -> None:
    def text(names: tuple[str, str]) -> str:
        return "x,kind\n" + "".join(f"{i * 7 % 40},{names[i % 2]}\n" for i in range(ROWS))

    first = columns(read(tmp_path, text(own)))
    (tmp_path / "new.csv").write_text(text(other))
    with pytest.raises(DataError, match=f"holds '{other[0]}'.*There it is '{own[0]}': write it alike"):
        read_alike(tmp_path / "new.csv", first, is_trained=True)


def test_names_of_true_and_false_in_another_format(tmp_path: Path) -> None:
    first = columns(read(tmp_path, "x,kind\n" + "1,True\n2,False\n" * 4))
    assert first.classes == ("False", "True")
    pq.write_table(pa.table({"x": [1, 2], "kind": [True, False]}), tmp_path / "new.parquet")
    raw = read_alike(tmp_path / "new.parquet", first)
    assert arrays(raw).y.tolist() == [1, 0]


def test_a_class_that_was_in_torn_rows_alone_is_said(tmp_path: Path) -> None:
    text = "x,kind\n" + "".join(f"{i * 7 % 40},{('a', 'b', 'Köln, Süd')[i % 3]}\n" for i in range(ROWS))
    raw = read(tmp_path, text, skip_broken=True)
    assert raw.class_names == ("a", "b")
    assert any("32.5%, left out as broken" in note for note in raw.notes)
    assert any("may have been the class 'Köln'" in note for note in raw.notes)


def test_an_empty_column_without_a_name_is_left_out(tmp_path: Path) -> None:
    raw = read(tmp_path, csv("1", header="x,v,kind,,"))
    assert arrays(raw).x.shape == (ROWS, 2)
    assert "left out: 2 empty columns without a name" in raw.notes
