"""Raw: what a reader returns, whatever the format was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch.utils.data
from numpy.typing import NDArray

from nnbabysit.core.data.readers.checked_arrays import Arrays
from nnbabysit.core.data.readers.tables.columns import Columns


class PictureDataset(torch.utils.data.Dataset[tuple[NDArray[np.uint8], int]]):
    """A map-style Dataset of pictures (C, H, W) and classes, read when they are asked for.

    Attributes:
        shape: (C, H, W) that every picture is brought to.
    """

    shape: tuple[int, int, int]

    def __len__(self) -> int:
        """Number of pictures."""
        raise NotImplementedError


Samples = Arrays | torch.utils.data.Dataset[Any]


@dataclass(frozen=True, eq=False)
class Raw:
    """Official splits of a source, before anything is held out or prepared.

    Attributes:
        place: File, folder or function they come from, for messages.
        train: Training samples, as arrays or as a map-style Dataset.
        validation: The source's own validation split, if it has one.
        test: The source's own test split, if it has one.
        class_names: Names of the classes 0, 1, …, if the source knows them.
        columns: How the columns of a table became numbers; None if it is no table.
        notes: What the user should know about how it was read, plain sentences.
        channels_last: Whether pictures came as (H, W, C) and their channels were brought to the front.
    """

    place: str
    train: Samples
    validation: Samples | None = None
    test: Samples | None = None
    class_names: tuple[str, ...] | None = None
    columns: Columns | None = None
    notes: tuple[str, ...] = ()
    channels_last: bool = False

    def each(self, change: Callable[[Samples], Samples]) -> Raw:
        """The same source, every split of it changed."""
        return replace(
            self,
            train=change(self.train),
            validation=None if self.validation is None else change(self.validation),
            test=None if self.test is None else change(self.test),
        )
