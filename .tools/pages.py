"""The pages that are written from the code: ``make docs`` writes them, a test compares."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import commands_page
import rules_page
import settings_page
from files_table import documented_folders, with_files

ROOT = Path(__file__).resolve().parents[1]
PAGES: dict[str, Callable[[], str]] = {
    settings_page.PATH: settings_page.settings_page,
    commands_page.PATH: commands_page.commands_page,
    rules_page.PATH: rules_page.rules_page,
    **{
        f"{folder.relative_to(ROOT)}/README.md": partial(with_files, folder)
        for folder in documented_folders()
    },
}


def write_pages() -> None:
    """Write each page and say which have changed."""
    for name, page in PAGES.items():
        path, text = ROOT / name, page()
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{'kept   ' if old == text else 'written'} {name}\n")


if __name__ == "__main__":
    write_pages()
