"""The file that the user means is found, or the nearest name is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnbabysit.core.config.files.bundle import bundled, locate
from nnbabysit.core.config.loading import load_config
from nnbabysit.core.errors import ConfigError

NAMES = "bring-your-own, cifar10, digits, fashion-mnist, fashion-mnist-cnn"


def refused(name: str, cwd: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(name, cwd=cwd)
    return str(caught.value)


def test_the_bundled_configs_are_found_by_name() -> None:
    assert ", ".join(bundled()) == NAMES
    assert all(path.is_file() for path in bundled().values())


def test_without_a_name_the_file_of_the_folder_is_meant_else_the_digits(tmp_path: Path) -> None:
    assert locate(None, tmp_path).shown == "digits.yaml"
    (tmp_path / "nnbabysit.yaml").write_text("seed: 5\n", encoding="utf-8")
    loaded = load_config(None, cwd=tmp_path)
    assert (loaded.config.seed, loaded.locate("seed")) == (5, "nnbabysit.yaml:1")


def test_a_file_is_shown_as_it_was_typed(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "own.yaml").write_text("seed: 5\n", encoding="utf-8")
    for typed in ("folder/own.yaml", f"{tmp_path}/folder/own.yaml", "../own.yaml"):
        cwd = tmp_path / "folder" / "x" if typed.startswith("..") else tmp_path
        cwd.mkdir(exist_ok=True)
        assert load_config(typed, cwd=cwd).locate("seed") == f"{typed}:1"


def test_a_bundled_name_wins_over_a_folder_of_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "digits").mkdir()
    assert load_config("digits", cwd=tmp_path).config.name == "digits"
    assert refused("./digits", tmp_path) == "./digits  this is a folder; name the config file in it"


def test_a_file_without_the_usual_ending_is_a_config_too(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("seed: 5\n", encoding="utf-8")
    assert load_config("own", cwd=tmp_path).config.seed == 5


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("digit", f"digit  neither a file nor a bundled config, did you mean digits? Bundled: {NAMES}"),
        ("zzz", f"zzz  neither a file nor a bundled config; bundled: {NAMES}"),
        ("own.yaml", "own.yaml  there is no such file"),
        ("a/own", "a/own  there is no such file"),
        ("digits.yaml", "digits.yaml  there is no such file; the bundled config is called digits"),
        ("a\0b.yaml", "a\0b.yaml  the file cannot be read: embedded null byte"),
        (f"{'x' * 300}.yaml", f"{'x' * 300}.yaml  the file cannot be read: File name too long"),
    ],
)
def test_a_config_that_is_not_there_is_told(tmp_path: Path, name: str, message: str) -> None:
    assert refused(name, tmp_path) == message


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own.yaml").write_text("seed: 5\n", encoding="utf-8")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # a chmod would not stop root
    assert refused("own.yaml", tmp_path) == "own.yaml  the file cannot be read: no permission"
