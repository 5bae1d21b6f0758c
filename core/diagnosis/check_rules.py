"""The rules of the checks that come before the long run, one family per command."""

from __future__ import annotations

from nnbabysit.core.diagnosis.engine import Rule
from nnbabysit.core.diagnosis.rules.overfit_tiny import TINY_RULES
from nnbabysit.core.diagnosis.rules.sanity import SANITY_RULES
from nnbabysit.core.diagnosis.rules.search import SEARCH_RULES

__all__ = ["CHECK_RULES", "SANITY_RULES", "SEARCH_RULES", "TINY_RULES"]

CHECK_RULES: tuple[Rule, ...] = (*SANITY_RULES, *TINY_RULES, *SEARCH_RULES)
