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
from torch.utils.data import Dataset as TorchDataset

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers import tabular
from nnbabysit.core.data.readers.checked_arrays import Array
from nnbabysit.core.data.readers.class_folders import some
from nnbabysit.core.data.readers.image_file import read_header, read_image
from nnbabysit.core.data.readers.raw import Raw
from nnbabysit.core.data.readers.tables.cells import Kind
from nnbabysit.core.data.readers.tables.columns import Columns
from nnbabysit.core.data.readers.tables.index_columns import unnamed_index
from nnbabysit.core.errors import DataError

PREFIX = "hf:"
ARGUMENTS = ("name", "revision")
SPLITS = {"train": ("train",), "validation": ("validation", "valid", "val", "dev"), "test": ("test",)}
_NUMBERS = ("int", "uint", "float")


def is_name(source: str) -> bool:
    """Whether ``data.source`` names such a dataset."""
    return source.startswith(PREFIX)


def read(settings: Data, loss: str) -> Raw:
    """Read a dataset of pictures with classes, or of numbers and text.

    ``data.target`` is the column of the targets; left out, the one that is declared as classes.

    Raises:
        DataError: ``datasets`` is not installed, cannot load the name, or the columns are of another kind.
    """
    place = settings.source
    if settings.path is not None:
        raise DataError(f"{place} has no path", where="data.path", remedy="Write hf:./folder for a local one")
    splits = _splits(_loaded(settings), place)
    features: Mapping[str, Any] = splits["train"].features
    target = _target(features, settings, place)
    settings = settings.model_copy(update={"target": target})
    pictures = [name for name, feature in features.items() if _kind(feature) == "Image"]
    if not pictures:
        return _table(splits, settings, loss)
    if len(pictures) > 1:
        words = f"it has {len(pictures)} columns of pictures: {', '.join(pictures)}"
        raise DataError(words, where=place, remedy="Write a function ./data.py:function that picks one")
    return _pictures(splits, pictures[0], settings)


class HubPictures(TorchDataset[tuple[NDArray[np.uint8], int]]):
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


class HubTable:
    """The columns of such a dataset as a Table, each of the type that is declared."""

    numbers_as_text: tuple[str, ...] = ()

    def __init__(self, dataset: Any, place: str) -> None:
        """Look at the declared features; nothing is read yet."""
        self.place = place
        self.rows = len(dataset)
        self.left_out: tuple[tuple[str, tuple[str, ...]], ...] = ()
        self._dataset = dataset
        self.kinds: dict[str, Kind] = {name: _table_kind(item) for name, item in dataset.features.items()}
        self.index = unnamed_index(self.kinds, self.numbers)

    def numbers(self, name: str) -> NDArray[np.float64]:
        """(N,) a column as numbers; NaN where there is none, or something else."""
        return np.array([_number(value) for value in self._dataset[name]], dtype=np.float64)

    def texts(self, name: str, *, literal: bool = False) -> Array:
        """(N,) a column as written, classes by their names: str, or None where nothing is."""
        feature = self._dataset.features[name]
        names = feature.names if _kind(feature) == "ClassLabel" else None
        found = np.empty(self.rows, dtype=object)
        for i, value in enumerate(self._dataset[name]):
            missing = value is None or (names is not None and value < 0)
            text = str(value if names is None else names[value]).strip()
            found[i] = None if missing or not text else text.lower() if isinstance(value, bool) else text
        return found

    def where(self, row: int) -> str:
        """Place of a row."""
        return f"{self.place}, row {row + 1}"


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
    splits = {ours: found[theirs] for ours, names in SPLITS.items() for theirs in names if theirs in found}
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
    declared = [name for name, feature in features.items() if _kind(feature) == "ClassLabel"]
    if len(declared) != 1:
        words = f"{place} declares {len(declared) or 'no'} columns of classes"
        raise DataError(words, where="data.target", remedy=f"Set data.target to one of {', '.join(features)}")
    return declared[0]


def _table(splits: Mapping[str, Any], settings: Data, loss: str) -> Raw:
    tables = {name: HubTable(dataset, settings.source) for name, dataset in splits.items()}
    columns: Columns = tabular.choose(tables["train"], settings, loss)
    found = {name: tabular.raw(table, columns) for name, table in tables.items()}
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
    if _kind(feature) != "ClassLabel":
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


def _kind(feature: Any) -> str:
    return type(feature).__name__


def _table_kind(feature: Any) -> Kind:
    if _kind(feature) == "ClassLabel":
        return "text"
    dtype = str(getattr(feature, "dtype", "")) if _kind(feature) == "Value" else ""
    if dtype.startswith(_NUMBERS):
        return "number"
    if dtype.startswith(("date", "time", "duration")):
        return "date"
    return {"bool": "boolean", "string": "text", "large_string": "text"}.get(dtype, "other")  # type: ignore[return-value]


def _number(value: Any) -> float:
    try:
        return float("nan") if value is None else float(value)
    except (TypeError, ValueError):
        return float("nan")
