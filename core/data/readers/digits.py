"""Reader of the bundled digits: 1797 gray images of 8×8 pixels, values 0 … 16 (``digits.LICENSE.txt``)."""

from __future__ import annotations

from pathlib import Path

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers.npz import NpzReader
from nnbabysit.core.data.readers.raw import Raw
from nnbabysit.core.data.readers.reader import Known, Reader
from nnbabysit.core.errors import DataError

FILE = Path(__file__).with_name("digits.npz")


class DigitsReader(Reader):
    """Digits that come with the program; they have no path."""

    name = "digits"
    has_path = False

    def read(self, settings: Data, loss: str = "cross_entropy") -> Raw:
        """Read the digits; x is (1797, 1, 8, 8) uint8, y is (1797,) uint8.

        Raises:
            DataError: A path was given, which this source does not have.
        """
        if settings.path is not None:
            raise DataError(
                "the bundled digits have no path",
                where="data.path",
                remedy="Leave it out, or set data.source to npz, idx or cifar",
            )
        raw = NpzReader().read(settings.model_copy(update={"path": str(FILE)}))
        return Raw(place="digits", train=raw.train, class_names=tuple("0123456789"))

    def read_alike(self, settings: Data, known: Known, loss: str = "cross_entropy") -> Raw:
        """Read an npz file of other digits."""
        return NpzReader().read(settings)
