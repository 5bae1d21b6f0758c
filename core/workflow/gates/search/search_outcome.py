"""Outcome: what the trials of a search say, as its result: numbers, findings, tables, what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.diagnosis.engine import Finding, diagnose
from nnbabysit.core.diagnosis.evidence.search_evidence import TrialsEvidence
from nnbabysit.core.diagnosis.rules.registry import SEARCH_RULES
from nnbabysit.core.formatting import drawn_text, loss_text
from nnbabysit.core.record.run import Run
from nnbabysit.core.search.marks import Marks
from nnbabysit.core.search.names import short_names
from nnbabysit.core.search.repetition import Repeated
from nnbabysit.core.search.space.allowed import allowed_in
from nnbabysit.core.search.space.border import find_borders
from nnbabysit.core.search.space.encoding import space_document
from nnbabysit.core.search.space.narrowed_config import FILE_NAME
from nnbabysit.core.search.store.study import better_of_coarse
from nnbabysit.core.search.trial import Trial, ranked
from nnbabysit.core.workflow.gates.search.repeats import (
    BY_LOSS,
    again_in_words,
    again_table,
    again_value,
    repeat_documents,
    winner_of,
)
from nnbabysit.core.workflow.gates.search.stage import Stage
from nnbabysit.core.workflow.gates.search.tables import (
    best_trials,
    best_values_table,
    narrowed_ranges,
    value_in,
)
from nnbabysit.core.workflow.gates.search.trial_events import as_best
from nnbabysit.core.workflow.result import StepResult, Table


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a search.

    Attributes:
        trials: All trials, in the order of their index.
        importances: Config path → share.
        metric: ``val_acc`` or ``val_loss``.
        seconds: Wall time.
        repeated: The best trials that were trained again, best first.
    """

    trials: list[Trial]
    importances: dict[str, float]
    metric: str
    seconds: float
    repeated: Sequence[Repeated] = ()

    @property
    def best(self) -> Trial | None:
        """The best trial: of those that were trained again if there are any; None if none completed."""
        return winner_of(self.repeated) or next(iter(ranked(self.trials)), None)


def result_of(config: Config, run: Run, what: Stage, outcome: Outcome) -> StepResult:
    """The result of a search that has ended.

    Args:
        config: Experiment.
        run: Its run directory.
        what: What was searched.
        outcome: What came of it.
    """
    best = outcome.best
    coarse = (
        better_of_coarse(what.source, best, repeated=bool(outcome.repeated)) if best is not None else None
    )
    marks = Marks(what.settings.good, outcome.trials)
    good = {trial.index for trial in outcome.trials if marks.is_good(trial)}
    fine = f"nnbabysit train --best-of {shlex.quote(str(run.path))}"
    return StepResult(
        command="search",
        verdict="pass" if best else "fail",
        summary=_summary(outcome, best, coarse),
        run_dir=run.path,
        metrics={
            "stage": what.name,
            "trials": [{**trial.to_document(), "good": trial.index in good} for trial in outcome.trials],
            "best": None if best is None else _best_document(best, outcome.repeated),
            "space": space_document(what.space),
            "seconds": outcome.seconds,
            "importances": outcome.importances,
            "source": str(what.source) if what.source else None,
            "better_coarse": None if coarse is None else asdict(as_best(coarse)),
            "narrowed": str(run.path / FILE_NAME) if what.narrowing else None,
            "repeats": repeat_documents(outcome.repeated),
        },
        findings=tuple(_findings(what, outcome, config)),
        tables=tuple(_tables(what, outcome, good)),
        next_command="nnbabysit search --fine" if what.name == "coarse" else fine,
    )


def _tables(what: Stage, outcome: Outcome, good: Collection[int]) -> Iterator[Table]:
    if what.narrowing:
        yield narrowed_ranges(what.narrowing)
    if outcome.best is None:
        return
    yield best_trials(outcome.trials, good, outcome.metric)
    if outcome.repeated:
        yield again_table(outcome.repeated, outcome.metric)
    yield best_values_table(what.space, outcome.best, outcome.trials, good, outcome.importances)


def _best_document(best: Trial, repeated: Sequence[Repeated]) -> dict[str, Any]:
    """The winner, with what it came to when it was trained again."""
    again = {one.trial.index: one for one in repeated}.get(best.index)
    means = {"mean": again.mean, "standard_error": again.standard_error} if again else {}
    return {**asdict(as_best(best)), **means}


def _summary(outcome: Outcome, best: Trial | None, coarse: Trial | None) -> str:
    stopped = {
        state: sum(t.state == state for t in outcome.trials) for state in ("diverged", "stopped", "failed")
    }
    counts = ", ".join(f"{count} {state}" for state, count in stopped.items() if count)
    total = len(outcome.trials)
    if best is None:
        return f"none of {total} trials completed: {counts}; the first: {outcome.trials[0].reason}"
    shown = again_value(outcome.repeated, outcome.metric)
    shown = shown or f"{value_in(outcome.metric, best.value)}{_loss_in_words(best)}"
    names = short_names(best.params)
    params = ", ".join(f"{names[path]} {drawn_text(param)}" for path, param in best.params.items())
    text = f"best {outcome.metric} {shown} in trial {best.index + 1} of {total}: {params}"
    before = "" if coarse is None else _coarse_in_words(coarse, outcome.metric)
    return "; ".join(part for part in (text, before, again_in_words(outcome.repeated), counts) if part)


def _coarse_in_words(coarse: Trial, metric: str) -> str:
    """That the narrowing did not pay, and what becomes of it."""
    value = f"{value_in(metric, coarse.value)}{_loss_in_words(coarse)}"
    return (
        f"worse than trial {coarse.index + 1} of the coarse search, {value}, which is the one that is trained"
    )


def _loss_in_words(best: Trial) -> str:
    """What it is ranked by, where that is not its accuracy."""
    return f" (val_loss {loss_text(best.loss)}, {BY_LOSS})" if best.by_loss and best.loss is not None else ""


def _findings(what: Stage, outcome: Outcome, config: Config) -> list[Finding]:
    rates = tuple(trial.params["optimizer.lr"] for trial in outcome.trials if "optimizer.lr" in what.space)
    states = tuple(trial.state for trial in outcome.trials)
    findings = diagnose(SEARCH_RULES, TrialsEvidence(trial_states=states, trial_lrs=rates))
    space = space_document(what.space) if what.narrowing else None
    winner = [outcome.best] if outcome.best else []
    for border in find_borders(what.space, winner, allowed_in(config)):
        findings += diagnose(SEARCH_RULES, replace(border, search_stage=what.name, search_space=space))
    return findings
