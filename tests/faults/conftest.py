"""Real tiny runs on the bundled digits, diagnosed by all rules: the three steps that the rules serve."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from nnbabysit.core.config.loading import with_values
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.diagnosis.engine import Finding, diagnose
from nnbabysit.core.diagnosis.evidence.run_evidence import RunEvidence
from nnbabysit.core.diagnosis.rules.registry import RUN_RULES
from nnbabysit.core.record.run import Run
from nnbabysit.core.training.loop.epochs import train_epochs
from nnbabysit.core.training.loop.run_state import Progress
from nnbabysit.core.training.loop.yardstick import Yardstick
from nnbabysit.core.training.probes.dead_units import dead_units
from nnbabysit.core.training.probes.step_probes import standard_probes
from nnbabysit.core.training.setup.setup import prepare
from nnbabysit.core.workflow.gates.overfit_tiny import run_overfit_tiny
from nnbabysit.core.workflow.gates.sanity import run_sanity
from nnbabysit.core.workflow.gates.search.search import run_search

NETWORKS = Path(__file__).parent / "networks.py"
Findings = dict[str, Finding]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny tensors are slower on many threads than on one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def digits() -> Dataset:
    return load_dataset(_config({}))


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with Run.create(root=tmp_path, command="test", config_yaml="") as run:
        yield run


@pytest.fixture
def train(digits: Dataset) -> Callable[..., Findings]:
    """``train({"optimizer.lr": 1.0})``: trains as the train command does, findings by id."""

    def train_and_diagnose(
        changes: dict[str, Any] | None = None, *, network: str = "Healthy", dataset: Dataset = digits
    ) -> Findings:
        config = _config(changes or {}, network)
        prepared = prepare(config, dataset)
        assembly, split = prepared.assembly, dataset.train
        progress = Progress(
            yardstick=Yardstick.of(dataset.validation.y, dataset.task, config.loss),
            dead_units_initial=dead_units(assembly.model, split),
        )
        for record in train_epochs(assembly, dataset, config, probes=standard_probes(assembly.model)):
            record.probes["dead_units"] = dead_units(assembly.model, split)
            progress.add(record)
        return _by_id(config, diagnose(RUN_RULES, RunEvidence.of(config, prepared, progress)))

    return train_and_diagnose


@pytest.fixture
def sanity(run: Run, digits: Dataset) -> Callable[..., Findings]:
    """``sanity(network="Detached")``: findings of the sanity step by id."""

    def check(
        changes: dict[str, Any] | None = None, *, network: str = "Healthy", dataset: Dataset = digits
    ) -> Findings:
        config = _config(changes or {}, network)
        return _by_id(config, run_sanity(config, run, dataset=dataset).findings)

    return check


@pytest.fixture
def overfit_tiny(run: Run, digits: Dataset) -> Callable[..., Findings]:
    """``overfit_tiny(network="Blind")``: findings of the overfit-tiny step by id."""

    def overfit(
        changes: dict[str, Any] | None = None, *, network: str = "Healthy", dataset: Dataset = digits
    ) -> Findings:
        config = _config(changes or {}, network)
        return _by_id(config, run_overfit_tiny(config, run, dataset=dataset).findings)

    return overfit


@pytest.fixture
def search(run: Run, digits: Dataset) -> Callable[..., Findings]:
    """``search((1e-6, 1e-3))``: a coarse search over this range of learning rates, findings by id."""

    def search_learning_rates(lr: tuple[float, float]) -> Findings:
        coarse = {"trials": 6, "epochs": 1, "space": {"optimizer.lr": {"log_uniform": list(lr)}}}
        config = _config({"search.coarse": coarse})
        result = run_search(config, run, stage="coarse", grid=True, dataset=digits)
        return _by_id(config, result.findings)

    return search_learning_rates


def _by_id(config: Config, findings: Iterable[Finding]) -> Findings:
    """Findings by id, each with a patch that fits the config that it was found with."""
    for finding in findings:
        assert with_values(config, finding.patch) != config or not finding.patch, "a patch changes something"
    return {finding.id: finding for finding in findings}


def _config(changes: dict[str, Any], network: str = "Healthy") -> Config:
    """A healthy run, with changes: digits, 50 hidden units, momentum 0.9, lr 0.03, 5 epochs."""
    model = {} if network == "mlp" else {"model.name": f"{NETWORKS}:{network}"}
    lr = {} if "optimizer" in changes else {"optimizer.lr": 0.03}
    healthy = {"device": "cpu", "training.epochs": 5, "sanity.seeds": 1, "overfit_tiny.epochs": 100}
    return with_values(Config(), {**healthy, **lr, **model, **changes})
