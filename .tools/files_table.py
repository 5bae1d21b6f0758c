"""The table of files at the end of a folder's README: every module with what its docstring says first."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
START = "## Files\n\n<!-- from the modules' docstrings, by make docs -->\n\n"


def documented_folders() -> list[Path]:
    """Every folder of modules with a README of its own."""
    readmes = [ROOT / "cli" / "README.md", *sorted((ROOT / "core").glob("*/README.md"))]
    return [readme.parent for readme in readmes]


def with_files(folder: Path) -> str:
    """The README of a folder, its table of files replaced or added."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    prose = text.partition(START)[0].rstrip()
    modules = [path for path in sorted(folder.rglob("*.py")) if path.name != "__init__.py"]
    rows = [f"| `{path.relative_to(folder)}` | {_sentence(path)} |" for path in modules]
    return f"{prose}\n\n{START}" + "\n".join(["| file | what |", "|---|---|", *rows]) + "\n"


def _sentence(path: Path) -> str:
    """First paragraph of the module's docstring, on one line of a table."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(docstring.split("\n\n")[0].split())
    return paragraph.replace("``", "`").replace("|", "\\|")
