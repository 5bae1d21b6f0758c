"""Tables and pictures on a real command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

GOLDEN = Path(__file__).parents[1] / "golden"
TABLE = "a,b,kind\n" + "".join(f"{i % 7},{'uv'[i % 2]},{'xy'[i % 2]}\n" for i in range(40))


def config(data: dict[str, Any], **sections: Any) -> str:
    rest = {"device": "cpu", "training": {"epochs": 2, "batch_size": 8}, **sections}
    return json.dumps({"name": "r", "data": data, **rest})


@pytest.mark.parametrize(
    "data",
    [
        {"source": "csv", "path": str(GOLDEN / "csv" / "iris.csv"), "target": "species"},
        {"source": "parquet", "path": str(GOLDEN / "parquet" / "iris.parquet"), "target": "species"},
        {"source": "images", "path": str(GOLDEN / "images")},
    ],
    ids=["csv", "parquet", "images"],
)
def test_a_source_is_checked_and_trained_on(shell: Any, write: Any, data: dict[str, Any]) -> None:
    write("c.yaml", config(data))
    assert shell("data", "c.yaml").returncode == 0
    done = shell("train", "c.yaml", "--json")
    assert done.returncode in (0, 3), done.stderr
    assert json.loads(done.stdout)["metrics"]["epochs"] == 2


def test_a_torn_row_is_named_and_can_be_left_out(shell: Any, write: Any) -> None:
    write("t.csv", TABLE + "1,u\n")
    write("c.yaml", config({"source": "csv", "path": "t.csv", "target": "kind"}))
    done = shell("data", "c.yaml")
    assert done.returncode == 2
    assert "t.csv:42" in done.stderr
    assert "--skip-broken" in done.stderr
    done = shell("data", "c.yaml", "--skip-broken")
    assert done.returncode == 0
    assert "--skip-broken" in done.stdout + done.stderr  # in the next command


def test_a_missing_target_is_named_in_one_sentence(shell: Any, write: Any) -> None:
    write("t.csv", TABLE)
    write("c.yaml", config({"source": "csv", "path": "t.csv", "target": "knid"}))
    done = shell("sanity", "c.yaml")
    assert done.returncode == 2
    assert "Did you mean 'kind'?" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_picture_is_named_and_can_be_left_out(shell: Any, write: Any, tmp_path: Path) -> None:
    shutil.copytree(GOLDEN / "images", tmp_path / "images")
    (tmp_path / "images" / "boot" / "00000.png").write_bytes(b"hello")
    write("c.yaml", config({"source": "images", "path": "images"}))
    done = shell("data", "c.yaml")
    assert done.returncode == 2
    assert "images/boot/00000.png" in done.stderr
    done = shell("data", "c.yaml", "--skip-broken")
    assert done.returncode == 0
    assert "boot/00000.png" in done.stdout + done.stderr
