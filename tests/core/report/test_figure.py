"""The common look: safe text, drawable numbers, the same bytes each time."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from nnbabysit.core.report.plots import figure


def test_both_files_are_written_and_named_by_the_stem(tmp_path: Path) -> None:
    with figure.drawing(tmp_path / "lr.0.1", 3, 2) as (drawn, paths):
        drawn.subplots()
    assert paths == [tmp_path / "lr.0.1.png", tmp_path / "lr.0.1.svg"]
    assert paths[0].read_bytes().startswith(b"\x89PNG")
    assert ET.fromstring(paths[1].read_text()).tag.endswith("svg")
    assert sorted(tmp_path.iterdir()) == paths


def test_a_plot_that_fails_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), figure.drawing(tmp_path / "x", 3, 2):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_the_same_plot_has_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with figure.drawing(tmp_path / name, 3, 2) as (drawn, _):
            drawn.subplots().plot([1, 2], [3, 4], label="a")
    for suffix in ("png", "svg"):
        assert (tmp_path / f"one.{suffix}").read_bytes() == (tmp_path / f"two.{suffix}").read_bytes()
    assert "<dc:date>" not in (tmp_path / "one.svg").read_text()


def test_names_are_text_not_formulas_and_stay_on_one_line() -> None:
    assert figure.label("$x$") == r"\$x\$"
    assert figure.label("a\nb\x1b") == "a\\nb\\x1b"
    long = figure.label("stage." * 50)
    assert len(long) == figure.label("stage." * 50).__len__() <= 41
    assert "…" in long


def test_characters_without_a_glyph_do_not_warn(tmp_path: Path) -> None:
    with figure.drawing(tmp_path / "x", 3, 2) as (drawn, _):
        drawn.subplots().set_xlabel(figure.label("猫 </script> & $\\frac{"))


def test_neither_pyplot_nor_torch_is_imported() -> None:
    code = (
        "import sys, nnbabysit.core.report.plots.write; "
        "print([m for m in ('matplotlib.pyplot', 'torch') if m in sys.modules])"
    )
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert output.stdout.strip() == "[]"
