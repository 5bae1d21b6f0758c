"""Readers: which one reads a source, whatever its format."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers import (
    channels,
    cifar,
    digits,
    function,
    hugging_face,
    idx,
    images,
    npz,
    tabular,
)
from nnbabysit.core.data.readers.raw import Raw
from nnbabysit.core.errors import DataError

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import Config

READERS: dict[str, Callable[[Data], Raw]] = {
    "digits": digits.read,
    "npz": npz.read,
    "idx": idx.read,
    "cifar": cifar.read,
    "images": images.read,
}
TABLES = ("csv", "parquet")


def is_own(config: Config) -> bool:
    """Whether the network is the user's own."""
    return ":" in config.model.name


def read(settings: Data, loss: str = "cross_entropy", *, own_network: bool = True) -> Raw:
    """What the reader of the source returns.

    Args:
        settings: Source and path.
        loss: Says whether a table's target is a class or a number.
        own_network: Whether the samples are for a network of the user's own, which may want their channels
            wherever his own function puts them.

    Raises:
        DataError: There is no such source, or it cannot be read.
        UserError: The user's own function cannot be imported.
        UserCodeError: The user's own function raised.
    """
    if settings.channels is not None and settings.source != "npz" and ":" not in settings.source:
        raise DataError(
            f"{settings.source} says itself where the channels are",
            where=channels.SETTING,
            remedy="Leave it out: it is for arrays of npz files and of your own functions",
        )
    if hugging_face.is_name(settings.source):
        return hugging_face.read(settings, loss)
    if settings.source in TABLES:
        return tabular.read(settings, loss)
    if ":" in settings.source:
        return channels.arranged(function.read(settings), settings.channels, own_network=own_network)
    if settings.source == "npz":
        return channels.arranged(npz.read(settings), settings.channels)
    if settings.source not in READERS:
        near = get_close_matches(settings.source, [*READERS, *TABLES], n=1)
        raise DataError(
            f"there is no data source {settings.source!r}",
            where="data.source",
            remedy=f"Did you mean {near[0]}?"
            if near
            else f"Use {', '.join([*READERS, *TABLES])}, hf:name or your own ./data.py:function",
        )
    return READERS[settings.source](settings)
