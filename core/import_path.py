"""Import paths: ``package.module:Name`` and ``/abs/model.py:Name`` become the object they name.

A file is imported as a real module by name, from a folder that is put on ``sys.path``. A module that is made
from a file location alone cannot be found again by the worker processes of a DataLoader under spawn or
forkserver.
"""

from __future__ import annotations

import importlib
import sys
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType

from nnbabysit.core.errors import UserCodeError, UserError
from nnbabysit.core.user_code import raised_at


def load(target: str) -> object:
    """The object that ``target`` names.

    Args:
        target: ``package.module:Name`` or ``/abs/model.py:Name``; Name may hold dots.

    Raises:
        UserError: The target has no colon, or the module or the name in it is not there.
        UserCodeError: The module raises while it is imported.
    """
    place, colon, name = target.rpartition(":")
    if not colon or not place or not name:
        raise UserError(f"{target!r} is no import path", remedy="Write package.module:Name or ./file.py:Name")
    module = _load_file(Path(place), target) if place.endswith(".py") else _import(place, target)
    found: object = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise _name_not_found(part, found, target)
        found = getattr(found, part)
    return found


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
