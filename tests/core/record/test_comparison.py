"""Comparing runs, what was changed from the defaults, and what files there are."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from nnbabysit.core.errors import RunError
from nnbabysit.core.record.comparison import ComparedFact, compared_facts, facts_of_section
from nnbabysit.core.record.inventory import Item, inventory, total_size
from nnbabysit.core.record.label import write_label
from nnbabysit.core.record.run_reader import RecordedRun
from nnbabysit.core.record.strict_json import ABSENT, Absence, Json

MakeRun = Callable[..., Path]


def test_exactly_what_was_changed_differs(tmp_path: Path, make_run: MakeRun) -> None:
    one = make_run(tmp_path, 0, lr=0.1, metrics={"test_accuracy": 0.9, "epochs": 20})
    two = make_run(tmp_path, 1, lr=0.01, metrics={"test_accuracy": 0.8, "epochs": 20}, threads=2)
    write_label(two, "slow")
    rows = compared_facts([RecordedRun(one), RecordedRun(two)])
    differing = {(row.section, row.key): row.values for row in rows if row.differs}
    assert differing == {
        ("run", "label"): (ABSENT, "slow"),
        ("metrics", "test_accuracy"): (0.9, 0.8),
        ("config", "optimizer.lr"): (0.1, 0.01),
        ("environment", "threads"): (1, 2),
    }
    same = {(row.section, row.key) for row in rows if not row.differs}
    assert {("metrics", "epochs"), ("config", "model.args.hidden"), ("environment", "versions.torch")} <= same


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        (1, 1.0, False),
        (True, 1, True),
        (False, 0, True),
        (math.nan, math.nan, False),
        (math.nan, 1.0, True),
        ("1", 1, True),
        ([1, 2], [1, 2], False),
        (None, ABSENT, True),
    ],
)
def test_what_counts_as_different(one: Json | Absence, other: Json | Absence, differs: bool) -> None:
    fact = ComparedFact(section="config", key="key", values=(one, other))
    assert fact.differs is differs


def test_runs_with_nothing_in_common_are_all_differences(tmp_path: Path, make_run: MakeRun) -> None:
    rows = facts_of_section("metrics", [{"a": 1}, {"b": 2}])
    assert [(row.key, row.values) for row in rows] == [("a", (1, ABSENT)), ("b", (ABSENT, 2))]
    assert all(row.differs for row in rows)


def test_a_run_without_its_config_is_named(tmp_path: Path, make_run: MakeRun) -> None:
    path = make_run(tmp_path)
    (path / "config.yaml").unlink()
    with pytest.raises(RunError, match=r"config\.yaml"):
        compared_facts([RecordedRun(path), RecordedRun(path)])


def test_changed_settings_are_those_a_person_changed(tmp_path: Path, make_run: MakeRun) -> None:
    run = RecordedRun(make_run(tmp_path, lr=0.5, seed=3))
    changed = {s.key: (s.default, s.value) for s in run.settings if s.changed}
    assert changed == {
        "name": ("experiment", "digits"),
        "seed": (0, 3),
        "data.preprocess.center": ("feature", "channel"),
        "model.args.hidden": (ABSENT, [100]),
        "model.args.activation": (ABSENT, "relu"),
        "optimizer.lr": (0.001, 0.5),
        "training.batch_size": (100, 64),
    }


def test_another_optimizer_is_compared_with_its_own_defaults(tmp_path: Path, make_run: MakeRun) -> None:
    from nnbabysit.core.config.loading import load_config, to_yaml

    path = make_run(tmp_path)
    (tmp_path / "own.yaml").write_text("optimizer: {name: adam, lr: 0.5}\n", encoding="utf-8")
    text = to_yaml(load_config("own.yaml", cwd=tmp_path).config)
    (path / "config.yaml").write_text(text, encoding="utf-8")
    changed = {s.key: s.value for s in RecordedRun(path).settings if s.changed}
    assert changed == {"optimizer.name": "adam", "optimizer.lr": 0.5}


def test_files_are_counted_without_following_links(tmp_path: Path, make_run: MakeRun) -> None:
    path = make_run(tmp_path / "runs")
    plots = path / "plots" / "deep"
    plots.mkdir(parents=True)
    (plots / "a.png").write_bytes(b"12345")
    (path / "plots" / "b.png").write_bytes(b"123")
    (tmp_path / "big").write_bytes(b"0" * 1_000_000)
    (path / "link").symlink_to(tmp_path / "big")
    (path / "folder").symlink_to(tmp_path, target_is_directory=True)
    items = {item.name: item for item in inventory(path)}
    assert items["plots/"] == Item("plots/", 2, 8)
    assert items["link"].size < 1000
    assert items["folder"].files == 1
    assert ".lock" not in items
    assert total_size(path) < 10_000
    assert inventory(path / "nowhere") == []
