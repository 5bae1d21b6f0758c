"""The folder of runs: whether it can be written, and finding a run in it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nnbabysit.core.errors import RunError

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import Config


def check_runs_root(root: Path) -> None:
    """See early whether run directories can be made; nothing is written.

    Raises:
        RunError: The folder, or the nearest one above it that exists, is no folder or cannot be written.
    """
    remedy = "Choose another folder with --runs-dir"
    existing = next(
        folder for folder in (root.absolute(), *root.absolute().parents) if os.path.lexists(folder)
    )
    if not existing.is_dir():
        what = "this is not a folder" if existing == root.absolute() else f"{existing} is not a folder"
        raise RunError(f"{what}, so runs cannot be written there", where=str(root), remedy=remedy)
    if not os.access(existing, os.W_OK | os.X_OK):
        raise RunError("runs cannot be written there: permission denied", where=str(root), remedy=remedy)


def find_run(name: str, root: Path) -> Path:
    """A run directory by its path, by its name in the folder of runs, or by the end of that name.

    ``latest`` is a name; ``brave-otter_train`` is enough of one as long as no other run ends so.

    Raises:
        RunError: The name is empty, there is none, or several end so.
    """
    if not name:  # such as an empty variable of the shell; as a path it would be the current folder
        raise RunError("a run has to be named", remedy="nnbabysit runs ls lists them")
    for path in (Path(name), root / name):
        if _is_dir(path):
            return path.resolve()
    ending = _ending_so(name, root)
    if len(ending) == 1:
        return ending[0].resolve()
    if ending:
        names = ", ".join(path.name for path in ending[:3])
        raise RunError(f"several runs are called {name}: {names}", where=str(root), remedy="Give one in full")
    raise RunError(
        f"there is no run {name}",
        where=str(root),
        remedy="Give the path of a run directory; nnbabysit runs ls lists them",
    )


def newest_run(root: Path, *, trained: bool = False, ensembles: bool = True) -> Path:
    """The newest run of a folder, which is said on the screen.

    Args:
        root: Folder of the runs.
        trained: Only a training whose best weights are there, or an ensemble of them.
        ensembles: Whether an ensemble will do.

    Raises:
        RunError: There is none.
    """
    from nnbabysit.cli.render.result import shown_path
    from nnbabysit.cli.render.terminal import error_line
    from nnbabysit.core.formatting import clean_line
    from nnbabysit.core.record.archive import read_meta
    from nnbabysit.core.record.catalog import find_runs
    from nnbabysit.core.workflow.gates.train.ensemble_members import COMMAND

    def fits(path: Path) -> bool:
        command = read_meta(path).get("command")
        if command == COMMAND:
            return ensembles
        return command == "train" and any((path / "checkpoints").glob("best.*"))

    path = next((path for path in find_runs(root) if not trained or fits(path)), None)
    if path is None:
        kind, remedy = ("trained network", "nnbabysit train trains one") if trained else ("run", "")
        raise RunError(
            f"there is no {kind} here yet", where=str(root), remedy=remedy or "Run a command first"
        )
    what = "training" if trained else "run"
    error_line(clean_line(f"no RUN was named: the newest {what} is taken, {shown_path(path)}"))
    return path


def with_run_found(config: Config, root: Path) -> Config:
    """The config with a path for the run that ``transfer.from`` calls by its name.

    Raises:
        RunError: There is no such run, or several.
    """
    if config.transfer is None or Path(config.transfer.source).is_absolute():
        return config
    found = find_run(config.transfer.source, root)
    transfer = config.transfer.model_copy(update={"from": str(found)})
    return config.model_copy(update={"transfer": transfer})


def run_to_remove(name: str, root: Path) -> Path:
    """A run directory as ``find_run`` finds it, but never one that a link leads to elsewhere.

    ``latest`` points to a run beside itself, and so may any other link.

    Raises:
        RunError: There is no such run, or the link leads to another folder.
    """
    found = find_run(name, root)
    for path in (Path(name), root / name):
        if path.is_symlink() and found.parent != path.parent.resolve():
            remedy = "Name the run itself, not the link"
            raise RunError(f"this link leads to another folder, {found}", where=str(path), remedy=remedy)
    return found


def _ending_so(name: str, root: Path) -> list[Path]:
    """Folders whose name ends with these words, such as ``brave-otter`` and ``brave-otter_train``."""
    if not name or "/" in name or "\\" in name or not _is_dir(root):
        return []
    with suppress(OSError):
        folders = [path for path in root.iterdir() if path.is_dir() and not path.is_symlink()]
        return sorted(path for path in folders if f"_{name}_" in f"{path.name}_")
    return []


def _is_dir(path: Path) -> bool:
    """Whether a folder is there; a name that no folder can have is not."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def find_resumable(name: str, root: Path) -> Path:
    """A training, an ensemble of them, or a search, as ``find_run`` finds it.

    Raises:
        RunError: There is no such run, or a run of its command is not continued.
    """
    from nnbabysit.core.record.archive import read_meta
    from nnbabysit.core.record.run_reader import SEARCHES, TRAININGS

    path = find_run(name, root)
    command = read_meta(path).get("command")
    if command not in (*TRAININGS, *SEARCHES):
        remedy = "Run the command again: only trainings and searches are continued"
        raise RunError(f"this is a run of {command}", where=str(path), remedy=remedy)
    return path


def is_search(path: Path) -> bool:
    """Whether a run is a search."""
    from nnbabysit.core.record.archive import read_meta
    from nnbabysit.core.record.run_reader import SEARCHES

    return read_meta(path).get("command") in SEARCHES


def find_coarse_run(name: str | None, config: Config, root: Path) -> Path | None:
    """Where ``search --fine`` starts: the named run, the newest coarse run of this config, or its own space.

    Raises:
        RunError: There is no such run.
    """
    if name:
        return find_run(name, root)
    if config.search.fine.space is not None:
        return None
    from nnbabysit.core.search.store.lineage import find_coarse

    return find_coarse(root, config)
