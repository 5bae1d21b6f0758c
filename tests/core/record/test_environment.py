"""Environment and git state."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nnbabysit.core.record import environment


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        [
            "git",
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.org",
            "-c",
            "init.defaultBranch=main",
            *arguments,
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init")
    (tmp_path / "model.py").write_text("depth = 1\n")
    git(tmp_path, "add", "model.py")
    return tmp_path


def test_versions_come_without_importing_the_packages() -> None:
    code = (
        "import sys; from nnbabysit.core.record.run import Run; "
        "from nnbabysit.core.record.environment import environment; e = environment(); "
        "assert e['versions']['torch'] and e['versions']['python'] and e['cores'] >= 1; "
        "print([m for m in ('torch', 'numpy', 'matplotlib', 'optuna') if m in sys.modules])"
    )
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert output.stdout.strip() == "[]"


def test_a_package_that_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "PACKAGES", ("no-such-package",))
    assert environment.environment()["versions"]["no-such-package"] is None


def test_passwords_in_urls_are_hidden() -> None:
    text = "search.storage=postgresql://me:secret@db.example.org/studies"
    assert environment.without_passwords(text) == "search.storage=postgresql://me:***@db.example.org/studies"
    assert environment.without_passwords("sqlite:///study.db") == "sqlite:///study.db"


def test_outside_a_repository_there_is_no_state(tmp_path: Path) -> None:
    assert environment.git_state(tmp_path) == ({}, None)


def test_a_clean_repository(repository: Path) -> None:
    git(repository, "commit", "-m", "first")
    (repository / "notes.txt").write_text("x")
    state, diff = environment.git_state(repository)
    assert len(state.pop("commit") or "") == 40
    assert state == {"branch": "main", "dirty": False, "untracked": ["notes.txt"]}
    assert diff == ""


def test_the_difference_of_a_changed_repository_is_kept(repository: Path) -> None:
    git(repository, "commit", "-m", "first")
    (repository / "model.py").write_text("depth = 2\n")
    (repository / "sub").mkdir()
    state, diff = environment.git_state(repository / "sub")
    assert state["dirty"] is True
    assert diff is not None
    assert "-depth = 1\n+depth = 2\n" in diff


def test_before_the_first_commit_everything_is_the_difference(repository: Path) -> None:
    state, diff = environment.git_state(repository)
    assert state["commit"] is None
    assert state["dirty"] is True
    assert diff is not None
    assert "+depth = 1" in diff


def test_a_broken_repository_is_noted_and_never_reads_as_clean(repository: Path) -> None:
    (repository / ".git" / "HEAD").write_text("rubbish")
    state, diff = environment.git_state(repository)
    assert state["error"]
    assert diff is None


def test_a_git_that_hangs_is_given_up(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*arguments: object, **settings: object) -> None:
        raise subprocess.TimeoutExpired("git", environment.GIT_TIMEOUT_SECONDS)

    monkeypatch.setattr(subprocess, "run", hang)
    assert environment.git_state(repository) == ({"error": "git did not answer within 5 seconds"}, None)


def test_without_git_the_run_goes_on(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert environment.git_state(repository) == ({"error": "git is not installed"}, None)
    assert environment.git_state(tmp_path_factory.mktemp("plain")) == ({}, None)


def test_programs_of_the_repository_are_not_started(repository: Path) -> None:
    git(repository, "commit", "-m", "first")
    trap = repository / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {repository}/sprung\n")
    trap.chmod(0o755)
    git(repository, "config", "diff.external", str(trap))
    git(repository, "config", "core.fsmonitor", str(trap))
    (repository / "model.py").write_text("depth = 3\n")
    environment.git_state(repository)
    assert not (repository / "sprung").exists()


def test_a_giant_difference_is_cut_and_said(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "DIFF_LIMIT_BYTES", 20)
    state, diff = environment.git_state(repository)
    assert diff is not None
    assert len(diff) == 20
    assert "only the first 20" in state["error"]
