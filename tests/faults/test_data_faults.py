"""Broken and healthy twins of the rules on data: real arrays through loading, measuring and the rules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nnbabysit.core.config.loading import with_values
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.diagnosis.engine import Finding, diagnose
from nnbabysit.core.diagnosis.evidence.data_evidence import InputScale
from nnbabysit.core.diagnosis.rules.registry import DATA_RULES
from nnbabysit.core.workflow.gates.data import run_data_check

Arrays = dict[str, Any]
RAW = {"center": "none", "scale": "none"}


class SilentRun:
    """A run that nobody listens to."""

    path = Path("runs/none")

    def event(self, kind: str, **fields: Any) -> None:
        """Nothing to do."""

    def update_meta(self, **fields: Any) -> None:
        """Nothing to do."""


def healthy(classes: int = 4, samples: int = 400) -> Arrays:
    """Three splits of standard normal features."""
    rng = np.random.default_rng(0)
    sizes = {"train": samples, "validation": samples // 2, "test": samples // 2}
    arrays: Arrays = {}
    for name, size in sizes.items():
        arrays[f"x_{name}"] = rng.normal(size=(size, 6))
        arrays[f"y_{name}"] = np.arange(size) % classes
    return arrays


def findings(tmp_path: Path, arrays: Arrays, loss: str, preprocess: dict[str, str]) -> list[Finding]:
    np.savez(tmp_path / "data.npz", **arrays)
    data = {"source": "npz", "path": str(tmp_path / "data.npz"), "preprocess": preprocess}
    config = Config.model_validate({"data": data, "loss": loss})
    found = list(run_data_check(config, SilentRun()).findings)  # type: ignore[arg-type]
    for finding in found:
        assert with_values(config, finding.patch) != config or not finding.patch, "a patch changes something"
    return found


def set_column(arrays: Arrays) -> None:
    arrays["x_train"][:, 2] = 7.0


def images(arrays: Arrays) -> None:
    for name in ("train", "validation", "test"):
        arrays[f"x_{name}"] = arrays[f"x_{name}"].reshape(-1, 1, 3, 2)


def empty_border(arrays: Arrays) -> None:
    images(arrays)
    for name in ("train", "validation", "test"):
        arrays[f"x_{name}"][:, :, 0] = 0.0


def times(factor: float) -> Callable[[Arrays], None]:
    def scale(arrays: Arrays) -> None:
        for name in ("train", "validation", "test"):
            arrays[f"x_{name}"] *= factor

    return scale


def not_finite(arrays: Arrays) -> None:
    arrays["x_test"][3, 1] = np.inf


def all_the_same(arrays: Arrays) -> None:
    arrays["x_train"][:] = arrays["x_train"][0]


def far_out(arrays: Arrays) -> None:
    arrays["x_train"][0, 0] = 30.0


def imbalanced(arrays: Arrays) -> None:
    arrays["y_train"] = np.array([0] * 380 + [1, 2, 3, 1, 2, 3] + [0] * 14)


def repeated(arrays: Arrays) -> None:
    arrays["x_train"][4] = arrays["x_train"][0]  # of the same class


def copies(split: str, count: int) -> Callable[[Arrays], None]:
    def copy(arrays: Arrays) -> None:
        arrays[f"x_{split}"][:count] = arrays["x_train"][:count]

    return copy


def contradicting(arrays: Arrays) -> None:
    arrays["x_train"][1:40:4] = arrays["x_train"][0:40:4]  # neighbors are of different classes


def shifted(arrays: Arrays) -> None:
    arrays["x_validation"] += 1.0


def rescaled(arrays: Arrays) -> None:
    arrays["x_test"] *= 255


def real_targets(arrays: Arrays) -> None:
    for name in ("train", "validation", "test"):
        arrays[f"y_{name}"] = arrays[f"x_{name}"][:, 0]


def one_target(arrays: Arrays) -> None:
    real_targets(arrays)
    arrays["y_train"] = np.full(400, 3.5)


def two_labels(arrays: Arrays) -> None:
    for name in ("train", "validation", "test"):
        y = arrays[f"y_{name}"]
        arrays[f"y_{name}"] = np.stack([y % 2, y // 2], axis=1)


def unused_label(arrays: Arrays) -> None:
    two_labels(arrays)
    arrays["y_train"][:, 1] = 0


Twin = tuple[str, Callable[[Arrays], None], Callable[[Arrays], None], str, dict[str, str]]


def nothing(arrays: Arrays) -> None:
    """The healthy arrays as they are."""


STANDARD = {"center": "feature", "scale": "standard"}
TWINS: list[Twin] = [
    ("DAT001", not_finite, nothing, "cross_entropy", STANDARD),
    ("DAT002", all_the_same, nothing, "cross_entropy", RAW),
    ("DAT003", set_column, nothing, "cross_entropy", STANDARD),
    ("DAT004", empty_border, images, "cross_entropy", STANDARD),
    ("DAT005", times(90), nothing, "cross_entropy", RAW),
    ("DAT006", times(0.01), nothing, "cross_entropy", RAW),
    ("DAT007", far_out, nothing, "cross_entropy", RAW),
    ("DAT008", imbalanced, nothing, "cross_entropy", STANDARD),
    ("DAT009", repeated, nothing, "cross_entropy", STANDARD),
    ("DAT010", copies("validation", 20), copies("validation", 2), "cross_entropy", STANDARD),
    ("DAT011", copies("test", 20), copies("test", 2), "cross_entropy", STANDARD),
    ("DAT012", copies("test", 2), nothing, "cross_entropy", STANDARD),
    ("DAT013", contradicting, repeated, "cross_entropy", STANDARD),
    ("DAT014", shifted, nothing, "cross_entropy", STANDARD),
    ("DAT014", rescaled, nothing, "cross_entropy", STANDARD),
    ("DAT015", one_target, real_targets, "mse", STANDARD),
    ("DAT016", unused_label, two_labels, "bce", STANDARD),
]


@pytest.mark.parametrize(("rule", "broken", "twin", "loss", "preprocess"), TWINS)
def test_the_broken_twin_is_found_and_the_healthy_one_is_not(
    tmp_path: Path,
    rule: str,
    broken: Callable[[Arrays], None],
    twin: Callable[[Arrays], None],
    loss: str,
    preprocess: dict[str, str],
) -> None:
    sick, well = healthy(), healthy()
    broken(sick)
    twin(well)
    found = {finding.id: finding for finding in findings(tmp_path, sick, loss, preprocess)}
    assert rule in found
    assert "{" not in found[rule].symptom + found[rule].cause + found[rule].remedy
    assert rule not in [finding.id for finding in findings(tmp_path, well, loss, preprocess)]


def test_every_rule_has_its_twins() -> None:
    assert {rule.id for rule in DATA_RULES} == {twin[0] for twin in TWINS}


def test_the_healthy_arrays_raise_nothing_at_all(tmp_path: Path) -> None:
    assert findings(tmp_path, healthy(), "cross_entropy", RAW) == []
    assert findings(tmp_path, healthy(), "cross_entropy", STANDARD) == []


def test_equal_inputs_explain_what_follows_from_them(tmp_path: Path) -> None:
    arrays = healthy()
    all_the_same(arrays)
    ids = [finding.id for finding in findings(tmp_path, arrays, "cross_entropy", RAW)]
    assert ids == ["DAT002"]


def test_pixels_of_0_to_255_are_to_be_divided_by_255(tmp_path: Path) -> None:
    arrays = healthy()
    for name in ("train", "validation", "test"):
        x = arrays[f"x_{name}"]
        arrays[f"x_{name}"] = (
            np.random.default_rng(len(x)).integers(0, 256, (len(x), 1, 4, 4)).astype(np.uint8)
        )
    found = {f.id: f for f in findings(tmp_path, arrays, "cross_entropy", RAW)}
    assert found["DAT005"].patch == {"data.preprocess.scale": "unit255", "data.preprocess.center": "feature"}
    assert findings(tmp_path, arrays, "cross_entropy", {"center": "pixel", "scale": "unit255"}) == []


def test_pixels_of_0_to_1_are_not_to_be_divided_again(tmp_path: Path) -> None:
    arrays = healthy()
    for name in ("train", "validation", "test"):
        arrays[f"x_{name}"] = np.random.default_rng(1).random(arrays[f"x_{name}"].shape)
    found = {
        f.id: f for f in findings(tmp_path, arrays, "cross_entropy", {"center": "none", "scale": "unit255"})
    }
    assert found["DAT006"].patch == {"data.preprocess.scale": "none"}
    assert "unit255 divides by 255" in found["DAT006"].cause


def test_a_rule_without_its_evidence_is_left_out() -> None:
    assert diagnose(DATA_RULES, SimpleNamespace()) == []


def test_a_few_constant_columns_are_worth_knowing_and_most_of_them_a_warning(tmp_path: Path) -> None:
    few, most = healthy(), healthy()
    few["x_train"][:, 0] = 1.0
    features = most["x_train"].shape[1]
    most["x_train"][:, : features - 1] = 1.0
    found = [findings(tmp_path, arrays, "cross_entropy", STANDARD) for arrays in (few, most)]
    assert [{f.id: f.severity for f in each}["DAT003"] for each in found] == ["info", "warning"]


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ("none", {"DAT003": "info", "DAT005": "warning"}),
        ("some", {"DAT003": "info", "DAT005": "info"}),
        ("unknown", {"DAT003": "info", "DAT005": "info"}),
        ("all", {}),
    ],
)
def test_ids_are_not_to_be_scaled(ids: str, expected: dict[str, str]) -> None:
    inputs = InputScale(
        mean=49.0,
        std=29.0,
        largest=99.0,
        beyond_10=0.9,
        raw_low=0.0,
        raw_high=99.0,
        center="none",
        scale="none",
    )
    tokens = SimpleNamespace(ids=ids, input_kind="features", features=6, constant_features=1, inputs=inputs)
    found = {f.id: f for f in diagnose(DATA_RULES, tokens)}
    assert {name: f.severity for name, f in found.items()} == expected
    patch = found["DAT005"].patch if "DAT005" in found else {}
    assert bool(patch) is (ids == "none")
