"""A template says the same as its bundled config, in fewer lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnbabysit.core.config.files.template import Template, find, templates
from nnbabysit.core.config.loading import load_config
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.errors import UserError

FILE = "my own.yaml"


def written(template: Template, folder: Path) -> Path:
    path = folder / FILE
    path.write_text(template.text(FILE), encoding="utf-8")
    for name, text in template.code().items():
        (folder / name).write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.name)
def test_it_loads_to_the_settings_of_the_bundled_config(template: Template, tmp_path: Path) -> None:
    written(template, tmp_path)
    ours = load_config(FILE, cwd=tmp_path).config
    theirs = load_config(template.name, cwd=tmp_path).config
    if template.code():  # its own copies of the two files
        assert ours.model.name == f"{tmp_path}/model.py:Net"
        assert ours.data.source == f"{tmp_path}/data.py:spirals"
        ours = ours.model_copy(update={"model": theirs.model, "data": theirs.data})
    assert ours == theirs


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.name)
def test_it_is_short_commented_and_begins_with_the_schema_line(template: Template) -> None:
    text = template.text(FILE)
    lines = text.splitlines()
    assert lines[0] == "# yaml-language-server: $schema=nnbabysit.schema.json"
    assert len(lines) < 50
    assert sum("#" in line for line in lines) >= 6
    assert "nnbabysit babysit 'my own.yaml'" in text
    assert "device:" not in text
    assert "seed:" not in text
    assert all(len(line) <= 130 for line in lines)


def test_each_has_a_line_about_it() -> None:
    assert {template.name: template.summary for template in templates()}["digits"] == (
        "1797 handwritten digits of 8×8 pixels"
    )
    assert all(20 < len(template.summary) <= 110 for template in templates())


def test_what_is_left_out_is_the_default_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(
        "# Head.\n#   nnbabysit babysit t\nname: t\nseed: 0\ndevice: auto    # why\n\n"
        "# above\nsanity: {tolerance: 0.15}\n\noptimizer: {lr: 0.001}\nschedule: {name: step}\n"
        "loss: cross_entropy\n",
        encoding="utf-8",
    )
    text = Template("t", path).text("x.yaml")
    for gone in ("seed", "device", "above", "sanity", "optimizer"):
        assert gone not in text
    for kept in (
        "# Head.\n",
        "nnbabysit babysit x.yaml",
        "name: t\n",
        "schedule: {name: step}",
        "loss: cross_entropy",
    ):
        assert kept in text
    assert Config().sanity.tolerance == 0.15


def test_without_a_name_the_digits_are_meant_and_an_unknown_one_is_told() -> None:
    assert find(None).name == "digits"
    with pytest.raises(UserError, match=r"there is no template 'digit'\. Did you mean digits\?"):
        find("digit")
    with pytest.raises(UserError, match="Choose one of bring-your-own, cifar10"):
        find("zzz")
