"""Rules on a search (SEA). Names of the evidence: ``evidence_names.py``."""

from __future__ import annotations

from nnbabysit.core.diagnosis.engine import Evidence, Match, Patch, Rule

MOST = 0.5
"""Share of diverged trials from which on the space is at fault (Google Tuning Playbook: "many infeasible
trials")."""
FEW_TRIALS = 4
"""With fewer trials a share says nothing."""


def _best_trial_at_the_border(evidence: Evidence) -> Match | None:
    path, wider = evidence["search_axis"], tuple(evidence["search_wider"])
    observed = {name: evidence[name] for name in ("search_axis", "search_best", "search_low", "search_high")}
    observed |= {"search_side": evidence["search_side"], "search_wider": wider}
    patch: Patch = {}
    if "search_kind" in evidence:
        stage = evidence.get("search_stage", "coarse")
        axis = {evidence["search_kind"]: list(wider)}
        # A narrowed space is not in the config: one axis alone would become all of it.
        whole = evidence.get("search_space")
        patch = (
            {f"search.{stage}.space": {**whole, path: axis}}
            if whole
            else {f"search.{stage}.space.{path}": axis}
        )
    return Match(observed=observed, patch=patch)


def _most_trials_diverged(evidence: Evidence) -> Match | None:
    states = evidence["trial_states"]
    diverged = sum(state == "diverged" for state in states)
    if len(states) < FEW_TRIALS or diverged <= MOST * len(states):
        return None
    observed: dict[str, object] = {"diverged": diverged, "trials": len(states)}
    rates = evidence.get("trial_lrs", ())
    survived = [rate for rate, state in zip(rates, states, strict=False) if state == "complete"]
    if not survived:
        return Match(observed=observed, words={"limit": ""})
    observed["largest_lr_that_completed"] = max(survived)
    limit = f" (the largest learning rate that completed is {max(survived):.3g})"
    return Match(observed=observed, words={"limit": limit})


SEARCH_RULES: tuple[Rule, ...] = (
    Rule(
        id="SEA001",
        name="best-trial-at-the-border",
        severity="warning",
        needs=frozenset(
            {"search_axis", "search_best", "search_low", "search_high", "search_side", "search_wider"}
        ),
        check=_best_trial_at_the_border,
        symptom="the best trial has {search_axis} = {search_best:.3g}, in the outer tenth at the "
        "{search_side} end of {search_low:.3g} … {search_high:.3g}",
        cause="the optimum may lie outside the range",
        remedy="search {search_axis} again over {search_wider[0]:.3g} … {search_wider[1]:.3g}",
        source="CS231n, Neural Networks 3: careful with best values on the border; Google Tuning Playbook",
    ),
    Rule(
        id="SEA002",
        name="most-trials-diverged",
        severity="warning",
        needs=frozenset({"trial_states"}),
        check=_most_trials_diverged,
        symptom="{diverged} of {trials} trials diverged",
        cause="the space reaches into learning rates or penalties that no run survives",
        remedy="lower the upper ends of the ranges{limit}: learning rate first, then regularization",
        source="Google Tuning Playbook: many infeasible trials mean that the space is wrong",
    ),
)
