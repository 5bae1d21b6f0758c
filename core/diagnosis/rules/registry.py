"""All rules, found in the files of their families. Their order is the order of findings of equal severity."""

from __future__ import annotations

from types import ModuleType

from nnbabysit.core.diagnosis.engine import Rule
from nnbabysit.core.diagnosis.rules import (
    accuracy,
    answers,
    curves,
    data,
    overfit_tiny,
    sanity,
    search,
    signals,
    splits,
    targets,
)

FILES: tuple[ModuleType, ...] = (
    data,
    splits,
    targets,
    sanity,
    overfit_tiny,
    search,
    signals,
    curves,
    accuracy,
    answers,
)


def _of(*families: str) -> tuple[Rule, ...]:
    """The rules of these families, family by family, by number."""
    found = [value for file in FILES for value in vars(file).values() if isinstance(value, Rule)]
    return tuple(
        rule
        for family in families
        for rule in sorted(found, key=lambda rule: rule.id)
        if rule.id.startswith(family)
    )


DATA_RULES = _of("DAT")
SANITY_RULES = _of("INI")
TINY_RULES = _of("TIN")
SEARCH_RULES = _of("SEA")
RUN_RULES = _of("NUM", "UPD", "ACT", "CUR", "ANS")
"""What a training run is judged by; diagnosed together, because a signal may explain a curve."""

RULES: tuple[Rule, ...] = (*DATA_RULES, *SANITY_RULES, *TINY_RULES, *SEARCH_RULES, *RUN_RULES)
"""Every rule there is."""
