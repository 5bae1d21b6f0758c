"""``export``: a trained network as a file for other programs."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from nnbabysit.cli.options import OneSet, OneSetFlag, Options, with_run_options
from nnbabysit.cli.typer_app import Command


class ExportFormat(StrEnum):
    """What ``--format`` takes."""

    PT2 = "pt2"
    ONNX = "onnx"
    SAFETENSORS = "safetensors"


@Command(name="export", order=120, from_run=True).register
@with_run_options
def export(
    options: Options,
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="Path of a training run, or its name in the folder of runs.")
    ],
    formats: Annotated[
        list[ExportFormat] | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="pt2, onnx or safetensors. Repeatable. Default: what --output ends in, else pt2.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="File to write. Default: export/model.FORMAT in the run directory.",
            show_default=False,
        ),
    ] = None,
    weights: OneSetFlag = OneSet.BEST,
) -> int:
    """Export the network of a training run for other programs.

    pt2 (torch.export) and onnx (needs nnbabysit[onnx]) hold the graph with the preprocessing inside: raw
    samples of the data's own number type go in, in batches of any size, logits and probabilities come out
    (values for regression). safetensors holds the weights and the tensors of the preprocessing; whoever loads
    them needs the network's code. Class names, shapes and number types travel with each file.

    Each file is read back and compared with torch on real samples of the run's data before it takes its
    place. Exit code 3 if the answers differ; the file is removed then.

    Example: nnbabysit export runs/latest --format onnx --format pt2
    """
    from nnbabysit.cli.query import answer

    chosen = _chosen(formats or [], output)
    return answer("export", options, lambda: _export(options, run, chosen, output, weights))


def _chosen(formats: list[ExportFormat], output: Path | None) -> list[ExportFormat]:
    if output is not None and len(set(formats)) > 1:
        raise typer.BadParameter("--output names one file: leave it out, or give --format once")
    if formats:
        return list(dict.fromkeys(formats))
    named = [format for format in ExportFormat if output is not None and output.suffix == f".{format}"]
    return named or [ExportFormat.PT2]


def _export(
    options: Options, run: str, formats: list[ExportFormat], output: Path | None, weights: OneSet
) -> int:
    from nnbabysit.cli.render.output import print_json, print_result
    from nnbabysit.cli.render.result import shown_path
    from nnbabysit.cli.render.terminal import Terminal, error_line
    from nnbabysit.cli.run_lookup import find_run
    from nnbabysit.core.formatting import clean_line

    path = find_run(run, options.runs_dir)
    if not options.quiet:
        error_line(clean_line(f"export: {shown_path(path)} as {', '.join(formats)}"))
    from nnbabysit.core.errors import UserCodeError
    from nnbabysit.core.workflow.trained.export import run_export

    try:
        result = run_export(path, [format.value for format in formats], output, weights.value)
    except UserCodeError as error:
        raise _with_log(error) from error
    if options.json:
        print_json(result.to_document())
    else:
        terminal = Terminal.detect(os.environ, sys.stdout, sys.stderr)
        print_result(result, None, terminal, quiet=options.quiet)
    return result.exit_code


def _with_log(error: Exception) -> Exception:
    """The same, with the place where the traceback of what the user's code caused is kept."""
    import traceback

    from nnbabysit.core.errors import UserCodeError
    from nnbabysit.core.workflow.failure import keep_in_temporary_file

    assert isinstance(error, UserCodeError)
    place = keep_in_temporary_file("".join(traceback.format_exception(error)))
    remedy = (
        f"{error.remedy}; the traceback is in {place}" if error.remedy else f"The traceback is in {place}"
    )
    return UserCodeError(error.message, where=error.where, remedy=remedy)
