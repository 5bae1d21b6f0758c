"""The data check: metrics, tables, checks, verdict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.readers import digits
from nnbabysit.core.errors import DataError
from nnbabysit.core.record.events import Event, NoteEvent
from nnbabysit.core.record.run import Run
from nnbabysit.core.workflow.gates.data import run_data_check
from nnbabysit.core.workflow.result import StepResult

GOLDEN = Path(__file__).parents[2] / "golden"
FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def run(tmp_path: Path, events: list[Event]) -> Iterator[Run]:
    with Run.create(
        root=tmp_path / "runs", command="data", config_yaml="{}\n", listeners=[events.append], folder=tmp_path
    ) as run:
        yield run


def checked(run: Run, **sections: Any) -> StepResult:
    return run_data_check(Config.model_validate(sections), run)


def npz(path: Path, **arrays: Any) -> dict[str, Any]:
    np.savez(path, **arrays)
    return {"source": "npz", "path": str(path)}


def test_the_bundled_digits_are_healthy(run: Run, events: list[Event]) -> None:
    result = checked(run, data={"test": 0.2})
    assert result.verdict == "pass"
    assert {finding.severity for finding in result.findings} == {"info"}
    assert result.command == "data"
    assert result.next_command == "nnbabysit sanity"
    assert result.run_dir == run.path
    checks = [event.fields for event in events if event.kind == "check"]
    assert [check["name"] for check in checks] == [
        "shapes",
        "finite",
        "targets",
        "balance",
        "constant features",
        "scale",
        "splits alike",
        "duplicates",
    ]
    assert all(check["passed"] is True for check in checks)


def test_metrics_keep_their_names(run: Run) -> None:
    metrics = checked(run, data={"test": 0.2}).metrics
    assert list(metrics) == [
        "samples_train",
        "samples_validation",
        "samples_test",
        "features",
        "classes",
        "non_finite",
        "constant_features",
        "imbalance",
        "input_mean",
        "input_std",
        "input_largest",
        "duplicates_within_train",
        "duplicates_train_validation",
        "duplicates_train_test",
    ]
    assert metrics["samples_train"] == 1150
    assert metrics["classes"] == 10
    assert metrics["constant_features"] == 3


def test_the_document_is_strict_json(run: Run, tmp_path: Path) -> None:
    x = np.ones((20, 2))
    x[3, 1] = np.nan
    data = npz(tmp_path / "d.npz", x=x, y=np.arange(20) % 2)
    result = checked(run, data=data, training={"batch_size": "full"})
    json.dumps(result.to_document(), allow_nan=False)


def test_tables_show_values_before_and_after_preprocessing_and_the_balance(run: Run) -> None:
    values, balance = checked(
        run, data={"source": "idx", "path": str(GOLDEN / "idx")}, training={"batch_size": 4}
    ).tables
    assert [row[0] for row in values.rows] == ["train, raw", "train", "validation", "test"]
    raw = dict(zip(values.columns, values.rows[0], strict=True))
    assert (raw["samples"], raw["shape"], raw["min"], raw["max"]) == ("16", "1×28×28", "0", "26")
    assert balance.columns == ("class", "train", "validation", "test", "fraction of train")
    assert balance.rows[0] == ("0", "8", "2", "5", "50.0%")


def test_values_that_are_not_finite_fail_and_the_first_sample_is_named(
    run: Run, events: list[Event], tmp_path: Path
) -> None:
    x = np.random.default_rng(0).normal(size=(40, 3))
    x[[7, 9], 1] = np.nan, np.inf
    arrays = {
        "x_train": x,
        "y_train": np.arange(40) % 2,
        "x_validation": x[20:],
        "y_validation": np.arange(20) % 2,
    }
    result = checked(run, data=npz(tmp_path / "d.npz", **arrays), training={"batch_size": "full"})
    assert result.verdict == "fail"
    assert result.exit_code == 3
    first = result.findings[0]
    assert (first.id, first.severity) == ("DAT001", "error")
    assert first.evidence == {"non_finite_values": 2, "non_finite_samples": 2, "first_non_finite": "train[7]"}
    assert "cannot be trained on" in result.summary
    finite = next(event.fields for event in events if event.fields.get("name") == "finite")
    assert finite["passed"] is False


def test_regression_has_no_balance(run: Run, events: list[Event], tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(40, 3))
    result = checked(
        run, data=npz(tmp_path / "d.npz", x=x, y=x[:, 0]), loss="mse", training={"batch_size": 8}
    )
    assert result.verdict == "pass"
    assert result.metrics["classes"] is None
    assert result.metrics["samples_test"] is None
    assert len(result.tables) == 1
    assert "balance" not in [event.fields.get("name") for event in events]


def test_labels_that_cannot_be_trained_on_are_refused(run: Run, tmp_path: Path) -> None:
    data = npz(tmp_path / "d.npz", x=np.ones((4, 2)), y=np.array([0, 1, -1, 1]))
    with pytest.raises(DataError, match=r"label y\[2\]"):
        checked(run, data=data)


def test_notes_on_loading_are_passed_on(run: Run, events: list[Event]) -> None:
    data = {"source": "npz", "path": str(GOLDEN / "npz" / "images.npz")}
    checked(run, data=data, training={"batch_size": "full"})
    assert "own validation split" in next(event.text for event in events if isinstance(event, NoteEvent))


def test_the_pixels_of_the_classic_cifar10_run_are_a_warning_and_no_error(run: Run) -> None:
    data = {
        "source": "cifar",
        "path": str(GOLDEN / "cifar-10-batches-bin"),
        "validation": 10,
        "preprocess": {"center": "pixel", "scale": "none"},
    }
    result = checked(run, data=data, training={"batch_size": "full"})
    assert result.verdict == "pass"
    assert "DAT005" in [finding.id for finding in result.findings]


TOKENS = """
import numpy as np
from torch import nn


def load():
    x = np.random.default_rng(0).integers(0, 100, (300, 6))
    return x, x[:, 0] % 2


class Guarded(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.head = nn.Embedding(100, 8), nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.table(x.long().clamp(min=0)).mean(1))


class Plain(Guarded):
    def forward(self, x):
        return self.head(self.table(x).mean(1))


class Broken(nn.Module):
    def __init__(self):
        raise RuntimeError("not today")


class Dense(nn.Linear):
    def __init__(self):
        super().__init__(6, 2)
"""


@pytest.mark.parametrize(
    ("network", "expected"),
    [("Guarded", {}), ("Plain", {}), ("Broken", {"DAT005": "info"}), ("Dense", {"DAT005": "warning"})],
)
def test_ids_are_known_by_the_network_that_looks_them_up(
    run: Run, tmp_path: Path, network: str, expected: dict[str, str]
) -> None:
    module = tmp_path / f"tokens_{network.lower()}.py"
    module.write_text(TOKENS, encoding="utf-8")
    data = {"source": f"{module}:load", "preprocess": {"center": "none", "scale": "none"}}
    result = checked(run, data=data, model={"name": f"{module}:{network}"}, training={"batch_size": 8})
    assert {finding.id: finding.severity for finding in result.findings} == expected


def test_pictures_that_come_as_rows_get_no_warning(run: Run, tmp_path: Path) -> None:
    with np.load(digits.FILE) as arrays:
        rows = npz(tmp_path / "rows.npz", x=arrays["x"].reshape(-1, 64), y=arrays["y"])
    result = checked(run, data={**rows, "preprocess": {"center": "feature", "scale": "standard"}})
    assert result.metrics["constant_features"] > 0
    assert {finding.severity for finding in result.findings} == {"info"}


@pytest.mark.skipif(not FASHION_MNIST.is_dir(), reason="needs Debian's dataset-fashion-mnist")
@pytest.mark.slow
def test_fashion_mnist_as_it_is_in_circulation_has_no_duplicates(run: Run) -> None:
    data = {
        "source": "idx",
        "path": str(FASHION_MNIST),
        "validation": 5000,
        "preprocess": {"center": "pixel", "scale": "unit255"},
    }
    result = checked(run, data=data)
    assert result.verdict == "pass"
    assert result.findings == ()
    assert result.metrics["duplicates_within_train"] == 0
    assert result.metrics["duplicates_train_test"] == 0
