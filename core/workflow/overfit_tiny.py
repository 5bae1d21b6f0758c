"""overfit-tiny: a network that cannot learn twenty samples by heart will not learn the rest.

Source: CS231n notes, "Neural Networks 3: before learning, sanity checks": overfit a tiny subset of the
data, with regularisation 0, down to zero cost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nnbabysit.core.config.loading import with_values
from nnbabysit.core.data.tiny import tiny_split
from nnbabysit.core.diagnosis.check_rules import TINY_RULES
from nnbabysit.core.diagnosis.plateau import FACTORS
from nnbabysit.core.diagnosis.rule import diagnose
from nnbabysit.core.models.random_layers import without_draws
from nnbabysit.core.report.plots import plot_tiny
from nnbabysit.core.training.assembly import assemble, prepare
from nnbabysit.core.training.loop import evaluate, train_steps
from nnbabysit.core.workflow.provenance import note_provenance, note_start
from nnbabysit.core.workflow.result import StepResult, Table

if TYPE_CHECKING:
    import torch

    from nnbabysit.core.config.schema import Config
    from nnbabysit.core.data.dataset import Dataset, Split
    from nnbabysit.core.record.run import Run

TITLE = "Overfitting the tiny set"


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One epoch on the tiny set: a single full-batch step.

    Attributes:
        epoch: From 1.
        cost: Data loss before the step; there is no penalty.
        loss: Data loss after the step, in evaluation mode.
        accuracy: Share of the tiny set that is right after the step; None for regression.
        lr: Learning rate of the step.
    """

    epoch: int
    cost: float
    loss: float
    accuracy: float | None
    lr: float


@dataclass(frozen=True, kw_only=True)
class TinyProblem:
    """The tiny set and the config with everything out of the way that would keep a network from learning it.

    Attributes:
        config: Penalties 0, constant learning rate, full batch, the optimiser of this check.
        dataset: Gives the shapes.
        split: The tiny set.
        device: Where to train.
        bound: Largest final loss that counts as learnt, in units of the loss.
    """

    config: Config
    dataset: Dataset
    split: Split
    device: torch.device
    bound: float

    def learnt(self, line: Line) -> bool:
        """Accuracy 1.00 (if there is one) and a loss under the bound; NaN is not under it."""
        return line.loss <= self.bound and (line.accuracy is None or line.accuracy == 1.0)


def run_overfit_tiny(config: Config, run: Run, *, dataset: Dataset | None = None) -> StepResult:
    """Overfit a tiny stratified set with regularisation 0 and nothing dropped or drawn at random.

    Args:
        config: Experiment; ``overfit_tiny.*`` holds samples, epochs, bound and, if it differs, the optimiser.
        run: Where the lines and the plot go.
        dataset: Already loaded data, or None to load it.

    Returns:
        ``pass`` at accuracy 1.00 and a loss under the bound. Metrics: final_loss, final_accuracy, epochs, lr,
        bound, constant_loss (the cost of ignoring the input); on failure ``tried``: lr × 10 and ÷ 10.
    """
    prepared = prepare(config, dataset)
    objective, data = prepared.assembly.objective, prepared.dataset
    note_provenance(run, config, data, prepared.assembly.device)
    note_start(run, prepared)
    tiny = tiny_split(data.train, config.overfit_tiny.samples, config.seed)
    constant = objective.prior(tiny.y, data.num_outputs)
    scale = 1.0
    if data.task == "regression":
        variance = objective.chance(data.num_outputs, tiny.y)
        constant = None if math.isnan(variance) else variance
        scale = constant or 1.0
    problem = TinyProblem(
        config=_undisturbed(config),
        dataset=data,
        split=tiny.on(prepared.assembly.device),
        device=prepared.assembly.device,
        bound=config.overfit_tiny.max_loss * scale,
    )
    lines = _overfit(problem, run)
    passed = problem.learnt(lines[-1])
    tried = {} if passed else _try_other_rates(problem, run)
    plot_tiny(
        [s.cost for s in lines],
        [s.accuracy for s in lines if s.accuracy is not None],
        run.plots / "overfit_tiny",
    )
    return StepResult(
        command="overfit-tiny",
        verdict="pass" if passed else "fail",
        summary=_summary(problem, lines[-1]),
        run_dir=run.path,
        metrics={
            "final_loss": lines[-1].loss,
            "final_accuracy": lines[-1].accuracy,
            "epochs": lines[-1].epoch,
            "lr": lines[-1].lr,
            "bound": problem.bound,
            "constant_loss": constant,
            **(
                {"tried": {k: {"lr": s.lr, "loss": s.loss, "accuracy": s.accuracy} for k, s in tried.items()}}
                if tried
                else {}
            ),
        },
        findings=()
        if passed
        else tuple(diagnose(TINY_RULES, _evidence(config, problem, lines, constant, tried))),
        tables=(_table(lines),),
        next_command="nnbabysit search --coarse",
    )


def _undisturbed(config: Config) -> Config:
    changes: dict[str, Any] = {
        **{f"regularization.{name}": 0.0 for name in ("l2", "l1", "elastic", "label_smoothing")},
        "regularization.max_norm": None,
        "data.augment": {},
        "schedule": {"name": "constant"},
        "training.batch_size": "full",
    }
    optimizer = config.overfit_tiny.optimizer or config.optimizer
    changes["optimizer"] = optimizer.model_dump()
    if optimizer.name == "adamw":
        changes["optimizer"]["weight_decay"] = 0.0
    return with_values(config, changes)


def _overfit(problem: TinyProblem, run: Run | None) -> list[Line]:
    """Train on the tiny set, one line per epoch; with ``run`` None nothing is told."""
    config, split = problem.config, problem.split
    assembly = assemble(config, problem.dataset, device=problem.device)
    drawing = without_draws(assembly.model)
    if run is not None and drawing:
        layers = "1 layer" if drawing == 1 else f"{drawing} layers"
        run.event("note", text=f"nothing is dropped or drawn at random in {layers} for this check")
    lines: list[Line] = []
    epochs = config.overfit_tiny.epochs
    for epoch in range(1, epochs + 1):
        for step in train_steps(
            assembly, split, epoch=epoch, seed=config.seed, batch_size="full", step=epoch - 1
        ):
            score = evaluate(assembly.model, split, assembly.objective)
            line = Line(
                epoch=epoch, cost=float(step.loss), loss=score.loss, accuracy=score.accuracy, lr=step.lr
            )
        lines.append(line)
        if run is not None:
            run.event("tiny", epoch=epoch, epochs=epochs, cost=line.cost, accuracy=line.accuracy, lr=line.lr)
        if not math.isfinite(line.loss):
            break
    return lines


def _try_other_rates(problem: TinyProblem, run: Run) -> dict[str, Line]:
    """The same set from the same start with other learning rates: name of the factor → last line."""
    tried = {}
    for name, factor in FACTORS.items():
        lr = problem.config.optimizer.lr * factor
        other = TinyProblem(
            config=with_values(problem.config, {"optimizer.lr": lr}),
            dataset=problem.dataset,
            split=problem.split,
            device=problem.device,
            bound=problem.bound,
        )
        tried[name] = _overfit(other, None)[-1]
        outcome = "passes" if problem.learnt(tried[name]) else "fails too"
        run.event(
            "note", text=f"tried on the spot: lr {name}, {lr:g}, {outcome}: final loss {tried[name].loss:.4f}"
        )
    return tried


def _evidence(
    config: Config, problem: TinyProblem, lines: list[Line], constant: float | None, tried: dict[str, Line]
) -> dict[str, Any]:
    own = config.overfit_tiny.optimizer is not None
    return {
        "task": problem.dataset.task,
        "loss_name": config.loss,
        "num_outputs": problem.dataset.num_outputs,
        "tiny_losses": tuple(line.loss for line in lines),
        "tiny_accuracy": lines[-1].accuracy,
        "tiny_max_loss": problem.bound,
        "tiny_constant_loss": constant,
        "tiny_lr": lines[-1].lr,
        "tiny_lr_path": "overfit_tiny.optimizer.lr" if own else "optimizer.lr",
        "tiny_tried": {name: line.loss for name, line in tried.items()},
        "tiny_tried_accuracies": {name: line.accuracy for name, line in tried.items()},
    }


def _summary(problem: TinyProblem, final: Line) -> str:
    verb = "learnt" if problem.learnt(final) else "not learnt"
    accuracy = "" if final.accuracy is None else f", accuracy {final.accuracy:.2f}"
    bound = f"loss {final.loss:.4f}, bound {problem.bound:g}"
    return f"{len(problem.split)} samples {verb} by heart in {final.epoch} epochs: {bound}{accuracy}"


def _table(lines: list[Line]) -> Table:
    """Some of the lines: the first, the last, and a handful between them."""
    every = max(1, len(lines) // 8)
    chosen = [line for i, line in enumerate(lines) if i % every == 0 or line is lines[-1]]
    if any(line.accuracy is None for line in lines):
        columns: tuple[str, ...] = ("epoch", "cost", "lr")
        cells = [(str(s.epoch), f"{s.cost:.6g}", f"{s.lr:.6e}") for s in chosen]
        return Table(title=TITLE, columns=columns, rows=tuple(cells))
    columns = ("epoch", "cost", "train accuracy", "lr")
    rows = tuple((str(s.epoch), f"{s.cost:.6f}", f"{s.accuracy:.2f}", f"{s.lr:.6e}") for s in chosen)
    return Table(title=TITLE, columns=columns, rows=rows)
