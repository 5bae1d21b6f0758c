"""Predictions as text: CSV with a head, or one JSON document; written row by row, however many there are."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TextIO

from nnbabysit.cli.render.csv_cells import cell
from nnbabysit.core.formatting import clean

if TYPE_CHECKING:
    from nnbabysit.core.data.new_samples.signature import Signature
    from nnbabysit.core.data.new_samples.unlabeled import UnlabeledSamples
    from nnbabysit.core.workflow.trained.predict import Prediction

BETWEEN_LABELS = ";"


def write_csv(
    stream: TextIO, signature: Signature, samples: UnlabeledSamples, predictions: Iterable[Prediction]
) -> None:
    """Columns: ``index`` or ``file``, ``prediction``, then ``probability_NAME`` for each class.

    For regression ``prediction``, or ``prediction_0``, ``prediction_1``, … for several outputs. Labels of a
    multi-label task are parted by ``;``. No text is taken for a formula by a spreadsheet program.
    """
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([text_cell(name) for name in columns(signature, samples)])
    for prediction in predictions:
        row = [text_cell(prediction.sample)]
        if signature.task != "regression":
            row.append(text_cell(BETWEEN_LABELS.join(prediction.answer)))
        writer.writerow([*row, *(f"{value:.7g}" for value in prediction.values)])


def columns(signature: Signature, samples: UnlabeledSamples) -> list[str]:
    """Names of the columns of the CSV."""
    key = "index" if samples.files is None else "file"
    if signature.task != "regression":
        return [key, "prediction", *(f"probability_{name}" for name in signature.class_names)]
    if signature.num_outputs == 1:
        return [key, "prediction"]
    return [key, *(f"prediction_{column}" for column in range(signature.num_outputs))]


def text_cell(value: object) -> str:
    """A cell that no spreadsheet program computes; numbers, negative ones too, stay as they are."""
    text = clean(str(value))
    try:
        float(text)
    except ValueError:
        return cell(text)
    return text


def write_json(
    stream: TextIO,
    head: dict[str, Any],
    signature: Signature,
    samples: UnlabeledSamples,
    predictions: Iterable[Prediction],
) -> None:
    """One JSON document: ``head``, and under ``predictions`` an object for each sample."""
    opened = json.dumps(head, ensure_ascii=True, indent=2).rstrip().removesuffix("}").rstrip()
    stream.write(f'{opened},\n  "predictions": [')
    key = "index" if samples.files is None else "file"
    for number, prediction in enumerate(predictions):
        text = json.dumps(_object(key, prediction, signature), ensure_ascii=True, allow_nan=False)
        stream.write(f"{',' if number else ''}\n    {text}")
    stream.write("\n  ]\n}\n")


def _object(key: str, prediction: Prediction, signature: Signature) -> dict[str, Any]:
    values = list(_strict(prediction.values))
    if signature.task == "regression":
        return {key: prediction.sample, "prediction": values[0] if signature.num_outputs == 1 else values}
    labels = list(prediction.answer)
    return {
        key: prediction.sample,
        "prediction": labels if signature.task == "multilabel" else labels[0],
        "probabilities": dict(zip(signature.class_names, values, strict=True)),
    }


def _strict(values: Iterable[float]) -> Iterator[float | str]:
    """Seven digits, all that float32 has; what is not finite as text, for JSON has no other way."""
    for value in values:
        text = f"{value:.7g}"
        yield text if text.lstrip("-") in ("nan", "inf") else float(text)
