"""overfit-tiny: a network that cannot memorize twenty samples will not learn the rest.

Source: CS231n notes, "Neural Networks 3: before learning, sanity checks": overfit a tiny subset of the
data, with regularization 0, down to zero loss.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from nnbabysit.core.config.loading import with_values
from nnbabysit.core.data.splits.tiny import tiny_split
from nnbabysit.core.diagnosis.engine import diagnose
from nnbabysit.core.diagnosis.evidence.tiny_evidence import TinyEvidence, Tried
from nnbabysit.core.diagnosis.rules.registry import TINY_RULES
from nnbabysit.core.formatting import loss_text, number_text, optional_text, plural, rate_text, score_text
from nnbabysit.core.record.events import NoteEvent
from nnbabysit.core.report.plots.write import write_run_plots
from nnbabysit.core.training.setup.setup import prepare
from nnbabysit.core.workflow.gates.attempt import (
    Attempt,
    Line,
    TinyProblem,
    overfit,
    structural_faults,
    try_other_rates,
)
from nnbabysit.core.workflow.provenance import note_provenance, note_start
from nnbabysit.core.workflow.result import StepResult, Table

if TYPE_CHECKING:
    from torch import nn

    from nnbabysit.core.config.schema.root import Config
    from nnbabysit.core.data.splits.dataset import Dataset
    from nnbabysit.core.record.run import Run

TITLE = "Overfitting the tiny set"


def run_overfit_tiny(config: Config, run: Run, *, dataset: Dataset | None = None) -> StepResult:
    """Overfit a tiny stratified set with regularization 0 and nothing dropped or drawn at random.

    Args:
        config: Experiment; ``overfit_tiny.*`` holds samples, epochs, bound and, if it differs, the optimizer.
        run: Where the lines and the plot go.
        dataset: Already loaded data, or None to load it.

    Returns:
        ``pass`` at accuracy 1.00 and a loss under the bound. Metrics: final_loss, final_accuracy, epochs, lr,
        bound, constant_loss (the loss of ignoring the input); on failure ``tried``: lr × 10 and ÷ 10, and
        further if that helped.
    """
    prepared = prepare(config, dataset)
    objective, data = prepared.assembly.objective, prepared.dataset
    note_provenance(run, config, data, prepared.assembly.device)
    note_start(run, prepared)
    tiny = tiny_split(data.train, _samples(config, prepared.assembly.model, data, run), config.seed)
    constant = objective.prior(tiny.y, data.num_outputs)
    scale = 1.0
    if data.task == "regression":
        variance = objective.chance(data.num_outputs, tiny.y)
        constant = None if math.isnan(variance) else variance
        scale = constant or 1.0
    problem = TinyProblem(
        config=_undisturbed(config, len(tiny)),
        dataset=data,
        split=tiny.on(prepared.assembly.device),
        device=prepared.assembly.device,
        bound=config.overfit_tiny.max_loss * scale,
    )
    lines = overfit(problem, run).lines
    passed = problem.learned(lines[-1])
    tried = {} if passed else try_other_rates(problem, lines[-1].loss, run)
    findings = [] if passed else diagnose(TINY_RULES, _seen(config, problem, lines, constant, tried))
    write_run_plots(run.path, {}, "pass" if passed else "fail")
    return StepResult(
        command="overfit-tiny",
        verdict="pass" if passed else "fail",
        summary=_summary(problem, lines[-1]),
        run_dir=run.path,
        notes=data.notes,
        metrics={
            "final_loss": lines[-1].loss,
            "final_accuracy": lines[-1].accuracy,
            "epochs": lines[-1].epoch,
            "lr": lines[-1].lr,
            "bound": problem.bound,
            "constant_loss": constant,
            **({"tried": _outcomes(tried)} if tried else {}),
        },
        findings=tuple(findings),
        tables=(_table(lines),),
        next_command="nnbabysit search --coarse",
    )


def _outcomes(tried: dict[str, Attempt]) -> dict[str, dict[str, float | None]]:
    ends = {name: attempt.last for name, attempt in tried.items()}
    return {name: {"lr": end.lr, "loss": end.loss, "accuracy": end.accuracy} for name, end in ends.items()}


def _samples(config: Config, model: nn.Module, dataset: Dataset, run: Run) -> int:
    """How many samples the network has the parameters to memorize, up to ``overfit_tiny.samples``.

    A linear model fits as many samples in general position as it has parameters for each output, and half as
    many without great weights.
    """
    wanted, outputs = config.overfit_tiny.samples, dataset.num_outputs
    parameters = sum(p.numel() for p in model.parameters() if p.requires_grad)
    possible = max(1, parameters // (2 * outputs))
    if possible >= wanted:
        return wanted
    each = "" if outputs == 1 else f" for {outputs} outputs"
    text = (
        f"{possible} of {wanted} samples: with {parameters} parameters{each} no more are sure to be learned"
    )
    run.event(NoteEvent(text=text))
    return possible


def _batch_size(config: Config, samples: int) -> int | Literal["full"]:
    """All at once; but a loss of the user's own, which may compare all with all, is asked as in training."""
    size = config.training.batch_size
    return size if ":" in config.loss and size != "full" and size < samples else "full"


def _undisturbed(config: Config, samples: int) -> Config:
    changes: dict[str, Any] = {
        **{f"regularization.{name}": 0.0 for name in ("l2", "l1", "elastic", "label_smoothing")},
        "regularization.max_norm": None,
        "data.augment": {},
        "schedule": {"name": "constant"},
        "training.batch_size": _batch_size(config, samples),
    }
    optimizer = config.overfit_tiny.optimizer or config.optimizer
    changes["optimizer"] = optimizer.model_dump()
    if "weight_decay" in changes["optimizer"]:
        changes["optimizer"]["weight_decay"] = 0.0
    return with_values(config, changes)


def _seen(
    config: Config,
    problem: TinyProblem,
    lines: list[Line],
    constant: float | None,
    tried: dict[str, Attempt],
) -> TinyEvidence:
    """What the rule reads, the faults of the structure among it."""
    return TinyEvidence(
        loss_name=config.loss,
        num_outputs=problem.dataset.num_outputs,
        tiny_losses=tuple(line.loss for line in lines),
        tiny_max_loss=problem.bound,
        tiny_lr=lines[-1].lr,
        tiny_lr_path="optimizer.lr" if config.overfit_tiny.optimizer is None else "overfit_tiny.optimizer.lr",
        tiny_accuracy=lines[-1].accuracy,
        tiny_constant_loss=constant,
        tiny_tried={
            name: Tried(
                lr=one.last.lr,
                loss=one.last.loss,
                learned=problem.learned(one.last),
                everywhere=one.everywhere,
            )
            for name, one in tried.items()
        },
        tiny_faults=tuple(structural_faults(problem, lines)),
    )


def _summary(problem: TinyProblem, final: Line) -> str:
    verb = "memorized" if problem.learned(final) else "not memorized"
    accuracy = "" if final.accuracy is None else f", accuracy {score_text(final.accuracy)}"
    bound = f"loss {loss_text(final.loss)}, bound {number_text(problem.bound)}"
    return f"{plural(len(problem.split), 'sample')} {verb} in {final.epoch} epochs: {bound}{accuracy}"


def _table(lines: list[Line]) -> Table:
    """Some of the lines: the first, the last, and a handful between them."""
    every = max(1, len(lines) // 8)
    chosen = [line for i, line in enumerate(lines) if i % every == 0 or line is lines[-1]]
    if any(line.accuracy is None for line in lines):
        columns: tuple[str, ...] = ("epoch", "loss", "lr")
        cells = [(str(s.epoch), loss_text(s.cost), rate_text(s.lr)) for s in chosen]
        return Table(title=TITLE, columns=columns, rows=tuple(cells))
    columns = ("epoch", "loss", "train accuracy", "lr")
    rows = tuple(
        (str(s.epoch), loss_text(s.cost), optional_text(s.accuracy, score_text), rate_text(s.lr))
        for s in chosen
    )
    return Table(title=TITLE, columns=columns, rows=rows)
