"""Folders and files whose names are not UTF-8, as unzip and old disks leave them: nothing dies of them."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from nnbabysit.core.config.loading import load_config
from nnbabysit.core.formatting import clean
from nnbabysit.core.record import strict_json
from nnbabysit.core.record.files import append_line, read_lines, write_atomically

from ..program import run_program_as_text

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems take no such names")
NAME = os.fsdecode(b"caf\xe9")


def test_json_keeps_the_bytes_as_escapes_that_come_back(tmp_path: Path) -> None:
    text = strict_json.encode({NAME: NAME})
    assert text == '{"caf\\udce9": "caf\\udce9"}'
    assert strict_json.decode(text) == {NAME: NAME}
    append_line(tmp_path / "log", text)
    assert read_lines(tmp_path / "log") == ([{NAME: NAME}], False)
    write_atomically(tmp_path / "page", NAME)
    assert (tmp_path / "page").read_bytes() == b"caf\\udce9"


def test_a_screen_shows_the_bytes() -> None:
    assert clean(NAME) == "caf\\xe9"
    assert clean("\ud800") == "\\ud800"


def filled(folder: Path, classes: tuple[bytes, ...], file: bytes = b"") -> None:
    for number, name in enumerate(classes):
        place = folder / os.fsdecode(name)
        place.mkdir(parents=True)
        for i in range(10):
            Image.new("L", (4, 4), 10 * i + 120 * number).save(place / os.fsdecode(file + b"%d.png" % i))


def typed(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_program_as_text(arguments, folder, os.environ)


def test_a_project_in_such_a_folder_trains_and_predicts(tmp_path: Path) -> None:
    project = tmp_path / os.fsdecode(b"proj\xe9t")
    filled(project / "pictures", (b"tea", b"water"), file=b"\xe8")
    data = "data: {source: images, path: pictures, validation: 0.2}\n"
    (project / "c.yaml").write_text(
        f"{data}model: {{args: {{hidden: [2]}}}}\ntraining: {{epochs: 1, batch_size: 8}}\n"
    )
    trained = typed(project, "train", "c.yaml", "--json")
    assert trained.returncode == 0, trained.stderr
    run = Path(json.loads(trained.stdout)["run_dir"])
    assert load_config(str(run / "config.yaml"), cwd=project).config.data.path == str(project / "pictures")
    assert "proj" in (run / "report.html").read_text()
    predicted = typed(project, "predict", "latest", "pictures", "-o", "p.csv")
    assert predicted.returncode == 0, predicted.stderr
    with (project / "p.csv").open() as file:
        assert [row["file"] for row in csv.DictReader(file)][:2] == ["tea/\\xe80.png", "tea/\\xe81.png"]


def test_such_a_name_for_a_class_is_refused_and_named(tmp_path: Path) -> None:
    filled(tmp_path / "pictures", (b"tea", b"caf\xe9"))
    done = typed(tmp_path, "data", "-S", "data.source=images", "-S", "data.path=pictures")
    assert done.returncode == 2
    assert "the name of the folder caf\\xe9 is not UTF-8" in done.stderr
    assert "Rename the folder." in done.stderr
