"""Reader: all that a kind of source is, from its name to samples for a trained network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers.checked_arrays import Array
from nnbabysit.core.data.readers.class_names import numbered_as
from nnbabysit.core.data.readers.raw import Raw
from nnbabysit.core.data.readers.tables.columns import Columns


@dataclass(frozen=True, kw_only=True, eq=False)
class Known:
    """What a first source or a run has settled, and further samples must be read by.

    Attributes:
        class_names: Names of the classes 0, 1, …; None if there are none.
        sample_shape: Shape of one raw sample; empty if that is not known yet.
        columns: How the columns of a table became numbers; None if it is no table.
        is_trained: Whether a network was trained on it: no setting of the config changes anything any more.
    """

    class_names: tuple[str, ...] | None
    sample_shape: tuple[int, ...]
    columns: Columns | None = None
    is_trained: bool = False


@dataclass(frozen=True, eq=False)
class Inputs:
    """Samples without targets, in memory.

    Attributes:
        x: (N, ...) numbers as the file holds them.
        notes: How they were read, plain sentences.
    """

    x: Array
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class PictureInputs:
    """Pictures without targets, read when they are asked for.

    Attributes:
        place: File or folder they come from.
        files: Path of each, relative to the folder.
        raw: Gives (n, C, H, W) uint8 at positions start … stop.
    """

    place: str
    files: tuple[str, ...]
    raw: Callable[[int, int], Array]


class Reader:
    """One kind of source. A new one is a class in a file of this folder and a line of ``SOURCES``.

    Attributes:
        name: ``data.source``.
        reads: What it reads, for the list of what can be read.
        endings: Names of files end so, in small letters.
        has_path: Whether another path can be read as the first was.
        has_channels: Whether ``data.channels`` says where pictures keep their channels.
        is_function: Whether the samples come from the user's own code.
        needs_target: Whether it must be told which column holds the target.
    """

    name: ClassVar[str] = ""
    reads: ClassVar[str] = ""
    endings: ClassVar[tuple[str, ...]] = ()
    has_path: ClassVar[bool] = True
    has_channels: ClassVar[bool] = False
    is_function: ClassVar[bool] = False
    needs_target: ClassVar[bool] = False

    def detects(self, path: Path) -> bool:
        """Whether this existing file or folder is of its kind.

        Raises:
            OSError: A folder cannot be looked into.
        """
        return path.is_file() and path.name.lower().endswith(self.endings)

    def advice(self, path: Path) -> tuple[str, str] | None:
        """What a file is that belongs to such a source without being one, and what to name in its place."""
        return None

    def read(self, settings: Data, loss: str = "cross_entropy") -> Raw:
        """Read the source.

        Args:
            settings: Section ``data`` of a config.
            loss: Of the config; it says whether a table's target is a class or a number.

        Raises:
            DataError: It cannot be read.
            UserError: The user's own function cannot be imported.
            UserCodeError: The user's own function raised.
        """
        raise NotImplementedError

    def read_alike(self, settings: Data, known: Known, loss: str = "cross_entropy") -> Raw:
        """Read another path, its classes and categories numbered as they are known.

        The classes of samples for a trained network keep the numbers of their source: they are matched later.

        Raises:
            DataError: As for ``read``, or it does not fit what is known.
        """
        raw = self.read(settings, loss)
        return raw if known.is_trained else numbered_as(known.class_names, raw)

    def has_inputs(self, path: Path) -> bool:
        """Whether ``inputs`` reads this file or folder, although its name has none of the endings."""
        return False

    def inputs(self, path: Path, known: Known) -> Inputs | PictureInputs:
        """Read samples without targets, to be predicted.

        Args:
            path: A file with one of the endings, or what ``has_inputs`` accepts.
            known: Of the run.

        Raises:
            DataError: They cannot be read, or cannot be what the run was trained on.
        """
        raise NotImplementedError
