"""Export: a run's network as files for other programs, each compared with torch before it is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from nnbabysit.core.data.new_samples.export_samples import real_samples
from nnbabysit.core.errors import DiskError, RunError, UserCodeError, UserError
from nnbabysit.core.models.build import build_model
from nnbabysit.core.models.user_module import label_of
from nnbabysit.core.record.files import atomic_file, os_errors_in_words
from nnbabysit.core.training.evaluation.load_trained import Trained, load_trained
from nnbabysit.core.training.export.deployed import Deployed, answers, input_type
from nnbabysit.core.training.export.formats import Exportable, Format, check_installed, encoded, reader
from nnbabysit.core.training.export.metadata import card
from nnbabysit.core.training.export.verification import SAMPLES, Agreement, batches, compare
from nnbabysit.core.user_code import raised_at, user_code_error
from nnbabysit.core.workflow.result import StepResult, Table

FOLDER = "export"
"""Folder of a run in which its exports lie."""
_ELSEWHERE = "Choose another place with --output"


@dataclass(frozen=True, kw_only=True)
class Export:
    """One format's outcome.

    Attributes:
        format: Which one.
        path: Where the file lies, or would if it matched.
        size: Bytes; 0 if it was not kept.
        agreement: How far its answers are from the network's own.
    """

    format: Format
    path: Path
    size: int
    agreement: Agreement


class _MismatchError(Exception):
    """What was written answers otherwise than the network."""

    def __init__(self, agreement: Agreement) -> None:
        super().__init__(agreement)
        self.agreement = agreement


def run_export(
    run: Path, formats: Sequence[Format], output: Path | None = None, weights: str = "best"
) -> StepResult:
    """Export the network of a training run.

    Each file is written beside its place, read back as another program would, asked about real samples of
    the run's data, and takes its place only if its answers are the network's own. Formats come one after the
    other: a file that is there stays there if a later one fails.

    Args:
        run: Directory of a training run; nothing else in it is touched.
        formats: At least one; one only if there is an ``output``.
        output: File to write; default: ``export/model.<format>`` in the run directory.
        weights: ``best``, or ``average`` where the run keeps one.

    Returns:
        ``fail`` if a file does not match, which is removed then, else ``pass``. Metrics: ``exports``, for
        each format: format, path (None if it was removed), bytes, samples, max_abs_difference, limit,
        differences and limits by output, changed_answers.

    Raises:
        UserError: The run, its data, the place or a missing package is at fault.
        UserCodeError: The user's network cannot be traced; ``__cause__`` is what torch said.
        DiskError: The disk is full or broken; an old file is intact.
    """
    wanted = tuple(dict.fromkeys(formats))
    check_installed(wanted)
    trained = load_trained(run, "cpu", weights)
    paths = {format: _place(trained.run_dir, format, output) for format in wanted}
    samples = real_samples(trained.config, trained.signature.sample_shape, SAMPLES)
    reference = _reference(trained, samples)
    exportable = _exportable(trained, samples.dtype)
    exports = []
    for format, path in paths.items():
        exports.append(_export(format, path, exportable, trained, samples, reference))
        if not exports[-1].agreement.matches:
            break
    return _result(trained, samples, reference, exports)


def _place(run: Path, format: Format, output: Path | None) -> Path:
    path = run / FOLDER / f"model.{format}" if output is None else output.absolute()
    where = str(path)
    if path.suffix != f".{format}":
        raise UserError(
            f"a {format} file has to end in .{format}, which programs go by",
            where=where,
            remedy="Change the ending, or choose another format with --format",
        )
    if path.is_dir():
        raise UserError("this is a folder", where=where, remedy="Name the file to write with --output")
    if path.resolve().parent == run / "checkpoints":
        raise UserError("the run keeps its own weights in this folder", where=where, remedy=_ELSEWHERE)
    if output is not None and not path.parent.is_dir():
        raise UserError(f"there is no folder {path.parent}", where=where, remedy="Make it, or choose another")
    return path


def _reference(trained: Trained, samples: Tensor) -> list[dict[str, Tensor]]:
    """What the network itself answers to each batch, by the run's own preprocessing."""
    found = []
    for batch in batches(samples):
        try:
            with torch.no_grad():
                outputs = trained.model(trained.signature.preprocessing.apply(batch))
        except Exception as error:  # the user's code may raise anything
            doing = f"{label_of(trained.config.model.name)}: the forward pass of a batch of {len(batch)}"
            raise user_code_error(error, doing) from error
        if not bool(torch.isfinite(outputs).all()):
            raise RunError(
                "the network answers real samples with NaN or infinity",
                where=str(trained.run_dir),
                remedy="Train it again, with a lower learning rate if it diverged",
            )
        found.append(answers(trained.answers.task, outputs))
    return found


def _exportable(trained: Trained, held_as: torch.dtype) -> Exportable:
    signature, config = trained.signature, trained.config
    dtype = input_type(held_as)

    def rebuild() -> nn.Module:
        # another seed than the run's: what is neither weight nor buffer, and so not in a file, shows
        return build_model(
            config.model,
            input_shape=signature.input_shape,
            num_outputs=signature.num_outputs,
            seed=config.seed + 1,
        )

    return Exportable(
        deployed=Deployed.of(trained, dtype),
        input_shape=signature.sample_shape,
        dtype=dtype,
        card=card(trained, dtype),
        rebuild=rebuild,
    )


def _export(
    format: Format,
    path: Path,
    exportable: Exportable,
    trained: Trained,
    samples: Tensor,
    reference: list[dict[str, Tensor]],
) -> Export:
    content = _encoded(format, exportable, trained)
    try:
        with os_errors_in_words(path.parent):
            path.parent.mkdir(exist_ok=True)
        with atomic_file(path) as temporary:
            temporary.write_bytes(content)
            agreement = _asked(format, temporary, exportable, trained, samples, reference)
            if not agreement.matches:
                raise _MismatchError(agreement)
    except _MismatchError as mismatch:
        return Export(format=format, path=path, size=0, agreement=mismatch.agreement)
    except (DiskError, RunError) as error:
        raise type(error)(error.message, where=str(path), remedy=_ELSEWHERE) from error
    return Export(format=format, path=path, size=len(content), agreement=agreement)


def _encoded(format: Format, exportable: Exportable, trained: Trained) -> bytes:
    name = trained.config.model.name
    try:
        return encoded(format, exportable)
    except UserError:
        raise
    except Exception as error:
        if ":" not in name:  # a network of our own
            raise
        reason = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"[:300].rstrip(".!")
        remedy = (
            "Decide by tensor operations, not by Python on values of tensors, or try --format safetensors"
        )
        raise UserCodeError(
            f"torch cannot trace {label_of(name)} for {format} ({reason})",
            where=raised_at(error),
            remedy=remedy,
        ) from error


def _asked(
    format: Format,
    path: Path,
    exportable: Exportable,
    trained: Trained,
    samples: Tensor,
    reference: list[dict[str, Tensor]],
) -> Agreement:
    raw = samples.to(exportable.dtype)
    with torch.no_grad():
        return compare(
            reference, lambda batch: reader(format, path, exportable)(batch), raw, trained.answers.task
        )


def _result(
    trained: Trained, samples: Tensor, reference: list[dict[str, Tensor]], exports: Sequence[Export]
) -> StepResult:
    last = exports[-1]
    matches = last.agreement.matches
    return StepResult(
        command="export",
        verdict="pass" if matches else "fail",
        summary=_praise(exports) if matches else _blame(last, _wavers(trained, samples, reference)),
        run_dir=trained.run_dir,
        metrics={"exports": [_metrics(export) for export in exports]},
        tables=(_table(exports, trained.run_dir),),
    )


def _wavers(trained: Trained, samples: Tensor, reference: list[dict[str, Tensor]]) -> bool:
    """Whether the network answers otherwise when it is asked again."""
    again = _reference(trained, samples)
    return any(
        not torch.equal(tensor, second[name])
        for first, second in zip(reference, again, strict=True)
        for name, tensor in first.items()
    )


def _praise(exports: Sequence[Export]) -> str:
    worst = max(exports, key=lambda export: export.agreement.share)
    difference, limit = worst.agreement.largest
    formats = ", ".join(export.format for export in exports)
    return (
        f"{formats} answered {worst.agreement.samples} real samples as torch does, "
        f"largest difference {difference:.2g} (limit {limit:.2g})"
    )


def _blame(export: Export, wavers: bool) -> str:
    found = export.agreement
    if found.failure:
        what = f"the {export.format} file could not be asked ({found.failure})"
    else:
        difference, limit = found.largest
        what = (
            f"{export.format} differs from torch by {difference:.2g} (limit {limit:.2g}) and changes "
            f"{found.changed} answers to {found.samples} real samples"
        )
    reason = "; the network itself answers otherwise each time, even in evaluation mode" if wavers else ""
    return f"{what}{reason}; the file was removed"


def _metrics(export: Export) -> dict[str, object]:
    found = export.agreement
    difference, limit = found.largest
    return {
        "format": export.format,
        "path": str(export.path) if found.matches else None,
        "bytes": export.size,
        "samples": found.samples,
        "max_abs_difference": difference,
        "limit": limit,
        "differences": found.differences,
        "limits": found.limits,
        "changed_answers": found.changed,
    }


def _shown(path: Path, run: Path) -> str:
    return str(path.relative_to(run)) if path.is_relative_to(run) else str(path)


def _table(exports: Sequence[Export], run: Path) -> Table:
    rows = []
    for export in exports:
        difference, limit = export.agreement.largest
        size = f"{export.size / 1e6:.2f} MB" if export.size >= 10_000 else f"{export.size} B"
        file = _shown(export.path, run) if export.agreement.matches else "removed"
        rows.append((export.format, f"{difference:.2e}", f"{limit:.2e}", size, file))
    return Table(title="", columns=("format", "difference", "limit", "size", "file"), rows=tuple(rows))
