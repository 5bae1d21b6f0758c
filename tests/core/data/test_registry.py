"""Each source has a reader, and each reader its own name."""

from __future__ import annotations

import pytest

from nnbabysit.core.config.schema.data import SOURCES, Data
from nnbabysit.core.data.readers.registry import all_readers, named_readers, read, reader_of
from nnbabysit.core.errors import DataError


def test_the_readers_are_those_of_the_settings_in_their_order() -> None:
    assert list(named_readers()) == list(SOURCES)
    assert all(reader_of(name).name == name for name in SOURCES)


def test_an_ending_belongs_to_one_reader() -> None:
    endings = [ending for reader in all_readers() for ending in reader.endings]
    assert len(endings) == len(set(endings))


def test_a_source_that_is_nearly_right_is_proposed() -> None:
    with pytest.raises(DataError, match="Did you mean parquet"):
        reader_of("parket")


@pytest.mark.parametrize("source", ["csv", "digits", "hf:some/name"])
def test_channels_are_refused_where_the_format_says_them(source: str) -> None:
    with pytest.raises(DataError, match="says itself where the channels are"):
        read(Data(source=source, channels="last"))
