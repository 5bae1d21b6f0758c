"""evaluate: how good are trained networks on samples that they were not trained on?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from nnbabysit.core.data.pictures import are_pictures, pictures
from nnbabysit.core.data.unseen import SplitName, Unseen, load_own, load_unseen
from nnbabysit.core.errors import RunError
from nnbabysit.core.record.run import read_meta
from nnbabysit.core.report.plots import plot_confusion, plot_predicted, plot_reliability, plot_wrong
from nnbabysit.core.training.mistakes import Mistake, worst_mistakes
from nnbabysit.core.training.outputs import mean_loss, outputs_of
from nnbabysit.core.training.scores import (
    ClassificationScores,
    RegressionScores,
    score_classes,
    score_numbers,
)
from nnbabysit.core.training.trained import Trained, load_trained
from nnbabysit.core.workflow.evaluate_outcome import metrics_of, mistake_words, summary_of, tables_of
from nnbabysit.core.workflow.result import StepResult

if TYPE_CHECKING:
    from torch import Tensor

    from nnbabysit.core.record.run import Run

WORST = 16
"""Samples in the picture of the most wrongly classified ones."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Member:
    """A trained network and the samples that it is to be tried on."""

    trained: Trained
    unseen: Unseen


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """What a network came to.

    Attributes:
        member: Network and samples.
        outputs: What the network returned for each sample, on the CPU.
        loss: Mean loss per sample.
        scores: How good the answers are.
        mistakes: The worst answers, the worst first.
    """

    member: Member
    outputs: Tensor
    loss: float
    scores: ClassificationScores | RegressionScores
    mistakes: list[Mistake]


def load_members(
    runs: Sequence[Path],
    *,
    split: SplitName | None = None,
    data: Path | None = None,
    device: str = "auto",
    skip_broken: bool = False,
) -> list[Member]:
    """Load networks and samples, before a run directory exists.

    Args:
        runs: Directories of training runs; networks that answer the same question.
        split: Left out: test, or validation where there is no test split.
        data: Other samples, of the kind that the runs' readers read; None: the runs' own data.
        device: As in a config.
        skip_broken: Go on without pictures and rows that cannot be read, even if the runs did not.

    Raises:
        RunError: No training run, without weights, with those of another architecture, or the runs answer
            different questions.
        UserError: Data, model or device are at fault.
        UserCodeError: The user's own code raised.
    """
    known: dict[str, Unseen] = {}
    members: list[Member] = []
    for run in runs:
        trained = load_trained(run, device)
        if members:
            _check_same_question(members[0].trained, trained)
        key = _data_key(trained)
        if key not in known:
            known[key] = _load(trained, split, data, skip_broken)
        members.append(Member(trained=trained, unseen=known[key]))
    return members


def evaluate_member(member: Member) -> Evaluation:
    """Ask a network about its samples and score the answers."""
    trained, split = member.trained, member.unseen.split
    task, y = trained.signature.task, split.y.cpu()
    outputs = outputs_of(trained, split)
    scores: ClassificationScores | RegressionScores
    if task == "regression":
        scores = score_numbers(outputs, y)
    else:
        scores = score_classes(outputs, y, task, len(trained.signature.class_names))
    return Evaluation(
        member=member,
        outputs=outputs,
        loss=mean_loss(trained, outputs, y),
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
        label; None beyond 100 classes); for regression mse, rmse, mae, r2. With one network its numbers
        stand beside ``runs`` too.

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
    run.event("start", command="evaluate", name=first.trained.config.name, device=str(first.trained.device))
    for text in _warnings(members):
        run.event("warning", text=text)
    evaluations = []
    for number, member in enumerate(members, start=1):
        evaluation = evaluate_member(member)
        evaluations.append(evaluation)
        run.event("note", text=f"{member.trained.run_dir.name}: {summary_of(evaluation.scores)}")
        _plot(evaluation, run.plots, f"-{number}" if len(members) > 1 else "")
    return _result(evaluations, run)


def _result(evaluations: Sequence[Evaluation], run: Run) -> StepResult:
    first = evaluations[0].member
    rows = [metrics_of(e.member.trained, e.scores, e.loss) for e in evaluations]
    what = first.unseen.place or f"the {first.unseen.name} split"
    metrics: dict[str, Any] = {
        "split": first.unseen.name,
        "data": first.unseen.place or None,
        "data_changed": any(e.member.unseen.changed for e in evaluations),
        "runs": rows,
    }
    best = max(evaluations, key=lambda e: _goodness(e.scores))
    summary = f"{summary_of(best.scores)} on {best.scores.samples} samples of {what}"
    if len(rows) > 1:
        summary = f"of {len(rows)} networks the best is {best.member.trained.run_dir.name}: {summary}"
    return StepResult(
        command="evaluate",
        verdict="pass",
        summary=summary,
        run_dir=run.path,
        metrics={**rows[0], **metrics} if len(rows) == 1 else metrics,
        tables=tables_of(rows, first.trained.signature, evaluations[0].mistakes if len(rows) == 1 else ()),
    )


def _goodness(scores: ClassificationScores | RegressionScores) -> float:
    return scores.accuracy if isinstance(scores, ClassificationScores) else -scores.mse


def _data_key(trained: Trained) -> str:
    """What decides which samples a run is tried on, and how they are prepared."""
    config = trained.config
    parts = (config.data.model_dump_json(), config.loss, config.seed, str(trained.signature.input_shape))
    return repr((*parts, read_meta(trained.run_dir).get("dataset_fingerprint")))


def _load(trained: Trained, split: SplitName | None, data: Path | None, skip_broken: bool) -> Unseen:
    config = trained.config
    if skip_broken:
        config = config.model_copy(update={"data": config.data.model_copy(update={"skip_broken": True})})
    if data is not None:
        return load_unseen(data, config, trained.signature, split)
    fingerprint = read_meta(trained.run_dir).get("dataset_fingerprint")
    return load_own(config, trained.signature, split, fingerprint=fingerprint)


def _check_same_question(one: Trained, other: Trained) -> None:
    questions = [
        (s.task, s.class_names, s.num_outputs, s.input_shape) for s in (one.signature, other.signature)
    ]
    if questions[0] != questions[1]:
        raise RunError(
            f"this run answers another question than {one.run_dir.name}: its samples, task or classes differ",
            where=str(other.run_dir),
            remedy="Evaluate the two one at a time",
        )


def _warnings(members: Sequence[Member]) -> Iterator[str]:
    for member in members:
        for note in (*member.trained.notes, *member.unseen.notes):
            yield f"{member.trained.run_dir.name}: {note}" if len(members) > 1 else note
    first = members[0].unseen
    if first.name == "train" and not first.place:
        yield "these samples were trained on: the numbers say how well they were learnt, not what to expect"
    if len({(member.unseen.fingerprint, member.unseen.split.y.numpy().tobytes()) for member in members}) > 1:
        yield "the networks are tried on different samples: their data, their splits or their seeds differ"
    if any(member.trained.config.loss == "hinge" for member in members):
        yield "hinge scores are no probabilities: what is shown as such is their softmax"


def _plot(evaluation: Evaluation, folder: Path, ending: str) -> None:
    signature, unseen = evaluation.member.trained.signature, evaluation.member.unseen
    scores = evaluation.scores
    if isinstance(scores, RegressionScores):
        plot_predicted(evaluation.outputs, unseen.split.y.cpu(), folder / f"predicted{ending}")
        return
    plot_confusion(scores.confusion, signature.class_names, folder / f"confusion{ending}")
    plot_reliability(scores.calibration, folder / f"reliability{ending}")
    mistakes = evaluation.mistakes
    if are_pictures(signature.input_shape) and mistakes:
        x, _ = unseen.split.take(torch.tensor([mistake.index for mistake in mistakes]))
        captions = [mistake_words(mistake, signature) for mistake in mistakes]
        plot_wrong(pictures(x, signature.preprocessing), captions, folder / f"wrong{ending}")
