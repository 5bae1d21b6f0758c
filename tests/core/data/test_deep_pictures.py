"""Pictures of more than 8 bits a value: how much is left of them is said."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.readers.image_file import read_header
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.errors import DataError

Load = Callable[..., Dataset]


@pytest.fixture
def load(tmp_path: Path, config: Callable[..., Config]) -> Load:
    def loaded(**data: Any) -> Dataset:
        plain = {"center": "none", "scale": "none"}
        settings = {"source": "images", "path": str(tmp_path), "preprocess": plain, "validation": 2, **data}
        return load_dataset(config(data=settings, training={"batch_size": "full"}))

    return loaded


def deep(path: Path, values: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(values, np.uint16).reshape(3, 4)).save(path)


@pytest.mark.parametrize(
    ("scale", "ending", "words"),
    [
        (16, "png", "8 pictures were shortened from 16 bits to 8"),
        (16, "tif", "times 16"),
        (1, "png", "levels are used: scale their values to 0 … 65535 (12 bits: times 16)"),
    ],
)
def test_how_much_is_left_of_16_bits_is_said(
    load: Load, tmp_path: Path, scale: int, ending: str, words: str
) -> None:
    for i in range(8):
        values = (300 * i + np.arange(12)) * scale
        deep(tmp_path / "ab"[i % 2] / f"{i}.{ending}", values)
    note = next(note for note in load().notes if "shortened" in note)
    used = {int(value) * scale >> 8 for i in range(8) for value in 300 * i + np.arange(12)}
    assert f"{len(used)} of 256 levels are used" in note
    assert words in note or scale == 16


def test_colors_of_16_bits_are_shortened_too_and_8_bits_are_not(tmp_path: Path) -> None:
    Image.new("L", (4, 3), 3).save(tmp_path / "gray.png")
    assert not read_header(tmp_path / "gray.png").deep
    (tmp_path / "color.ppm").write_bytes(b"P6 2 1 65535\n" + np.full((1, 2, 3), 1000, ">u2").tobytes())
    assert read_header(tmp_path / "color.ppm").deep
    header = struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" + np.full((2, 3), 1000, ">u2").tobytes())
    chunks = [(b"IHDR", header), (b"IDAT", pixels), (b"IEND", b"")]
    parts = [struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d)) for t, d in chunks]
    (tmp_path / "color.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    assert read_header(tmp_path / "color.png").deep


def test_pictures_of_which_nothing_is_left_are_refused_with_the_cause(load: Load, tmp_path: Path) -> None:
    for i in range(8):
        deep(tmp_path / "ab"[i % 2] / f"{i}.png", np.arange(12) + i)
    with pytest.raises(DataError, match="the same once they are shortened to 8") as error:
        load()
    assert "scale their values" in error.value.remedy.lower()
