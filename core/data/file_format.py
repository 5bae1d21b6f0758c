"""File format: what a file is by its first bytes, whatever it is called."""

from __future__ import annotations

_STARTS = (
    (b"\x1f\x8b", "a gzip file", "Unpack it"),
    (b"PK\x03\x04", "a zip archive", "Unpack it"),
    (b"BZh", "a bzip2 file", "Unpack it"),
    (b"\xfd7zXZ\x00", "an xz file", "Unpack it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "Unpack it"),
    (b"Rar!", "a rar archive", "Unpack it"),
    (b"\x93NUMPY", "a .npy file with one array", ""),
    (b"\x80\x02", "a pickle", ""),
    (b"\x80\x03", "a pickle", ""),
    (b"\x80\x04", "a pickle", ""),
    (b"\x80\x05", "a pickle", ""),
    (b"\x89HDF", "an HDF5 file, such as .h5", ""),
    (b"MATLAB", "a MATLAB file", ""),
    (b"PAR1", "a parquet file", ""),
    (b"ARROW1", "an Arrow file, such as .feather", ""),
    (b"\x89PNG", "a PNG picture", ""),
    (b"\xff\xd8\xff", "a JPEG picture", ""),
    (b"%PDF", "a PDF", ""),
    (b"version https://git-lfs", "a pointer of Git LFS, not the file itself", "Fetch it with git lfs pull"),
)
_WEB = (b"<!doctype", b"<html", b"<?xml")


def format_of(content: bytes) -> tuple[str, str]:
    """What the file is and what to do with it; both empty if that is not known.

    Args:
        content: The beginning of the file, 512 bytes if it has so many.
    """
    if content[:64].lstrip().lower().startswith(_WEB):
        return "a web page", "Download the file itself: what was saved is the page about it, or an error"
    if content[257:262] == b"ustar":
        return "a tar archive", "Unpack it"
    return next(((what, remedy) for start, what, remedy in _STARTS if content.startswith(start)), ("", ""))
