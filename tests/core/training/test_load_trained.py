"""The network of a run, loaded again: the same answers, and a plain word when that cannot be."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from nnbabysit.core.config.loading import load_config, to_yaml
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.new_samples.signature import SIGNATURE_FILE, Signature
from nnbabysit.core.errors import RunError, UserError
from nnbabysit.core.record.run import Run
from nnbabysit.core.training.checkpoints import BEST, save_weights
from nnbabysit.core.training.evaluation.load_trained import kept_copy, load_trained
from nnbabysit.core.training.setup.setup import assemble

MODEL = """
from torch import nn
class Net(nn.Sequential):
    def __init__(self, in_features, num_classes):
        super().__init__(nn.Flatten(), nn.Dropout(0.5), nn.Linear(in_features, num_classes))
"""
CONFIG = """
device: cpu
data: {source: digits, test: 0.2}
model: {name: "NAME:Net"}
"""


@pytest.fixture
def users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a user's model and config, away from the current one."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    folder = tmp_path / "users"
    folder.mkdir()
    name = f"model_{tmp_path.name}".replace("-", "_")
    (folder / f"{name}.py").write_text(MODEL)
    (folder / "c.yaml").write_text(CONFIG.replace("NAME", name))
    yield folder
    sys.modules.pop(name, None)


@pytest.fixture
def trained_run(tmp_path: Path, users_folder: Path) -> Callable[..., tuple[Path, torch.nn.Module]]:
    """Makes a run directory as ``train`` leaves it, without training."""

    def make(command: str = "train") -> tuple[Path, torch.nn.Module]:
        config = load_config("users/c.yaml", cwd=tmp_path).config
        data = load_dataset(config)
        model = assemble(config, data).model
        with Run.create(root=tmp_path / "runs", command=command, config_yaml=to_yaml(config)) as run:
            Signature.of(data).save(run.checkpoints / SIGNATURE_FILE)
            save_weights(run.checkpoints / BEST, model)
        return run.path, model

    return make


def test_the_same_network_answers_in_evaluation_mode(trained_run: Any) -> None:
    path, model = trained_run()
    trained = load_trained(path, "cpu")
    x = torch.randn(5, 1, 8, 8)
    assert not trained.model.training
    assert torch.equal(trained.model(x), model.eval()(x))
    assert trained.run_dir == path
    assert trained.signature.class_names == tuple("0123456789")


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"no run directory: it has no meta\.json"):
        load_trained(tmp_path, "cpu")
    with pytest.raises(RunError, match="there is no such run"):
        load_trained(tmp_path / "missing", "cpu")


def test_another_command_keeps_no_network_and_the_newest_training_is_named(trained_run: Any) -> None:
    other, _ = trained_run("sanity")
    with pytest.raises(RunError, match="a run of sanity, not of train"):
        load_trained(other, "cpu")
    training, _ = trained_run()
    with pytest.raises(RunError, match=training.name):
        load_trained(other, "cpu")


def test_a_run_without_best_weights_is_said_to_have_none(trained_run: Any) -> None:
    path, _ = trained_run()
    (path / "checkpoints" / BEST).unlink()
    with pytest.raises(RunError, match="no best weights"):
        load_trained(path, "cpu")


def test_weights_of_another_architecture_are_told_in_words(trained_run: Any) -> None:
    path, _ = trained_run()
    save_weights(path / "checkpoints" / BEST, torch.nn.Sequential(torch.nn.Linear(2, 3)))
    with pytest.raises(RunError, match=r"the network has 2\.weight, the file has not"):
        load_trained(path, "cpu")
    wide = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Dropout(), torch.nn.Linear(65, 10))
    save_weights(path / "checkpoints" / BEST, wide)
    with pytest.raises(RunError, match=r"2\.weight is \(10, 65\) in the file and \(10, 64\) in the network"):
        load_trained(path, "cpu")


def test_code_that_is_gone_is_named(trained_run: Any, users_folder: Path) -> None:
    path, _ = trained_run()
    file = next(users_folder.glob("*.py"))
    file.unlink()
    with pytest.raises(UserError, match="there is no file"):
        load_trained(path, "cpu")


def test_code_that_has_gone_is_found_in_the_run(tmp_path: Path) -> None:
    meta = {"schema_version": 1, "code": {"gone-2.py": "/x/gone.py"}}
    (tmp_path / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    error = UserError("there is no file", where="/x/gone.py:Net", remedy="Check the path")
    assert str(tmp_path / "code" / "gone-2.py") in kept_copy(error, "/x/gone.py:Net", tmp_path).remedy
    assert kept_copy(error, "/x/other.py:Net", tmp_path) is error
    assert kept_copy(error, "mlp", tmp_path) is error


def test_code_that_has_changed_since_is_noted(trained_run: Any, users_folder: Path) -> None:
    """The weights still fit, and the answers may be others: nothing else would tell."""
    path, _ = trained_run()
    model = next(users_folder.glob("model_*.py"))
    (path / "code").mkdir(exist_ok=True)
    (path / "code" / model.name).write_text(MODEL)
    meta = json.loads((path / "meta.json").read_text())
    (path / "meta.json").write_text(json.dumps({**meta, "code": {model.name: str(model)}}))
    assert load_trained(path, "cpu").notes == ()
    model.write_text(f"# changed\n{MODEL}")
    (note,) = load_trained(path, "cpu").notes
    assert note.startswith(f"{model} has changed since the run")
    assert str(path / "code" / model.name) in note
