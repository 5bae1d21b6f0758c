"""Relative paths and the user's own files mean the same from every folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnbabysit.core.config.files.resolution import target
from nnbabysit.core.config.loading import bundled, load_config, to_yaml


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A config with a model beside it; the current folder is another one."""
    (tmp_path / "here").mkdir()
    (tmp_path / "exp" / "parts").mkdir(parents=True)
    for name in ("exp/own_net.py", "exp/parts/net.py", "here/own_net.py"):
        (tmp_path / name).touch()
    data = "data: {path: ../files, validation: val, test: 0.5}"
    text = f"{data}\nmodel: {{name: ./own_net.py:Net}}\nloss: own_net:loss\n"
    (tmp_path / "exp" / "own.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_what_a_file_says_is_relative_to_the_file(folder: Path) -> None:
    config = load_config("../exp/own.yaml", cwd=folder / "here").config
    assert config.data.path == str(folder / "files")
    assert config.data.validation == str(folder / "exp" / "val")
    assert config.data.test == 0.5
    assert config.model.name == f"{folder / 'exp' / 'own_net.py'}:Net"
    assert config.loss == f"{folder / 'exp' / 'own_net.py'}:loss"


def test_what_the_command_line_says_is_relative_to_the_current_folder(folder: Path) -> None:
    overrides = ["data.path=files", "model.name=own_net:Net"]
    config = load_config("../exp/own.yaml", overrides, cwd=folder / "here").config
    assert config.data.path == str(folder / "here" / "files")
    assert config.model.name == f"{folder / 'here' / 'own_net.py'}:Net"
    assert config.loss == f"{folder / 'exp' / 'own_net.py'}:loss"


def test_the_home_folder_is_meant_by_a_tilde(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    config = load_config("../exp/own.yaml", ["data.path=~/files"], cwd=folder / "here").config
    assert config.data.path == "/home/someone/files"


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("./own_net.py:Net", "{exp}/own_net.py:Net"),
        ("missing.py:Net", "{exp}/missing.py:Net"),
        ("/abs/net.py:Net", "/abs/net.py:Net"),
        ("own_net:Net", "{exp}/own_net.py:Net"),
        ("parts.net:Net", "{exp}/parts/net.py:Net"),
        ("torchvision.models:resnet18", "torchvision.models:resnet18"),
        ("not a module:Net", "not a module:Net"),
    ],
)
def test_a_target_with_a_file_in_the_folder_becomes_absolute(folder: Path, text: str, resolved: str) -> None:
    assert target(text, folder / "exp") == resolved.format(exp=folder / "exp")


def test_data_of_a_bundled_config_lies_in_the_current_folder_and_its_code_in_the_package(
    tmp_path: Path,
) -> None:
    assert load_config("cifar10", cwd=tmp_path).config.data.path == str(tmp_path / "cifar-10-batches-bin")
    source = load_config("bring-your-own", cwd=tmp_path).config.data.source
    assert source == f"{bundled()['bring-your-own'].parent / 'data.py'}:spirals"


def test_a_written_config_runs_from_anywhere(folder: Path) -> None:
    config = load_config("../exp/own.yaml", cwd=folder / "here").config
    (folder / "config.yaml").write_text(to_yaml(config), encoding="utf-8")
    assert load_config("config.yaml", cwd=folder).config == config
