"""SplitFolders: the folders of the splits above the class folders, by the names that are in use."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nnbabysit.core.data.readers.class_folders import child_folders, holds_pictures
from nnbabysit.core.errors import DataError

_SPLITS = {
    "train": ("train", "training", "trn"),
    "validation": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing", "tst"),
}
_PLAIN = ("train", "val", "validation", "test")
"""Names that say by themselves what they are; any other is told."""
_WORDS = {word: split for split, words in _SPLITS.items() for word in words}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[0-9])")
_GLUED = re.compile(
    rf"({'|'.join(sorted(_WORDS, key=len, reverse=True))})(set|data|images|imgs|pictures|split)s?"
)


@dataclass(frozen=True)
class SplitFolders:
    """Where the class folders of each split are.

    Attributes:
        folders: ``train`` and, if there are any, ``validation`` and ``test`` → the folder.
        notes: What was taken for what, and what was passed over.
    """

    folders: dict[str, Path]
    notes: tuple[str, ...] = ()


def split_folders(root: Path) -> SplitFolders:
    """Find the splits in a folder; without any, all of it is ``train``.

    Folders are splits if their names say so (``training_set``, ``seg_test``, ``Valid``) and there are class
    folders in the one to train on. Folders that hold the same class folders, under names that say nothing,
    may be splits or classes: that is asked, never guessed.

    Raises:
        DataError: Two folders are for the same split, there are splits without a training one, or it cannot
            be told what folders are.
    """
    folders = child_folders(root)
    told = _told(folders, root)
    inner = {folder: _inner(folder) for folder in folders}
    others = [folder for folder in folders if folder not in told.values()]
    if "train" in told and child_folders(told["train"]) and (len(told) > 1 or not others):
        _refuse_more_of_the_same(others, inner, _names(inner[told["train"]]), root)
        _refuse_without_classes(told)
        notes = (*_said(told, inner, root), *_passed_over(others))
        return SplitFolders({split: inner[folder] for split, folder in told.items()}, notes)
    if told and "train" not in told and len(told) == len(folders):
        words = ", ".join(folder.name for folder in folders)
        raise DataError(
            f"there is {words}, but no folder train",
            where=str(root),
            remedy="Name the one to train on train, or set data.path to it and hold out a fraction of it",
        )
    if len(folders) == 1 and len(child_folders(folders[0])) > 0 and not holds_pictures(folders[0]):
        raise DataError(
            f"there is only the folder {folders[0].name} in it",
            where=str(root),
            remedy=f"Set data.path to {folders[0]}",
        )
    _refuse_doubtful(folders, inner, root)
    _refuse_train_beside_others(told.get("train"), others, root)
    return SplitFolders({"train": root})


def split_of(name: str) -> str | None:
    """The split that the name of a folder stands for; None if it is for none, or for two."""
    found = set()
    for token in re.split(r"[\W_]+", _CAMEL.sub("_", name).lower()):
        glued = _GLUED.fullmatch(token)
        split = _WORDS.get(token) or (_WORDS[glued[1]] if glued else None)
        if split:
            found.add(split)
    return found.pop() if len(found) == 1 else None


def _told(folders: Iterable[Path], root: Path) -> dict[str, Path]:
    """Split → the folder whose name says so."""
    found: dict[str, Path] = {}
    for folder in folders:
        split = split_of(folder.name)
        if split is None or not _can_be_split(folder):
            continue
        if split in found:
            words = f"{found[split].name} and {folder.name}"
            raise DataError(
                f"both {words} are for {split}",
                where=str(root),
                remedy="Keep one of them, or move the pictures of one into the folders of the other",
            )
        found[split] = folder
    return {split: found[split] for split in _SPLITS if split in found}


def _can_be_split(folder: Path) -> bool:
    """A name that is more than one word of ours, such as ``bus_station_test``, may be that of a class."""
    return folder.name.lower() in _WORDS or not holds_pictures(folder)


def _inner(folder: Path) -> Path:
    """Where the class folders are: some archives have seg_train/seg_train."""
    below = child_folders(folder)
    if len(below) != 1 or holds_pictures(folder) or len(child_folders(below[0])) < 2:
        return folder
    split = split_of(folder.name)
    alike = below[0].name == folder.name or (split is not None and split_of(below[0].name) == split)
    return below[0] if alike else folder  # a single class whose pictures are sorted further stays one


def _names(folder: Path) -> set[str]:
    return {child.name for child in child_folders(folder)}


def _agree(folders: Iterable[Path], inner: dict[Path, Path]) -> bool:
    """Whether folders hold folders of the same names: all of them, or some of those of the largest."""
    names = [_names(inner[folder]) for folder in folders]
    largest = max(names, key=len)
    return all(len(found) > 1 and found <= largest for found in names)


def _refuse_more_of_the_same(
    others: list[Path], inner: dict[Path, Path], classes: set[str], root: Path
) -> None:
    for folder in others:
        if len(_names(inner[folder]) & classes) > 1:
            raise DataError(
                f"{folder.name} holds the same class folders as the one to train on",
                where=str(root),
                remedy="Name it val or test, or move it out of there",
            )


def _refuse_without_classes(told: dict[str, Path]) -> None:
    for split, folder in told.items():
        if split != "train" and not child_folders(folder) and holds_pictures(folder):
            raise DataError(
                "there are pictures but no class folders",
                where=str(folder),
                remedy="Put the pictures of each class into a folder of its name, or move this folder away; "
                "`nnbabysit predict` answers for pictures whose class is not known",
            )


def _refuse_train_beside_others(train: Path | None, others: list[Path], root: Path) -> None:
    """With folders in it, and no other split beside it, ``train`` may be a split or a kind of vehicle."""
    if train is not None and len(child_folders(train)) > 1 and not holds_pictures(train):
        names = ", ".join(folder.name for folder in others[:5])
        raise DataError(
            f"{train.name} holds folders, and beside it there is {names}: is it a split or a class?",
            where=str(root),
            remedy=f"If it is what to train on, set data.path to {train}; if it is a class, put its pictures "
            "straight into it",
        )


def _refuse_doubtful(folders: list[Path], inner: dict[Path, Path], root: Path) -> None:
    if len(folders) < 2 or any(holds_pictures(folder) for folder in folders):
        return
    shown = " and ".join(folder.name for folder in folders[:3])
    below = [_names(inner[folder]) for folder in folders]
    if all(names and all(split_of(name) for name in names) for names in below):
        raise DataError(
            f"{shown} hold {', '.join(sorted(below[0]))}: the splits are below the classes",
            where=str(root),
            remedy=f"Put the classes into the splits: {sorted(below[0])[0]}/{folders[0].name}",
        )
    if _agree(folders, inner):
        same = ", ".join(sorted(set.intersection(*below))[:5])
        raise DataError(
            f"{shown} hold folders of the same names ({same}): they look like splits, not like classes",
            where=str(root),
            remedy="Name the splits train, val and test; if they are the classes, put the pictures of each "
            "class straight into its folder",
        )


def _said(told: dict[str, Path], inner: dict[Path, Path], root: Path) -> tuple[str, ...]:
    other = [
        f"{inner[folder].relative_to(root).as_posix()} as {split}"
        for split, folder in told.items()
        if folder.name not in _PLAIN or inner[folder] != folder
    ]
    return (f"folders read by what their names seem to say: {', '.join(other)}",) if other else ()


def _passed_over(others: list[Path]) -> tuple[str, ...]:
    if not others:
        return ()
    names = ", ".join(folder.name for folder in others[:10]) + (", …" if len(others) > 10 else "")
    return (f"beside the folders of the splits, passed over: {names}",)
