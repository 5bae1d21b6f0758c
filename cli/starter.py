"""Starter: what ``init`` does before anything runs: list, write, and say what was written."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nnbabysit.cli.config_origin import schema_text
from nnbabysit.cli.options import Options
from nnbabysit.cli.query import answer, document
from nnbabysit.cli.render.output import print_json
from nnbabysit.cli.render.result import command_line, shown_path
from nnbabysit.cli.render.terminal import error_line, write
from nnbabysit.core.formatting import clean_line
from nnbabysit.core.paths import current_folder, with_home

if TYPE_CHECKING:
    from nnbabysit.core.workflow.init.proposal import Proposal

CONFIG = "nnbabysit.yaml"


def begin(
    options: Options,
    template: str | None,
    listed: bool,
    model: str | None,
    data: str | None,
    target: str | None,
    output: Path | None,
    force: bool,
    *,
    quiet: bool,
) -> tuple[str | None, int]:
    """List the templates, or write a config.

    Args:
        options: The common options as typed.
        template: Name of a template, or None.
        listed: Whether to list them.
        model: The user's network, or None for a template.
        data: The user's data.
        target: Column of a table.
        output: Where to, as typed.
        force: Whether files may be replaced.
        quiet: Whether a command follows, which has stdout for itself.

    Returns:
        Path of the config, as a command line takes it, or None if none was written; and the exit code.
    """
    written: list[str] = []

    def work() -> int:
        if listed:
            return _list(options)
        file = place_of(output)
        if model is None or data is None:
            paths, proposal = _write_template(template, file, force), None
        else:
            proposal = _propose(options, model, data, target, file)
            paths = _write({file: proposal.text}, file, force)
        written.append(shown_config(file))
        _report(paths, proposal, written[0], options, before_a_run=quiet)
        return 0

    code = answer("init", options, work)
    return (written[0] if written and not code else None), code


def place_of(output: Path | None) -> Path:
    """The config file that ``--output`` means: itself with the ending of one, else a file in that folder."""
    if output is None:
        return current_folder() / CONFIG
    path = Path(os.path.normpath(current_folder() / with_home(output)))
    is_file = path.suffix.lower() in (".yaml", ".yml") and not path.is_dir()
    return path if is_file else path / CONFIG


def shown_config(file: Path) -> str:
    """The config as a command line takes it; a plain word could be the name of a bundled one."""
    shown = shown_path(file)
    return shown if shown.endswith((".yaml", ".yml")) else os.path.join(".", shown)  # noqa: PTH118 (keeps ./)


def _list(options: Options) -> int:
    from nnbabysit.core.config.files.template import templates
    from nnbabysit.core.config.reference.techniques import techniques
    from nnbabysit.core.models.settings import SETTINGS

    found, named = templates(), techniques(SETTINGS)
    if options.json:
        rows = [{"name": template.name, "summary": template.summary} for template in found]
        settings = [{"setting": t.setting, "value": t.value, "summary": t.summary} for t in named]
        print_json(document("init", templates=rows, techniques=settings))
        return 0
    _write_table([(template.name, template.summary) for template in found])
    write(sys.stdout, "\nWhat a config can name\n")
    _write_table([(f"{t.setting}={t.value}" if t.value else t.setting, t.summary) for t in named])
    return 0


def _write_table(rows: list[tuple[str, str]]) -> None:
    width = max(len(name) for name, _ in rows)
    for name, summary in rows:
        write(sys.stdout, f"{name:<{width}}  {summary}\n")


def _write_template(name: str | None, file: Path, force: bool) -> list[Path]:
    from nnbabysit.core.config.files.template import find

    template = find(name)
    files = {file: template.text(file.name)}
    files |= {file.parent / code: text for code, text in template.code().items()}
    return _write(files, file, force)


def _write(files: dict[Path, str], file: Path, force: bool) -> list[Path]:
    from nnbabysit.core.config.reference.json_schema import FILE
    from nnbabysit.core.workflow.init.files import Starter

    return Starter(files, schema=schema_text(), schema_file=file.parent / FILE).write(force=force)


def _propose(options: Options, model: str, data: str, target: str | None, file: Path) -> Proposal:
    from nnbabysit.core.workflow.init.proposal import Request, propose

    if not options.quiet:
        error_line(clean_line(f"nnbabysit init: looking at {data} and {model}"))
    request = Request(
        model=model, data=data, target=target, overrides=options.overrides, file=file, cwd=current_folder()
    )
    return propose(request)


def _report(
    paths: list[Path], proposal: Proposal | None, config: str, options: Options, *, before_a_run: bool
) -> None:
    hints = proposal.hints if proposal else ()
    missing = proposal.missing if proposal else ()
    following = command_line("nnbabysit", "sanity" if missing else "babysit", config)
    if options.json and not before_a_run:
        shown = [str(path) for path in paths]
        print_json(document("init", files=shown, hints=[*hints], set_me=[*missing], next=following))
        return
    stream = sys.stderr if before_a_run else sys.stdout
    for path in paths:
        write(stream, f"wrote  {clean_line(shown_path(path))}\n")
    if options.quiet:
        return
    for hint in hints:
        write(stream, f"look   {clean_line(hint)}\n")
    for name in missing:
        write(
            stream,
            f"set    model.args.{clean_line(name)}: the network needs it and the data cannot tell\n",
        )
    if not before_a_run:
        write(stream, f"next   {following}\n")
