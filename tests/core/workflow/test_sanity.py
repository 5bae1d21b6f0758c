"""sanity end to end, on the bundled digits and on networks that are broken on purpose."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from nnbabysit.core.config.loading import load_config
from nnbabysit.core.record.run import Run
from nnbabysit.core.workflow.gates.sanity import run_sanity
from nnbabysit.core.workflow.result import StepResult

BROKEN = """
import torch
from torch import nn


class Detached(nn.Module):
    def __init__(self, in_features, num_classes):
        super().__init__()
        self.body, self.head = nn.Linear(in_features, 20), nn.Linear(20, num_classes)

    def forward(self, x):
        return self.head(torch.relu(self.body(x.flatten(1))).detach())


class Mixing(nn.Module):
    def __init__(self, in_features, num_classes):
        super().__init__()
        self.head = nn.Linear(in_features, num_classes)

    def forward(self, x):
        x = x.flatten(1)
        return 0.1 * self.head(x - x.mean(0))
"""


def sanity(tmp_path: Path, *overrides: str) -> tuple[StepResult, Run]:
    config = load_config("digits", overrides, cwd=tmp_path).config
    run = Run.create(root=tmp_path / "runs", command="sanity", config_yaml="", words="a-test")
    with run:
        return run_sanity(config, run), run


def test_the_bundled_digits_pass_with_a_loss_near_ln_10(tmp_path: Path) -> None:
    result, run = sanity(tmp_path)
    assert result.verdict == "pass"
    assert result.findings == ()
    assert result.metrics["expected_loss"] == pytest.approx(math.log(10))
    assert result.metrics["initial_loss"] == pytest.approx(math.log(10), rel=0.15)
    assert result.metrics["regularized_loss"] > result.metrics["initial_loss"]
    assert {path.name for path in run.plots.iterdir()} == {"activations.png", "activations.svg"}


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_the_same_seed_gives_the_same_numbers(tmp_path: Path, dropout: float) -> None:
    first, second = (sanity(tmp_path, f"model.args.dropout={dropout}")[0] for _ in range(2))
    assert first.metrics == second.metrics
    assert first.tables == second.tables


def test_a_large_initialization_is_found_by_its_loss(tmp_path: Path) -> None:
    result, _ = sanity(tmp_path, "model.init={scheme: normal, std: 1.0}")
    assert result.verdict == "fail"
    assert "INI001" in {finding.id for finding in result.findings}


def test_all_zeros_leave_parameters_without_gradient(tmp_path: Path) -> None:
    result, _ = sanity(tmp_path, "model.init={scheme: zeros}")
    assert "INI004" in {finding.id for finding in result.findings}
    assert result.exit_code == 3


@pytest.mark.parametrize(("network", "rule"), [("Detached", "INI004"), ("Mixing", "INI006")])
def test_a_network_of_the_users_own_that_is_miswired_is_named(
    tmp_path: Path, network: str, rule: str
) -> None:
    module = tmp_path / f"broken_{network.lower()}.py"
    module.write_text(BROKEN, encoding="utf-8")
    result, _ = sanity(tmp_path, f"model={{name: {module.name}:{network}}}")
    assert rule in {finding.id for finding in result.findings}
    assert result.verdict == "fail"


def test_the_first_steps_are_those_of_the_optimizer_even_if_it_asks_for_the_loss(tmp_path: Path) -> None:
    result, _ = sanity(tmp_path, "optimizer={name: lbfgs, lr: 0.1}", "training.batch_size=full")
    assert result.verdict == "pass"


def test_hinge_is_compared_with_the_number_of_wrong_classes(tmp_path: Path) -> None:
    result, _ = sanity(tmp_path, "loss=hinge")
    assert result.metrics["expected_loss"] == 9
    assert result.verdict == "pass"


DEEP = """
from torch import nn


class Deep(nn.Module):
    def __init__(self, in_features, num_classes):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(in_features, in_features) for _ in range(8))
        self.norms = nn.ModuleList(nn.BatchNorm1d(in_features) for _ in range(8))
        for layer in self.layers:
            nn.init.kaiming_normal_(layer.weight)
        self.head = nn.Linear(in_features, num_classes)
        nn.init.normal_(self.head.weight, std=0.02)

    def forward(self, x):
        x = x.flatten(1)
        for layer, norm in zip(self.layers, self.norms):
            x = x + norm(layer(x)).relu()
        return self.head(x)
"""


def test_batch_normalization_that_has_seen_no_batch_is_not_asked_for_its_running_statistics(
    tmp_path: Path,
) -> None:
    (tmp_path / "deep_residual.py").write_text(DEEP, encoding="utf-8")
    result, _ = sanity(tmp_path, "model={name: deep_residual.py:Deep}", "sanity.tolerance=0.3")
    assert [finding.id for finding in result.findings] == []
    assert result.metrics["initial_loss"] < 1.3 * math.log(10)
    assert result.metrics["batch_dependence"] < 1e-5, "in use it knows its own statistics alone"
