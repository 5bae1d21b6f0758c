"""Attempt: one training on the tiny set; where it failed, others at other rates and a look inside."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nnbabysit.core.config.loading import with_values
from nnbabysit.core.diagnosis.rules.plateau import FACTORS, FURTHER, helps
from nnbabysit.core.formatting import loss_text, rate_text
from nnbabysit.core.models.random_layers import without_draws
from nnbabysit.core.models.seeding import seeded
from nnbabysit.core.models.weights import weight_matrices
from nnbabysit.core.record.events import NoteEvent
from nnbabysit.core.record.training_events import TinyEvent
from nnbabysit.core.training.loop.steps import evaluate, train_steps
from nnbabysit.core.training.probes.structure import Fault, faults, has_learned
from nnbabysit.core.training.setup.setup import assemble

if TYPE_CHECKING:
    import torch

    from nnbabysit.core.config.schema.root import Config
    from nnbabysit.core.data.splits.arrays import ArraySplit
    from nnbabysit.core.data.splits.dataset import Dataset
    from nnbabysit.core.record.run import Run

FULL_EPOCHS = 200
"""Epochs that are run in any case without ``stop_when_passed``; of more, no more than it takes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One epoch on the tiny set: a single full-batch step, with a loss of the user's own perhaps several.

    Attributes:
        epoch: From 1.
        cost: Data loss before the step; there is no penalty.
        loss: Data loss after the step, in evaluation mode.
        accuracy: Fraction of the tiny set that is right after the step; None where there is none.
        lr: Learning rate of the step.
    """

    epoch: int
    cost: float
    loss: float
    accuracy: float | None
    lr: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """What a learning rate gave.

    Attributes:
        lines: One for each epoch.
        everywhere: Whether every weight matrix took part.
    """

    lines: list[Line]
    everywhere: bool

    @property
    def last(self) -> Line:
        """The last epoch."""
        return self.lines[-1]


@dataclass(frozen=True, kw_only=True)
class TinyProblem:
    """The tiny set and the config with everything out of the way that would keep a network from learning it.

    Attributes:
        config: Penalties 0, constant learning rate, full batch, the optimizer of this check.
        dataset: Gives the shapes.
        split: The tiny set.
        device: Where to train.
        bound: Largest final loss that counts as learned, in units of the loss.
    """

    config: Config
    dataset: Dataset
    split: ArraySplit
    device: torch.device
    bound: float

    def learned(self, line: Line) -> bool:
        """Accuracy 1.00 (if there is one) and a loss under the bound; NaN is not under it."""
        return line.loss <= self.bound and (line.accuracy is None or line.accuracy == 1.0)


def overfit(problem: TinyProblem, run: Run | None) -> Attempt:
    """Train on the tiny set, one line per epoch; with ``run`` None nothing is told."""
    config, split = problem.config, problem.split
    assembly = assemble(config, problem.dataset, device=problem.device)
    drawing = without_draws(assembly.model)
    before = {name: weight.detach().clone() for name, weight in weight_matrices(assembly.model).items()}
    if run is not None and drawing:
        layers = "1 layer" if drawing == 1 else f"{drawing} layers"
        run.event(NoteEvent(text=f"nothing is dropped or drawn at random in {layers} for this check"))
    lines: list[Line] = []
    epochs = config.overfit_tiny.epochs
    least = 1 if config.overfit_tiny.stop_when_passed else FULL_EPOCHS
    for epoch in range(1, epochs + 1):
        for step in train_steps(
            assembly, split, epoch=epoch, seed=config.seed, batch_size=config.training.batch_size
        ):
            cost, lr = float(step.loss), step.lr
        score = evaluate(assembly.model, split, assembly.objective)
        line = Line(epoch=epoch, cost=cost, loss=score.loss, accuracy=score.accuracy, lr=lr)
        lines.append(line)
        if run is not None:
            run.event(
                TinyEvent(epoch=epoch, epochs=epochs, cost=line.cost, accuracy=line.accuracy, lr=line.lr)
            )
        if not math.isfinite(line.loss) or (epoch >= least and problem.learned(line)):
            break
    return Attempt(lines=lines, everywhere=has_learned(before, assembly.model))


def structural_faults(problem: TinyProblem, lines: list[Line]) -> list[Fault]:
    """What no learning rate mends: facts of a fresh network, and what its last five epochs say."""
    assembly = assemble(problem.config, problem.dataset, device=problem.device)
    without_draws(assembly.model)
    with seeded(problem.config.seed):
        found = faults(assembly, problem.split.x, problem.split.y)
    tail = lines[-5:]
    if max(line.cost for line in tail) <= problem.bound < min(line.loss for line in tail):
        cause = (
            "the set is learned in training mode and lost in evaluation mode: a layer differs between the two"
        )
        remedy = "look at the momentum of batch normalization, at tiny batches, and at what forward() draws"
        found.append(Fault(cause, remedy))
    return found


def try_other_rates(problem: TinyProblem, final: float, run: Run) -> dict[str, Attempt]:
    """The same set from the same start with other learning rates: name of the factor → what it gave.

    Ten times and a tenth; where one leaves much less loss and does not pass, ten times further.

    Args:
        problem: What was not learned.
        final: Loss that its own learning rate left.
        run: Where the outcomes are told.
    """
    tried: dict[str, Attempt] = {}
    waiting = [("x10", final), ("÷10", final)]
    while waiting:
        name, before = waiting.pop(0)
        lr = problem.config.optimizer.lr * FACTORS[name]
        other = replace(problem, config=with_values(problem.config, {"optimizer.lr": lr}))
        tried[name] = overfit(other, None)
        last = tried[name].last
        outcome = "passes" if problem.learned(last) else "fails too"
        told = f"also tried: lr {name}, {rate_text(lr)}, {outcome}: final loss {loss_text(last.loss)}"
        run.event(NoteEvent(text=told))
        if name in FURTHER and not problem.learned(last) and helps(before, last.loss):
            waiting.append((FURTHER[name], last.loss))
    return tried
