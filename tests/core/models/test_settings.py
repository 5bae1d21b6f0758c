"""Arguments of the built-in networks as data."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, get_args

import pytest

from nnbabysit.core.config.schema.root import INIT_SCHEMES, MODELS, Init
from nnbabysit.core.errors import ModelError
from nnbabysit.core.models.arguments import read_settings
from nnbabysit.core.models.settings import (
    ACTIVATIONS,
    NORMS,
    POOLINGS,
    SETTINGS,
    Activation,
    Norm,
    Pooling,
    choices,
)


def test_the_schema_names_the_networks_that_there_are() -> None:
    assert tuple(SETTINGS) == MODELS


def test_arguments_can_be_checked_without_torch() -> None:
    code = "import sys, nnbabysit.core.models.arguments; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", SETTINGS)
def test_each_argument_says_what_is_expected(name: str) -> None:
    for key, field in SETTINGS[name].model_fields.items():
        assert field.description, key


def test_choices_are_the_names_to_choose_from() -> None:
    assert choices(SETTINGS["mlp"], "norm") == ("none", "batch", "layer", "group")
    assert choices(SETTINGS["mlp"], "hidden") == ()


@pytest.mark.parametrize("name", SETTINGS)
def test_each_name_to_choose_has_its_line_in_the_schema(name: str) -> None:
    for key, field in SETTINGS[name].model_json_schema()["properties"].items():
        if "enum" in field:
            assert len(field["enumDescriptions"]) == len(field["enum"]), key
    assert get_args(Activation) == tuple(ACTIVATIONS)
    assert get_args(Norm) == tuple(NORMS)
    assert get_args(Pooling) == tuple(POOLINGS)
    scheme = Init.model_json_schema()["properties"]["scheme"]
    assert scheme["enum"] == list(INIT_SCHEMES)
    assert scheme["enumDescriptions"] == list(INIT_SCHEMES.values())


@pytest.mark.parametrize(
    ("name", "args", "key", "words"),
    [
        ("mlp", {"norm": "group", "groups": 3, "hidden": [6, 50]}, "groups", "got 3, which does not divide"),
        ("cnn", {"norm": "group", "groups": 3, "channels": [6, 8]}, "groups", "does not divide the 64"),
        ("cnn", {"norm": "group", "groups": 4, "channels": [6]}, "groups", "does not divide the 6"),
        ("resnet", {"norm": "group", "groups": 5}, "groups", "does not divide the 16"),
        ("mlp", {"norm": "group", "groups": 50}, "groups", "a group of 1 unit is always 0 after norm group"),
        ("mlp", {"norm": "layer", "hidden": [1]}, "hidden", "a group of 1 unit is always 0 after norm layer"),
        ("mlp", {"pieces": 1}, "pieces", "got 1, expected an integer from 2 to 16"),
        ("cnn", {"ratio": 2.0}, "ratio", "got 2.0, expected a number between 1 and 2"),
        ("cnn", {"pooling": "min"}, "pooling", "got 'min', expected how a block shrinks its maps: max"),
        ("resnet", {"survival": 0.0}, "survival", "got 0.0, expected a number above 0 and at most 1"),
        ("resnet", {"blocks": 0}, "blocks", "got 0, expected an integer of at least 1"),
        ("resnet", {"hidden": [5]}, "hidden", "resnet takes no such argument"),
        ("autoencoder", {"hidden": []}, "hidden", "got [], expected a list with the width of each layer"),
        ("mlp", {"dropconnect": 1.0}, "dropconnect", "got 1.0, expected a number from 0 to below 1"),
    ],
)  # fmt: skip
def test_settings_out_of_bounds_or_at_odds_are_refused_in_words(
    name: str, args: dict[str, Any], key: str, words: str
) -> None:
    with pytest.raises(ModelError) as caught:
        read_settings(name, args)
    assert caught.value.where == f"model.args.{key}"
    assert words in caught.value.message


def test_maxout_divides_all_its_sums_into_groups() -> None:
    read_settings("mlp", {"norm": "group", "groups": 10, "hidden": [5], "activation": "maxout", "pieces": 4})
    with pytest.raises(ModelError, match="does not divide the 10"):
        read_settings("mlp", {"norm": "group", "groups": 4, "hidden": [5], "activation": "maxout"})
