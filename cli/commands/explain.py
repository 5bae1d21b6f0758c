"""``explain``: the page of a finding."""

from __future__ import annotations

from typing import Annotated

import typer

from nnbabysit.cli.options import Options
from nnbabysit.cli.typer_app import Command


def _known(incomplete: str) -> list[str]:
    from nnbabysit.core.diagnosis.rules.registry import RULES

    names = [name for rule in RULES for name in (rule.id, rule.name)]
    return [name for name in names if name.lower().startswith(incomplete.lower())]


_EXPLAIN = Command(name="explain", order=250)


@_EXPLAIN.register
def explain(
    finding: Annotated[
        str,
        typer.Argument(
            metavar="FINDING", help="Id or name of a finding, in any case.", autocompletion=_known
        ),
    ],
    json: Annotated[bool, typer.Option("--json", help="Print exactly one JSON document on stdout.")] = False,
) -> int:
    """Explain a finding: what it means, how it is measured, how often it is wrong, what to try, the source.

    Names that older versions used are understood too. Exit code 2 if there is no such finding; the nearest
    are named.

    Example: nnbabysit explain TIN001
    """
    from nnbabysit.cli.query import answer
    from nnbabysit.cli.render.rule_page import print_rule

    return answer(_EXPLAIN.name, Options(json=json), lambda: print_rule(finding, as_json=json))
