"""Page: one or several runs as one self-contained HTML file, without JavaScript and without network."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from nnbabysit.core.errors import RunError
from nnbabysit.core.formatting import duration, is_numeric_column, measured_text, value_text, visible
from nnbabysit.core.record.files import os_errors_in_words, write_atomically
from nnbabysit.core.record.run_reader import RecordedRun, read_run
from nnbabysit.core.record.strict_json import ABSENT, Absence, Json
from nnbabysit.core.report.page.comparison import compare_on_page
from nnbabysit.core.report.page.run import REPORT, relative_link, run_page
from nnbabysit.core.report.page.svg import bar_rows, place_chart, place_plane

__all__ = ["REPORT", "write_page"]

SIGNATURE = '<meta name="generator" content="nnbabysit">'
"""Tells a page of ours from a file of the user's."""
_HEAD = 2000  # bytes of a page in which the signature stands


def write_page(runs: Sequence[Path], path: Path) -> Path:
    """Write the page of one run, or of several side by side.

    Args:
        runs: Run directories; only their files are read.
        path: The page; a page of ours that is there is replaced.

    Returns:
        ``path``, absolute.

    Raises:
        RunError: One is no run or damaged, the runs have nothing in common, or ``path`` is a file of the
            user's or cannot be written.
        DiskError: The disk is full, over quota or broken; an old page is intact.
    """
    path = path.absolute()
    _refuse_foreign(path)
    read = [read_run(run) for run in dict.fromkeys(run.resolve() for run in runs)]
    write_atomically(path, _single(read[0], path.parent) if len(read) == 1 else _several(read, path.parent))
    return path


def _single(run: RecordedRun, folder: Path) -> str:
    return _render("run.html.j2", page=run_page(run, folder))


def _several(runs: Sequence[RecordedRun], folder: Path) -> str:
    links = {
        run.path: relative_link(run.path / REPORT, folder) for run in runs if (run.path / REPORT).is_file()
    }
    return _render("comparison.html.j2", comparison=compare_on_page(runs), links=links)


def _refuse_foreign(path: Path) -> None:
    if not path.exists():
        return
    remedy = "Choose another file with --output"
    if not path.is_file():
        raise RunError(
            "this is not a file, so no report can be written there", where=str(path), remedy=remedy
        )
    with os_errors_in_words(path, "read"), path.open("rb") as file:
        head = file.read(_HEAD)
    if head and SIGNATURE.encode() not in head:
        raise RunError("this file is not a report and is not overwritten", where=str(path), remedy=remedy)


def _render(template: str, **context: object) -> str:
    from nnbabysit import __version__

    text = _templates().get_template(template).render(version=__version__, **context)
    return "\n".join(line for line in text.splitlines() if line.strip()) + "\n"


@functools.cache
def _templates() -> Environment:
    """Everything is escaped, which is off by default in Jinja; an unknown name is an error."""
    templates = Environment(
        loader=PackageLoader("nnbabysit.core.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    source, _, _ = templates.loader.get_source(templates, "page.css") if templates.loader else ("", "", None)
    templates.globals |= {"css": Markup(source), "signature": Markup(SIGNATURE)}
    templates.filters |= {
        "measured": measured_text,
        "duration": duration,
        "value": _value,
        "minute": _minute,
        "placed": place_chart,
        "plane": place_plane,
        "bars": bar_rows,
    }
    templates.tests |= {"numeric_column": is_numeric_column}
    return templates


def _value(value: Json | Absence) -> str:
    """A value of a config on one line; empty where there is none."""
    return "" if value is ABSENT else value_text(value)


def _minute(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _harmless(value: object) -> object:
    """Control characters and direction overrides in a text become visible; markup is ours."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
