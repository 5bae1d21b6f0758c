"""Sizes are offered by name, and never forced on anybody."""

from __future__ import annotations

from typing import Any

import pytest

from nnbabysit.core.errors import ModelError
from nnbabysit.core.models.offered import arguments_for


def given(
    target: Any, args: dict[str, Any] | None = None, shape: tuple[int, ...] = (3, 8, 9)
) -> dict[str, Any]:
    return arguments_for(target, "net.py:Net", args or {}, input_shape=shape, num_outputs=10)


def test_only_what_the_signature_names_is_filled_in() -> None:
    def net(in_channels: int, *, num_classes: int, width: int = 3) -> None: ...

    assert given(net) == {"in_channels": 3, "num_classes": 10}
    assert given(lambda: None) == {}


def test_sizes_follow_from_the_shape_of_a_sample() -> None:
    def net(in_features: int, input_shape: tuple[int, ...], out_features: int) -> None: ...

    assert given(net) == {"in_features": 216, "input_shape": (3, 8, 9), "out_features": 10}


def test_an_offer_replaces_a_default_but_not_what_the_user_gave() -> None:
    def net(num_classes: int = 1000, in_chans: int = 4) -> None: ...

    assert given(net) == {"num_classes": 10, "in_chans": 3}
    assert given(net, {"num_classes": 7}) == {"num_classes": 7, "in_chans": 3}


def test_input_size_is_offered_for_flat_samples_only_where_its_meaning_is_clear() -> None:
    def net(input_size: int = 5) -> None: ...

    assert given(net, shape=(64,)) == {"input_size": 64}
    assert given(net) == {}


def test_a_signature_that_takes_anything_is_given_the_user_s_arguments_alone() -> None:
    def net(**kwargs: Any) -> None: ...

    assert given(net, {"num_classes": 4, "anything": 5}) == {"num_classes": 4, "anything": 5}


def test_several_mistakes_are_said_at_once() -> None:
    def net(depth: int, width: int, heads: int = 2) -> None: ...

    with pytest.raises(ModelError) as caught:
        given(net, {"dept": 1, "color": 2})
    assert caught.value.message.splitlines() == [
        "model.args.dept: net.py:Net takes no such argument, did you mean depth?",
        "model.args.color: net.py:Net takes no such argument, it takes depth, width, heads",
        "model.args.depth: missing, net.py:Net needs it",
        "model.args.width: missing, net.py:Net needs it",
    ]
