"""Unseen: labeled samples for a trained network, prepared by what its run fitted and never fitted again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from nnbabysit.core.config.schema.data import Preprocess
from nnbabysit.core.data import load
from nnbabysit.core.data.preparation.targets import Targets, resolve
from nnbabysit.core.data.readers import channels
from nnbabysit.core.data.readers.checked_arrays import Array, Arrays
from nnbabysit.core.data.readers.class_names import renumbered
from nnbabysit.core.data.readers.raw import Raw, Samples
from nnbabysit.core.data.readers.registry import is_own, read, reader_of
from nnbabysit.core.data.seeds import derive_seed
from nnbabysit.core.data.splits import stream
from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.data.splits.dataset import Split
from nnbabysit.core.data.splits.guarded import Failure
from nnbabysit.core.data.splits.stream import Stream, StreamSplit
from nnbabysit.core.errors import DataError

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import Config
    from nnbabysit.core.data.new_samples.signature import Signature
    from nnbabysit.core.data.preparation.preprocessing import Preprocessing
    from nnbabysit.core.data.splits.dataset import Dataset

SplitName = Literal["train", "validation", "test"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Unseen:
    """Samples to try a network on.

    Attributes:
        split: Samples and targets, prepared.
        name: Which part of the source they are; ``train`` is all of a source that has no parts.
        place: File, folder or function they come from; empty for the run's own data.
        changed: Whether the run's own data is no longer what it was trained on.
        fingerprint: sha256 over the raw samples and targets of the run's own data; else empty.
        notes: What the user should know about them, plain sentences.
    """

    split: Split
    name: SplitName
    place: str = ""
    changed: bool = False
    fingerprint: str = ""
    notes: tuple[str, ...] = ()


def load_own(
    config: Config, signature: Signature, split: SplitName | None = None, *, fingerprint: str | None = None
) -> Unseen:
    """A split of the data that a run was trained on, divided as it was then.

    Args:
        config: Config of the run.
        signature: Signature of the run.
        split: Default: test if there is one, else validation.
        fingerprint: Of the data at training time; None if it is not known. When the data has changed since,
            a note says so, and it is prepared by the statistics of then.

    Raises:
        DataError: It cannot be read, has no such split, or no longer is the kind of data that it was.
        UserCodeError: The user's own function or Dataset raised.
    """
    config = _as_then(config, signature)
    try:
        data = load.load_dataset(config)
    except DataError as error:
        if error.where != "data.path":
            raise
        remedy = "Put it back there, or name the samples with --data"
        raise DataError(error.message, where=error.where, remedy=remedy) from error
    changed = fingerprint is not None and data.fingerprint != fingerprint
    _check_still_fits(data, signature)  # names of classes are no part of the fingerprint
    if changed:
        plain = config.data.model_copy(update={"preprocess": Preprocess(center="none", scale="none")})
        data = load.load_dataset(config.model_copy(update={"data": plain}))
    name: SplitName = split or ("validation" if data.test is None else "test")
    found: Split | None = {"train": data.train, "validation": data.validation, "test": data.test}[name]
    if found is None:
        raise DataError(
            "the run has no test split",
            where="--split",
            remedy="Choose train or validation, or name other samples with --data",
        )
    if not changed:
        return Unseen(split=found, name=name, fingerprint=data.fingerprint)
    note = "the data has changed since the run: its fingerprint is another one, and so may be its splits"
    later = PreparedLater(found, signature.preprocessing)
    return Unseen(split=later, name=name, changed=True, fingerprint=data.fingerprint, notes=(note,))


def load_unseen(path: Path, config: Config, signature: Signature, split: SplitName | None = None) -> Unseen:
    """Read another path with the reader of a run; nothing is fitted to it.

    Classes are matched by name where both sides know names: a folder may lack some of the classes.

    Args:
        path: File or folder of the kind that the run's reader reads; bundled digits are read as npz.
        config: Config of the run.
        signature: Signature of the run.
        split: Which of the source's own splits; None: its test split if it has one, else what it has.

    Raises:
        DataError: It cannot be read, has no such split, or is not the kind of data that the run knows.
        UserCodeError: The user's own function or Dataset raised.
    """
    config = _as_then(config, signature)
    try:
        settings = config.data.model_copy(update={"path": str(path)})
        raw = read(settings, config.loss, signature.known, own_network=is_own(config))
    except DataError as error:
        if error.where != "data.path":
            raise
        raise DataError(error.message, where="--data") from error  # the config's path is not at fault
    name, samples = _chosen(raw, split)
    part = _part(samples, raw.place, config)
    y = part.y
    if signature.task in ("classification", "binary"):
        y = renumbered(y, raw.class_names, signature.class_names, raw.place)
    targets = resolve(config.loss, {name: y}, signature.class_names or None, raw.place)
    _check_fits(part, targets, signature, raw.place)
    return Unseen(split=_finish(part, targets, y, signature), name=name, place=raw.place, notes=raw.notes)


@dataclass(frozen=True, eq=False)
class PreparedLater:
    """A split of raw samples that are preprocessed batch by batch.

    Attributes:
        raw: Samples as they were read.
        preprocessing: What is applied to them.
    """

    raw: Split
    preprocessing: Preprocessing

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.raw)

    @property
    def y(self) -> Tensor:
        """All targets in order, (N,) or (N, K)."""
        return self.raw.y

    def on(self, device: torch.device) -> PreparedLater:
        """The same split, with batches on ``device``."""
        return PreparedLater(self.raw.on(device), self.preprocessing)

    def take(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Samples (B, ...) and targets (B, ...) at ``indices``, (B,)."""
        x, y = self.raw.take(indices)
        return self.preprocessing.apply(x), y

    def batches(self, batch_size: int, order: Tensor | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches (B, ...) in ``order`` (N,), the last may be smaller."""
        for x, y in self.raw.batches(batch_size, order):
            yield self.preprocessing.apply(x), y


def _check_still_fits(data: Dataset, signature: Signature) -> None:
    """Refuse data whose numbers no longer mean what they meant to the network."""
    then = (signature.task, signature.class_names, signature.input_shape, signature.columns)
    now = (data.task, data.class_names, data.input_shape, data.columns)
    for word, before, after in zip(("targets", "classes", "shapes", "columns"), then, now, strict=True):
        if before != after:
            shown = "" if word == "columns" else f": {before} then, {after} now"
            raise DataError(
                f"the data has changed since the run, it has other {word}{shown}",
                where="data",
                remedy="Name the samples with --data: they are read as the run read its own",
            )


def _as_then(config: Config, signature: Signature) -> Config:
    """The config, with the order of channels that the run took: older versions took any as it came."""
    data = config.data
    if data.channels is not None or signature.channels_last or not reader_of(data.source).has_channels:
        return config
    if channels.lie_last(signature.sample_shape) is False:
        return config
    return config.model_copy(update={"data": data.model_copy(update={"channels": "first"})})


def _chosen(raw: Raw, split: SplitName | None) -> tuple[SplitName, Samples]:
    found: dict[SplitName, Samples | None] = {
        "test": raw.test,
        "validation": raw.validation,
        "train": raw.train,
    }
    if split is None:
        split = "test" if raw.test is not None else "train"
    samples = found[split]
    if samples is None:
        there = ", ".join(name for name, part in found.items() if part is not None)
        raise DataError(f"there is no {split} split, found {there}", where=raw.place)
    return split, samples


def _part(samples: Samples, place: str, config: Config) -> Arrays | Stream:
    if isinstance(samples, Arrays):
        return samples
    seed = derive_seed(config.seed, "workers")
    return stream.survey(samples, place, config.data.workers, seed, hashlib.sha256())


def _check_fits(part: Arrays | Stream, targets: Targets, signature: Signature, place: str) -> None:
    expected = signature.sample_shape
    shape = part.x.shape[1:] if isinstance(part, Arrays) else _shape_of_first(part)
    if tuple(shape) != expected:
        raise DataError(f"a sample has shape {tuple(shape)}, the run was trained on {expected}", where=place)
    if (targets.task, targets.num_outputs) != (signature.task, signature.num_outputs):
        outputs = "1 output" if targets.num_outputs == 1 else f"{targets.num_outputs} outputs"
        raise DataError(
            f"the targets are for {targets.task} with {outputs}, the run was trained "
            f"for {signature.task} with {signature.num_outputs}",
            where=place,
        )


def _shape_of_first(part: Stream) -> tuple[int, ...]:
    first = part.dataset[int(part.indices[0])]
    if isinstance(first, Failure):
        raise first.error()
    return tuple(first[0].shape)


def _finish(part: Arrays | Stream, targets: Targets, y: Array, signature: Signature) -> Split:
    tensor = targets.tensor(y)
    if isinstance(part, Stream):
        return StreamSplit(replace(part, y=y), tensor, signature.preprocessing)
    return ArraySplit(signature.preprocessing.apply(torch.from_numpy(part.x)), tensor)
