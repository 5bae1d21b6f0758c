"""Bands of healthy signals, which rules, charts and pages share."""

from __future__ import annotations

RATIO_RIGHT = 1e-3
"""Update-to-weight ratio of CS231n's notes: updates of about a thousandth of the weights."""
RATIO_TOO_HIGH = 1e-2
RATIO_TOO_LOW = 1e-4
"""Band around it; measured on healthy runs: 2e-4 … 4e-2, above 1e-2 only while all is well."""

CALIBRATED = "none on 157 healthy runs of 55 configs (digits, Fashion-MNIST), on which its threshold was set"
"""How often a rule on runs is wrong; core/diagnosis/README.md has the table."""
