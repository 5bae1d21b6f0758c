"""What a constructor requires and nobody can tell it."""

from __future__ import annotations

from typing import Any

import pytest

from nnbabysit.core.models.unknown_arguments import unknown_arguments


def asks(in_features: int, num_classes: int, width: int, depth: int = 2, *, p: float, **more: Any) -> None:
    """A signature."""


@pytest.mark.parametrize(
    ("given", "unknown"), [((), ["width", "p"]), (("width",), ["p"]), (("width", "p"), [])]
)
def test_offered_given_and_optional_ones_are_known(given: tuple[str, ...], unknown: list[str]) -> None:
    assert unknown_arguments(asks, given, input_shape=(4,), num_outputs=2) == unknown


def test_channels_are_unknown_where_samples_have_none() -> None:
    def net(in_channels: int) -> None: ...

    assert unknown_arguments(net, (), input_shape=(4,), num_outputs=2) == ["in_channels"]
    assert unknown_arguments(net, (), input_shape=(1, 4, 4), num_outputs=2) == []


def test_what_has_no_signature_asks_for_nothing() -> None:
    assert unknown_arguments(dict, (), input_shape=(4,), num_outputs=2) == []
    assert unknown_arguments(3, (), input_shape=(4,), num_outputs=2) == []
