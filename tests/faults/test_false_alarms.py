"""Healthy programs are let through: how often a gate stops one of them, counted over many starts."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from nnbabysit.core.config.loading import load_config, with_values
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.diagnosis.engine import diagnose
from nnbabysit.core.diagnosis.evidence.sanity_evidence import SanityEvidence
from nnbabysit.core.diagnosis.evidence.starting_loss import is_decided
from nnbabysit.core.diagnosis.rules.registry import SANITY_RULES
from nnbabysit.core.record.run import Run
from nnbabysit.core.training.probes.initial_loss import first_samples, initial_losses
from nnbabysit.core.workflow.gates.overfit_tiny import run_overfit_tiny
from nnbabysit.core.workflow.gates.sanity import run_sanity
from nnbabysit.core.workflow.init.proposal import Request, propose
from tests.faults import healthy
from tests.faults.healthy import PROGRAMS

TOLERANCE = Config().sanity.tolerance
BY_TASK = {
    "classification": [name for name, program in PROGRAMS.items() if program.loss == "cross_entropy"],
    "multilabel": ["labels", "rare-labels", "labels-norm", "digit-labels"],
    "binary": ["rings", "rare", "logistic", "binary-norm", "binary-residual", "binary-lstm", "binary-he"],
    "regression": [name for name, program in PROGRAMS.items() if program.loss == "mse"],
}
STARTS = 200
"""Starts of each task."""


def config_of(program: str) -> Config:
    """The config of a healthy program: inputs standardized, unless they are ids."""
    how = "none" if program == "tokens" else "feature", "none" if program == "tokens" else "standard"
    changes = {
        "device": "cpu",
        "data.source": f"{healthy.__file__}:data",
        "data.args": {"program": program},
        "data.preprocess": {"center": how[0], "scale": how[1]},
        "model.name": f"{healthy.__file__}:network",
        "model.args": {"program": program},
        "loss": PROGRAMS[program].loss,
        "training.batch_size": 16,
    }
    return with_values(Config(), changes)


def alarms(program: str, starts: int) -> list[str]:
    """What is said about the first losses of so many starts, each with seeds of its own."""
    config = config_of(program)
    dataset = load_dataset(config)
    x, y = first_samples(dataset, config.seed)
    found = []
    for start in range(starts):
        losses = initial_losses(
            config.model_copy(update={"seed": 1000 * start}),
            dataset,
            x,
            y,
            torch.device("cpu"),
            enough=lambda drawn: is_decided(drawn, TOLERANCE),
        )
        evidence = SanityEvidence.of(config, dataset.num_outputs, losses, {}, 0.0)
        found += [f"start {start}: {finding.id}" for finding in diagnose(SANITY_RULES, evidence)]
    return found


def test_every_program_belongs_to_a_task() -> None:
    assert sorted(name for names in BY_TASK.values() for name in names) == sorted(PROGRAMS)


@pytest.mark.parametrize("program", ["cubic", "sine", "logistic"])
def test_a_small_problem_may_start_where_chance_puts_it(program: str) -> None:
    assert alarms(program, 40) == []


@pytest.mark.slow
@pytest.mark.parametrize("task", BY_TASK)
def test_no_healthy_start_is_stopped(task: str) -> None:
    programs = BY_TASK[task]
    each = -(-STARTS // len(programs))
    assert {name: found for name in programs if (found := alarms(name, each))} == {}


def stopped(program: str, folder: Path) -> list[str]:
    """What the gates say no to of the config that ``init`` proposes."""
    file = folder / "nnbabysit.yaml"
    proposal = propose(
        Request(
            model=f"{healthy.__file__}:network",
            data=f"{healthy.__file__}:data",
            target=None,
            overrides=(f"model.args.program={program}", f"data.args.program={program}", "device=cpu"),
            file=file,
            cwd=folder,
        )
    )
    file.write_text(proposal.text, encoding="utf-8")
    config = load_config(str(file), cwd=folder).config
    dataset = load_dataset(config)
    found = []
    for gate in (run_sanity, run_overfit_tiny):
        with Run.create(root=folder / "runs", command="test", config_yaml="") as run:
            result = gate(config, run, dataset=dataset)
        if result.verdict != "pass":
            found.append(f"{result.command}: {result.summary}")
    return found


@pytest.mark.parametrize("program", ["few-samples", "logistic", "cubic", "tokens"])
def test_init_proposes_what_the_gates_let_through(program: str, tmp_path: Path) -> None:
    assert stopped(program, tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS)
def test_init_proposes_what_the_gates_let_through_of_every_program(program: str, tmp_path: Path) -> None:
    assert stopped(program, tmp_path) == []
