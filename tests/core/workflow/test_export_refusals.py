"""Export: places, runs and networks that are refused, in words, with nothing half-written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from nnbabysit.core.errors import DataError, DiskError, RunError, UserCodeError, UserError
from nnbabysit.core.record.run import Run
from nnbabysit.core.training.checkpoints import BEST
from nnbabysit.core.training.export import formats as exported
from nnbabysit.core.training.export.formats import Format
from nnbabysit.core.workflow.trained.export import run_export

NewRun = Callable[..., Path]
Network = Callable[..., dict[str, Any]]


def test_an_existing_file_is_replaced_only_by_a_whole_one(
    new_trained: NewRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_trained()
    output = tmp_path / "my.onnx"
    output.write_bytes(b"older")

    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(DiskError, match=r"my\.onnx.*No space left.*--output"):
            run_export(run, ["onnx"], output)
    assert output.read_bytes() == b"older"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.npz", "my.onnx", "runs"]
    assert run_export(run, ["onnx"], output).verdict == "pass"
    assert len(output.read_bytes()) > 100
    assert not (run / "export").exists()


def test_places_that_cannot_be(new_trained: NewRun, tmp_path: Path) -> None:
    run = new_trained()
    weights = run / "checkpoints" / BEST
    before = weights.read_bytes()
    (tmp_path / "folder.pt2").mkdir()
    refusals: list[tuple[Format, Path, str]] = [
        ("pt2", tmp_path / "model.onnx", r"has to end in \.pt2"),
        ("pt2", tmp_path / "folder.pt2", "this is a folder"),
        ("pt2", tmp_path / "none" / "model.pt2", "there is no folder"),
        ("safetensors", weights, "the run keeps its own weights"),
    ]
    for format, path, words in refusals:
        with pytest.raises(UserError, match=words):
            run_export(run, [format], path)
    assert weights.read_bytes() == before


def test_onnx_without_its_extra(new_trained: NewRun, monkeypatch: pytest.MonkeyPatch) -> None:
    run = new_trained()
    monkeypatch.setattr(exported, "find_spec", lambda name: None if name == "onnxruntime" else object())
    with pytest.raises(UserError) as caught:
        run_export(run, ["pt2", "onnx"])
    assert str(caught.value) == (
        "onnxruntime is not installed, which --format onnx needs. pip install 'nnbabysit[onnx]'"
    )
    assert not (run / "export").exists()


def test_onnx_has_its_limit(new_trained: NewRun, monkeypatch: pytest.MonkeyPatch) -> None:
    run = new_trained()
    monkeypatch.setattr(exported, "_LARGEST_ONNX", 100)
    with pytest.raises(UserError, match=r"at most 2 GB.*pt2 or safetensors"):
        run_export(run, ["onnx"])


def test_weights_that_are_no_numbers(new_trained: NewRun) -> None:
    def spoil(model: nn.Module) -> None:
        for parameter in model.parameters():
            parameter.fill_(torch.nan)

    with pytest.raises(RunError, match="NaN or infinity"):
        run_export(new_trained(change=spoil), ["pt2"])


def test_a_network_that_loses_a_batch_of_one_is_told_so(new_trained: NewRun, network: Network) -> None:
    model = network("return self.output(x.squeeze()[:, :])")
    with pytest.raises(UserCodeError, match="the forward pass of a batch of 1 raised IndexError"):
        run_export(new_trained(model=model), ["pt2"])


def test_runs_that_cannot_be_exported(new_trained: NewRun, tmp_path: Path) -> None:
    with pytest.raises(RunError):
        run_export(tmp_path / "nothing", ["pt2"])
    run = new_trained()
    (tmp_path / "data.npz").unlink()
    with pytest.raises(DataError, match=r"data\.npz"):
        run_export(run, ["pt2"])
    other = Run.create(root=tmp_path / "runs", command="sanity", config_yaml="{}\n")
    other.close(0)
    with pytest.raises(RunError, match="a run of sanity"):
        run_export(other.path, ["pt2"])


def test_weights_of_another_architecture(new_trained: NewRun) -> None:
    run, other = new_trained(), new_trained(model={"name": "mlp", "args": {"hidden": [6]}})
    (run / "checkpoints" / BEST).write_bytes((other / "checkpoints" / BEST).read_bytes())
    with pytest.raises(RunError, match="another network"):
        run_export(run, ["safetensors"])
