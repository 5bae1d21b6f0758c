"""Outcome of an evaluation: in one sentence, as numbers, and as tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nnbabysit.core.data.new_samples.signature import Signature
from nnbabysit.core.formatting import loss_text, measured_text, number_text, score_text
from nnbabysit.core.training.evaluation.load_trained import Trained
from nnbabysit.core.training.evaluation.metrics import ClassificationScores, RegressionScores
from nnbabysit.core.training.evaluation.worst_samples import Mistake
from nnbabysit.core.workflow.result import Table


@dataclass(frozen=True, kw_only=True)
class LossAlone:
    """All that can be said of outputs that are no scores of classes: what their own loss makes of them.

    Attributes:
        samples: N.
        loss: Mean per sample.
    """

    samples: int
    loss: float


Scores = ClassificationScores | RegressionScores | LossAlone
MOST_CLASSES = 100
"""Classes up to which the confusion matrix goes into the result."""
_MOST_ROWS = 10
_MOST_CLASS_ROWS = 30


def metrics_of(trained: Trained, scores: Scores, loss: float) -> dict[str, Any]:
    """Numbers of one network, as ``run_evaluate`` describes them."""
    named = {"run": str(trained.run_dir), "weights": trained.weights, "model": trained.config.model.name}
    return {**named, **numbers_of(trained.signature, scores, loss)}


def numbers_of(signature: Signature, scores: Scores, loss: float) -> dict[str, Any]:
    """The same without whose they are; a loss that is not finite is None."""
    counted = {"samples": scores.samples, "loss": loss if math.isfinite(loss) else None}
    if isinstance(scores, LossAlone):
        return counted
    if isinstance(scores, RegressionScores):
        rmse = math.sqrt(scores.mse)
        return {**counted, "mse": scores.mse, "rmse": rmse, "mae": scores.mae, "r2": scores.r2}
    names = signature.class_names
    return {
        **counted,
        "accuracy": scores.accuracy,
        "exact_accuracy": scores.exact,
        "log_loss": scores.log_loss,
        "calibration_error": scores.calibration.error,
        **{f"macro_{name}": scores.macro(name) for name in ("precision", "recall", "f1")},
        "classes": [
            {
                "name": name,
                "precision": score.precision,
                "recall": score.recall,
                "f1": score.f1,
                "support": score.support,
            }
            for name, score in zip(names, scores.classes, strict=True)
        ],
        "confusion": scores.confusion.tolist() if len(names) <= MOST_CLASSES else None,
    }


def mean_of(rows: Sequence[dict[str, Any]]) -> dict[str, float | None]:
    """Mean of each single number over networks; None where one of them has none."""
    return {
        name: None if any(row[name] is None for row in rows) else math.fsum(r[name] for r in rows) / len(rows)
        for name, value in rows[0].items()
        if name != "samples" and (value is None or isinstance(value, float)) and name != "confusion"
    }


def summary_of(scores: Scores) -> str:
    """The numbers that one asks for first."""
    if isinstance(scores, LossAlone):
        return f"loss {loss_text(scores.loss)}"
    if isinstance(scores, RegressionScores):
        mse, mae = number_text(scores.mse), number_text(scores.mae)
        return f"mean squared error {mse}, mean absolute error {mae}, R² {score_text(scores.r2)}"
    return f"accuracy {score_text(scores.accuracy)}, calibration error {score_text(scores.calibration.error)}"


def tables_of(
    rows: Sequence[dict[str, Any]],
    signature: Signature,
    mistakes: Sequence[Mistake],
    ensemble: dict[str, Any] | None = None,
) -> tuple[Table, ...]:
    """Networks side by side; for a single one, or for all together, the classes and the worst answers.

    Args:
        rows: What ``metrics_of`` returned for each network.
        signature: Of the first.
        mistakes: The worst answers of a single network or of the ensemble, the worst first.
        ensemble: What ``numbers_of`` returned for the mean of the networks; None if there is none.
    """
    return tuple(_tables(rows, signature, mistakes, ensemble))


def mistake_words(mistake: Mistake, signature: Signature) -> tuple[str, str]:
    """A wrong answer in two short lines: what was said with its probability, and what is true."""
    true, said = _named(mistake, signature)
    return f"said {said}, {percent(mistake.confidence)}", f"true {true}, {percent(mistake.truth_probability)}"


def percent(probability: float) -> str:
    """A probability in short: never 0 % or 100 % for what is neither."""
    if 0 < probability < 0.001:
        return "<0.1%"
    if 0.999 < probability < 1:
        return ">99.9%"
    return f"{probability:.1%}"


def _tables(
    rows: Sequence[dict[str, Any]],
    signature: Signature,
    mistakes: Sequence[Mistake],
    ensemble: dict[str, Any] | None,
) -> Iterator[Table]:
    yield _members(rows, signature, ensemble)
    if len(rows) > 1 and ensemble is None:
        return
    detailed = rows[0] if ensemble is None else ensemble
    if "classes" in detailed:
        yield _classes(detailed["classes"], signature)
    if mistakes:
        yield _mistakes(mistakes[:_MOST_ROWS], signature)


def _members(rows: Sequence[dict[str, Any]], signature: Signature, ensemble: dict[str, Any] | None) -> Table:
    if not {"accuracy", "mse"} & rows[0].keys():
        columns = {"loss": "loss"}
    elif signature.task == "regression":
        columns = {"loss": "loss", "mse": "MSE", "rmse": "RMSE", "mae": "MAE", "r2": "R²"}
    else:
        columns = {"accuracy": "accuracy", "macro_f1": "macro F1", "log_loss": "log loss"}
        columns |= {"calibration_error": "calibration error"}
        if signature.task == "multilabel":
            columns = {"accuracy": "accuracy", "exact_accuracy": "all labels right", **columns}
    named = list(zip(_run_names(rows), rows, strict=True))
    if ensemble is not None:
        named += [("mean of them", {**mean_of(rows), "samples": ensemble["samples"]}), ("ensemble", ensemble)]
    cells = tuple(
        (name, str(row["samples"]), *(_cell(key, row[key]) for key in columns)) for name, row in named
    )
    title = "Scores" if len(rows) == 1 else f"Scores of {len(rows)} networks"
    return Table(title=title, columns=("run", "samples", *columns.values()), rows=cells)


def _cell(key: str, value: float | None) -> str:
    return "" if value is None else measured_text(key, value)


def _run_names(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Names of the runs; of several without the minute of their start, as long as they can be told apart."""
    names = [str(row["run"]).replace("\\", "/").rpartition("/")[2] for row in rows]
    names = [n if r["weights"] == "best" else f"{n}/{r['weights']}" for n, r in zip(names, rows, strict=True)]
    short = [name.split("_", 2)[-1] for name in names]
    return short if len(rows) > 1 and len(set(short)) == len(short) else names


def _classes(classes: Sequence[dict[str, Any]], signature: Signature) -> Table:
    """Every class, or with very many the ones that fare worst."""
    shown = classes
    kind = "label" if signature.task == "multilabel" else "class"
    title = f"Each {kind}"
    if len(classes) > _MOST_CLASS_ROWS:
        shown = sorted(classes, key=lambda score: score["f1"])[:_MOST_CLASS_ROWS]
        title = f"The {_MOST_CLASS_ROWS} of {len(classes)} with the lowest F1"
    rows = tuple(
        (
            score["name"],
            *(score_text(score[key]) for key in ("precision", "recall", "f1")),
            str(score["support"]),
        )
        for score in shown
    )
    return Table(title=title, columns=(kind, "precision", "recall", "F1", "samples"), rows=rows)


def _mistakes(mistakes: Sequence[Mistake], signature: Signature) -> Table:
    if signature.task == "regression":
        several = signature.num_outputs > 1
        rows = tuple(
            (
                str(m.index),
                *((str(m.label),) if several else ()),
                f"{m.truth:.6g}",
                f"{m.answer:.6g}",
                f"{m.answer - m.truth:+.4g}",
            )
            for m in mistakes
        )
        columns = ("sample", *(("column",) if several else ()), "true", "predicted", "error")
        return Table(title="Largest errors", columns=columns, rows=rows)
    rows = tuple((str(m.index), *_answer_cells(m, signature)) for m in mistakes)
    columns = ("sample", "true", "p(true)", "predicted", "p(predicted)")
    return Table(title="Most wrongly classified", columns=columns, rows=rows)


def _answer_cells(mistake: Mistake, signature: Signature) -> tuple[str, str, str, str]:
    true, said = _named(mistake, signature)
    return true, f"{mistake.truth_probability:.3g}", said, f"{mistake.confidence:.3g}"


def _named(mistake: Mistake, signature: Signature) -> tuple[str, str]:
    """What is true and what was said."""
    names = signature.class_names
    if signature.task != "multilabel":
        return names[int(mistake.truth)], names[int(mistake.answer)]
    name = names[mistake.label]
    return (name, f"not {name}") if mistake.truth else (f"not {name}", name)
