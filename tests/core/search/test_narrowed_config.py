"""The narrowed config can be read, edited and run."""

from __future__ import annotations

from pathlib import Path

from nnbabysit.core.config.loading import load_config
from nnbabysit.core.config.schema.space import Axis
from nnbabysit.core.search.space.narrowed_config import narrowed_yaml
from nnbabysit.core.search.space.narrowing import Narrowing

NARROWING = Narrowing(
    space={"optimizer.lr": Axis(log_uniform=(0.01, 0.1)), "model.args.hidden": Axis(choice=[[50], [100]])},
    kept=3,
    finished=20,
    explanations={"optimizer.lr": "encloses the best 3", "model.args.hidden": "chosen by the best 3"},
    warnings=("optimizer.lr: at the border",),
)


def test_it_loads_as_the_config_with_the_new_space(tmp_path: Path) -> None:
    config = load_config("digits", cwd=tmp_path).config
    file = tmp_path / "narrowed.yaml"
    file.write_text(narrowed_yaml(config, NARROWING, tmp_path / "coarse-run", tmp_path), encoding="utf-8")
    loaded = load_config(str(file), cwd=tmp_path).config
    assert loaded.search.fine.space == NARROWING.space
    assert loaded.search.coarse == config.search.coarse
    assert loaded.model_copy(update={"search": config.search}) == config


def test_it_says_where_each_range_comes_from(tmp_path: Path) -> None:
    config = load_config("digits", cwd=tmp_path).config
    lines = narrowed_yaml(config, NARROWING, tmp_path / "coarse-run", tmp_path).splitlines()
    assert lines[0] == "# Narrowed from coarse-run: 20 trials, the best 3 enclosed."
    assert lines[2] == "# Mind: optimizer.lr: at the border"
    place = lines.index("      # encloses the best 3")
    assert lines[place + 1].strip() == "optimizer.lr:"
    assert sum("encloses the best 3" in line for line in lines) == 1
