"""The rules of the checks that come before the long run, one family per command."""

from __future__ import annotations

from nnbabysit.core.diagnosis.rule import Rule
from nnbabysit.core.diagnosis.sanity_rules import SANITY_RULES
from nnbabysit.core.diagnosis.search_rules import SEARCH_RULES
from nnbabysit.core.diagnosis.tiny_rules import TINY_RULES

__all__ = ["CHECK_RULES", "SANITY_RULES", "SEARCH_RULES", "TINY_RULES"]

CHECK_RULES: tuple[Rule, ...] = (*SANITY_RULES, *TINY_RULES, *SEARCH_RULES)
