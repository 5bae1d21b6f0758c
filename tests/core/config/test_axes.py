"""A search space is checked against the schema before the search."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnbabysit.core.config.loading import load_config
from nnbabysit.core.errors import ConfigError


def mistakes(folder: Path, axis: str, more: str = "", stage: str = "coarse") -> list[str]:
    text = f"search:\n  {stage}:\n    space:\n      seed: {{int: [0, 9]}}\n      {axis}\n{more}\n"
    (folder / "own.yaml").write_text(text, encoding="utf-8")
    try:
        load_config("own.yaml", cwd=folder)
    except ConfigError as error:
        return [str(mistake) for mistake in error.mistakes]
    return []


@pytest.mark.parametrize(
    "axis",
    [
        "optimizer.lr: {log_uniform: [1e-6, 1]}",
        "optimizer.momentum: {uniform: [0, 0.99]}",
        "training.batch_size: {int: [16, 256]}",
        "training.batch_size: {choice: [16, full]}",
        "schedule.name: {choice: [constant]}",
        "schedule: {choice: [{name: step, every: 3}, {name: constant}]}",
        "model.args.hidden: {choice: [[50], [50, 50]]}",
        "model.args.anything.at.all: {uniform: [0, 1]}",
        "data.args.noise: {uniform: [0, 1]}",
        "model.init.scheme: {choice: [he_normal, zeros]}",
        "overfit_tiny.optimizer.lr: {uniform: [0.1, 1]}",
    ],
)
def test_any_setting_can_be_searched(tmp_path: Path, axis: str) -> None:
    assert mistakes(tmp_path, axis) == []


@pytest.mark.parametrize("stage", ["coarse", "fine"])
def test_an_axis_of_no_setting_is_told_with_the_nearest_one(tmp_path: Path, stage: str) -> None:
    assert mistakes(tmp_path, "optimzer.lr: {log_uniform: [1e-6, 1]}", stage=stage) == [
        f"own.yaml:5:7  search.{stage}.space.optimzer.lr: "
        "there is no setting optimzer.lr, did you mean optimizer.lr?"
    ]


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        ("zzz: {uniform: [0, 1]}", "there is no setting zzz"),
        ("l2: {uniform: [0, 1]}", "there is no setting l2, did you mean regularization.l2?"),
        ("search.coarse.trials: {int: [1, 9]}", "the search cannot search its own settings"),
        ("optimizer.eps: {uniform: [0.1, 1]}", "no setting of momentum; it belongs to adagrad, rmsprop, "
            "adadelta, adam, adamw, radam, nadam"),
        ("optimizer.momentum: {uniform: [0, 1]}",
         "uniform draws a value that is not allowed: optimizer.momentum must be below 1, got 1.0"),
        ("optimizer.lr: {uniform: [0, 1]}",
         "uniform draws a value that is not allowed: optimizer.lr must be above 0, got 0.0"),
        ("training.batch_size: {log_uniform: [16, 256]}", "log_uniform draws a value that is not allowed: "
         "training.batch_size expected an integer or full, got 16.0; draw it with int"),
        ("optimizer.name: {choice: [adam, sdg]}",
         "choice draws a value that is not allowed: optimizer.name there is no 'sdg', did you mean sgd?"),
        ("optimizer: {uniform: [0, 1]}",
         "uniform draws a value that is not allowed: optimizer expected a section (key: value), got 0.0"),
        ("optimizer.lr: {uniform: [1, 0.1]}", "uniform needs a low end below the high end, got [1, 0.1]"),
        ("optimizer.lr: {log_uniform: [0, 1]}", "log_uniform needs both ends above 0, got [0, 1]"),
        ("optimizer.lr: {}", "give exactly one of log_uniform, uniform, int, choice"),
        ("optimizer.lr: {uniform: [0.1, 1], choice: [1]}",
         "give exactly one of log_uniform, uniform, int, choice"),
        ("optimizer.lr: 0.1", "expected a section (key: value), got 0.1"),
    ],
)  # fmt: skip
def test_an_axis_that_cannot_be_drawn_is_told(tmp_path: Path, axis: str, message: str) -> None:
    key = axis.partition(":")[0]
    assert mistakes(tmp_path, axis) == [f"own.yaml:5:7  search.coarse.space.{key}: {message}"]


def test_an_axis_of_one_class_may_stand_beside_a_choice_of_classes(tmp_path: Path) -> None:
    names = "optimizer.name: {choice: [momentum, adam]}"
    both = (
        f"{names}\n      optimizer.momentum: {{uniform: [0, 0.9]}}\n      optimizer.eps: {{choice: [1e-8]}}"
    )
    assert mistakes(tmp_path, both) == []


def test_ends_are_checked_whatever_else_is_wrong(tmp_path: Path) -> None:
    assert mistakes(tmp_path, "optimizer.lr: {uniform: [-1, 1]}", "seed: x\noptimizer: {name: adam}") == [
        "own.yaml:5:7  search.coarse.space.optimizer.lr: "
        "uniform draws a value that is not allowed: optimizer.lr must be above 0, got -1.0",
        "own.yaml:6:1  seed: expected an integer, got 'x'",
    ]


def test_an_item_of_a_list_must_be_there(tmp_path: Path) -> None:
    axis, model = "model.args.hidden.1: {int: [5, 50]}", "model: {args: {hidden: [50%s]}}"
    assert mistakes(tmp_path, axis, model % ", 50") == []
    assert mistakes(tmp_path, axis, model % "") == [
        "own.yaml:5:7  search.coarse.space.model.args.hidden.1: "
        "int draws a value that is not allowed: model.args.hidden.1 there is no item 1 in a list of 1"
    ]


def test_trying_the_ends_leaves_the_settings_as_they_are(tmp_path: Path) -> None:
    text = (
        "model: {args: {hidden: [50, 60]}}\nsearch: {coarse: {space: {model.args.hidden.1: {int: [5, 9]}}}}"
    )
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    assert load_config("own.yaml", cwd=tmp_path).config.model.args == {"hidden": [50, 60]}
