"""A csv file as it was written: its cells, their lines, and what is refused before any becomes a number."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from nnbabysit.core.data.readers.tables.csv_table import CsvTable
from nnbabysit.core.errors import DataError

PLAIN = "a,b\n1,x\n2,y\n"


def table(folder: Path, content: str | bytes) -> CsvTable:
    """The table of a file with this content."""
    (folder / "t.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return CsvTable(folder / "t.csv")


def cells(found: CsvTable) -> list[list[object]]:
    """Column by column, as written."""
    return [list(found.texts(name, literal=True)) for name in found.kinds]


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        PLAIN.removesuffix("\n"),
        "\n\r\n  \n" + PLAIN,
        "\ufeff" + PLAIN,
        "\ufeff\n" + PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.replace("\n", "\r\r\n"),
        PLAIN.replace("2", "\r\n2").replace("1", "   \n1"),
        PLAIN.replace(",", ";"),
        "sep=;\n" + PLAIN.replace(",", ";"),
        "sep=;\r\n" + PLAIN.replace(",", ";"),
        '"a", b \n "1" ,"x"\n2,y\n'.replace(' "1" ', '"1"'),
        gzip.compress(PLAIN.encode(), mtime=0),
        PLAIN + "\n\n  \n",
    ],
)
def test_one_table_in_many_spellings(tmp_path: Path, content: str | bytes) -> None:
    found = table(tmp_path, content)
    assert found.kinds == {"a": "number", "b": "text"}
    assert cells(found) == [["1", "2"], ["x", "y"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("head", ["", "\n", "\ufeff", "sep=,\n"])
def test_the_line_of_a_row_is_that_of_the_editor(tmp_path: Path, end: str, head: str) -> None:
    rows = ["a,b", "1,x", '2,"two\nlines"', "", "3,z"]
    found = table(tmp_path, head.replace("\n", end) + end.join(rows) + end)
    above = head.count("\n")
    assert [found.where(i) for i in range(3)] == [f"{tmp_path / 't.csv'}:{above + n}" for n in (2, 3, 6)]


def test_a_line_that_cannot_be_proved_is_not_named(tmp_path: Path) -> None:
    found = table(tmp_path, PLAIN)
    (tmp_path / "t.csv").write_text("a,b\n7,x\n2,y\n")
    assert [found.where(0), found.where(1)] == [f"{tmp_path / 't.csv'}, row 1", f"{tmp_path / 't.csv'}:3"]


@pytest.mark.parametrize(
    ("content", "names", "index"),
    [
        (",a\n0,5\n1,6\n", ["Unnamed: 0", "a"], ["Unnamed: 0"]),
        (",a\nx,5\ny,6\n", ["Unnamed: 0", "a"], ["Unnamed: 0"]),
        ("Unnamed: 0.1,Unnamed: 0,a\n4,0,5\n2,1,6\n", ["Unnamed: 0.1", "Unnamed: 0", "a"], None),
        ("a,b\n1,5,6\n2,7,8\n", ["Unnamed: 0", "a", "b"], ["Unnamed: 0"]),  # as R's write.table has it
        ("a,b,\n1,5,\n2,7,\n", ["a", "b", "Unnamed: 2"], []),
        ("a,b,,\n1,5\n2,7\n", ["a", "b", "Unnamed: 2", "Unnamed: 3"], []),
        ("a,b\n1,5,\n2,7,\n", ["a", "b", "Unnamed: 2"], []),
        ("a,Unnamed: 0,b\n1,5,3\n2,5,3\n", ["a", "Unnamed: 0", "b"], []),
    ],
)
def test_columns_without_a_name(
    tmp_path: Path, content: str, names: list[str], index: list[str] | None
) -> None:
    found = table(tmp_path, content)
    assert list(found.kinds) == names
    assert list(found.index) == (names[:2] if index is None else index)


@pytest.mark.parametrize(
    ("content", "where", "words"),
    [
        (b"PK\x03\x04rest", "", "zip file, such as .xlsx, not csv. Save the sheet as csv"),
        (b"\xd0\xcf\x11\xe0rest", "", "workbook of Excel"),
        (b"ARROW1\0\0", "", "an Arrow file, such as .feather"),
        (b"<!DOCTYPE html><html>", "", "a web page"),
        (b'{"a": [1, 2]}', "", "JSON"),
        (b"\xfd7zXZ\0", "", "an xz file"),
        (b"a,b\n1,\0\n", "", "zero bytes"),
        (PLAIN.encode("utf-16"), "", "UTF-16"),
        ("a,b\n1,größe\n".encode("latin-1"), ":2", "0xF6 is not UTF-8. Save the file as UTF-8"),
        ("größe,b\n1,x\n".encode("latin-1"), ":1", "0xF6 is not UTF-8"),
        (PLAIN.encode() * 3000 + "3,größe\n".encode("cp1252"), ":9001", "0xF6 is not UTF-8"),
        ("My table\na,b\n1,2\n3,4\n", ":1", "1 cell, and most lines below it have 2. If it is a title"),
        ("# made today, by me\na,b,c\n1,2,3\n4,5,6\n", ":1", "2 cells, and most lines below it have 3"),
        ("a b\n1 2\n3 4\n", ":1", "separated by spaces, 2 in each line"),
        ('a,b\n1,"x\n2,y\n', ":2", "a quote is opened here and never closed"),
        ('a,b\n1,x\n2,"y', ":3", "a quote is opened here and never closed"),
        ("a,b\n" + "1,2\n" * 20 + "1\n", ":22", "has 1 cell, the header has 2. Repair the file, or go on"),
        (
            "a,b\n1,2\n1,2,3\n",
            ":3",
            "has 3 cells, the header has 2. Repair the file: a cell that has a ','",
        ),
        ("a,b\n1,2\n1\n", ":3", "has 1 cell, the header has 2. Repair the file"),
        ("a,b\n1,2\n# part two\n1,2\n", ":3", "Delete the line if it is a comment"),
        ("0,0,5\n1,2,3\n4,5,6\n", ":1", "looks like data, not like names of columns: 0, 0, 5"),
        (gzip.compress(PLAIN.encode(), mtime=0)[:-9], "", "the gzip file is damaged"),
        ("", "", "the file is empty"),
        ("\n \n", "", "the file is empty"),
        ("a,b\n", "", "has no rows"),
    ],
)
def test_what_is_refused(tmp_path: Path, content: str | bytes, where: str, words: str) -> None:
    with pytest.raises(DataError) as caught:
        table(tmp_path, content)
    assert caught.value.where == f"{tmp_path / 't.csv'}{where}"
    assert words in str(caught.value)
    assert "UTF-8" not in words or "--skip-broken" not in str(caught.value)


@pytest.mark.parametrize("name", [b"caf\xe9.csv", b"a?*[1].csv", b"~x.csv", b"length=7.csv"])
def test_any_name_of_a_file(tmp_path: Path, name: bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    path.write_text(PLAIN)
    assert CsvTable(path).rows == 2


def test_a_row_longer_than_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnbabysit.core.data.readers.tables.csv_table._BLOCK", 64)
    found = table(tmp_path, PLAIN + f"3,{'z' * 1000}\n" + "4,w\n" * 100)
    assert found.rows == 103
    assert found.numbers("a")[2] == 3


def test_the_order_is_that_of_the_file_in_blocks_read_by_many_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnbabysit.core.data.readers.tables.csv_table._BLOCK", 1 << 10)
    found = table(tmp_path, "a,b\n" + "".join(f"{i},n{i}\n" for i in range(20_000)))
    assert found.numbers("a").tolist() == list(range(20_000))
    assert list(found.texts("b")) == [f"n{i}" for i in range(20_000)]
    assert found.where(19_999).endswith(":20001")
