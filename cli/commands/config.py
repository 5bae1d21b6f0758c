"""``config``: look at a config without running it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nnbabysit.cli.options import Options, with_options, with_run_options
from nnbabysit.cli.typer_app import Command

config_app = Command(name="config", order=210).group()


@config_app.callback()
def config_group() -> None:
    """Check a config, show it with the origin of each value, compare two, or print the schema.

    Example: nnbabysit config show digits -S optimizer.lr=1e-2
    """


@config_app.command("check")
@with_options
def config_check(options: Options) -> int:
    """Say ok, or list every mistake of a config with its line. Imports neither torch nor your code.

    Example: nnbabysit config check experiment.yaml
    """
    from nnbabysit.cli.config_origin import check

    return check(options)


@config_app.command("show")
@with_options
def config_show(options: Options) -> int:
    """Print the resolved config, each value with the place it came from. The output can be run as a config.

    Example: nnbabysit config show digits -S optimizer.lr=1e-2
    """
    from nnbabysit.cli.config_origin import show

    return show(options)


@config_app.command("diff")
@with_run_options
def config_diff(
    options: Options,
    first: Annotated[
        str, typer.Argument(metavar="A", help="A YAML file, the name of a bundled config, or a run.")
    ],
    second: Annotated[
        str | None, typer.Argument(metavar="B", help="Another one; default: the defaults.")
    ] = None,
) -> int:
    """List the settings in which two configs differ, both values with the line each was written in.

    A and B are config files, names of bundled configs, or run directories (or their names in the folder of
    runs). With A alone it lists what A changes from the defaults. Settings that one side does not have, such
    as optimizer.betas beside a momentum optimizer, are shown as a dash. The exit code is 0 whether the two
    differ or not, and 2 if one of them has mistakes or is not there.

    Example: nnbabysit config diff digits fashion-mnist
    """
    from nnbabysit.cli.commands.config_diff import diff

    return diff(first, second, options)


@config_app.command("schema")
@with_run_options
def config_schema(
    options: Options,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there; replaces the file.")
    ] = None,
) -> int:
    """Print the JSON Schema of a config, by which editors complete, explain and check it.

    Write it beside your config and begin the config with the line
    # yaml-language-server: $schema=nnbabysit.schema.json
    (init does both). The schema is the document itself, so --json changes nothing. A file that is not such a
    schema is never replaced.

    Example: nnbabysit config schema --output nnbabysit.schema.json
    """
    from nnbabysit.cli.config_origin import schema

    return schema(output, options)
