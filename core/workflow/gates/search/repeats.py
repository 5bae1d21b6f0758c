"""Second look: the best trials of a search are trained again, and named by what they come to then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.formatting import drawn_text, enumeration, loss_text, number_text, plural, score_text
from nnbabysit.core.record.directory import EVENTS
from nnbabysit.core.record.event_log import read_events
from nnbabysit.core.record.events import NoteEvent
from nnbabysit.core.record.run import Run
from nnbabysit.core.record.search_events import RepeatEvent
from nnbabysit.core.search.execute.executor import Executor
from nnbabysit.core.search.names import short_names
from nnbabysit.core.search.repetition import (
    Difference,
    Repeated,
    as_repeat,
    difference,
    gather,
    is_wanted,
    plan_again,
)
from nnbabysit.core.search.store.study import TrialStudy
from nnbabysit.core.search.trial import PlannedTrial, Trial
from nnbabysit.core.workflow.gates.search.tables import shown_loss, value_in
from nnbabysit.core.workflow.result import Table

BY_LOSS = "by which it is ranked: such an accuracy tells nothing"
"""Said where the loss decides although there is an accuracy."""


def look_again(
    config: Config,
    run: Run,
    study: TrialStudy,
    executor: Executor,
    trials: Sequence[Trial],
    *,
    first: int,
    metric: str,
) -> list[Repeated]:
    """Train the best trials again as ``search.repeat`` and ``search.precision`` want it.

    Those that the study holds already are neither lost nor repeated: a look that was interrupted goes on.

    Args:
        config: Experiment.
        run: Is told of each training.
        study: Where each is stored as it ends.
        executor: What trains.
        trials: All trials of the search, each of them ended.
        first: Index of the first training, behind those of the search.
        metric: ``val_acc`` or ``val_loss``.

    Returns:
        What was trained again, best first; empty where nothing was wanted, or no trial completed.
    """
    planned = plan_again(config, trials, first) if is_wanted(config) else []
    if not planned:
        return []
    of_search = {trial.index: trial for trial in trials}
    by_index = {one.index: one for one in planned}
    stored = [repeat for repeat in study.repeats() if repeat.index in by_index]
    _begin(run, config, planned, stored, metric)
    left = [one for one in planned if one.index not in {repeat.index for repeat in stored}]
    ended = list(stored)
    for group in executor.run(left):
        again = [
            as_repeat(trial, by_index[trial.index], of_search[by_index[trial.index].repeat_of or 0])
            for trial in group
        ]
        study.add(again)
        for repeat in again:
            ended.append(repeat)
            _tell(run, repeat, len(ended), len(planned), metric)
    return gather(trials, ended, own_seed=not config.search.repeat)


def winner_of(repeated: Sequence[Repeated]) -> Trial | None:
    """The trial that came out best when trained again; None if no training completed."""
    return repeated[0].trial if repeated and repeated[0].mean is not None else None


def again_table(repeated: Sequence[Repeated], metric: str) -> Table:
    """Each trial that was trained again: mean ± standard error, beside its value in the search.

    Args:
        repeated: Best first, at least one.
        metric: ``val_acc``, or ``val_loss``, whose sign is turned back.
    """
    names = short_names(repeated[0].trial.params)
    by_loss = any(one.by_loss for one in repeated)
    rows = tuple(
        (
            str(one.trial.index + 1),
            _mean_in_words(one, metric),
            *((shown_loss(one.mean_loss),) if by_loss else ()),
            value_in(metric, one.trial.value),
            _behind(repeated[0], one) if one is not repeated[0] else "",
            *(drawn_text(one.trial.params[path]) for path in names),
        )
        for one in repeated
    )
    measured = (metric, "val_loss") if by_loss else (metric,)
    columns = ("trial", *measured, "in the search", "behind the best", *names.values())
    return Table(title=f"Best trials again, {_how(repeated)}", columns=columns, rows=rows)


def again_value(repeated: Sequence[Repeated], metric: str) -> str:
    """What the winner came to: ``0.9712 ± 0.0011 with 5 seeds, 0.9755 in the search``; empty without one.

    Args:
        repeated: Best first.
        metric: ``val_acc``, or ``val_loss``, whose sign is turned back.
    """
    winner = winner_of(repeated)
    if winner is None:
        return ""
    best = repeated[0]
    mean = f"{value_in(metric, best.mean)}{_error(best, metric)}"
    if best.by_loss:
        loss = "" if best.mean_loss is None else f"val_loss {loss_text(best.mean_loss)}, "
        return f"{mean} ({loss}{BY_LOSS}) {_how(repeated)}"
    return f"{mean} {_how(repeated)} ({value_in(metric, winner.value)} in the search)"


def again_in_words(repeated: Sequence[Repeated]) -> str:
    """Which trials the seeds cannot tell from the best one, one sentence; empty if there are none."""
    same = [(one, gap) for one, gap in _gaps(repeated) if not gap.is_clear]
    if not same:
        return ""
    names = enumeration([str(one.trial.index + 1) for one, _ in same])
    gap = same[0][1]
    width = f" (difference {_gap_in_words(gap)})" if len(same) == 1 else ""
    what = "trials" if len(same) > 1 else "trial"
    return f"{what} {names} cannot be told apart from the best {_how(repeated)}{width}"


def repeat_documents(repeated: Sequence[Repeated]) -> list[dict[str, Any]]:
    """The second look as JSON-ready builtins, best first.

    ``difference`` is how far a trial's mean is behind the best one's, ``margin`` half the width of its 95 %
    interval, and ``told_apart`` whether 0 lies outside; None for the best itself and where seeds are too few.
    """
    gaps = {one.trial.index: gap for one, gap in _gaps(repeated)}
    documents = []
    for one in repeated:
        gap = gaps.get(one.trial.index)
        told = {
            "difference": gap and gap.mean,
            "margin": gap and gap.margin,
            "told_apart": gap and gap.is_clear,
        }
        documents.append({**one.to_document(), **told})
    return documents


def _begin(
    run: Run, config: Config, planned: Sequence[PlannedTrial], stored: Sequence[Trial], metric: str
) -> None:
    count = len({one.repeat_of for one in planned})
    which = "the best trial" if count == 1 else f"the {count} best trials"
    seeds = config.search.repeat
    how = [f"with {plural(seeds, 'other seed')}{' each' if count > 1 else ''}"] if seeds else []
    how += ["in fp32"] if config.search.precision != "fp32" else []
    text = f"training {which} again {', '.join(how)}"
    if not stored:
        run.event(NoteEvent(text=text))
        return
    run.event(NoteEvent(text=f"{text}: going on behind {len(stored)} of {len(planned)}"))
    told = {event.index for event in read_events(run.path / EVENTS, RepeatEvent)}
    for number, repeat in enumerate(stored, start=1):
        if repeat.index not in told:
            _tell(run, repeat, number, len(planned), metric)


def _tell(run: Run, repeat: Trial, number: int, repeats: int, metric: str) -> None:
    run.event(
        RepeatEvent(
            index=repeat.index,
            repeat_of=repeat.repeat_of,
            seed=repeat.seed,
            value=repeat.value,
            loss=repeat.loss,
            by_loss=repeat.by_loss,
            state=repeat.state,
            reason=repeat.reason,
            number=number,
            repeats=repeats,
            metric=metric,
        )
    )


def _gaps(repeated: Sequence[Repeated]) -> list[tuple[Repeated, Difference]]:
    """Each trial but the best, with how far it is behind; without those that have too few seeds."""
    found = [(one, difference(repeated[0], one)) for one in repeated[1:]]
    return [(one, gap) for one, gap in found if gap is not None]


def _behind(best: Repeated, one: Repeated) -> str:
    gap = difference(best, one)
    if gap is None:
        return ""
    return f"{_gap_in_words(gap)}{'' if gap.is_clear else ', not told apart'}"


def _gap_in_words(gap: Difference) -> str:
    return f"{score_text(gap.mean)} ± {score_text(gap.margin)}"


def _mean_in_words(one: Repeated, metric: str) -> str:
    if one.mean is None:
        return "none completed"
    lost = len(one.values) - len(one.completed)
    missing = f", {lost} of {len(one.values)} lost" if lost else ""
    return f"{value_in(metric, one.mean)}{_error(one, metric)}{missing}"


def _error(one: Repeated, metric: str) -> str:
    form = number_text if metric == "val_loss" else score_text
    return "" if one.standard_error is None else f" ± {form(one.standard_error)}"


def _how(repeated: Sequence[Repeated]) -> str:
    count = len(repeated[0].values)
    return "in fp32" if repeated[0].own_seed else f"with {plural(count, 'seed')}"
