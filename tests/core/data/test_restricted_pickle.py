"""Only arrays come out of a pickle, whatever is in it."""

from __future__ import annotations

import os
import pickle
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnbabysit.core.data.readers.restricted_pickle import load_arrays
from nnbabysit.core.errors import DataError


class Payload:
    def __init__(self, call: Any, *arguments: Any) -> None:
        """Pickles as a call."""
        self._call, self._arguments = call, arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        """The call."""
        return self._call, self._arguments


def test_arrays_in_containers_come_through(maker: ModuleType) -> None:
    value: dict[bytes, Any] = {
        b"data": np.arange(6, dtype=np.uint8).reshape(2, 3),
        b"labels": [1, 2],
        b"name": b"x",
    }
    for content in (pickle.dumps(value, protocol=3), maker.python_two_pickle(value)):
        loaded = load_arrays(content, "file")
        assert np.array_equal(loaded[b"data"], value[b"data"])
        assert loaded[b"labels"] == [1, 2]


def test_a_pickle_that_runs_a_command_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    content = pickle.dumps({b"data": Payload(os.system, "touch pwned")})
    with pytest.raises(
        DataError, match=r"it asks for posix\.system, only NumPy arrays are admitted"
    ) as error:
        load_arrays(content, "some/file")
    assert error.value.where == "some/file"
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("call", [eval, getattr, print, np.load, np.fromfile, OrderedDict])
def test_nothing_but_arrays_is_admitted(call: Any) -> None:
    with pytest.raises(DataError, match="only NumPy arrays are admitted"):
        load_arrays(pickle.dumps({1: Payload(call)}), "file")


@pytest.mark.parametrize("dtype", ["u1", "i8", "<i4", ">i2", ">f8", "f4", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_type_of_number_and_both_layouts(
    maker: ModuleType, dtype: str, order: Literal["C", "F"]
) -> None:
    array = np.arange(6).reshape(2, 3).astype(dtype).copy(order=order)
    for content in (pickle.dumps({1: array}, protocol=3), maker.python_two_pickle({1: array})):
        loaded = load_arrays(content, "file")[1]
        assert np.array_equal(loaded, array)
        assert loaded.dtype == array.dtype


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.array([object()]), "only NumPy arrays|of something else"),
        (np.array([None]), "of something else than numbers"),
        (np.array(["text"]), "no type of number"),
        (np.zeros(2, dtype="datetime64[s]"), "no type of number"),
        (np.zeros(2, dtype=[("a", "i4")]), "no type of number"),
    ],
)
def test_arrays_of_something_else_are_refused(value: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        load_arrays(pickle.dumps({1: value}, protocol=3), "file")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x80\x05\x96\xff\0\0\0\0\0\0\0a.", "damaged"),
        (b"}r\xff\xff\xff\x7f.", "numbers its values up to 2147483647"),
        (b"Pname\n.", "damaged"),
        (b"", "damaged"),
    ],
)
def test_torn_and_greedy_pickles_are_refused(content: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words):
        load_arrays(content, "file")


@given(st.binary(max_size=80))
def test_any_bytes_give_a_dict_or_a_data_error(content: bytes) -> None:
    with suppress(DataError):
        assert isinstance(load_arrays(content, "file"), dict)


def test_every_single_changed_byte_gives_a_dict_or_a_data_error() -> None:
    good = pickle.dumps({b"data": np.arange(6, dtype=np.uint8)}, protocol=3)
    for position in range(len(good)):
        for byte in range(256):
            content = good[:position] + bytes([byte]) + good[position + 1 :]
            with suppress(DataError):
                assert isinstance(load_arrays(content, "file"), dict)
