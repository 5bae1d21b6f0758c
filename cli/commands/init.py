"""``init``: a first config to start from."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnbabysit.cli.options import Options, with_options_but_no_config
from nnbabysit.cli.typer_app import Command
from nnbabysit.core.paths import current_folder, with_home

if TYPE_CHECKING:
    from nnbabysit.core.workflow.init.proposal import Proposal

_FILE = "nnbabysit.yaml"


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """The flags of ``init`` as typed."""

    template: str | None
    listed: bool
    model: str | None
    data: str | None
    target: str | None
    output: Path | None
    force: bool
    run: bool


@Command(name="init", order=10).register
@with_options_but_no_config
def init(
    options: Options,
    template: Annotated[
        str | None, typer.Argument(metavar="TEMPLATE", help="Name of a template; default: digits.")
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="List the templates, and what a config can name.")
    ] = False,
    model: Annotated[
        str | None,
        typer.Option("--from", metavar="MODEL", help="Your own network, such as model.py:Net; needs --data."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data", metavar="DATA", help="Your own file, folder or function, such as ./data.py:load."
        ),
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", metavar="COLUMN", help="Column of a table that is predicted.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="Config file, or folder for it; default: ./nnbabysit.yaml.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    run: Annotated[bool, typer.Option("--run", help="Go on with babysit on what was written.")] = False,
) -> int:
    """Write a first config.

    With a TEMPLATE: one of the bundled configs, short and commented; bring-your-own brings its model.py and
    data.py along. With --from and --data: a config for a network and data of your own. The data are read,
    classes are counted and the network is tried once; loss, batch size, preprocessing and the rest are
    proposed, each with its reason in a comment. -S puts a value of yours into it, such as an argument that
    the network needs: -S model.args.hidden=64.

    Beside the config goes nnbabysit.schema.json, by which editors complete and check it without a network.
    Nothing that is there is replaced without --force.

    Example: nnbabysit init --from model.py:Net --data measurements.csv --target species
    """
    asked = _Asked(
        template=template, listed=listed, model=model, data=data, target=target, output=output,
        force=force, run=run,
    )  # fmt: skip
    _check_usage(options, asked)
    path, code = _write_config(options, asked)
    if path is None or code or not run:
        return code
    from nnbabysit.cli.commands.babysit import babysit_with

    return babysit_with(replace(options, config=path, set=[] if model else options.set))


def _check_usage(options: Options, asked: _Asked) -> None:
    """Refuse flags that do not go together, rather than pass one over."""
    if (asked.model is None) != (asked.data is None):
        given, other = ("--from", "--data") if asked.model else ("--data", "--from")
        raise typer.BadParameter(f"{given} needs {other}: one names the network, the other the data")
    if asked.model and asked.template:
        raise typer.BadParameter("a TEMPLATE and --from cannot be combined: give one of them")
    if asked.target is not None and asked.model is None:
        raise typer.BadParameter("--target goes with --from and --data")
    if asked.listed and (asked.template or asked.model or asked.run):
        raise typer.BadParameter("--list lists the templates and takes nothing else")
    if options.overrides and asked.model is None and not asked.run:
        raise typer.BadParameter(
            "-S, --seed, --device and --name go with --run or --from; a template is changed in its file"
        )


def _write_config(options: Options, asked: _Asked) -> tuple[str | None, int]:
    """List the templates, or write a config: its path as a command line takes it, if any; the exit code."""
    from nnbabysit.cli.query import answer

    written: list[str] = []

    def work() -> int:
        if asked.listed:
            return _list(options)
        file = _place_of(asked.output)
        if asked.model is None or asked.data is None:
            paths, proposal = _write_template(asked.template, file, asked.force), None
        else:
            proposal = _propose(options, asked.model, asked.data, asked.target, file)
            paths = _write({file: proposal.text}, file, asked.force)
        written.append(_shown_config(file))
        _report(paths, proposal, written[0], options, before_a_run=asked.run)
        return 0

    code = answer("init", options, work)
    return (written[0] if written and not code else None), code


def _place_of(output: Path | None) -> Path:
    """The config file that ``--output`` means: itself with the ending of one, else a file in that folder."""
    if output is None:
        return current_folder() / _FILE
    path = Path(os.path.normpath(current_folder() / with_home(output)))
    is_file = path.suffix.lower() in (".yaml", ".yml") and not path.is_dir()
    return path if is_file else path / _FILE


def _shown_config(file: Path) -> str:
    """The config as a command line takes it; a plain word could be the name of a bundled one."""
    from nnbabysit.cli.render.result import shown_path

    shown = shown_path(file)
    return shown if shown.endswith((".yaml", ".yml")) else os.path.join(".", shown)  # noqa: PTH118 (keeps ./)


def _list(options: Options) -> int:
    from nnbabysit.cli.query import document
    from nnbabysit.cli.render.output import print_json
    from nnbabysit.cli.render.terminal import write
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
    from nnbabysit.cli.render.terminal import write

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
    from nnbabysit.cli.config_origin import schema_text
    from nnbabysit.core.config.reference.json_schema import FILE
    from nnbabysit.core.workflow.init.files import Starter

    return Starter(files, schema=schema_text(), schema_file=file.parent / FILE).write(force=force)


def _propose(options: Options, model: str, data: str, target: str | None, file: Path) -> Proposal:
    from nnbabysit.cli.render.terminal import error_line
    from nnbabysit.core.formatting import clean_line
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
    from nnbabysit.cli.query import document
    from nnbabysit.cli.render.output import print_json
    from nnbabysit.cli.render.result import command_line, shown_path
    from nnbabysit.cli.render.terminal import write
    from nnbabysit.core.formatting import clean_line

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
