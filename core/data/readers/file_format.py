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
    (b"FEA1", "an Arrow file, such as .feather", ""),
    (b"ORC", "an ORC file", ""),
    (b"Obj\x01", "an Avro file", ""),
    (b"SQLite format 3", "a database of SQLite", ""),
    (b"\xd0\xcf\x11\xe0", "a workbook of Excel (.xls)", ""),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "Unpack it"),
    (b"\x89PNG", "a PNG picture", ""),
    (b"\xff\xd8\xff", "a JPEG picture", ""),
    (b"%PDF", "a PDF", ""),
    (b"version https://git-lfs", "a pointer of Git LFS, not the file itself", "Fetch it with git lfs pull"),
)
_AS_TABLE = {
    "a zip archive": ("a zip file, such as .xlsx", "Save the sheet as csv in UTF-8, or unpack the file"),
    "a workbook of Excel (.xls)": ("a workbook of Excel (.xls)", "Save the sheet as csv in UTF-8"),
    "a parquet file": ("a parquet file", "Set data.source to parquet"),
    "a .npy file with one array": (
        "a .npy file",
        "Save the arrays with numpy.savez, data.source: npz reads them",
    ),
    "a pickle": ("a pickle", "Write it as csv or parquet; a pickle may run code when it is opened"),
}
"""What it is called as a table, and what to do; any other is written as csv or parquet."""
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


def other_than_csv(content: bytes) -> tuple[str, str] | None:
    """What a file is that holds no lines of text with cells in them, and the way to a table; None: it may.

    Args:
        content: As for ``format_of``, unpacked.
    """
    what, remedy = format_of(content)
    if what:
        return _AS_TABLE.get(what, (what, remedy or "Write the table as csv or parquet"))
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16", "Save the file as UTF-8"
    if content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b'{"', b'[{"')):
        return "a JSON file", "Write the table as csv or parquet"
    if b"\x00" in content:
        return "UTF-16 or no text: it holds zero bytes", "Save the file as UTF-8"
    return None
