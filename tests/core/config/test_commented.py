"""A config with a reason beside each value is read back as the values alone."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nnbabysit.core.config.files import commented, yaml_loader
from nnbabysit.core.config.files.commented import Entry

VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(value=VALUES, reason=st.text(), key=st.text(max_size=8))
def test_no_value_key_or_reason_of_any_text_breaks_the_file(value: Any, reason: str, key: str) -> None:
    entries = [Entry(("a", key), value, reason), Entry(("b",), 1, reason), Entry(("a", "z", "y"), [value])]
    if key == "z":
        entries.pop()
    expected: Any = {"a": {key: value}, "b": 1}
    if key != "z":
        expected["a"]["z"] = {"y": [value]}
    assert yaml_loader.parse(commented.write(entries)).value == expected


def test_reasons_stand_beside_or_above() -> None:
    entries = [
        Entry(("name",), "x"),
        Entry(("loss",), "mse", "short"),
        Entry(("model", "args"), {"hidden": [5]}, "long " * 30),
    ]
    lines = commented.write(entries).splitlines()
    assert lines[:2] == ["name: x", "loss: mse                               # short"]
    assert lines[2:4] == ["", "model:"]
    assert lines[4].startswith("  # long long")
    assert lines[-1] == "  args: {hidden: [5]}"
    assert all(len(line) <= 110 for line in lines)


def test_what_is_missing_is_a_comment_to_be_filled_in() -> None:
    gap = Entry(("model", "args", "width"), None, "Net needs it", is_missing=True)
    alone = commented.write([Entry(("model", "name"), "m:N"), gap])
    assert yaml_loader.parse(alone).value == {"model": {"name": "m:N"}}
    assert "  # args:\n  #   width:" in alone
    filled = alone.replace("# args", "args").replace("#   width:", "  width: 5")
    assert yaml_loader.parse(filled).value == {"model": {"name": "m:N", "args": {"width": 5}}}
    beside = commented.write([Entry(("model", "args", "depth"), 2), gap])
    assert yaml_loader.parse(beside).value == {"model": {"args": {"depth": 2}}}
    assert "# set me: Net needs it" in beside
