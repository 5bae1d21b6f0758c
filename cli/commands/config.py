"""``config``: look at a config without running it."""

from __future__ import annotations

from nnbabysit.cli.application import config_app
from nnbabysit.cli.options import Options, with_options


@config_app.command("check")
@with_options
def config_check(options: Options) -> int:
    """Say ok, or list every mistake of a config with its line. Imports neither torch nor your code.

    Example: nnbabysit config check experiment.yaml
    """
    from nnbabysit.cli.configuration import check

    return check(options)


@config_app.command("show")
@with_options
def config_show(options: Options) -> int:
    """Print the resolved config, each value with the place it came from. The output can be run as a config.

    Example: nnbabysit config show digits -S optimizer.lr=1e-2
    """
    from nnbabysit.cli.configuration import show

    return show(options)
