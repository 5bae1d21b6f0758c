"""Files are written all or none, and over nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnbabysit.core.errors import UserError
from nnbabysit.core.workflow.init.files import Starter

OURS = '{\n  "title": "nnbabysit config"\n}\n'


def starter(folder: Path) -> Starter:
    files = {folder / "a b" / "c.yaml": "new\n", folder / "a b" / "model.py": "new\n"}
    return Starter(files, schema=OURS, schema_file=folder / "a b" / "s.json")


def test_folders_are_made_and_the_schema_comes_last(tmp_path: Path) -> None:
    paths = starter(tmp_path).write(force=False)
    assert [path.name for path in paths] == ["c.yaml", "model.py", "s.json"]
    assert [path.read_text(encoding="utf-8") for path in paths] == ["new\n", "new\n", OURS]
    assert len([*(tmp_path / "a b").iterdir()]) == 3


@pytest.mark.parametrize("taken", ["c.yaml", "model.py", "s.json"])
def test_nothing_is_written_over_anything(taken: str, tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / taken).write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match=f"{taken} is there already, and nothing was written"):
        starter(tmp_path).write(force=False)
    assert [path.name for path in (tmp_path / "a b").iterdir()] == [taken]
    assert (tmp_path / "a b" / taken).read_text(encoding="utf-8") == "mine"
    starter(tmp_path).write(force=True)
    assert (tmp_path / "a b" / taken).read_text(encoding="utf-8") in ("new\n", OURS)


def test_a_schema_of_ours_is_replaced_and_a_dead_link_is_not(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "s.json").write_text('{"old": 1, "title": "nnbabysit config"}', encoding="utf-8")
    starter(tmp_path).write(force=False)
    assert (tmp_path / "a b" / "s.json").read_text(encoding="utf-8") == OURS
    (tmp_path / "a b" / "c.yaml").unlink()
    (tmp_path / "a b" / "model.py").unlink()
    (tmp_path / "a b" / "c.yaml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"c\.yaml is there already"):
        starter(tmp_path).write(force=False)
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_in_the_way_is_told_even_by_force(tmp_path: Path) -> None:
    (tmp_path / "a b" / "model.py").mkdir(parents=True)
    with pytest.raises(UserError, match="this is a folder"):
        starter(tmp_path).write(force=True)
    assert not (tmp_path / "a b" / "c.yaml").exists()
