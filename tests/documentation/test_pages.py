"""The generated pages are current, and every command, rule, setting and link of the pages is there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path

import pytest

from commands_page import WIDTH, contexts
from files_table import documented_folders
from nnbabysit.core.config.fields import all_keys
from nnbabysit.core.diagnosis.rules.registry import RULES
from nnbabysit.core.models.settings import SETTINGS
from pages import PAGES, ROOT

from .snippets import pages

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [words for words, context in contexts() if not hasattr(context.command, "commands")]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|<(?:img|a)[^>]+(?:src|href)=\"([^\"]+)\"")
GUIDES = sorted((ROOT / ".docs").glob("*.md"))
LIMIT = 125
PICTURE_LIMIT = 150_000


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_current(name: str) -> None:
    pinned = f"typer=={version('typer')}" in (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    if name == "cli/REFERENCE.md" and not pinned:
        pytest.skip("another Typer words ranges and choices otherwise")
    path = ROOT / name
    assert path.exists(), "run make docs"
    assert path.read_text(encoding="utf-8") == PAGES[name](), f"{name} is stale: run make docs"


@pytest.mark.parametrize("words", [("nnbabysit",), ("nnbabysit", "runs", "compare"), ("nnbabysit", "search")])
def test_the_reference_is_what_a_person_sees(words: tuple[str, ...], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *words, "--help"],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": str(WIDTH + 2)},  # the width of the text is two below the terminal's
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"```text\n{done.stdout.rstrip()}\n```" in PAGES["cli/REFERENCE.md"]()


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_is_in_the_readme_and_in_the_reference(words: tuple[str, ...]) -> None:
    *group, name = words[1:]
    rows = re.findall(r"^\| (`nnbabysit .*?`) \| ", README, re.MULTILINE)
    cells = [cell for row in rows for cell in re.findall(r"`([^`]+)`", row)]
    named = [
        cell for cell in cells if all(re.search(rf"\b{re.escape(word)}\b", cell) for word in (*group, name))
    ]
    assert named, f"the table of commands lacks {' '.join(words)}"
    assert f"## {' '.join(words)}\n" in PAGES["cli/REFERENCE.md"]()


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_a_rule_is_in_the_list_of_rules(rule: object) -> None:
    page = PAGES["core/diagnosis/RULES.md"]()
    assert f"### {rule.id} {rule.name}\n" in page  # type: ignore[attr-defined]


def test_a_setting_is_in_the_list_of_settings() -> None:
    page = PAGES["configs/README.md"]()
    keys = [re.sub(r"^(overfit_tiny|pretrain)\.optimizer\.", "optimizer.", key) for key in all_keys()]
    free = [f"model.args.{name}" for settings in SETTINGS.values() for name in settings.model_fields]
    lacking = [key for key in (*keys, *free) if f"`{key}" not in page and f"## {key}\n" not in page]
    assert lacking == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_links_to_exists(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in filter(None, (link for found in LINK.findall(text) for link in found)):
        if target.startswith(("https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        linked = (page.parent / name) if name else page
        assert linked.exists(), target
        if anchor:
            assert anchor in _anchors(linked), target


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_a_path_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`((?:cli|core|configs|tests|\.\w+)/[\w./-]*)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_a_setting_or_rule_that_a_guide_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    sections = "|".join(dict.fromkeys(key.partition(".")[0] for key in all_keys() if "." in key))
    named = re.findall(rf"`((?:{sections})\.[a-z_.0-9]+)(?:: [^`]*)?`", text)
    known = {key for path in all_keys() for key in accumulate(path.split("."), "{}.{}".format)}
    assert [name for name in named if name not in known] == []
    rules = {rule.id for rule in RULES}
    assert {name for name in re.findall(r"\b[A-Z]{3}\d{3}\b", text)} - rules == set()


def test_every_guide_is_in_their_list() -> None:
    listed = (ROOT / ".docs" / "README.md").read_text(encoding="utf-8")
    assert [
        page.name for page in GUIDES if page.name != "README.md" and f"]({page.name})" not in listed
    ] == []


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= LIMIT


def test_the_pictures_are_small_and_shown() -> None:
    pictures = sorted((ROOT / ".pictures").iterdir())
    assert pictures
    for picture in pictures:
        assert picture.stat().st_size < PICTURE_LIMIT, picture.name
        assert f".pictures/{picture.name}" in README, picture.name
        if picture.suffix == ".svg":
            assert "http" not in picture.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize("folder", documented_folders(), ids=lambda folder: folder.name)
def test_a_readme_says_why_and_covers_every_file_of_its_folder(folder: Path) -> None:
    why, _, files = (folder / "README.md").read_text(encoding="utf-8").partition("\n## Files\n")
    assert len(why.splitlines()) > 8
    modules = [path for path in folder.rglob("*.py") if path.name != "__init__.py"]
    assert [path.name for path in modules if f"`{path.relative_to(folder)}` | " not in files] == []


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
