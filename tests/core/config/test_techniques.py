"""Techniques: one line for each name, none of them left out."""

from __future__ import annotations

from typing import get_args

from nnbabysit.core.config.reference.techniques import techniques
from nnbabysit.core.config.schema import optimizer as optimization
from nnbabysit.core.config.schema import schedule as scheduling
from nnbabysit.core.config.schema.root import INIT_SCHEMES, Regularization
from nnbabysit.core.models.settings import ACTIVATIONS, NORMS, POOLINGS, SETTINGS


def values(setting: str) -> list[str]:
    return [found.value for found in techniques(SETTINGS) if found.setting == setting]


def test_every_name_has_its_line() -> None:
    assert values("model.name") == [*SETTINGS]
    assert values("model.args.activation") == [*ACTIVATIONS]
    assert values("model.args.norm") == [*NORMS]
    assert values("model.args.pooling") == [*POOLINGS]
    assert values("model.init.scheme") == [*INIT_SCHEMES]
    for section, union in (("optimizer", optimization.Optimizer), ("schedule", scheduling.Schedule)):
        classes = get_args(get_args(union)[0])
        assert values(f"{section}.name") == [get_args(c.model_fields["name"].annotation)[0] for c in classes]


def test_every_penalty_and_limit_has_its_line() -> None:
    settings = [found.setting for found in techniques(SETTINGS)]
    assert {f"regularization.{name}" for name in Regularization.model_fields} <= {*settings}
    assert {"data.augment.mixup", "data.preprocess.pca", "transfer.freeze", "training.snapshots"} <= {
        *settings
    }
    assert {"model.args.dropout", "model.args.dropconnect", "model.args.survival"} <= {*settings}


def test_each_line_says_something_and_none_stands_twice() -> None:
    found = techniques(SETTINGS)
    assert all(entry.summary and "\n" not in entry.summary for entry in found)
    assert len({(entry.setting, entry.value) for entry in found}) == len(found)
