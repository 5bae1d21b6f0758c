"""``rules``: every finding that there can be."""

from __future__ import annotations

from typing import Annotated

import typer

from nnbabysit.cli.options import Options
from nnbabysit.cli.typer_app import Command

_RULES = Command(name="rules", order=240)


@_RULES.register
def rules(
    json: Annotated[bool, typer.Option("--json", help="Print exactly one JSON document on stdout.")] = False,
) -> int:
    """List all findings with their severity and the command that looks for them.

    Example: nnbabysit rules
    """
    from nnbabysit.cli.query import answer
    from nnbabysit.cli.render.rule_page import print_rules

    return answer(_RULES.name, Options(json=json), lambda: print_rules(as_json=json))
