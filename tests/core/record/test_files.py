"""Files and lines survive a full disk and a torn end."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nnbabysit.core.errors import DiskError, NnbabysitError, RunError
from nnbabysit.core.record import files


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """A full disk in miniature: no file grows beyond ``size`` bytes (Python ignores the signal SIGXFSZ)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "meta.json"
    files.write_atomically(path, "old")
    files.write_atomically(path, "größer".encode())
    assert path.read_text(encoding="utf-8") == "größer"
    assert [entry.name for entry in tmp_path.iterdir()] == ["meta.json"]


def test_the_disk_has_the_content_before_the_name_and_the_name_before_we_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    fsync, replace = os.fsync, os.replace

    def recorded_fsync(descriptor: int) -> None:
        calls.append("fsync folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "fsync file")  # noqa: PTH112
        fsync(descriptor)

    def recorded_replace(source: Path, target: Path) -> None:
        calls.append("replace")
        assert source.parent == target.parent
        replace(source, target)

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(os, "replace", recorded_replace)
    files.write_atomically(tmp_path / "meta.json", "{}")
    assert calls == ["fsync file", "replace", "fsync folder"]


def test_a_full_disk_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    files.write_atomically(path, "old")
    with largest_file(1000), pytest.raises(DiskError, match="File too large") as caught:
        files.write_atomically(path, "x" * 5000)
    assert caught.value.exit_code == 74
    assert caught.value.where == str(path)
    assert "--runs-dir" in caught.value.remedy
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["result.json"]


def _append_until_it_raises(path: Path) -> None:
    for number in range(1000):
        files.append_line(path, f'{{"number": {number}, "text": "{"x" * 50}"}}')


def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with largest_file(1000), pytest.raises(DiskError):
        _append_until_it_raises(path)
    documents, torn = files.read_lines(path)
    assert not torn
    assert [document["number"] for document in documents] == list(range(len(documents)))
    assert 5 < len(documents) < 1000 / 50


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, DiskError),
        (errno.EDQUOT, DiskError),
        (errno.EIO, DiskError),
        (errno.EACCES, RunError),
        (errno.EROFS, RunError),
        (errno.ENOTDIR, RunError),
    ],
)
def test_errors_of_the_system_are_told_apart(number: int, kind: type[NnbabysitError], tmp_path: Path) -> None:
    with pytest.raises(kind), files.os_errors_in_words(tmp_path):
        raise OSError(number, os.strerror(number))


def _write_half_and_stop(path: Path) -> None:
    path.write_text("half")
    raise KeyboardInterrupt


def test_an_exception_in_the_block_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    files.write_atomically(path, "old")
    with pytest.raises(KeyboardInterrupt), files.atomic_file(path) as temporary:
        _write_half_and_stop(temporary)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["last.pt"]


def test_a_missing_file_has_no_lines(tmp_path: Path) -> None:
    assert files.read_lines(tmp_path / "events.jsonl") == ([], False)
    assert files.repair(tmp_path / "events.jsonl") is False


@pytest.mark.parametrize("content", [b"", b'{"a": 1}\n'])
def test_a_sound_file_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(content)
    assert files.repair(path) is False
    assert path.read_bytes() == content


def test_at_most_one_line_is_lost_wherever_the_end_is_torn(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    lines = [f'{{"number": {number}, "text": "größe"}}\n'.encode() for number in range(3)]
    whole = b"".join(lines)
    for cut in range(1, len(lines[-1]) + 1):
        path.write_bytes(whole[:-cut])
        lost = files.repair(path)
        documents, torn = files.read_lines(path)
        assert not torn
        assert [document["number"] for document in documents] == ([0, 1, 2] if cut == 1 else [0, 1])
        assert lost is (1 < cut < len(lines[-1]))
        files.append_line(path, '{"number": 9}')
        assert files.read_lines(path)[0][-1] == {"number": 9}


@pytest.mark.parametrize("rubbish", [b"\xff\xfe\n", b"\0" * 4096, b"\n", b"[1]\n", b'{"a": NaN}\n'])
def test_rubbish_at_the_end_is_cut_off(tmp_path: Path, rubbish: bytes) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"step": 1}\n' + rubbish)
    assert files.read_lines(path) == ([{"step": 1}], True)
    assert files.repair(path) is True
    assert path.read_bytes() == b'{"step": 1}\n'


def test_a_damaged_line_in_the_middle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"step": 1}\n{"st\n{"step": 3}\n')
    with pytest.raises(RunError, match="line 2 is damaged"):
        files.read_lines(path)
    with pytest.raises(RunError, match="line 2 is damaged"):
        files.repair(path)
    assert path.read_bytes().count(b"\n") == 3


def test_a_disk_that_is_read_only_is_told_though_nothing_can_be_tidied_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(RunError, match="cannot be written: Read-only file system"):
        files.write_atomically(tmp_path / "r.html", "text")
