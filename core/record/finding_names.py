"""Finding names: those of findings and of evidence as older versions wrote them into run directories."""

from __future__ import annotations

from collections.abc import Mapping

from nnbabysit.core.record.strict_json import Json

OLD_NAMES: dict[str, str] = {
    "inputs-never-normalised": "inputs-never-normalized",
    "inputs-normalised-twice": "inputs-normalized-twice",
    "nothing-learnt": "nothing-learned",
    "tiny-set-not-learnt": "tiny-set-not-learned",
}
"""Name of a finding before → now."""

OLD_EVIDENCE: dict[str, str] = {
    "initial_cost": "initial_total_loss",
    "regularized_cost": "regularized_total_loss",
    "share": "fraction",
}
"""Name of a number in a finding's evidence before → now."""


def under_current_names(finding: Mapping[str, Json]) -> dict[str, Json]:
    """A recorded finding, whichever version wrote it, under the names of this one."""
    name, evidence = finding.get("name"), finding.get("evidence")
    current = dict(finding)
    if isinstance(name, str) and name in OLD_NAMES:
        current["name"] = OLD_NAMES[name]
    if isinstance(evidence, Mapping):
        current["evidence"] = {OLD_EVIDENCE.get(key, key): value for key, value in evidence.items()}
    return current
