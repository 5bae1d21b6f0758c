"""Loading: reader → checked targets → splits → preprocessing → Dataset."""

from __future__ import annotations

import hashlib
from math import prod
from typing import TYPE_CHECKING

import numpy as np
import torch

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.preparation.preprocessing import Preprocessing
from nnbabysit.core.data.preparation.split import Indices, hold_out, stratified_sample
from nnbabysit.core.data.preparation.targets import Targets, as_floats, check_every_class, resolve
from nnbabysit.core.data.readers.checked_arrays import Arrays
from nnbabysit.core.data.readers.raw import PictureDataset, Raw, Samples
from nnbabysit.core.data.readers.reader import Known
from nnbabysit.core.data.readers.registry import is_own, read, reader_of
from nnbabysit.core.data.readers.tables.columns import Columns
from nnbabysit.core.data.seeds import derive_seed
from nnbabysit.core.data.splits import memory, stream
from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.data.splits.dataset import Dataset, Split
from nnbabysit.core.data.splits.stream import Stream, StreamSplit
from nnbabysit.core.errors import DataError

LABELS = "data.labels"
"""The setting, and how the note on it begins."""
Part = Arrays | Stream
if TYPE_CHECKING:
    Digest = hashlib._Hash


def load_dataset(config: Config) -> Dataset:
    """Read, check, split and preprocess the data of a config.

    Values that are not finite are left in the samples, for the data check to report; targets that cannot be
    trained on are refused.

    Raises:
        DataError: The data cannot be read, split, or trained on; ``where`` names the file or the setting.
        UserError: The user's own function cannot be imported.
        UserCodeError: The user's own function or Dataset raised.
    """
    raw = read(config.data, config.loss, own_network=is_own(config))
    digest = hashlib.sha256()
    official, notes = _official(raw, config, digest)
    targets = resolve(config.loss, {n: p.y for n, p in official.items()}, raw.class_names, raw.place)
    notes.extend(as_floats((part.y for part in official.values()), targets))
    parts = _divide(official, targets, config)
    classes = targets.classes(parts["train"].y)
    if classes is not None:
        check_every_class(classes, targets.class_names, raw.place)
    parts, columns = _filled(parts, raw.columns, notes)
    preprocessing = _fit(parts["train"], config)
    parts["train"] = _labeled(parts["train"], targets, config, notes)
    _check_batch_size(config, len(parts["train"]))
    splits = {name: _finish(part, targets, preprocessing) for name, part in parts.items()}
    return Dataset(
        name=config.data.source,
        task=targets.task,
        class_names=targets.class_names,
        input_shape=preprocessing.output_shape,
        num_outputs=targets.num_outputs,
        train=splits["train"],
        validation=splits["validation"],
        test=splits.get("test"),
        preprocessing=preprocessing,
        fingerprint=digest.hexdigest(),
        notes=tuple(notes),
        columns=columns,
        channels_last=raw.channels_last,
    )


def _official(raw: Raw, config: Config, digest: Digest) -> tuple[dict[str, Part], list[str]]:
    """The splits that exist before anything is held out, the training split first, and notes on them."""
    found: dict[str, Samples | None] = {"train": raw.train, "validation": raw.validation, "test": raw.test}
    notes = list(raw.notes)
    for name in ("validation", "test"):
        wish = getattr(config.data, name)
        if isinstance(wish, str):
            found[name], more = _second(config, raw, name, wish)
            notes.extend(more)
        elif name == "validation" and found[name] is not None:
            notes.append(f"the source's own validation split is used; data.validation: {wish:g} is not")
        elif name == "test" and found[name] is not None and wish is not None:
            found[name] = None
            notes.append(f"the source's own test split is not used, because data.test is {wish:g}")
    parts = {
        name: _part(samples, raw.place, config, digest)
        for name, samples in found.items()
        if samples is not None
    }
    streamed = any(isinstance(part, Stream) for part in parts.values())
    if streamed and isinstance(raw.train, PictureDataset):
        words = f"a quarter of the free memory, {memory.free_bytes() / 1e9:.1f} GB, cannot hold the pictures"
        notes.append(f"{words}: they are read from disk in every epoch; data.workers may speed it up")
    elif streamed:
        notes.append("all samples of the Dataset were read once to collect their targets")
    _check_shapes(parts, raw.place)
    return parts, notes


def _second(config: Config, first: Raw, name: str, path: str) -> tuple[Samples, tuple[str, ...]]:
    """A split from a path of its own, and notes on it: its split of that name, else its training split.

    It is encoded as the first source was, so that a class or a category has the same number in both.
    """
    settings = config.data.model_copy(update={"path": path})
    if not reader_of(settings.source).has_path:
        words = f"{settings.source} has no second path"
        raise DataError(words, where=f"data.{name}", remedy="Give a fraction or a count")
    known = Known(class_names=first.class_names, sample_shape=_shape_of(first.train), columns=first.columns)
    raw = read(settings, config.loss, known, own_network=is_own(config))
    own = raw.validation if name == "validation" else raw.test
    return (raw.train if own is None else own), raw.notes


def _shape_of(samples: Samples) -> tuple[int, ...]:
    """Shape of one raw sample; empty for a Dataset of the user's, which is not looked into here."""
    if isinstance(samples, PictureDataset):
        return samples.shape
    return samples.x.shape[1:] if isinstance(samples, Arrays) else ()


def _part(samples: Samples, place: str, config: Config, digest: Digest) -> Part:
    if not isinstance(samples, Arrays):
        seed = derive_seed(config.seed, "workers")
        if isinstance(samples, PictureDataset) and memory.fits(len(samples) * prod(samples.shape)):
            return _held(samples, place, config.data.workers, seed, digest)
        return stream.survey(samples, place, config.data.workers, seed, digest)
    for array in (samples.x, samples.y):
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return samples


def _held(files: PictureDataset, place: str, workers: int, seed: int, digest: Digest) -> Arrays:
    """Pictures in memory, surveyed as those on disk are: the fingerprint must not depend on what is free."""
    x = np.empty((len(files), *files.shape), dtype=np.uint8)
    filled = 0

    def keep(batch: torch.Tensor) -> None:
        nonlocal filled
        x[filled : filled + len(batch)] = batch.numpy()
        filled += len(batch)

    part = stream.survey(files, place, workers, seed, digest, keep)
    return Arrays(x, part.y)


def _filled(
    parts: dict[str, Part], columns: Columns | None, notes: list[str]
) -> tuple[dict[str, Part], Columns | None]:
    """Missing values of a table replaced in every split, by what the training split says."""
    train = parts["train"]
    if columns is None or not isinstance(train, Arrays):
        return parts, columns
    fitted = columns.fitted(train.x)
    filled: dict[str, Part] = {}
    for name, part in parts.items():
        assert isinstance(part, Arrays)
        gaps = fitted.gaps(part.x)
        if gaps:
            words = ", ".join(f"{column} ({count})" for column, count in gaps.items())
            notes.append(f"missing values of {name} filled by data.missing: {columns.missing}: {words}")
        filled[name] = Arrays(fitted.fill(part.x), part.y)
    return filled, fitted


def _check_shapes(parts: dict[str, Part], place: str) -> None:
    shapes = {name: part.x.shape[1:] for name, part in parts.items() if isinstance(part, Arrays)}
    if len(set(shapes.values())) > 1:
        words = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise DataError(f"the samples of the splits have different shapes: {words}", where=place)


def _divide(official: dict[str, Part], targets: Targets, config: Config) -> dict[str, Part]:
    """Hold out test and validation from the training split where the source has none of its own.

    Test comes first, so that a change of ``data.validation`` leaves it alone; shares are of what is left.
    """
    whole = official["train"]
    classes = targets.classes(whole.y)
    rest: Indices = np.arange(len(whole))
    parts = dict(official)
    for name in ("test", "validation"):
        wish = getattr(config.data, name)
        if name in official or wish is None:
            continue
        count = wish if isinstance(wish, int) else max(1, round(wish * len(rest)))
        if count >= len(rest):
            raise DataError(
                f"{name} would take {count} of {len(rest)} samples and leave none to train on",
                where=f"data.{name}",
                remedy="Hold out fewer",
            )
        rest, held = hold_out(count, rest, classes, derive_seed(config.split_seed, "split", name))
        parts[name] = whole.at(held)
    parts["train"] = whole.at(rest)
    return parts


def _labeled(train: Part, targets: Targets, config: Config, notes: list[str]) -> Part:
    """The training samples that keep their labels, by class; the others were seen by the statistics alone.

    Raises:
        DataError: There are not so many samples, or a class keeps no label.
    """
    wish = config.data.labels
    if wish is None:
        return train
    count = wish if isinstance(wish, int) else max(1, round(wish * len(train)))
    if count > len(train):
        raise DataError(
            f"{count} labeled samples are wanted, and the training split has {len(train)}",
            where=LABELS,
            remedy=f"Choose at most {len(train)}, or a fraction below 1",
        )
    classes = targets.classes(train.y)
    groups = np.zeros(len(train), dtype=np.int64) if classes is None else classes
    chosen = stratified_sample(groups, count, derive_seed(config.split_seed, "labels"))
    without = [] if classes is None else sorted(set(classes.tolist()) - set(classes[chosen].tolist()))
    if without:
        raise DataError(
            f"{wish:g} leaves {count} labels, and none of class {without[0]}",
            where=LABELS,
            remedy="Keep more of them",
        )
    notes.append(f"{LABELS} is {wish:g}: {count} of {len(train)} training samples are used with their labels")
    return train.at(chosen)


def _check_batch_size(config: Config, samples: int) -> None:
    size = config.training.batch_size
    if isinstance(size, int) and size > samples:
        raise DataError(
            f"the batch of {size} is larger than the training split of {samples} samples",
            where="training.batch_size",
            remedy=f"Use at most {samples}, or full",
        )


def _fit(train: Part, config: Config) -> Preprocessing:
    if isinstance(train, Arrays):
        return Preprocessing.fit(torch.from_numpy(train.x), config.data.preprocess)
    scaled = Preprocessing.from_statistics(stream.statistics(train), config.data.preprocess)
    return scaled.with_projection(stream.samples(train))


def _finish(part: Part, targets: Targets, preprocessing: Preprocessing) -> Split:
    y = targets.tensor(part.y)
    if isinstance(part, Stream):
        return StreamSplit(part, y, preprocessing)
    return ArraySplit(preprocessing.apply(torch.from_numpy(part.x)), y)
