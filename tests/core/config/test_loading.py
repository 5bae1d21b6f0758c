"""A config is loaded with the origin of each setting, written again, and changed for a trial."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from nnbabysit.core.config.loading import (
    bundled,
    load_config,
    load_defaults,
    show,
    to_yaml,
    with_values,
)
from nnbabysit.core.config.schema.optimizer import Adam, Momentum
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.errors import ConfigError


def write(folder: Path, text: str, name: str = "own.yaml") -> str:
    (folder / name).write_text(textwrap.dedent(text), encoding="utf-8")
    return name


def test_settings_left_out_have_their_defaults(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, "seed: 0"), cwd=tmp_path).config == Config()


def test_the_command_line_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    source = write(tmp_path, "seed: 1\noptimizer:\n  lr: 0.5\n")
    loaded = load_config(
        source, ["optimizer.lr=1e-2", "training.epochs=7", "training.epochs=8"], cwd=tmp_path
    )
    assert loaded.config.optimizer == Momentum(name="momentum", lr=0.01)
    assert loaded.config.training.epochs == 8
    assert loaded.path == tmp_path / "own.yaml"
    places = {
        key: loaded.locate(key) for key in ("seed", "optimizer", "optimizer.lr", "optimizer.momentum", "name")
    }
    assert places == {
        "seed": "own.yaml:1",
        "optimizer": "own.yaml:2",
        "optimizer.lr": "--set",
        "optimizer.momentum": "default",
        "name": "default",
    }


@pytest.mark.parametrize("name", [*bundled()])
def test_a_written_config_loads_as_the_same_config(tmp_path: Path, name: str) -> None:
    config = load_config(name, cwd=tmp_path).config
    (tmp_path / "again.yaml").write_text(to_yaml(config), encoding="utf-8")
    assert load_config("again.yaml", cwd=tmp_path).config == config


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
ARGUMENTS = st.dictionaries(
    NAMES,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
        max_leaves=4,
    ),
    max_size=3,
)


@limits(deadline=None)
@given(lr=st.floats(min_value=0, exclude_min=True, allow_infinity=False), seed=st.integers(0), args=ARGUMENTS)
def test_any_value_survives_writing_and_loading(
    tmp_path_factory: pytest.TempPathFactory, lr: float, seed: int, args: dict[str, Any]
) -> None:
    config = with_values(Config(), {"optimizer.lr": lr, "seed": seed, "model.args": args})
    file = tmp_path_factory.getbasetemp() / "again.yaml"
    file.write_text(to_yaml(config), encoding="utf-8", newline="\n")
    assert load_config(str(file), cwd=file.parent).config == config


def test_rows_to_show_hold_every_setting_with_its_origin(tmp_path: Path) -> None:
    source = write(tmp_path, "search: {coarse: {space: {optimizer.lr: {log_uniform: [1e-6, 1e-3]}}}}")
    rows = {
        key: (value, origin) for key, value, origin in show(load_config(source, ["seed=4"], cwd=tmp_path))
    }
    assert rows["seed"] == (4, "--set")
    assert rows["search.coarse.space.optimizer.lr"] == ({"log_uniform": [1e-6, 1e-3]}, "own.yaml:1")
    assert rows["optimizer.name"] == ("momentum", "default")
    assert rows["model.args"] == ({}, "default")


def test_values_of_a_trial_are_set_by_their_dotted_keys() -> None:
    config = with_values(
        Config(),
        {"optimizer.lr": 0.5, "model.args.hidden": [7], "training.early_stopping.patience": 2, "seed": 3},
    )
    assert config.optimizer.lr == 0.5
    assert config.model.args == {"hidden": [7]}
    assert config.training.early_stopping is not None
    assert config.seed == 3
    assert Config().model.args == {}


def test_a_trial_may_choose_another_class() -> None:
    config = with_values(Config(), {"optimizer.lr": 0.5, "optimizer.momentum": 0.3})
    assert with_values(config, {"optimizer.name": "adam"}).optimizer == Adam(name="adam", lr=0.5)
    drawn = {"optimizer.name": "adam", "optimizer.momentum": 0.99, "optimizer.eps": 1e-6}
    assert with_values(config, drawn).optimizer == Adam(name="adam", lr=0.5, eps=1e-6)


def test_a_section_can_be_given_as_it_is() -> None:
    config = with_values(
        Config(), {"overfit_tiny.optimizer": Adam(name="adam"), "schedule": {"name": "constant"}}
    )
    assert config.overfit_tiny.optimizer == Adam(name="adam")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"optimizer.lrr": 1, "sed": 2},
         "search  optimizer.lrr: unknown key, did you mean lr?\n"
         "search  sed: unknown key, did you mean seed?"),
        ({"optimizer.lr": -1.0, "seed": 0.5},
         "search  seed: expected an integer, got 0.5\nsearch  optimizer.lr: must be above 0, got -1.0"),
        ({"optimizer.betas": [0.9, 0.9]},
         "search  optimizer.betas: is no setting of momentum; it belongs to adam, adamw, radam, nadam, lion"),
        ({"model.args.hidden.3": 1}, "search  there is no item 3 in a list of 1"),
    ],
)  # fmt: skip
def test_a_wrong_value_of_a_trial_is_refused(values: dict[str, Any], message: str) -> None:
    base = with_values(Config(), {"model.args.hidden": [5]})
    with pytest.raises(ConfigError) as caught:
        with_values(base, values)
    assert str(caught.value) == message


def test_torch_and_numpy_are_not_loaded_for_a_config(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from nnbabysit.core.config.loading import load_config;"
        "load_config('digits', cwd=Path.cwd());"
        "assert not {'torch', 'numpy', 'optuna', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def test_without_a_file_the_defaults_take_overrides_and_the_same_checks(tmp_path: Path) -> None:
    loaded = load_defaults(["optimizer.name=adam", "data.source=npz", "data.path=d.npz"], cwd=tmp_path)
    assert loaded.config.optimizer.name == "adam"
    assert loaded.config.data.path == str(tmp_path / "d.npz")
    assert (loaded.path, loaded.locate("seed"), loaded.locate("optimizer.name")) == (None, "default", "--set")
    with pytest.raises(ConfigError) as caught:
        load_defaults(["optimizer.name=adam", "optimizer.momentum=0.5", "sed=1"], cwd=tmp_path)
    assert {mistake.key for mistake in caught.value.mistakes} == {"optimizer.momentum", "sed"}
