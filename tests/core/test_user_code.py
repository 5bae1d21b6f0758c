"""Where the user's code raised."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nnbabysit.core.user_code import is_users_own, raised_at, user_code_error


def test_the_place_is_the_innermost_line_of_the_user_s_and_not_the_library_s() -> None:
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads("{")
    file, _, line = raised_at(caught.value).rpartition(":")
    assert file == __file__
    assert "json.loads" in Path(__file__).read_text().splitlines()[int(line) - 1]


def test_a_message_of_many_lines_becomes_one_of_bounded_length() -> None:
    error = user_code_error(RuntimeError("Missing key(s):\n\t" + "weight, " * 200), "building")
    assert "\n" not in error.message
    assert len(error.message) < 600
    assert error.message.endswith("…")


def test_an_exception_without_a_message_is_named_by_its_type() -> None:
    assert user_code_error(KeyError(), "building").message == "building raised KeyError"


def test_packages_of_another_environment_that_this_one_sees_are_libraries() -> None:
    assert not is_users_own("/usr/lib/python3/dist-packages/torch/nn/modules/module.py")
    assert not is_users_own("/home/me/.local/lib/python3.11/site-packages/torch/optim/sgd.py")
    assert is_users_own("/home/me/project/model.py")
