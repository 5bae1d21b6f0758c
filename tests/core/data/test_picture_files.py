"""Picture files: any pixels come back as they were, any bytes give a picture or a data error."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers import images
from nnbabysit.core.data.readers.image_file import read_header, read_image
from nnbabysit.core.errors import DataError

NAME = Path("picture")
SIDES = st.tuples(st.integers(1, 9), st.integers(1, 9))


def stored(values: Any, form: str = "PNG", **save: Any) -> bytes:
    buffer = io.BytesIO()
    (values if isinstance(values, Image.Image) else Image.fromarray(values)).save(buffer, form, **save)
    return buffer.getvalue()


@given(st.data(), SIDES, st.sampled_from(["PNG", "TIFF", "BMP", "PPM"]))
def test_colors_and_grays_come_back_exactly(data: st.DataObject, sides: tuple[int, int], form: str) -> None:
    height, width = sides
    rgb = data.draw(arrays.arrays(np.uint8, (height, width, 3)))
    for values, shape in ((rgb, (3, height, width)), (rgb[..., 0].copy(), (1, height, width))):
        content = stored(values, form)
        header = read_header(NAME, content)
        assert (header.channels, header.height, header.width, header.deep) == (*shape, False)
        found = read_image(NAME, shape, content)
        assert np.array_equal(found, values.transpose(2, 0, 1) if values.ndim == 3 else values[None])


@given(st.data(), SIDES, st.sampled_from(["PNG", "TIFF"]))
def test_of_16_bits_the_upper_8_are_left_and_it_is_known(
    data: st.DataObject, sides: tuple[int, int], form: str
) -> None:
    values = data.draw(arrays.arrays(np.uint16, sides))
    content = stored(values, form)
    assert read_header(NAME, content).deep
    assert np.array_equal(read_image(NAME, (1, *sides), content)[0], values >> 8)


@given(st.binary(max_size=80), st.integers(0, 90), st.sampled_from(["PNG", "TIFF", "GIF", "JPEG"]))
def test_any_bytes_give_a_picture_or_a_data_error(junk: bytes, at: int, form: str) -> None:
    content = stored(np.arange(48, dtype=np.uint8).reshape(6, 8), form)
    for damaged in (junk, content[:at], content[:at] + junk + content[at + len(junk) :]):
        with suppress(DataError):
            header = read_header(NAME, damaged)
            if header.height * header.width < 10_000:
                assert read_image(NAME, (1, 6, 8), damaged).shape == (1, 6, 8)


def test_what_lies_beside_pictures_is_no_class_and_no_picture(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name / ".ipynb_checkpoints").mkdir(parents=True)
        for k in range(3):
            (tmp_path / name / f"{k}.png").write_bytes(stored(np.full((2, 2), k, np.uint8)))
            (tmp_path / name / ".ipynb_checkpoints" / f"{k}.png").write_bytes(b"copy")
        for junk in (".DS_Store", "Thumbs.db", "desktop.ini", "._0.png"):
            (tmp_path / name / junk).write_bytes(b"junk")
    for folder in ("__MACOSX", ".ipynb_checkpoints", ".git"):
        (tmp_path / folder / "a").mkdir(parents=True)
        (tmp_path / folder / "a" / "._0.png").write_bytes(b"junk")
    raw = images.ImagesReader().read(Data(source="images", path=str(tmp_path)))
    assert (raw.class_names, len(raw.train), raw.notes) == (("a", "b"), 6, ())  # type: ignore[arg-type]


def test_every_kind_of_picture_has_its_colors() -> None:
    red = Image.new("RGB", (4, 3), (204, 0, 0))
    moving = stored(red, "GIF", save_all=True, append_images=[Image.new("RGB", (4, 3), (0, 0, 200))])
    kinds = {
        "palette": stored(red.convert("P")),
        "cmyk": stored(red.convert("CMYK"), "JPEG", quality=100, subsampling=0),
        "moving": moving,
        "webp": stored(red, "WEBP", lossless=True),
    }
    for kind, content in kinds.items():
        found = read_image(NAME, (3, 3, 4), content)[:, 0, 0].astype(int)
        assert np.abs(found - [204, 0, 0]).max() <= 3, kind
    assert read_header(NAME, moving).frames == 2
    with pytest.raises(DataError, match="real numbers"):
        read_image(NAME, (1, 3, 4), stored(np.zeros((3, 4), np.float32), "TIFF"))
