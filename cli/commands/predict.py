"""The command ``predict``: what a trained network says about the samples of a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from nnbabysit.cli.options import OneSet, OneSetFlag, Options, with_run_options
from nnbabysit.cli.typer_app import Command

if TYPE_CHECKING:
    from nnbabysit.core.data.new_samples.unlabeled import UnlabeledSamples
    from nnbabysit.core.training.evaluation.load_trained import Trained

SUFFIXES = (".csv", ".json")


@Command(name="predict", order=110, from_run=True).register
@with_run_options
def predict(
    options: Options,
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="Path of a training run, or its name in the folder of runs. Default: the newest training.",
        ),
    ],
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="Samples: .npz with x, .npy, idx, .csv, .parquet, a picture, or a folder of pictures.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write to this .csv or .json file instead of stdout."
        ),
    ] = None,
    device: Annotated[
        str, typer.Option("--device", metavar="DEVICE", help="auto, cpu, gpu, cuda:1 or mps.")
    ] = "auto",
    weights: OneSetFlag = OneSet.BEST,
) -> int:
    """Predict the samples of a file with the network of a training run.

    Prints CSV: the number of the sample (for pictures the file), the predicted class by its name, and the
    probability of each class; for regression the outputs. With --json, one JSON document. Samples are
    prepared as the run prepared its own: nothing is fitted to them. Targets are not needed and not looked
    at. Large files are predicted and written batch by batch.

    Example: nnbabysit predict runs/latest samples.npz --output predictions.csv
    """
    from nnbabysit.cli.query import answer

    if output is not None and output.suffix.lower() not in SUFFIXES:
        raise typer.BadParameter(f"--output names a file .csv or .json, not {output.name!r}")
    samples, named = (Path(run), None) if file is None else (file, run)
    return answer("predict", options, lambda: _predict(options, named, samples, output, device, weights))


def _predict(
    options: Options, run: str | None, file: Path, output: Path | None, device: str, weights: OneSet
) -> int:
    from nnbabysit.cli.render.output import print_json
    from nnbabysit.cli.render.result import shown_path
    from nnbabysit.cli.render.terminal import error_line
    from nnbabysit.cli.run_lookup import find_run, newest_run
    from nnbabysit.core.formatting import clean_line
    from nnbabysit.core.report.event_lines import NOTE

    if run is None:
        _refuse_run_alone(file, options.runs_dir)
        path = newest_run(options.runs_dir, trained=True, ensembles=False)
    else:
        path = find_run(run, options.runs_dir)
    if output is not None:
        _check_writable(output)
    from nnbabysit.core.data.new_samples.unlabeled import read_samples
    from nnbabysit.core.record.files import atomic_file
    from nnbabysit.core.training.evaluation.load_trained import load_trained

    trained = load_trained(path, device, weights.value)
    samples = read_samples(file, trained.signature)
    for note in trained.notes:
        error_line(clean_line(f"warning: {note}"))
    for note in samples.notes:
        error_line(clean_line(f"{NOTE} {note}"))
    if output is None:
        _print(trained, samples, as_json=options.json)
        return 0
    with (
        atomic_file(output.absolute()) as temporary,
        temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as out,
    ):
        _write(out, trained, samples, as_json=output.suffix.lower() == ".json")
    if options.json:
        print_json({**_head(trained, samples), "output": str(output.absolute())})
    elif not options.quiet:
        error_line(clean_line(f"{len(samples)} predictions written to {shown_path(output)}"))
    return 0


def _refuse_run_alone(file: Path, root: Path) -> None:
    """A run without a file of samples is half of what is needed.

    Raises:
        UserError: What was named is a run.
    """
    from nnbabysit.core.errors import UserError

    if any((folder / "meta.json").is_file() for folder in (file, root / file)):
        raise UserError(
            "this is a run; the samples to predict are missing",
            where=str(file),
            remedy=f"Name their file behind it: nnbabysit predict {file} FILE",
        )


def _print(trained: Trained, samples: UnlabeledSamples, *, as_json: bool) -> None:
    """On stdout; a JSON document only once it is whole, so that an error leaves no half of one."""
    import shutil
    import tempfile

    if as_json:
        with tempfile.TemporaryFile("w+", encoding="utf-8") as spool:
            _write(spool, trained, samples, as_json=True)
            spool.seek(0)
            shutil.copyfileobj(spool, sys.stdout)
    else:
        _write(sys.stdout, trained, samples, as_json=False)
    sys.stdout.flush()


def _write(stream: TextIO, trained: Trained, samples: UnlabeledSamples, *, as_json: bool) -> None:
    from nnbabysit.cli.render.predictions import write_csv, write_json
    from nnbabysit.core.workflow.trained.predict import predict

    predictions = predict(trained, samples)
    if as_json:
        write_json(stream, _head(trained, samples), trained.answers, samples, predictions)
    else:
        write_csv(stream, trained.answers, samples, predictions)


def _head(trained: Trained, samples: UnlabeledSamples) -> dict[str, Any]:
    from nnbabysit.cli.query import document

    return document(
        "predict",
        run=str(trained.run_dir),
        weights=trained.weights,
        data=samples.place,
        task=trained.answers.task,
        notes=list(samples.notes),
        metrics={"samples": len(samples)},
    )


def _check_writable(output: Path) -> None:
    """See early whether the file can be written.

    Raises:
        UserError: Its folder is not there or not writable, or it is a folder itself.
    """
    from nnbabysit.core.errors import UserError

    folder = output.absolute().parent
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}", where="--output", remedy="Make it first")
    if output.is_dir():
        raise UserError(f"{output} is a folder", where="--output", remedy="Name a file in it")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UserError(f"{folder} cannot be written", where="--output", remedy="Name another folder")
