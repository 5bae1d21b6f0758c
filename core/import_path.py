"""Import paths: ``package.module:Name`` and ``/abs/model.py:Name`` become the object they name.

A file is imported as a real module by name, from a folder that is put on ``sys.path``. A module that is made
from a file location alone cannot be found again by the worker processes of a DataLoader under spawn or
forkserver.

An object that a Python program handed over gets a name too, ``in-memory:Name``, which this process alone can
follow. It is no valid module name, so that no file can be mistaken for it.
"""

from __future__ import annotations

import importlib
import sys
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType

from nnbabysit.core.errors import UserCodeError, UserError
from nnbabysit.core.user_code import raised_at

IN_MEMORY = "in-memory"
"""What stands before the colon of an object that lives in this process alone."""
_in_memory: dict[str, tuple[object, object]] = {}
"""Target → the object that it leads to, and the object that it was named after."""


def keep_in_memory(found: object, name: str, *, named_after: object = None) -> str:
    """Give an object a target that ``load`` follows until ``forget`` or the end of the process.

    Args:
        found: What ``load`` is to return.
        name: What people call it; only its ASCII letters, digits and underscores are used.
        named_after: What the target stands for, if that is not ``found`` itself.

    Returns:
        ``in-memory:Name``; with a number behind it if something else has that name. What has a target already
        keeps it, and it leads to ``found`` from now on.
    """
    source = found if named_after is None else named_after
    plain = "".join(c for c in name if c.isascii() and (c.isalnum() or c == "_")) or "object"
    number, target = 1, f"{IN_MEMORY}:{plain}"
    while target in _in_memory and _in_memory[target][1] is not source:
        number += 1
        target = f"{IN_MEMORY}:{plain}-{number}"
    _in_memory[target] = found, source
    return target


def keep_at(target: str, found: object) -> None:
    """Let an in-memory target of another process lead to ``found`` in this one."""
    _in_memory[target] = found, found


def forget(target: str) -> None:
    """Let go of an object that was kept; nothing happens when there is none."""
    _in_memory.pop(target, None)


def is_in_memory(target: str) -> bool:
    """Whether a target names an object that a Python program handed over, in this process or another."""
    return target.startswith(f"{IN_MEMORY}:")


def load(target: str) -> object:
    """The object that ``target`` names.

    Args:
        target: ``package.module:Name`` or ``/abs/model.py:Name``, where Name may hold dots, or what
            ``keep_in_memory`` returned.

    Raises:
        UserError: The target has no colon, or the module or the name in it is not there.
        UserCodeError: The module raises while it is imported.
    """
    place, colon, name = target.rpartition(":")
    if not colon or not place or not name:
        raise UserError(f"{target!r} is no import path", remedy="Write package.module:Name or ./file.py:Name")
    if place == IN_MEMORY:
        return _kept(target)
    module = _load_file(Path(place), target) if place.endswith(".py") else _import(place, target)
    found: object = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise _name_not_found(part, found, target)
        found = getattr(found, part)
    return found


def _kept(target: str) -> object:
    if target not in _in_memory:
        raise UserError(
            "this was handed over by a Python program and lives in the memory of that program alone",
            where=target,
            remedy="Run that program again, or put the code in a file and write ./file.py:Name",
        )
    return _in_memory[target][0]


def module_of(file: Path) -> tuple[Path, str]:
    """Folder for ``sys.path`` and dotted module name of a Python file.

    The folder is the nearest one that is not a package itself, so that relative imports in the file work.
    """
    names = [] if file.name == "__init__.py" else [file.stem]
    folder = file.parent
    while (folder / "__init__.py").is_file() and folder.name.isidentifier():
        names.insert(0, folder.name)
        folder = folder.parent
    return folder, ".".join(names)


def _load_file(file: Path, target: str) -> ModuleType:
    """The module of a file, imported by name."""
    file = file.resolve()
    if not file.is_file():
        raise UserError(f"there is no file {file}", where=target, remedy="Check the path before the colon")
    folder, name = module_of(file)
    if not all(part.isidentifier() for part in name.split(".")):
        raise UserError(
            f"{file.name} cannot be imported by name",
            where=target,
            remedy="Rename it to letters, digits and underscores",
        )
    _refuse_other(name, sys.modules.get(name), file, target)
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    module = _import(name, target)
    _refuse_other(name, module, file, target)
    return module


def _refuse_other(name: str, module: ModuleType | None, file: Path, target: str) -> None:
    """Refuse a module that goes by the same name but comes from elsewhere."""
    if module is None:
        return
    origin = getattr(module, "__file__", None)
    if origin is None or Path(origin).resolve() != file:
        other = origin or "Python itself"
        raise UserError(
            f"{file} would be imported as {name!r}, but another module of that name is loaded from {other}",
            where=target,
            remedy="Rename the file",
        )


def _import(name: str, target: str) -> ModuleType:
    """The module of that name; what it raises is shown with its place in the user's file."""
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise UserError(
                f"there is no module {error.name!r}",
                where=target,
                remedy="Install it, or put its file beside the config and write ./file.py:Name",
            ) from error
        raise _raised(name, target, error) from error
    except (Exception, SystemExit) as error:
        raise _raised(name, target, error) from error


def _raised(name: str, target: str, error: BaseException) -> UserCodeError:
    """The error of a module that raises while it is imported, with its innermost place."""
    if isinstance(error, SyntaxError) and error.filename:
        place = f"{error.filename}:{error.lineno}"
    else:
        place = raised_at(error) or target
    words = str(error).partition("\n")[0]
    kind = type(error).__name__
    message = f"importing {name} raised {kind}: {words}" if words else f"importing {name} raised {kind}"
    return UserCodeError(message, where=place, remedy=_remedy(error))


def _remedy(error: BaseException) -> str:
    """The way out of the two commonest slips."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"Install {error.name.partition('.')[0]}, or remove the import"
    if isinstance(error, SystemExit):
        return 'Put what runs the script under if __name__ == "__main__":'
    return ""


def _name_not_found(name: str, found: object, target: str) -> UserError:
    """The error of a name that is not there, with the nearest one that is."""
    known = [other for other in dir(found) if not other.startswith("_")]
    near = get_close_matches(name, known, n=1)
    kind = getattr(found, "__name__", type(found).__name__)
    return UserError(
        f"{kind} has no {name!r}", where=target, remedy=f"Did you mean {near[0]}?" if near else ""
    )
