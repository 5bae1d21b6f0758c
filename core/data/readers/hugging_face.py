"""Reader of ``hf:name``: a dataset of the Hugging Face hub or a local one, by the library ``datasets``."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers.class_folders import some
from nnbabysit.core.data.readers.image_file import read_header, read_image
from nnbabysit.core.data.readers.raw import PictureDataset, Raw
from nnbabysit.core.data.readers.reader import Known, Reader
from nnbabysit.core.data.readers.tables.column_choice import choose_columns
from nnbabysit.core.data.readers.tables.columns import Columns
from nnbabysit.core.data.readers.tables.hub_table import HubTable, feature_kind
from nnbabysit.core.data.readers.tabular import CsvReader, encoded_table
from nnbabysit.core.errors import DataError

PREFIX = "hf:"
ARGUMENTS = ("name", "revision")
_SPLITS = {"train": ("train",), "validation": ("validation", "valid", "val", "dev"), "test": ("test",)}


class HuggingFaceReader(Reader):
    """``hf:name``, which has no other path."""

    has_path = False

    def read(self, settings: Data, loss: str = "cross_entropy") -> Raw:
        """Read a dataset of pictures with classes, or of numbers and text.

        ``data.target`` is the column of the targets; by default the one that is declared as classes.

        Raises:
            DataError: ``datasets`` is not installed, cannot load it, or the columns are of another kind.
        """
        place = settings.source
        if settings.path is not None:
            raise DataError(
                f"{place} has no path", where="data.path", remedy="Write hf:./folder for a local one"
            )
        splits = _splits(_loaded(settings), place)
        features: Mapping[str, Any] = splits["train"].features
        target = _target(features, settings, place)
        settings = settings.model_copy(update={"target": target})
        pictures = [name for name, feature in features.items() if feature_kind(feature) == "Image"]
        if not pictures:
            return _tables(splits, settings, loss)
        if len(pictures) > 1:
            words = f"it has {len(pictures)} columns of pictures: {', '.join(pictures)}"
            raise DataError(words, where=place, remedy="Write a function ./data.py:function that picks one")
        return _pictures(splits, pictures[0], settings)

    def read_alike(self, settings: Data, known: Known, loss: str = "cross_entropy") -> Raw:
        """Read a file of the same columns, where the dataset is a table.

        Raises:
            DataError: As for ``TableReader.read_alike``, or it has pictures.
        """
        if known.columns is not None:
            return CsvReader().read_alike(settings, known, loss)
        raise DataError(
            f"{settings.source} is read by its name and has no other path",
            where="--data",
            remedy="Leave --data out, or evaluate a run that was trained on files",
        )


class HubPictures(PictureDataset):
    """Pictures of such a dataset, unpacked when they are asked for.

    Attributes:
        shape: (C, H, W) that every picture is brought to.
    """

    def __init__(
        self, dataset: Any, column: str, target: str, shape: tuple[int, int, int], place: str
    ) -> None:
        """Read nothing yet; ``dataset`` yields its pictures packed."""
        self.shape = shape
        self._dataset = dataset
        self._column = column
        self._target = target
        self._place = place

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self._dataset)

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], int]:
        """Picture (C, H, W) and class.

        Raises:
            DataError: It is damaged; it is named.
        """
        row = self._dataset[index]
        with _skipping_proposed():
            path, content = _content(row[self._column], index, self._place)
            return read_image(path, self.shape, content), int(row[self._target])


def _loaded(settings: Data) -> Any:
    try:
        library = importlib.import_module("datasets")
    except ImportError as error:
        raise DataError(
            f"{settings.source} is read by the library datasets, which is not installed",
            where="data.source",
            remedy="Install it with `pip install datasets`",
        ) from error
    strange = [key for key in settings.args if key not in ARGUMENTS]
    if strange:
        words = f"{strange[0]!r} is not passed on; {' and '.join(ARGUMENTS)} are"
        raise DataError(words, where="data.args")
    name = settings.source.removeprefix(PREFIX)
    saved = Path(name)
    try:
        if (saved / "dataset_dict.json").is_file() or (saved / "state.json").is_file():
            return library.load_from_disk(name)
        return library.load_dataset(name, **settings.args)
    except Exception as error:  # a foreign library and the network: anything may come
        words = (str(error) or type(error).__name__).partition("\n")[0]
        raise DataError(f"datasets cannot load {name!r}: {words}", where="data.source") from error


def _splits(found: Any, place: str) -> dict[str, Any]:
    if not isinstance(found, Mapping):
        return {"train": found}
    splits = {ours: found[theirs] for ours, names in _SPLITS.items() for theirs in names if theirs in found}
    if "train" not in splits:
        words = ", ".join(map(str, found))
        raise DataError(f"it has no split train; its splits are {words}", where=place)
    return splits


def _target(features: Mapping[str, Any], settings: Data, place: str) -> str:
    if settings.target is not None:
        if settings.target not in features:
            words = f"{place} has no column {settings.target!r}"
            raise DataError(words, where="data.target", remedy=f"Its columns are {', '.join(features)}")
        return settings.target
    declared = [name for name, feature in features.items() if feature_kind(feature) == "ClassLabel"]
    if len(declared) != 1:
        words = f"{place} declares {len(declared) or 'no'} columns of classes"
        raise DataError(words, where="data.target", remedy=f"Set data.target to one of {', '.join(features)}")
    return declared[0]


def _tables(splits: Mapping[str, Any], settings: Data, loss: str) -> Raw:
    tables = {name: HubTable(dataset, settings.source) for name, dataset in splits.items()}
    columns: Columns = choose_columns(tables["train"], settings, loss)
    found = {name: encoded_table(table, columns) for name, table in tables.items()}
    own = {name: part.train for name, part in found.items() if name != "train"}
    train = found["train"]
    return Raw(
        place=settings.source,
        train=train.train,
        validation=own.get("validation"),
        test=own.get("test"),
        class_names=columns.classes,
        columns=columns,
        notes=train.notes,
    )


def _pictures(splits: Mapping[str, Any], column: str, settings: Data) -> Raw:
    target = str(settings.target)
    feature = splits["train"].features[target]
    if feature_kind(feature) != "ClassLabel":
        raise DataError(f"the target {target!r} is not declared as classes", where=settings.source)
    packed = importlib.import_module("datasets").Image(decode=False)  # Pillow's own checks come first
    rows = {name: dataset.cast_column(column, packed) for name, dataset in splits.items()}
    notes: list[str] = []
    if settings.skip_broken:
        for name, dataset in rows.items():
            broken = [i for i, item in enumerate(dataset[column]) if not _is_whole(item, i, settings.source)]
            if broken:
                rows[name] = dataset.select([i for i in range(len(dataset)) if i not in set(broken)])
                notes.append(_left_out(broken, name))
            if not len(rows[name]):
                raise DataError(f"no picture of the split {name} can be read", where=settings.source)
    shape = _shape(rows, column, settings)
    parts = {name: HubPictures(part, column, target, shape, settings.source) for name, part in rows.items()}
    return Raw(
        place=settings.source,
        train=parts["train"],
        validation=parts.get("validation"),
        test=parts.get("test"),
        class_names=tuple(map(str, feature.names)),
        notes=tuple(notes),
    )


def _is_whole(item: Mapping[str, Any], index: int, place: str) -> bool:
    """Whether a packed picture can be read to its end: the header may be well and the rest torn off."""
    try:
        path, content = _content(item, index, place)
        header = read_header(path, content)
        read_image(path, (header.channels, header.height, header.width), content)
    except DataError:
        return False
    return True


def _left_out(broken: Sequence[int], split: str) -> str:
    shown = ", ".join(map(str, broken[:10])) + (", …" if len(broken) > 10 else "")
    return f"{some(len(broken), 'broken picture')} left out of {split}: {shown}"


def _shape(splits: Mapping[str, Any], column: str, settings: Data) -> tuple[int, int, int]:
    """(C, H, W) of all pictures: color if one of the training pictures has it."""
    with _skipping_proposed():
        headers = {
            name: [read_header(*_content(item, i, settings.source)) for i, item in enumerate(dataset[column])]
            for name, dataset in splits.items()
        }
    channels = max(header.channels for header in headers["train"])
    sizes = Counter((header.height, header.width) for part in headers.values() for header in part)
    (height, width), _ = max(sizes.items(), key=lambda item: (item[1], item[0]))
    if settings.size is not None:
        height, width = settings.size
    elif len(sizes) > 1:
        raise DataError(
            f"the pictures have {len(sizes)} sizes",
            where=settings.source,
            remedy=f"Set data.size: [{height}, {width}], the commonest one, or another to stretch all to",
        )
    return channels, height, width


@contextmanager
def _skipping_proposed() -> Iterator[None]:
    """What is wrong with a picture, with the way out."""
    try:
        yield
    except DataError as error:
        remedy = error.remedy or "Go on without it by --skip-broken"
        raise DataError(error.message, where=error.where, remedy=remedy) from error


def _content(item: Mapping[str, Any], index: int, place: str) -> tuple[Path, bytes | None]:
    """Name of a packed picture and its bytes, or its path if they are in a file of their own."""
    if item is None:
        raise DataError(f"picture {index} is missing", where=place)
    if item["bytes"] is not None:
        return Path(f"{place}, picture {index}"), item["bytes"]
    return Path(item["path"]), None
