"""One picture file: what its header says, and its pixels in the shape that a dataset has.

Shape suffixes: C channels (1 gray, 3 red, green, blue), H height, W width.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnbabysit.core.data.readers.raw import PictureDataset
from nnbabysit.core.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

    from nnbabysit.core.data.readers.checked_arrays import Array

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "PPM", "TIFF", "WEBP")
ENDINGS = frozenset(
    [
        ".png",
        ".jpg",
        ".jpeg",
        ".jfif",
        ".bmp",
        ".gif",
        ".ppm",
        ".pgm",
        ".pbm",
        ".pnm",
        ".tif",
        ".tiff",
        ".webp",
    ]
)
SKIP_REMEDY = "Go on without it by --skip-broken, or replace it"
MAX_PIXELS = 100_000_000
"""A larger picture is taken for a decompression bomb: a few kilobytes that unpack to gigabytes."""
_ORIENTATION = 0x0112  # the EXIF tag; 5 … 8 swap height and width
_GRAY = ("1", "L", "LA", "La", "I;16", "I;16L", "I;16B", "I;16N", "I")


@dataclass(frozen=True)
class Header:
    """What a picture file says about itself.

    Attributes:
        channels: 1 if it is gray, else 3.
        height: Rows, once turned upright.
        width: Columns, likewise.
        transparent: Whether it may let a background shine through.
        frames: Pictures in the file; the first one counts.
        deep: Whether its values have more than 8 bits, which are shortened to 8.
    """

    channels: int
    height: int
    width: int
    transparent: bool
    frames: int
    deep: bool = False


def read_header(path: Path, content: bytes | None = None) -> Header:
    """Look at a picture without unpacking it.

    Args:
        path: The file.
        content: What is in it, if it is already read; ``path`` is then but its name.

    Raises:
        DataError: Pillow is not installed, or the file is no picture, or a huge one.
    """
    with _opened(path, content) as image:
        width, height = image.size
        deep = _is_deep(image)  # before the EXIF data: to read those of a PNG unpacks it
        if image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8):
            width, height = height, width
        channels = 1 if image.mode in _GRAY else 3
        frames = getattr(image, "n_frames", 1)
        return Header(channels, height, width, _is_transparent(image), frames, deep)


def read_image(path: Path, shape: tuple[int, int, int], content: bytes | None = None) -> NDArray[np.uint8]:
    """Read a picture as a dataset of this shape holds it.

    Args:
        path: A picture; of several in one file the first is taken.
        shape: (C, H, W) with C 1 or 3.
        content: What is in the file, if it is already read; ``path`` is then but its name.

    Returns:
        (C, H, W) uint8: upright, laid over white where transparent, 16 bits shortened to 8, turned to gray by
        ITU-R 601 or to color, and stretched to H × W (bilinear, antialiased) if it is of another size.

    Raises:
        DataError: Pillow is not installed, or the file is no picture, a huge or a damaged one; it is named.
    """
    with _opened(path, content) as image:
        return _pixels(image, shape)


class ImageFiles(PictureDataset):
    """Pictures that are read when they are asked for.

    Attributes:
        paths: The files.
        labels: (N,) class of each.
        shape: (C, H, W) that every picture is brought to.
    """

    def __init__(self, paths: Sequence[Path], labels: Sequence[int], shape: tuple[int, int, int]) -> None:
        """Read nothing yet."""
        self.paths = tuple(paths)
        self.labels = np.array(labels, dtype=np.int64)
        self.shape = shape

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.paths)

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], int]:
        """Picture (C, H, W) and class.

        Raises:
            DataError: The file is damaged; it is named.
        """
        try:
            return read_image(self.paths[index], self.shape), int(self.labels[index])
        except DataError as error:
            raise DataError(error.message, where=error.where, remedy=SKIP_REMEDY) from error


def _pixels(image: Image, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    from PIL import Image as Pillow
    from PIL import ImageOps

    channels, height, width = shape
    if channels not in (1, 3):
        raise ValueError(f"pictures have 1 or 3 channels, not {channels}")
    upright = ImageOps.exif_transpose(image)
    plain = _over_white(_eight_bits(upright)).convert("L" if channels == 1 else "RGB")
    if plain.size != (width, height):
        plain = plain.resize((width, height), Pillow.Resampling.BILINEAR)
    values = np.array(plain, dtype=np.uint8)
    return values[None] if channels == 1 else np.ascontiguousarray(values.transpose(2, 0, 1))


def _eight_bits(image: Image) -> Image:
    """The picture with 8 bits per value: Pillow's own conversion would cut at 255 and leave white."""
    from PIL import Image as Pillow

    if image.mode == "F":
        raise ValueError("its pixels are real numbers; save it with 8 or 16 bits")
    if not image.mode.startswith("I"):
        return image
    values: Array = np.asarray(image)
    if values.min() < 0 or values.max() > 0xFFFF:
        raise ValueError("its pixels have more than 16 bits; save it with 8 or 16")
    return Pillow.fromarray((values.astype(np.int32) >> 8).astype(np.uint8))


def _is_deep(image: Image) -> bool:
    """Whether the file holds more than 8 bits a value; of colors Pillow hands out the upper 8 alone."""
    if image.mode.startswith("I"):
        return True
    for codec, _, _, arguments in getattr(image, "tile", ()):
        parts = arguments if isinstance(arguments, tuple) else (arguments,)
        if any(isinstance(part, str) and ";16" in part for part in parts):
            return True
        if codec == "ppm" and any(isinstance(part, int) and part > 255 for part in parts):
            return True  # the largest value that the file may hold
    return False


def _over_white(image: Image) -> Image:
    from PIL import Image as Pillow

    if not _is_transparent(image):
        return image
    colored = image.convert("RGBA")
    white = Pillow.new("RGBA", colored.size, (255, 255, 255, 255))
    return Pillow.alpha_composite(white, colored).convert("RGB")


def _is_transparent(image: Image) -> bool:
    return "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "RGBa", "La")


def pillow() -> Any:
    """Pillow's Image module.

    Raises:
        DataError: It is not installed.
    """
    try:
        from PIL import Image as Pillow
    except ImportError as error:
        raise DataError(
            "pictures are read by Pillow, which is not installed",
            where="data.source",
            remedy="Install it with `pip install 'nnbabysit[images]'`",
        ) from error
    return Pillow


@contextmanager
def _opened(path: Path, content: bytes | None) -> Iterator[Image]:
    """The opened file; whatever Pillow finds wrong with it, then or later, becomes a DataError."""
    library = pillow()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on odd EXIF data; on size we have our own limit
            with library.open(path if content is None else BytesIO(content), formats=FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise _broken(path, f"it has {image.width} × {image.height} pixels, over {MAX_PIXELS:,}")
                yield image
    except DataError:
        raise
    except library.UnidentifiedImageError as error:
        raise _broken(path, f"it is none of {', '.join(FORMATS)}") from error
    except library.DecompressionBombError as error:
        raise _broken(path, f"it has far over {MAX_PIXELS:,} pixels") from error
    except OSError as error:
        raise _broken(path, error.strerror or str(error)) from error
    # Pillow's decoders raise almost anything on damaged files
    except Exception as error:
        raise _broken(path, str(error) or type(error).__name__) from error


def _broken(path: Path, why: str) -> DataError:
    return DataError(f"this picture cannot be read: {why}", where=str(path))
