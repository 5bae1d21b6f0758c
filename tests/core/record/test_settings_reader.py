"""Which settings differ from the defaults of the chosen classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnbabysit.core.config.loading import load_config, to_yaml
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.errors import RunError
from nnbabysit.core.record.settings_reader import Setting, recorded_settings


def settings(folder: Path, text: str) -> dict[str, Setting]:
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return {setting.key: setting for setting in recorded_settings(folder)}


def test_a_config_of_defaults_changes_nothing(tmp_path: Path) -> None:
    assert not [s.key for s in settings(tmp_path, to_yaml(Config())).values() if s.changed]


def test_what_differs_is_marked_with_its_default(tmp_path: Path) -> None:
    written = [
        "optimizer.lr=0.02",
        "training.epochs=3",
        "search.coarse.space.optimizer.lr.log_uniform=[1e-6, 1e-3]",
    ]
    found = settings(tmp_path, to_yaml(load_config("digits", written, cwd=tmp_path).config))
    assert found["optimizer.lr"] == Setting(key="optimizer.lr", value=0.02, default=0.001, changed=True)
    assert found["training.epochs"].default == 20
    assert not found["optimizer.momentum"].changed
    assert found["model.args.hidden"].changed
    assert found["search.coarse.space.optimizer.lr"].changed


def test_the_defaults_are_those_of_the_chosen_class(tmp_path: Path) -> None:
    found = settings(tmp_path, "optimizer: {name: rmsprop, decay: 0.99}\ntraining: {early_stopping: {}}")
    assert (found["optimizer.name"].changed, found["optimizer.name"].default) == (True, "momentum")
    assert (found["optimizer.decay"].changed, found["optimizer.decay"].default) == (True, 0.9)
    assert not found["optimizer.eps"].changed
    assert found["training.early_stopping.patience"].changed


def test_a_password_is_not_shown(tmp_path: Path) -> None:
    found = settings(tmp_path, "search: {storage: 'postgresql://me:hunter2@host/db'}")
    assert found["search.storage"].value == "postgresql://me:***@host/db"


def test_a_config_of_another_version_is_shown_without_defaults(tmp_path: Path) -> None:
    found = settings(tmp_path, "seed: 3\nfuture: {knob: [1, 2]}")
    assert found["future.knob"] == Setting(key="future.knob", value=[1, 2])


def test_a_damaged_config_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"config.yaml is damaged"):
        settings(tmp_path, "a: [")
