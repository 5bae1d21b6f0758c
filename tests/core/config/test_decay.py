"""Weight decay beside an L2 penalty is refused, in a config and in what a search would draw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nnbabysit.core.config.loading import load_config
from nnbabysit.core.config.schema.decay import refuse_in_space
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.errors import ConfigError


@pytest.mark.parametrize("penalty", ["l2", "elastic"])
def test_both_are_refused_and_one_is_taken(tmp_path: Path, penalty: str) -> None:
    loaded = load_config("digits", ["weight_decay=0.1", "l2=0"], cwd=tmp_path)
    assert getattr(loaded.config.optimizer, "weight_decay", None) == 0.1
    with pytest.raises(ConfigError) as caught:
        load_config("digits", ["weight_decay=0.1", "l2=0", f"regularization.{penalty}=0.1"], cwd=tmp_path)
    assert str(caught.value) == (
        f"--set optimizer.weight_decay=0.1  optimizer.weight_decay: stands beside regularization.{penalty}, "
        f"which pulls towards 0 as well: set regularization.{penalty}=0, or leave this out"
    )


def test_that_of_adamw_is_apart_from_the_gradient_and_may_stand_beside_it(tmp_path: Path) -> None:
    load_config("digits", ["optimizer=adamw", "weight_decay=0.1"], cwd=tmp_path)


@pytest.mark.parametrize(
    ("optimizer", "l2", "axes", "refused"),
    [
        ({"name": "sgd", "weight_decay": 0.1}, 0.0, ["optimizer.lr"], False),
        ({"name": "sgd", "weight_decay": 0.1}, 0.0, ["regularization.l2"], True),
        ({"name": "sgd"}, 0.1, ["optimizer.weight_decay"], True),
        ({"name": "sgd"}, 0.0, ["optimizer.weight_decay"], False),
        ({"name": "adamw"}, 0.1, ["optimizer.weight_decay", "regularization.l2"], False),
        ({"name": "adamw"}, 0.1, ["optimizer.name", "optimizer.weight_decay"], True),
        ({"name": "lbfgs"}, 0.1, ["regularization.l2"], False),
    ],
)
def test_a_search_of_one_beside_the_other_is_refused(
    optimizer: dict[str, Any], l2: float, axes: list[str], refused: bool
) -> None:
    config = Config.model_validate({"optimizer": optimizer, "regularization": {"l2": l2}})
    if not refused:
        refuse_in_space(config, axes, where="search.coarse.space")
        return
    with pytest.raises(ConfigError, match="search one, and set the other to 0"):
        refuse_in_space(config, axes, where="search.coarse.space")
