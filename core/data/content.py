"""What a file is by its first bytes, whatever its name says."""

from __future__ import annotations

from nnbabysit.core.errors import DataError

PARQUET = b"PAR1"
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a zip file, such as .xlsx", "Save the sheet as csv in UTF-8, or unpack the file"),
    (b"\xd0\xcf\x11\xe0", "a workbook of Excel (.xls)", "Save the sheet as csv in UTF-8"),
    (b"ARROW1", "a Feather file (Arrow)", "Write it as parquet, such as with pandas' to_parquet"),
    (b"FEA1", "a Feather file (version 1)", "Write it as parquet, such as with pandas' to_parquet"),
    (b"ORC", "an ORC file", "Write it as parquet"),
    (b"Obj\x01", "an Avro file", "Write it as parquet"),
    (b"SQLite format 3", "a database of SQLite", "Export the table as csv"),
    (b"\x89HDF\r\n", "an HDF5 file", "Write it as parquet, such as with pandas' to_parquet"),
    (b"\x93NUMPY", "a file of NumPy (.npy)", "Save the arrays with numpy.savez and set data.source to npz"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "Unpack it, or pack it with gzip"),
    (b"\xfd7zXZ", "packed with xz", "Unpack it, or pack it with gzip"),
    (b"BZh", "packed with bzip2", "Unpack it, or pack it with gzip"),
    (b"%PDF", "a PDF", "Export the table as csv"),
    (b"\x80\x04\x95", "a pickle", "Write it as csv or parquet; a pickle may run code when it is opened"),
    (b"\x80\x05\x95", "a pickle", "Write it as csv or parquet; a pickle may run code when it is opened"),
    (b"\xff\xfe", "UTF-16", "Save the file as UTF-8"),
    (b"\xfe\xff", "UTF-16", "Save the file as UTF-8"),
)
_TEXTS: tuple[tuple[bytes, str, str], ...] = (
    (b"<!doctype", "a page of HTML", "Download the file itself, not the page that shows it"),
    (b"<html", "a page of HTML", "Download the file itself, not the page that shows it"),
    (b"<?xml", "an XML file", "Export the table as csv"),
    (b'{"', "a JSON file", "Write it as csv or parquet"),
    (b'[{"', "a JSON file", "Write it as csv or parquet"),
    (b"version https://git-lfs", "a pointer of Git LFS", "Fetch the file itself with `git lfs pull`"),
)


def described(head: bytes) -> tuple[str, str] | None:
    """What a file is that begins with ``head`` and is neither csv nor parquet, and the way out of it.

    None if nothing speaks against text.
    """
    for magic, name, remedy in _MAGIC:
        if head.startswith(magic):
            return name, remedy
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for magic, name, remedy in _TEXTS:
        if text.startswith(magic):
            return name, remedy
    if b"\x00" in head:
        return "UTF-16 or no text: it holds zero bytes", "Save the file as UTF-8"
    return None


def refuse_other_formats(head: bytes, place: str) -> None:
    """Make sure that a file which begins with ``head`` may be a csv file.

    Raises:
        DataError: It is something else.
    """
    if head.startswith(PARQUET):
        raise DataError("the file is a parquet file", where=place, remedy="Set data.source to parquet")
    found = described(head)
    if found is not None:
        name, remedy = found
        raise DataError(f"the file is {name}, not csv", where=place, remedy=remedy)
