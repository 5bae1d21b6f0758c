"""``init``: a first config to start from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from nnbabysit.cli.options import Options, with_options_but_no_config
from nnbabysit.cli.typer_app import app


@app.command()
@with_options_but_no_config
def init(
    options: Options,
    template: Annotated[
        str | None, typer.Argument(metavar="TEMPLATE", help="Name of a template; left out: digits.")
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
            help="Config file, or folder for it; left out: ./nnbabysit.yaml.",
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
    from nnbabysit.cli.starter import begin

    _check_usage(options, template, listed, model, data, target, run)
    path, code = begin(options, template, listed, model, data, target, output, force, quiet=run)
    if path is None or code or not run:
        return code
    from nnbabysit.cli.commands.gates import babysit_with

    return babysit_with(replace(options, config=path, set=[] if model else options.set))


def _check_usage(
    options: Options,
    template: str | None,
    listed: bool,
    model: str | None,
    data: str | None,
    target: str | None,
    run: bool,
) -> None:
    """Refuse flags that do not go together, rather than pass one over."""
    if (model is None) != (data is None):
        given, other = ("--from", "--data") if model else ("--data", "--from")
        raise typer.BadParameter(f"{given} needs {other}: one names the network, the other the data")
    if model and template:
        raise typer.BadParameter("a TEMPLATE and --from cannot be combined: give one of them")
    if target is not None and model is None:
        raise typer.BadParameter("--target goes with --from and --data")
    if listed and (template or model or run):
        raise typer.BadParameter("--list lists the templates and takes nothing else")
    if options.overrides and model is None and not run:
        raise typer.BadParameter(
            "-S, --seed, --device and --name go with --run or --from; a template is changed in its file"
        )
