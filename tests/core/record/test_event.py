"""Events travel as lines."""

from __future__ import annotations

import math

import pytest

from nnbabysit.core.record.event import Event


def test_an_event_comes_back_from_its_line() -> None:
    event = Event("epoch", 1_795_000_000.25, {"epoch": 3, "ratios": {"a.weight": 1e-3}, "loss": math.inf})
    line = event.to_json_line()
    assert line.startswith('{"kind": "epoch", "time": 1795000000.25, "epoch": 3')
    assert Event.from_json_line(line) == event


@pytest.mark.parametrize("line", ["[]", '{"kind": "epoch"}', "{"])
def test_a_line_that_is_no_event_is_refused(line: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        Event.from_json_line(line)
