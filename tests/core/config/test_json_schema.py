"""The JSON Schema accepts what the loader accepts, refuses what it refuses, and explains every setting."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
from pydantic import AfterValidator

from nnbabysit.core.config import fields
from nnbabysit.core.config.files import yaml_loader
from nnbabysit.core.config.files.bundle import bundled
from nnbabysit.core.config.loading import load_config, to_yaml
from nnbabysit.core.config.reference import json_schema
from nnbabysit.core.config.reference.field_docs import field_docs
from nnbabysit.core.config.reference.json_schema import NAMES, is_ours
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.config.schema.section import Section
from nnbabysit.core.errors import ConfigError
from nnbabysit.core.models.settings import SETTINGS, CNNSettings

SCHEMA = json_schema.json_schema(SETTINGS)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def read(text: str) -> Any:
    return yaml_loader.parse(text).value


def places(text: str) -> list[str]:
    return [error.json_path for error in VALIDATOR.iter_errors(read(text))]


def test_it_is_a_schema_of_its_dialect() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert is_ours(json.dumps(SCHEMA, indent=2))
    assert not is_ours("{}")


@pytest.mark.parametrize("name", [*bundled()])
def test_every_bundled_config_is_valid_as_written_and_as_resolved(name: str, tmp_path: Path) -> None:
    assert places(bundled()[name].read_text(encoding="utf-8")) == []
    assert places(to_yaml(load_config(name, cwd=tmp_path).config)) == []


MISTAKES = [
    ("trainig: {}", "$"),
    ("optimizer: {name: momentum, weigth_decay: 0.1}", "$.optimizer"),
    ("optimizer: {name: adm}", "$.optimizer"),
    ("optimizer: {name: sgd, momentum: 0.9}", "$.optimizer"),
    ("optimizer: {lr: -1}", "$.optimizer"),
    ('optimizer: {lr: "0.1"}', "$.optimizer"),
    ("overfit_tiny: {optimizer: {lr: 0.1}}", "$.overfit_tiny.optimizer"),
    ("schedule: {name: exponential, factor: 2}", "$.schedule"),
    ("schedule: {factor: 0.5}", "$.schedule"),
    ("seed: -1", "$.seed"),
    ("seed: 1.5", "$.seed"),
    ("name: ''", "$.name"),
    ("device: tpu", "$.device"),
    ("data: {source: numpy}", "$.data.source"),
    ("data: {preprocess: {center: mean}}", "$.data.preprocess.center"),
    ("data: {validation: 1.5}", "$.data.validation"),
    ("model: {name: rescue}", "$.model.name"),
    ("model: {args: [1]}", "$.model.args"),
    ("loss: crossentropy", "$.loss"),
    ("training: {batch_size: all}", "$.training.batch_size"),
    ("training: {epochs: 0}", "$.training.epochs"),
    ("search: {coarse: {space: {optimizer.rate: {uniform: [0, 1]}}}}", "$.search.coarse.space"),
    ("search: {coarse: {space: {search.coarse.trials: {int: [1, 2]}}}}", "$.search.coarse.space"),
    ("search: {coarse: {space: {optimizer.lr: {}}}}", "$.search.coarse.space['optimizer.lr']"),
    (
        "search: {coarse: {space: {optimizer.lr: {uniform: [0, 1], int: [1, 2]}}}}",
        "$.search.coarse.space['optimizer.lr']",
    ),
    (
        "search: {fine: {space: {optimizer.lr: {log_uniform: [0, 1]}}}}",
        "$.search.fine.space",
    ),
    (
        "search: {coarse: {space: {training.epochs: {int: [1.5, 2]}}}}",
        "$.search.coarse.space['training.epochs'].int[0]",
    ),
]


@pytest.mark.parametrize(("text", "place"), MISTAKES)
def test_a_mistake_is_refused_at_its_place_and_by_the_loader_too(
    text: str, place: str, tmp_path: Path
) -> None:
    assert place in places(text)
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        load_config("c.yaml", cwd=tmp_path)


ALLOWED = [
    "optimizer: {lr: 0.1}",
    "optimizer: {lr: 0.1, momentum: 0.5}",
    "schedule: {}",
    "overfit_tiny: {optimizer: {name: sgd}}",
    "data: {source: './my data.py:load', validation: 10, test: other.npz}",
    "model: {name: torchvision.models:resnet18, args: {weights: null, anything: [1]}}",
    "model: {init: null}",
    "training: {batch_size: full, early_stopping: {patience: 3}}",
    "search: {coarse: {space: {model.args.hidden: {choice: [[8], [16]]}, data.args.n: {int: [1, 9]}}}}",
    "search: {coarse: {space: {optimizer: {choice: [{name: adam}]}}}}",
    "search: {fine: {space: null}}",
]


@pytest.mark.parametrize("text", ALLOWED)
def test_what_the_loader_takes_is_valid(text: str, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    load_config("c.yaml", cwd=tmp_path)
    assert places(text) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("model: {args: {hiden: [5]}}", "$.model.args"),
        ("model: {name: cnn, args: {channels: []}}", "$.model.args.channels"),
        ("model: {name: cnn, args: {activation: rleu}}", "$.model.args.activation"),
        ("model: {name: mlp, args: {channels: [5]}}", "$.model.args"),
    ],
)
def test_arguments_of_the_built_in_networks_are_checked(text: str, place: str) -> None:
    assert places(text) == [place]


def test_names_and_paths_of_fields_are_all_known() -> None:
    """A field that takes one of our names or an import path must be listed, or editors cannot offer them."""
    found = {
        (section, name)
        for section in json_schema._sections(Config)
        for name, field in section.model_fields.items()
        if any(isinstance(mark, AfterValidator) for mark in (*field.metadata, *get_args(field.annotation)))
    }
    assert found == set(NAMES)
    for (section, name), known in NAMES.items():
        definition = SCHEMA if section is Config else SCHEMA["$defs"][section.__name__]
        assert definition["properties"][name]["anyOf"][0] == {"enum": [*known]}


def test_every_setting_has_a_description_and_no_title() -> None:
    sections = {"": SCHEMA, **SCHEMA["$defs"]}
    bare = [
        f"{name}.{key}"
        for name, section in sections.items()
        if name != "Space"
        for key, setting in section.get("properties", {}).items()
        if not setting.get("description") and key != "name"
    ]
    assert bare == []
    assert SCHEMA["properties"]["seed"]["description"] == "All randomness is derived from it."
    assert "title" not in json.dumps(SCHEMA["$defs"])
    assert "discriminator" not in json.dumps(SCHEMA)


def test_every_section_is_closed_and_every_key_of_the_schema_is_in_it() -> None:
    closed = [
        name for name, section in SCHEMA["$defs"].items() if section.get("additionalProperties") is not False
    ]
    assert closed == []
    space = SCHEMA["$defs"]["Space"]["properties"]
    assert {"optimizer.lr", "regularization.l2", "model.init.std", "training.batch_size"} <= set(space)
    assert set(space) == {key for key in fields.all_keys() if not key.startswith("search")}


def test_docs_are_read_from_the_docstring_under_each_field() -> None:
    assert field_docs(Config)["name"] == "Name of the experiment."
    assert set(field_docs(CNNSettings)) == set(CNNSettings.model_fields)
    assert field_docs(Section) == {}
