"""The catalog of training: every name and number of the schema trains on digits and changes the result."""

from __future__ import annotations

import functools
import math
from typing import Any, get_args

import pytest
import torch
from torch import Tensor

from nnbabysit.core.config.schema.data import Augment, Preprocess
from nnbabysit.core.config.schema.optimizer import Optimizer
from nnbabysit.core.config.schema.root import Config, Regularization
from nnbabysit.core.config.schema.schedule import Schedule
from nnbabysit.core.config.schema.section import Section
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.training.loop.epochs import train_epochs
from nnbabysit.core.training.setup.setup import assemble


def members(union: Any) -> dict[str, type[Section]]:
    """Name → class of a union that is told apart by ``name``."""
    return {get_args(each.model_fields["name"].annotation)[0]: each for each in get_args(get_args(union)[0])}


OPTIMIZERS = members(Optimizer)
SCHEDULES = members(Schedule)
OTHER: dict[str, Any] = {  # a value besides the default
    "momentum": 0.5,
    "decay": 0.5,
    "eps": 0.1,
    "betas": [0.5, 0.9],
    "weight_decay": 0.5,
    "history": 1,
    "iterations": 2,
    "line_search": "none",
    "lr": 0.02,
    "warmup": 1,
    "every": 1,
    "factor": 0.3,
    "milestones": [1],
    "patience": 0,
    "threshold": 0.9,
    "k": 2.0,
    "final": 0.5,
    "period": 1,
    "multiply": 2,
    "rise": 0.6,
    "start": 0.5,
    "l2": 0.1,
    "l1": 0.1,
    "elastic": 0.1,
    "elastic_beta": 3.0,
    "max_norm": 0.3,
    "label_smoothing": 0.3,
    "clip_norm": 0.01,
    "clip_value": 0.001,
    "flip": 0.5,
    "crop": 1,
    "rotate": 20.0,
    "brightness": 0.5,
    "contrast": 0.5,
    "cutout": 3,
    "noise": 0.3,
    "mixup": 0.5,
    "pca": 10,
    "whiten": True,
}
NEEDS: dict[str, dict[str, Any]] = {  # what another setting must be for this one to matter
    "elastic_beta": {"elastic": 0.1},
    "multiply": {"period": 1, "final": 0.1},
    "threshold": {"patience": 0},
    "patience": {"threshold": 0.9},
    "factor": {"every": 1, "milestones": [1], "patience": 0, "threshold": 0.9},
}


@functools.cache
def outcome(document: str) -> Tensor:
    """Outputs after eight steps, an epoch each, in evaluation mode; ``document`` is JSON."""
    config = Config.model_validate_json(document)
    data = load_dataset(config)
    assembly = assemble(config, data)
    records = list(train_epochs(assembly, data, config))
    assert all(math.isfinite(record.cost) for record in records)
    assert not records[-1].stopped
    with torch.no_grad():
        outputs: Tensor = assembly.model.eval()(data.validation.take(torch.arange(20))[0])
    assert outputs.isfinite().all()
    return outputs


def trained(**sections: Any) -> Tensor:
    document: dict[str, Any] = {
        "device": "cpu",
        "data": {"source": "digits"},
        "model": {"name": "mlp", "args": {"hidden": [20]}, "init": {"scheme": "he_normal"}},
        "optimizer": {"name": "sgd", "lr": 0.1},
        "training": {"epochs": 8, "batch_size": "full"},
    }
    config = Config.model_validate({**document, **sections})
    return outcome(config.model_dump_json(by_alias=True))


def fields(classes: dict[str, type[Section]]) -> list[tuple[str, str]]:
    return [(name, key) for name, section in classes.items() for key in section.model_fields if key != "name"]


def with_needs(section: type[Section], key: str) -> dict[str, Any]:
    return {
        name: value
        for name, value in NEEDS.get(key, {}).items()
        if name in section.model_fields and name != key
    }


def test_every_optimizer_takes_steps_of_its_own() -> None:
    outputs = {name: trained(optimizer={"name": name, "lr": 0.01}) for name in OPTIMIZERS}
    assert not any(
        torch.equal(outputs[one], outputs[other]) for one in outputs for other in outputs if one < other
    )


@pytest.mark.parametrize(("name", "key"), fields(OPTIMIZERS))
def test_every_setting_of_an_optimizer_changes_the_result(name: str, key: str) -> None:
    plain = {"name": name, "lr": 0.01}
    assert not torch.equal(trained(optimizer=plain), trained(optimizer={**plain, key: OTHER[key]}))


@pytest.mark.parametrize("name", [name for name in SCHEDULES if name != "constant"])
def test_every_schedule_is_another_than_none(name: str) -> None:
    needed = {**with_needs(SCHEDULES[name], "factor"), "name": name}
    if name == "warm_restarts":
        needed["period"] = 3
    assert not torch.equal(trained(), trained(schedule=needed))


@pytest.mark.parametrize(("name", "key"), fields(SCHEDULES))
def test_every_setting_of_a_schedule_changes_the_result(name: str, key: str) -> None:
    plain = {"name": name, **with_needs(SCHEDULES[name], key)}
    assert not torch.equal(trained(schedule=plain), trained(schedule={**plain, key: OTHER[key]}))


@pytest.mark.parametrize("key", list(Regularization.model_fields))
def test_every_regularization_changes_the_result(key: str) -> None:
    plain = with_needs(Regularization, key)
    assert not torch.equal(trained(regularization=plain), trained(regularization={**plain, key: OTHER[key]}))


@pytest.mark.parametrize("key", list(Augment.model_fields))
def test_every_augmentation_changes_the_result(key: str) -> None:
    data = {"source": "digits", "augment": {key: OTHER[key]}}
    assert not torch.equal(trained(), trained(data=data))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("center", name) for name in ("none", "channel", "pixel")),
        *(("scale", name) for name in ("none", "minmax", "unit255")),
        ("pca", 10),
        ("pca", 0.9),
        ("whiten", True),
    ],
)
def test_every_preprocessing_changes_the_result(key: str, value: Any) -> None:
    plain = {"center": "feature", "scale": "none" if value == "pixel" else "standard"}
    data = [{"source": "digits", "preprocess": p} for p in (plain, {**plain, key: value})]
    if value == "pixel":  # the mean image is the mean of each feature, under the name that images have for it
        assert torch.equal(trained(data=data[0]), trained(data=data[1]))
    else:
        assert not torch.equal(trained(data=data[0]), trained(data=data[1]))


def test_nothing_in_preprocess_is_left_out_of_the_walk() -> None:
    assert set(Preprocess.model_fields) == {"center", "scale", "pca", "whiten"}
    assert get_args(Preprocess.model_fields["center"].annotation) == ("none", "feature", "channel", "pixel")
    assert get_args(Preprocess.model_fields["scale"].annotation) == ("none", "standard", "minmax", "unit255")
