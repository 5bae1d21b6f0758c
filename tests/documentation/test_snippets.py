"""What the pages show is typed here, and must do what they say."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .snippets import LANGUAGES, ROOT, Snippet, Typed, call, difference, pages, snippets, typed

ALL = {page: snippets(page) for page in pages()}
LONG = "nnbabysit babysit"
SHORTER = (
    *("-S", "search.coarse.trials=4", "-S", "search.coarse.epochs=1"),
    *("-S", "search.fine.trials=3", "-S", "search.fine.epochs=1", "-S", "training.epochs=3"),
)
INSTALLATION = """\
pip install -c constraints.txt . && nnbabysit babysit                  # to use it: in a clone, then anywhere
pip install -c constraints.txt -e ".[dev]" && pytest                   # to develop it: in a clone
"""


def rotating(page: Path) -> object:
    """A page as a parameter: README.md is tried each time, of the others each day a third."""
    marks = [] if page.name == "README.md" and page.parent == ROOT else [pytest.mark.sampled(3)]
    return pytest.param(page, marks=marks, id=str(page.relative_to(ROOT)))


@pytest.mark.parametrize("page", [rotating(page) for page in ALL if ALL[page]])
def test_the_snippets_of_a_page_run(page: Path, tmp_path: Path) -> None:
    for snippet in ALL[page]:
        assert snippet.language in LANGUAGES, f"{snippet.page}:{snippet.line}: name the language of the block"
        trouble = _trouble(snippet, tmp_path, quick=True)
        assert not trouble, f"{snippet.page}:{snippet.line}: {trouble}"


@pytest.mark.slow
def test_the_long_commands_of_the_readme_run_as_they_stand(tmp_path: Path) -> None:
    for snippet in ALL[ROOT / "README.md"]:
        assert not _trouble(snippet, tmp_path, quick=False)


def test_the_two_commands_at_the_top_are_those_of_continuous_integration() -> None:
    first = ALL[ROOT / "README.md"][0]
    assert first.text == INSTALLATION
    assert first.line <= 10
    called = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert 'install --quiet -c constraints.txt -e ".[dev]"' in called


def _trouble(snippet: Snippet, folder: Path, *, quick: bool) -> str:
    """What is wrong with a block, in words."""
    if snippet.text == INSTALLATION or snippet.language == "text":
        return ""
    if snippet.file_name:
        (folder / snippet.file_name).parent.mkdir(parents=True, exist_ok=True)
        (folder / snippet.file_name).write_text(snippet.text, encoding="utf-8")
    if snippet.language == "yaml":
        assert snippet.file_name, f"{snippet.page}:{snippet.line}: begin the block with # name.yaml"
        return _run(
            Typed(command=f"nnbabysit config check {snippet.file_name}", printed=("...",)), folder, quick
        )
    if snippet.language == "python":
        done = call([sys.executable, "-c", snippet.text], folder) if not snippet.file_name else None
        return done.stdout if done and done.returncode else ""
    return next(filter(None, (_run(line, folder, quick) for line in typed(snippet))), "")


def _run(line: Typed, folder: Path, quick: bool) -> str:
    """Run one command; what it printed must be what is shown, and where nothing is shown it must succeed."""
    command = line.command
    if quick and command.startswith(LONG):
        command = f"{command} {' '.join(SHORTER)}"
        line = Typed(command=command)
    done = call(["bash", "-c", command], folder)
    if not line.printed or line.printed == ("...",):
        return f"{command}: {done.stdout}" if done.returncode else ""
    found = difference(line.printed, done.stdout.splitlines())
    return f"{command}: {found}\n{done.stdout}" if found else ""


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        (["a 1.00"], ["a 1.01"], True),
        (["a 1.00"], ["a 1.50"], False),
        (["epoch 20"], ["epoch 21"], False),
        (["a", "..."], ["a", "b", "c"], True),
        (["a"], ["a", "b"], False),
        (["...", "c"], ["a", "b", "c"], True),
        (["...", "d"], ["a", "b", "c"], False),
        (["x ... 0.5 z"], ["x 7, 8 and 0.51 z"], True),
        (["x ... 0.5 z"], ["x 7, 8 and 0.61 z"], False),
        (["run   runs/2026-11-21_0254_silver-corgi_train"], ["run   runs/2027-01-01_0000_a-b_train"], True),
        (["run   runs/2026-11-21_0254_silver-corgi_train"], ["run   runs/2027-01-01_0000_a-b_sanity"], False),
        (["best 1e-3"], ["best 9.9e-4"], True),
        (["25% of [x]"], ["25% of [x]"], True),
    ],
)
def test_the_comparison(shown: list[str], printed: list[str], same: bool) -> None:
    assert (difference(shown, printed) == "") is same
