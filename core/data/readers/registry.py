"""Registry: which reader reads a source."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from nnbabysit.core.config.schema.data import SOURCES, Data
from nnbabysit.core.data.readers import channels
from nnbabysit.core.data.readers.function import FunctionReader
from nnbabysit.core.data.readers.hugging_face import PREFIX, HuggingFaceReader
from nnbabysit.core.data.readers.raw import Raw
from nnbabysit.core.data.readers.reader import Known, Reader
from nnbabysit.core.errors import DataError

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import Config


def is_own(config: Config) -> bool:
    """Whether the network is the user's own."""
    return ":" in config.model.name


@cache
def named_readers() -> dict[str, Reader]:
    """The readers that have a name of their own, in the order in which they are asked about a path."""
    found = {}
    for name, place in SOURCES.items():
        file, _, kind = place.partition(":")
        reader = getattr(import_module(f"nnbabysit.core.data.readers.{file}"), kind)()
        assert isinstance(reader, Reader)
        assert reader.name == name
        found[name] = reader
    return found


def all_readers() -> tuple[Reader, ...]:
    """Every reader that a path on the command line may be meant for."""
    return (*named_readers().values(), FunctionReader())


def reader_of(source: str) -> Reader:
    """The reader of ``data.source``.

    Raises:
        DataError: There is no such source.
    """
    if source.startswith(PREFIX):
        return HuggingFaceReader()
    if ":" in source:
        return FunctionReader()
    names = list(named_readers())
    if source not in names:
        near = get_close_matches(source, names, n=1)
        raise DataError(
            f"there is no data source {source!r}",
            where="data.source",
            remedy=f"Did you mean {near[0]}?"
            if near
            else f"Use {', '.join(names)}, hf:name or your own ./data.py:function",
        )
    return named_readers()[source]


def read(
    settings: Data, loss: str = "cross_entropy", known: Known | None = None, *, own_network: bool = True
) -> Raw:
    """What the reader of the source returns.

    Args:
        settings: Source and path.
        loss: Says whether a table's target is a class or a number.
        known: What the samples must be read by, if they are not the first ones.
        own_network: Whether the samples are for a network of the user's own, which may want their channels
            wherever his own function puts them.

    Raises:
        DataError: There is no such source, or it cannot be read.
        UserError: The user's own function cannot be imported.
        UserCodeError: The user's own function raised.
    """
    reader = reader_of(settings.source)
    if settings.channels is not None and not reader.has_channels:
        raise DataError(
            f"{settings.source} says itself where the channels are",
            where=channels.SETTING,
            remedy="Leave it out: it is for arrays of npz and npy files and of your own functions",
        )
    raw = reader.read(settings, loss) if known is None else reader.read_alike(settings, known, loss)
    if not reader.has_channels:
        return raw
    return channels.arranged(raw, settings.channels, own_network=own_network and reader.is_function)
