"""Environment: which versions, which machine and which state of the code a run was made with.

Nothing is imported for it: versions come from the metadata of the installed packages, in milliseconds.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
from importlib import metadata
from pathlib import Path
from typing import TypedDict

PACKAGES = ("nnbabysit", "torch", "numpy", "optuna", "pydantic", "matplotlib", "safetensors")
GIT_TIMEOUT_SECONDS = 5.0
DIFF_LIMIT_BYTES = 10_000_000
_UNTRACKED_LIMIT = 100
_PASSWORD = re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+@")


class Software(TypedDict):
    """Package → version, None if it is not installed; the operating system; CPU cores of this process."""

    versions: dict[str, str | None]
    platform: str
    cores: int


class GitState(TypedDict, total=False):
    """State of a git repository; empty outside of one.

    Attributes:
        commit: None before the first.
        branch: None when detached.
        dirty: Whether tracked files differ from the commit.
        untracked: Up to 100 paths.
        error: Why git failed, if it did.
    """

    commit: str | None
    branch: str | None
    dirty: bool
    untracked: list[str]
    error: str


def environment() -> Software:
    """What decides about a result beside the config."""
    versions: dict[str, str | None] = {"python": platform.python_version()}
    versions |= {package: _version(package) for package in PACKAGES}
    return {"versions": versions, "platform": platform.platform(), "cores": _cores()}


def without_passwords(text: str) -> str:
    """The text with the password of each URL replaced: run directories are passed on to other people."""
    return _PASSWORD.sub(r"\1:***@", text)


def git_state(folder: Path) -> tuple[GitState, str | None]:
    """State of the git repository that ``folder`` belongs to.

    A failure is noted, never raised: a run must not depend on git. The user's hooks and external programs are
    not started.

    Returns:
        The state, and beside it the difference to the commit as text, or None.
    """
    try:
        if _git(folder, "rev-parse", "--is-inside-work-tree").strip() != b"true":
            return {}, None
    except FileNotFoundError:
        return ({"error": "git is not installed"} if _in_repository(folder) else {}), None
    except (OSError, subprocess.SubprocessError) as error:
        return ({"error": _in_words(error)} if _in_repository(folder) else {}), None
    try:
        state = _parsed_status(_git(folder, "status", "--porcelain=v2", "--branch", "-z"))
    except (OSError, subprocess.SubprocessError) as error:
        return {"error": _in_words(error)}, None
    try:
        return state, _difference(folder, state)
    except (OSError, subprocess.SubprocessError) as error:
        return {**state, "error": _in_words(error)}, None


def _difference(folder: Path, state: GitState) -> str:
    # Before the first commit there is no HEAD to compare with; the empty tree takes its place.
    base = state["commit"] or _git(folder, "hash-object", "-t", "tree", "--stdin").decode().strip()
    diff = _git(folder, "diff", "--no-ext-diff", "--no-textconv", "--no-color", base)
    if len(diff) > DIFF_LIMIT_BYTES:
        state["error"] = (
            f"the difference is {len(diff)} bytes long, only the first {DIFF_LIMIT_BYTES} are kept"
        )
    return diff[:DIFF_LIMIT_BYTES].decode(errors="replace")


def _parsed_status(output: bytes) -> GitState:
    entries = output.decode(errors="replace").split("\0")
    headers = dict(entry[2:].split(" ", 1) for entry in entries if entry.startswith("# "))
    commit, branch = headers.get("branch.oid"), headers.get("branch.head")
    untracked = [entry[2:] for entry in entries if entry.startswith("? ")]
    return {
        "commit": None if commit == "(initial)" else commit,
        "branch": None if branch == "(detached)" else branch,
        "dirty": any(entry.startswith(("1 ", "2 ", "u ")) for entry in entries),
        "untracked": untracked[:_UNTRACKED_LIMIT],
    }


def _git(folder: Path, *arguments: str) -> bytes:
    """Output of a git command that changes nothing and starts nothing of the user's."""
    return subprocess.run(
        ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", *arguments],
        cwd=folder,
        env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
        input=b"",
        capture_output=True,
        timeout=GIT_TIMEOUT_SECONDS,
        check=True,
    ).stdout


def _in_words(error: Exception) -> str:
    if isinstance(error, subprocess.TimeoutExpired):
        return f"git did not answer within {GIT_TIMEOUT_SECONDS:g} seconds"
    if isinstance(error, subprocess.CalledProcessError):
        lines = error.stderr.decode(errors="replace").strip().splitlines()
        return lines[0] if lines else f"git ended with {error.returncode}"
    return str(error)


def _in_repository(folder: Path) -> bool:
    folder = folder.absolute()
    return any((parent / ".git").exists() for parent in (folder, *folder.parents))


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
