"""What a path on the command line is taken for."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnbabysit.core.data.readers.detection import detect, is_function
from nnbabysit.core.errors import DataError


@pytest.mark.parametrize(
    ("files", "named", "source"),
    [
        (["a.npz"], "a.npz", "npz"),
        (["A.NPZ"], "A.NPZ", "npz"),
        (["a b.csv"], "a b.csv", "csv"),
        (["a.csv.gz"], "a.csv.gz", "csv"),
        (["a.tsv"], "a.tsv", "csv"),
        (["a.parquet"], "a.parquet", "parquet"),
        (["m/train-images-idx3-ubyte.gz"], "m", "idx"),
        (["m/t10k-labels.idx1-ubyte"], "m", "idx"),
        (["c/data_batch_1.bin"], "c", "cifar"),
        (["c/train", "c/test"], "c", "cifar"),
        (["p/cats/1.jpg", "p/dogs/2.PNG"], "p", "images"),
        (["p/train/cats/1.jpg", "p/test/cats/1.jpg"], "p", "images"),
    ],
)
def test_a_source_is_known_by_its_name_and_its_files(
    files: list[str], named: str, source: str, tmp_path: Path
) -> None:
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    assert detect(tmp_path / named) == source


@pytest.mark.parametrize(
    ("files", "named", "words"),
    [
        ([], "none.npz", "there is no such file or folder"),
        ([], "x" * 300, "there is no such file or folder"),
        ([], "a\0b", "there is no such file or folder"),
        (["a.xlsx"], "a.xlsx", "there is no reader for .xlsx"),
        (["a"], "a", "has no ending"),
        (["data.py"], "data.py", "Name the function in it, "),
        (["m/train-images-idx3-ubyte"], "m/train-images-idx3-ubyte", "Name the folder: --data "),
        (["f/readme.txt"], "f", "it holds readme.txt. It reads a file .npz"),
        (["f/x.npz", "f/readme.txt"], "f", "Name the file: --data "),
        (["f/g/h/i/1.jpg"], "f", "no reader knows this folder"),
    ],
)
def test_what_no_reader_knows_is_told_with_the_way_out(
    files: list[str], named: str, words: str, tmp_path: Path
) -> None:
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    with pytest.raises(DataError) as caught:
        detect(tmp_path / named)
    assert words in str(caught.value)
    assert str(tmp_path / named) in str(caught.value)


def test_an_empty_folder_is_called_empty(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="it is empty"):
        detect(tmp_path)


def test_a_function_is_told_from_a_file_of_such_a_name(tmp_path: Path) -> None:
    assert is_function("./data.py:load", tmp_path)
    assert not is_function("data.npz", tmp_path)
    (tmp_path / "a:b.npz").touch()
    assert not is_function("a:b.npz", tmp_path)
