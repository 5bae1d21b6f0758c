"""All rules. Their order is the order of findings of equal severity."""

from __future__ import annotations

from nnbabysit.core.diagnosis.check_rules import CHECK_RULES
from nnbabysit.core.diagnosis.engine import Rule
from nnbabysit.core.diagnosis.rules.answers import ANSWER_RULES
from nnbabysit.core.diagnosis.rules.curves import CURVE_RULES
from nnbabysit.core.diagnosis.rules.data import DATA_RULES
from nnbabysit.core.diagnosis.rules.signals import SIGNAL_RULES
from nnbabysit.core.diagnosis.target_rules import TARGET_RULES

RUN_RULES: tuple[Rule, ...] = (*SIGNAL_RULES, *CURVE_RULES, *TARGET_RULES, *ANSWER_RULES)
"""What a training run is judged by; diagnosed together, because a signal may explain a curve."""

RULES: tuple[Rule, ...] = (*DATA_RULES, *CHECK_RULES, *RUN_RULES)
"""Every rule there is."""
