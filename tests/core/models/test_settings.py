"""Arguments of the built-in networks as data."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nnbabysit.core.config.schema import MODELS
from nnbabysit.core.models.settings import SETTINGS, choices


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
    assert choices(SETTINGS["mlp"], "norm") == ("none", "batch")
    assert choices(SETTINGS["mlp"], "hidden") == ()
