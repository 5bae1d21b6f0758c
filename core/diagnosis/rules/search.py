"""Rules on a search (SEA). Evidence: ``evidence/search_evidence.py``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnbabysit.core.diagnosis.engine import Match, Patch, Rule

MOST = 0.5
"""Fraction of diverged trials from which on the space is at fault (Google Tuning Playbook: "many infeasible
trials")."""
FEW_TRIALS = 4
"""With fewer trials a fraction says nothing."""


def _best_trial_at_the_border(
    search_axis: str,
    search_best: float,
    search_low: float,
    search_high: float,
    search_side: str,
    search_wider: Sequence[float],
    search_kind: str | None = None,
    search_stage: str = "coarse",
    search_space: Mapping[str, object] | None = None,
) -> Match | None:
    axis = {search_kind: list(search_wider)}
    patch: Patch = {}
    if search_kind and search_space:  # a narrowed space is not in the config: one axis would become all of it
        patch = {f"search.{search_stage}.space": {**search_space, search_axis: axis}}
    elif search_kind:
        patch = {f"search.{search_stage}.space.{search_axis}": axis}
    observed = {
        "search_axis": search_axis,
        "search_best": search_best,
        "search_low": search_low,
        "search_high": search_high,
        "search_side": search_side,
        "search_wider": tuple(search_wider),
    }
    return Match(observed=observed, patch=patch)


SEA001 = Rule(
    id="SEA001",
    name="best-trial-at-the-border",
    severity="warning",
    check=_best_trial_at_the_border,
    fires_when="the best trial is in the outer tenth of a range (log scale for log_uniform) that could be "
    "wider",
    symptom="the best trial has {search_axis} = {search_best:.3g}, in the outer tenth at the {search_side} "
    "end of {search_low:.3g} … {search_high:.3g}",
    cause="the optimum may lie outside the range",
    remedy="search {search_axis} again over {search_wider[0]:.3g} … {search_wider[1]:.3g}",
    source="CS231n, Neural Networks 3: careful with best values on the border; Google Tuning Playbook",
)


def _most_trials_diverged(
    trial_states: Sequence[str], trial_lrs: Sequence[float] | None = None
) -> Match | None:
    diverged = sum(state == "diverged" for state in trial_states)
    if len(trial_states) < FEW_TRIALS or diverged <= MOST * len(trial_states):
        return None
    observed: dict[str, object] = {"diverged": diverged, "trials": len(trial_states)}
    pairs = zip(trial_lrs or (), trial_states, strict=False)
    survived = [rate for rate, state in pairs if state == "complete"]
    if not survived:
        return Match(observed=observed, words={"limit": ""})
    observed["largest_lr_that_completed"] = max(survived)
    limit = f" (the largest learning rate that completed is {max(survived):.3g})"
    return Match(observed=observed, words={"limit": limit})


SEA002 = Rule(
    id="SEA002",
    name="most-trials-diverged",
    severity="warning",
    check=_most_trials_diverged,
    fires_when="more than half of at least 4 trials diverged",
    symptom="{diverged} of {trials} trials diverged",
    cause="the space reaches into learning rates or penalties that no run survives",
    remedy="lower the upper ends of the ranges{limit}: learning rate first, then regularization",
    source="Google Tuning Playbook: many infeasible trials mean that the space is wrong",
)
