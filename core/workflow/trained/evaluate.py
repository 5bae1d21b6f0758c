"""evaluate: how good are trained networks on samples that they were not trained on?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from nnbabysit.core.data.new_samples.pictures import are_pictures, pictures
from nnbabysit.core.formatting import measured_text
from nnbabysit.core.record.events import NoteEvent, StartEvent, WarningEvent
from nnbabysit.core.report.charts.confusion import confusion_matrix
from nnbabysit.core.report.charts.predicted import predicted_charts
from nnbabysit.core.report.charts.reliability import reliability_charts
from nnbabysit.core.report.charts.tiles import wrong_tiles
from nnbabysit.core.report.plots.write import (
    write_matrix,
    write_panels,
    write_tiles,
)
from nnbabysit.core.training.evaluation.ensembling import mean_outputs, score_together
from nnbabysit.core.training.evaluation.metrics import (
    ClassificationScores,
    RegressionScores,
    score_classes,
    score_numbers,
)
from nnbabysit.core.training.evaluation.outputs import mean_loss, outputs_of
from nnbabysit.core.training.evaluation.worst_samples import Mistake, worst_mistakes
from nnbabysit.core.training.loop.records import Score
from nnbabysit.core.training.loop.yardstick import Yardstick
from nnbabysit.core.workflow.provenance import NO_ACCURACY, tell_notes
from nnbabysit.core.workflow.result import StepResult
from nnbabysit.core.workflow.trained.evaluate_outcome import (
    LossAlone,
    Scores,
    mean_of,
    metrics_of,
    mistake_words,
    numbers_of,
    summary_of,
    tables_of,
)
from nnbabysit.core.workflow.trained.networks import Member

if TYPE_CHECKING:
    from torch import Tensor

    from nnbabysit.core.record.run import Run

WORST = 16
"""Samples in the picture of the most wrongly classified ones."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """What a network, or several together, came to.

    Attributes:
        member: Network and samples; of several the first.
        outputs: What the network returned for each sample, on the CPU.
        loss: Mean loss per sample; NaN for several whose loss is no function of probabilities.
        scores: How good the answers are.
        mistakes: The worst answers, the worst first.
    """

    member: Member
    outputs: Tensor
    loss: float
    scores: Scores
    mistakes: list[Mistake]


def evaluate_member(member: Member) -> Evaluation:
    """Ask a network about its samples and score the answers."""
    outputs = outputs_of(member.trained, member.unseen.split)
    return _scored(member, outputs, mean_loss(member.trained, outputs, member.unseen.split.y.cpu()))


def evaluate_together(evaluations: Sequence[Evaluation]) -> Evaluation:
    """Score the mean of what several networks say about the same samples."""
    first = evaluations[0].member
    objective, y = first.trained.objective, first.unseen.split.y.cpu()
    outputs = mean_outputs([evaluation.outputs for evaluation in evaluations], objective.task)
    return _scored(first, outputs, score_together(outputs, y, objective).loss)


def _scored(member: Member, outputs: Tensor, loss: float) -> Evaluation:
    trained, y = member.trained, member.unseen.split.y.cpu()
    task = trained.signature.task
    scores: Scores
    if task != "regression" and not trained.has_accuracy:
        loss_alone = LossAlone(samples=len(y), loss=loss)
        return Evaluation(member=member, outputs=outputs, loss=loss, scores=loss_alone, mistakes=[])
    if task == "regression":
        scores = score_numbers(outputs, y)
    else:
        scores = score_classes(outputs, y, task, len(trained.signature.class_names))
    return Evaluation(
        member=member,
        outputs=outputs,
        loss=loss,
        scores=scores,
        mistakes=worst_mistakes(outputs, y, task, WORST),
    )


def run_evaluate(members: Sequence[Member], run: Run) -> StepResult:
    """Score networks on their samples, draw what they get wrong, and set them side by side.

    Args:
        members: At least one.
        run: Where everything is written.

    Returns:
        Always ``pass``. Metrics: ``split``, ``data`` (the other path, or None), ``data_changed``, and
        ``runs``: for each network run, model, samples, loss and, for classes, accuracy, exact_accuracy,
        log_loss, calibration_error, macro_precision, macro_recall, macro_f1, classes (name, precision,
        recall, f1, support) and confusion (rows are true, columns predicted; multi-label: one for each
        label; None beyond 100 classes); for regression mse, rmse, mae, r2; for a loss of the user's own
        whose outputs are no scores of classes the loss alone. With one network its numbers
        stand beside ``runs`` too. With several that are tried on the same samples, ``mean`` has the mean of
        each of their numbers, and ``ensemble`` the numbers of the mean of their probabilities (for
        regression of their outputs).

    Raises:
        UserCodeError: The user's own code raised.
        DiskError: The disk is full or broken.
    """
    first = members[0]
    run.update_meta(
        device=str(first.trained.device),
        seed=first.trained.config.seed,
        threads=torch.get_num_threads(),
        dataset_fingerprint=first.unseen.fingerprint or None,
    )
    run.event(
        StartEvent(command="evaluate", name=first.trained.config.name, device=str(first.trained.device))
    )
    tell_notes(run, _data_notes(members), WarningEvent)
    for text in _warnings(members):
        run.event(WarningEvent(text=text))
    evaluations = []
    for number, member in enumerate(members, start=1):
        evaluation = evaluate_member(member)
        evaluations.append(evaluation)
        run.event(NoteEvent(text=f"{member.trained.name}: {summary_of(evaluation.scores)}"))
        _plot(evaluation, run.plots, f"-{number}" if len(members) > 1 else "")
    if len(members) == 1 or not _same_samples(members) or any(map(_has_loss_alone, members)):
        return _result(evaluations, run)
    together = evaluate_together(evaluations)
    run.event(NoteEvent(text=f"ensemble: {summary_of(together.scores)}"))
    _plot(together, run.plots, "")
    return _result_together(evaluations, together, run)


def _result_together(evaluations: Sequence[Evaluation], together: Evaluation, run: Run) -> StepResult:
    alone = _result(evaluations, run)
    rows = alone.metrics["runs"]
    signature = together.member.trained.signature
    numbers, mean = numbers_of(signature, together.scores, together.loss), mean_of(rows)
    key = "accuracy" if isinstance(together.scores, ClassificationScores) else "mse"
    words = f"{'accuracy' if key == 'accuracy' else 'mean squared error'} {measured_text(key, mean[key])}"
    summary = f"ensemble of {len(rows)}: {summary_of(together.scores)}; the mean of its members: {words}"
    return replace(
        alone,
        summary=f"{summary}, on {together.scores.samples} samples of {_what(together.member)}",
        metrics={**alone.metrics, "mean": mean, "ensemble": numbers},
        tables=tables_of(rows, signature, together.mistakes, numbers),
    )


def _what(member: Member) -> str:
    return member.unseen.place or f"the {member.unseen.name} split"


def _result(evaluations: Sequence[Evaluation], run: Run) -> StepResult:
    first = evaluations[0].member
    rows = [metrics_of(e.member.trained, e.scores, e.loss) for e in evaluations]
    metrics: dict[str, Any] = {
        "split": first.unseen.name,
        "data": first.unseen.place or None,
        "data_changed": any(e.member.unseen.changed for e in evaluations),
        "runs": rows,
    }
    best = max(evaluations, key=_merit)
    summary = f"{summary_of(best.scores)} on {best.scores.samples} samples of {_what(first)}"
    if len(rows) > 1:
        summary = f"of {len(rows)} networks the best is {best.member.trained.name}: {summary}"
    return StepResult(
        command="evaluate",
        verdict="pass",
        summary=summary,
        run_dir=run.path,
        notes=_data_notes([e.member for e in evaluations]),
        metrics={**rows[0], **metrics} if len(rows) == 1 else metrics,
        tables=tables_of(rows, first.trained.signature, evaluations[0].mistakes if len(rows) == 1 else ()),
    )


def _merit(evaluation: Evaluation) -> tuple[float, ...]:
    """What a network is worth by its answers: their log loss stands for whatever it was trained by."""
    scores, signature = evaluation.scores, evaluation.member.trained.signature
    if isinstance(scores, LossAlone):
        return (-scores.loss,)
    if isinstance(scores, RegressionScores):
        return (-scores.mse,)
    yardstick = Yardstick.of(evaluation.member.unseen.split.y, signature.task, "cross_entropy")
    return yardstick.merit(Score(loss=scores.log_loss, accuracy=scores.accuracy))[:2]


def _data_notes(members: Sequence[Member]) -> tuple[str, ...]:
    """How the samples were read; once where several networks are tried on the same."""
    return tuple(dict.fromkeys(note for member in members for note in member.unseen.notes))


def _warnings(members: Sequence[Member]) -> Iterator[str]:
    for member in members:
        for note in member.trained.notes:
            yield f"{member.trained.name}: {note}" if len(members) > 1 else note
    first = members[0].unseen
    if first.name == "train" and not first.place:
        yield "these samples were trained on: the numbers say how well they were learned, not what to expect"
    if not _same_samples(members):
        yield (
            "the networks are tried on different samples, so they are not averaged: their data or splits "
            "differ; train them with one data.seed, or name samples with --data"
        )
    if any(_has_loss_alone(member) for member in members):
        yield NO_ACCURACY
    if any(member.trained.config.loss == "hinge" for member in members):
        yield "hinge scores are no probabilities: what is shown as such is their softmax"


def _has_loss_alone(member: Member) -> bool:
    return member.trained.signature.task != "regression" and not member.trained.has_accuracy


def _same_samples(members: Sequence[Member]) -> bool:
    seen = {(member.unseen.fingerprint, member.unseen.split.y.cpu().numpy().tobytes()) for member in members}
    return len(seen) == 1


def _plot(evaluation: Evaluation, folder: Path, ending: str) -> None:
    signature, unseen = evaluation.member.trained.signature, evaluation.member.unseen
    scores = evaluation.scores
    if isinstance(scores, LossAlone):
        return
    if isinstance(scores, RegressionScores):
        write_panels(
            predicted_charts(evaluation.outputs, unseen.split.y.cpu()), folder / f"predicted{ending}"
        )
        return
    write_matrix(confusion_matrix(scores.confusion, signature.class_names), folder / f"confusion{ending}")
    write_panels(reliability_charts(scores.calibration), folder / f"reliability{ending}", upright=True)
    mistakes = evaluation.mistakes
    if are_pictures(signature.input_shape) and mistakes:
        x, _ = unseen.split.take(torch.tensor([mistake.index for mistake in mistakes]))
        captions = [mistake_words(mistake, signature) for mistake in mistakes]
        write_tiles(wrong_tiles(pictures(x, signature.preprocessing), captions), folder / f"wrong{ending}")
