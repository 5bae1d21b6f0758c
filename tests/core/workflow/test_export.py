"""Export: whole files that match, and none that does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import torch
from torch import Tensor

from nnbabysit.core.errors import UserCodeError
from nnbabysit.core.training.export.formats import FORMATS, Format
from nnbabysit.core.workflow.trained.export import run_export

NewRun = Callable[..., Path]
Network = Callable[..., dict[str, Any]]


def files(run: Path) -> set[str]:
    """Every file of a run, relative to it."""
    return {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()}


def test_every_format_matches_and_nothing_else_is_touched(new_trained: NewRun) -> None:
    run = new_trained()
    before = {name: (run / name).read_bytes() for name in files(run)}
    result = run_export(run, FORMATS)
    assert (result.verdict, result.exit_code, result.run_dir) == ("pass", 0, run)
    assert files(run) - set(before) == {f"export/model.{format}" for format in FORMATS}
    assert {name: (run / name).read_bytes() for name in before} == before
    for format, entry in zip(FORMATS, result.metrics["exports"], strict=True):
        path = run / "export" / f"model.{format}"
        assert (entry["format"], entry["path"], entry["bytes"]) == (format, str(path), path.stat().st_size)
        assert entry["samples"] == 90
        assert 0 <= entry["max_abs_difference"] < 1e-5 < entry["limit"]
        assert entry["changed_answers"] == 0


def test_the_file_says_what_goes_in_and_comes_out(new_trained: NewRun) -> None:
    run = new_trained()
    run_export(run, ["safetensors"])
    with safetensors.safe_open(run / "export" / "model.safetensors", framework="pt") as file:
        card = json.loads(file.metadata()["nnbabysit"])
        assert file.get_tensor("shift").dtype == torch.float64
    assert card["input"] == {"name": "samples", "dtype": "float64", "shape": ["batch", 4]}
    assert card["outputs"] == ["logits", "probabilities"]
    assert card["class_names"] == ["0", "1", "2"]
    assert card["task"] == "classification"
    assert card["run"] == run.name


def test_a_projection_is_in_the_file_and_raw_samples_go_in(new_trained: NewRun) -> None:
    result = run_export(new_trained(data={"preprocess": {"pca": 3, "whiten": True}}), FORMATS)
    assert result.verdict == "pass"
    graph = torch.export.load(result.metrics["exports"][FORMATS.index("pt2")]["path"]).module()
    assert graph(torch.zeros(2, 4, dtype=torch.float64))["probabilities"].shape == (2, 3)


NETWORKS: dict[str, dict[str, Any]] = {
    "maxout": {"name": "mlp", "args": {"activation": "maxout", "norm": "group", "dropconnect": 0.5}},
    "fractional": {"name": "cnn", "args": {"channels": [4], "activation": "maxout", "pooling": "fractional"}},
    "average": {
        "name": "cnn",
        "args": {"channels": [4], "activation": "selu", "pooling": "average", "dropout": 0.5},
    },
    "resnet": {
        "name": "resnet",
        "args": {"channels": [4, 8], "activation": "maxout", "norm": "layer", "survival": 0.5},
    },
}


@pytest.mark.parametrize("network", NETWORKS)
def test_every_layer_of_our_own(new_trained: NewRun, network: str) -> None:
    x = np.random.default_rng(0).normal(size=(90, 1, 8, 8))
    assert run_export(new_trained(x=x, model=NETWORKS[network]), ["pt2", "onnx"]).verdict == "pass"


TASKS: dict[str, tuple[Any, dict[str, Any]]] = {
    "binary": (np.arange(90) % 2, {"loss": "bce"}),
    "multilabel": (np.stack([np.arange(90) % 2, np.arange(90) // 45], 1), {"loss": "bce"}),
    "regression": (np.linspace(-1, 1, 90), {"loss": "mse"}),
    "hinge": (np.arange(90) % 3, {"loss": "hinge"}),
}


@pytest.mark.parametrize("task", TASKS)
def test_every_task(new_trained: NewRun, task: str) -> None:
    y, more = TASKS[task]
    result = run_export(new_trained(y=y, **more), ["pt2", "onnx"])
    assert result.verdict == "pass", result.summary
    expected = ["values"] if task == "regression" else ["logits", "probabilities"]
    assert list(result.metrics["exports"][1]["differences"]) == expected


@pytest.mark.parametrize("dtype", ["uint8", "bool", "int64", "float16", "float64"])
def test_every_number_type_goes_in_as_it_is(new_trained: NewRun, dtype: str) -> None:
    x = np.random.default_rng(0).integers(0, 2, size=(90, 1, 4, 4)).astype(dtype)
    result = run_export(
        new_trained(x=x, model={"name": "cnn", "args": {"channels": [2], "hidden": []}}), ["onnx"]
    )
    assert result.verdict == "pass", result.summary
    assert result.metrics["exports"][0]["max_abs_difference"] < 1e-5


@pytest.mark.parametrize("format", FORMATS)
def test_a_network_that_is_never_the_same_is_not_exported(
    new_trained: NewRun, network: Network, format: Format
) -> None:
    model = network("return self.output(nn.functional.dropout(x, 0.5, training=True))")
    run = new_trained(model=model)
    (run / "export").mkdir()
    old = run / "export" / f"model.{format}"
    old.write_bytes(b"older")
    result = run_export(run, [format])
    assert (result.verdict, result.exit_code) == ("fail", 3)
    assert "the network itself answers otherwise each time" in result.summary
    assert "the file was removed" in result.summary
    assert result.metrics["exports"][0]["path"] is None
    assert old.read_bytes() == b"older"
    assert len(list(old.parent.iterdir())) == 1


def test_what_the_weights_do_not_hold_is_found_out(new_trained: NewRun, network: Network) -> None:
    """A tensor that is neither parameter nor buffer: the graph has it, a file of weights has not."""
    model = network("return self.output(x * self.scale)", "self.scale = torch.rand(in_features)")
    run = new_trained(model=model)
    assert run_export(run, ["pt2", "onnx"]).verdict == "pass"
    result = run_export(run, ["safetensors"])
    assert result.verdict == "fail"
    assert "safetensors differs from torch by" in result.summary
    assert "each time" not in result.summary
    assert files(run) >= {"export/model.pt2", "export/model.onnx"}
    assert "export/model.safetensors" not in files(run)


def test_preprocessing_that_is_left_out_is_found_out(
    new_trained: NewRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison itself, with the fault that is most likely."""
    run = new_trained()
    monkeypatch.setattr(
        "nnbabysit.core.training.export.deployed.Deployed.forward",
        lambda self, samples: {
            "logits": self.model(samples.float()),
            "probabilities": self.model(samples.float()),
        },
    )
    for format in FORMATS:
        result = run_export(run, [format])
        assert result.verdict == "fail", format
        assert result.metrics["exports"][0]["max_abs_difference"] > 1e-2


def test_a_failure_stops_there_and_keeps_what_is_good(new_trained: NewRun, network: Network) -> None:
    model = network("return self.output(x * self.scale)", "self.scale = torch.rand(in_features)")
    run = new_trained(model=model)
    result = run_export(run, ["pt2", "safetensors", "onnx"])
    assert [entry["format"] for entry in result.metrics["exports"]] == ["pt2", "safetensors"]
    assert files(run) >= {"export/model.pt2"}


@pytest.mark.parametrize("format", ["pt2", "onnx"])
@pytest.mark.parametrize(
    ("forward", "reason"),
    [
        ("return self.output(x) if x.sum() > 0 else self.output(-x)", "data-dependent"),
        ("return self.output(torch.tensor(x.numpy()))", "numpy"),
    ],
)
def test_a_network_that_cannot_be_traced_is_the_users_own(
    new_trained: NewRun,
    network: Network,
    format: Format,
    forward: str,
    reason: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    model = network(forward)
    run = new_trained(model=model)
    with pytest.raises(UserCodeError) as caught:
        run_export(run, [format])
    assert caught.value.exit_code == 1
    assert reason in caught.value.message
    assert f"torch cannot trace {Path(model['name']).name} for {format}" in caught.value.message
    assert "\n" not in str(caught.value)
    assert "safetensors" in caught.value.remedy
    assert capfd.readouterr() == ("", "")
    assert run_export(run, ["safetensors"]).verdict == "pass"


def test_the_exporters_keep_quiet(new_trained: NewRun, capfd: pytest.CaptureFixture[str]) -> None:
    run = new_trained()
    capfd.readouterr()
    run_export(run, FORMATS)
    assert capfd.readouterr() == ("", "")


def test_tied_weights(new_trained: NewRun, network: Network) -> None:
    model = network(
        "return self.output(self.second(self.first(x)))",
        "self.first, self.second = (nn.Linear(in_features, in_features) for _ in range(2))\n"
        "        self.second.weight = self.first.weight",
    )
    assert run_export(new_trained(model=model), FORMATS).verdict == "pass"


def test_one_value_per_sample_without_a_column(new_trained: NewRun, network: Network) -> None:
    model = network("return self.output(x).squeeze(1)")
    y: Tensor = torch.linspace(0, 1, 90)
    assert run_export(new_trained(model=model, y=y.numpy(), loss="mse"), FORMATS).verdict == "pass"
