"""The signature of a run's data: it comes back as it was, and what is damaged is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.new_samples.signature import Signature
from nnbabysit.core.data.readers.tables.columns import Column, Columns
from nnbabysit.core.errors import RunError

MakeConfig = Callable[..., Config]


@pytest.fixture
def signature(config: MakeConfig) -> Signature:
    return Signature.of(load_dataset(config(data={"source": "digits"})))


def test_it_comes_back_and_prepares_alike(tmp_path: Path, config: MakeConfig, signature: Signature) -> None:
    signature.save(tmp_path / "data.safetensors")
    again = Signature.load(tmp_path / "data.safetensors", config().data.preprocess)
    assert (again.task, again.class_names, again.source) == ("classification", tuple("0123456789"), "digits")
    assert (again.input_shape, again.num_outputs, again.columns) == ((1, 8, 8), 10, None)
    raw = torch.randint(0, 17, (5, 1, 8, 8), dtype=torch.uint8)
    assert torch.equal(again.preprocessing.apply(raw), signature.preprocessing.apply(raw))
    assert [path.name for path in tmp_path.iterdir()] == ["data.safetensors"]


def test_statistics_that_share_memory_can_be_written(tmp_path: Path, config: MakeConfig) -> None:
    np.savez(tmp_path / "d.npz", x=np.arange(40.0).reshape(20, 2), y=np.arange(20) % 2)
    data = load_dataset(
        config(data={"source": "npz", "path": str(tmp_path / "d.npz")}, training={"batch_size": 4})
    )
    Signature.of(data).save(tmp_path / "s")
    assert Signature.load(tmp_path / "s", config().data.preprocess).input_shape == (2,)


def test_names_and_columns_survive_whatever_they_say(
    tmp_path: Path, config: MakeConfig, signature: Signature
) -> None:
    names = ("nan", "=cmd()", "naïve\n", "<b>")
    columns = Columns((Column("a", None, 0.5), Column("b", ("inf", "x"))), "t", names)
    fields = {name: getattr(signature, name) for name in Signature.__dataclass_fields__}
    Signature(**{**fields, "class_names": names, "columns": columns}).save(tmp_path / "s")
    again = Signature.load(tmp_path / "s", config().data.preprocess)
    assert again.class_names == names
    assert again.columns == columns


def test_a_missing_file_says_how_to_get_one(tmp_path: Path, config: MakeConfig) -> None:
    with pytest.raises(RunError, match=r"how its data was prepared.*Resume the run"):
        Signature.load(tmp_path / "none", config().data.preprocess)


@pytest.mark.parametrize("kept", [0, 5, 100, 700])
def test_a_torn_file_is_refused(tmp_path: Path, config: MakeConfig, signature: Signature, kept: int) -> None:
    signature.save(tmp_path / "s")
    (tmp_path / "s").write_bytes((tmp_path / "s").read_bytes()[:kept])
    with pytest.raises(RunError, match="damaged"):
        Signature.load(tmp_path / "s", config().data.preprocess)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"task": "cooking"}, "there is no task 'cooking'"),
        ({"class_names": 5}, "damaged"),
        ({"input_shape": ["wide"]}, "damaged"),
        ({"num_outputs": None}, "damaged"),
        ({"columns": []}, "damaged"),
    ],
)
def test_a_header_that_says_nonsense_is_refused(
    tmp_path: Path, config: MakeConfig, signature: Signature, change: dict[str, object], words: str
) -> None:
    signature.save(tmp_path / "s")
    with safetensors.safe_open(tmp_path / "s", framework="pt") as file:
        document = json.loads(file.metadata()["signature"])
    tensors = signature.preprocessing.to_tensors()
    text = json.dumps({**document, **change})
    copies = {name: tensor.clone() for name, tensor in tensors.items()}
    safetensors.torch.save_file(copies, tmp_path / "s", {"format": "1", "signature": text})
    with pytest.raises(RunError, match=words):
        Signature.load(tmp_path / "s", config().data.preprocess)


def test_a_newer_format_and_a_foreign_file_are_refused(
    tmp_path: Path, config: MakeConfig, signature: Signature
) -> None:
    safetensors.torch.save_file({"w": torch.zeros(1)}, tmp_path / "s", {"format": "2"})
    with pytest.raises(RunError, match="not of a format"):
        Signature.load(tmp_path / "s", config().data.preprocess)
    safetensors.torch.save_file({"w": torch.zeros(1)}, tmp_path / "s")
    with pytest.raises(RunError, match="not of a format"):
        Signature.load(tmp_path / "s", config().data.preprocess)
