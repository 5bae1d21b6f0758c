"""transfer and pretrain as they are written: names, bounds, paths, and a search over them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnbabysit.core.config.loading import load_config, to_yaml, with_values
from nnbabysit.core.errors import ConfigError


def mistake(*overrides: str, cwd: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config("digits", overrides, cwd=cwd)
    (found,) = caught.value.mistakes
    return f"{found.key}: {found.message}"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["transfer.lr_factor=1"], "transfer.from: is missing"),
        (["transfer.from=x", "transfer.lr_factor=0"], "transfer.lr_factor: must be above 0, got 0"),
        (["transfer.from=x", "transfer.unfreeze_after=0"], "transfer.unfreeze_after: must be above 0, got 0"),
        (
            ["transfer.from=x", "transfer.freeze=some"],
            "transfer.freeze: expected one of all, none, an integer or a list, got 'some'",
        ),
        (["transfer.fro=x", "transfer.from=y"], "transfer.fro: unknown key, did you mean from?"),
        (["pretrain.noise=1"], "pretrain: noise must be below 1 with masking, got 1"),
        (
            ["pretrain.kind=stack"],
            "pretrain.kind: choose one of autoencoder, denoising, stacked; got 'stack'",
        ),
        (
            ["pretrain.optimizer={name: lbfgs}"],
            "pretrain: lbfgs needs all samples in every step: choose another optimizer",
        ),
        (
            ["search.coarse.space={transfer.lr_factor: {uniform: [0.1, 1]}}"],
            "search.coarse.space.transfer.lr_factor: uniform draws a value that is not allowed: "
            "transfer.lr_factor needs transfer.from to be set",
        ),
    ],
)
def test_a_mistake_is_told_in_words(tmp_path: Path, overrides: list[str], message: str) -> None:
    assert mistake(*overrides, cwd=tmp_path) == message


def test_gaussian_noise_may_be_as_strong_as_one_likes(tmp_path: Path) -> None:
    overrides = ["pretrain.noise=2", "pretrain.corruption=gaussian"]
    assert load_config("digits", overrides, cwd=tmp_path).config.pretrain.noise == 2


def test_its_settings_can_be_searched(tmp_path: Path) -> None:
    axes = "transfer.lr_factor: {log_uniform: [0.01, 1]}, transfer.freeze: {choice: [all, 1]}"
    space = f"search.coarse.space={{{axes}}}"
    config = load_config("digits", ["transfer.from=/x", space], cwd=tmp_path).config
    drawn = with_values(config, {"transfer.lr_factor": 0.5, "transfer.freeze": 1}).transfer
    assert drawn is not None
    assert (drawn.source, drawn.lr_factor, drawn.freeze) == ("/x", 0.5, 1)


def test_a_path_is_relative_to_the_file_and_links_are_followed(tmp_path: Path) -> None:
    """Or a run could start from itself: ``latest`` points to it as soon as it has begun."""
    runs = tmp_path / "exp" / "runs"
    (runs / "first").mkdir(parents=True)
    (runs / "latest").symlink_to("first")
    (tmp_path / "exp" / "own.yaml").write_text("transfer: {from: runs/latest}\n", encoding="utf-8")
    config = load_config("exp/own.yaml", cwd=tmp_path).config
    assert config.transfer is not None
    assert config.transfer.source == str(runs / "first")
    typed = load_config("exp/own.yaml", ["transfer.from=exp/runs/latest"], cwd=tmp_path).config
    assert typed == config
    (tmp_path / "again.yaml").write_text(to_yaml(config), encoding="utf-8")
    assert load_config("again.yaml", cwd=tmp_path).config == config


def test_a_bare_word_may_be_the_name_of_a_run(tmp_path: Path) -> None:
    config = load_config("digits", ["transfer.from=brave-otter"], cwd=tmp_path).config
    assert config.transfer is not None
    assert config.transfer.source == "brave-otter"
