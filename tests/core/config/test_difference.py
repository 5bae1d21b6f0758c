"""Settings that differ between two configs, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnbabysit.core.config.difference import Side, differences
from nnbabysit.core.config.files.bundle import bundled
from nnbabysit.core.config.loading import LoadedConfig, load_config


def loaded(folder: Path, name: str, text: str) -> LoadedConfig:
    (folder / name).write_text(text, encoding="utf-8")
    return load_config(name, cwd=folder)


def rows(one: LoadedConfig, other: LoadedConfig) -> dict[str, tuple[Side, Side]]:
    return {row.key: (row.first, row.second) for row in differences(one, other)}


@pytest.mark.parametrize("name", [*bundled()])
def test_a_config_does_not_differ_from_itself(name: str, tmp_path: Path) -> None:
    assert differences(load_config(name, cwd=tmp_path), load_config(name, cwd=tmp_path)) == []


def test_both_values_and_both_places_are_told(tmp_path: Path) -> None:
    one = loaded(tmp_path, "a.yaml", "seed: 1\noptimizer: {lr: 0.5}\n")
    other = loaded(tmp_path, "b.yaml", "optimizer: {lr: 0.25}\n")
    assert rows(one, other) == {
        "seed": (Side(1, "a.yaml:1"), Side(0, "default")),
        "optimizer.lr": (Side(0.5, "a.yaml:2"), Side(0.25, "b.yaml:1")),
    }


def test_alone_it_is_compared_with_the_defaults(tmp_path: Path) -> None:
    found = differences(loaded(tmp_path, "a.yaml", "training: {epochs: 20, batch_size: 7}\n"))
    assert [(row.key, row.first.value, row.second) for row in found] == [
        ("training.batch_size", 7, Side(100, "default"))
    ]


def test_a_setting_that_one_side_does_not_have_does_not_exist_there(tmp_path: Path) -> None:
    one = loaded(tmp_path, "a.yaml", "optimizer: {name: adam}\n")
    found = rows(one, loaded(tmp_path, "b.yaml", "optimizer: {name: momentum}\n"))
    assert [*found] == ["optimizer.name", "optimizer.momentum", "optimizer.betas", "optimizer.eps"] or [
        *found
    ] == ["optimizer.name", "optimizer.betas", "optimizer.eps", "optimizer.momentum"]
    assert not found["optimizer.betas"][1].exists
    assert not found["optimizer.momentum"][0].exists


def test_numbers_are_compared_as_numbers_and_true_is_none(tmp_path: Path) -> None:
    one = loaded(tmp_path, "a.yaml", "model: {name: 'm:N', args: {a: 1, b: 1, c: [true], d: {}}}\n")
    other = loaded(tmp_path, "b.yaml", "model: {name: 'm:N', args: {a: 1.0, b: true, c: [1], d: {}}}\n")
    assert [*rows(one, other)] == ["model.args.b", "model.args.c"]


def test_an_empty_section_is_no_row_beside_its_settings(tmp_path: Path) -> None:
    one = loaded(tmp_path, "a.yaml", "data: {args: {n: 1}, source: 'm:f'}\n")
    other = loaded(tmp_path, "b.yaml", "data: {source: 'm:f'}\n")
    assert [*rows(one, other)] == ["data.args.n"]
