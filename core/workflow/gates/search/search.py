"""search: coarse to fine, from wide ranges and few epochs to narrow ranges around what was good.

Source: CS231n, lecture 6 and notes "Neural Networks 3": stage the search from coarse to fine, draw at random
in log space, mind best values on the border; Bergstra & Bengio 2012 for random against grid search.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnbabysit.core.config.schema import decay
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.errors import ModelError, NnbabysitError, UserCodeError, UserError
from nnbabysit.core.record.events import Event, NoteEvent, StartEvent, WarningEvent
from nnbabysit.core.record.files import write_atomically
from nnbabysit.core.record.run import Run, read_meta
from nnbabysit.core.record.search_events import PlacementEvent
from nnbabysit.core.report.plots.write import write_run_plots
from nnbabysit.core.search.execute.executor import Executor
from nnbabysit.core.search.execute.placement import Placement
from nnbabysit.core.search.execute.stacked_executor import StackedExecutor
from nnbabysit.core.search.execute.trial_spec import TrialSpec
from nnbabysit.core.search.importances import importances
from nnbabysit.core.search.samplers.choose import SamplerName, round_size, sampler_of
from nnbabysit.core.search.samplers.random_grid import Sampler, check_grid
from nnbabysit.core.search.space.narrowed_config import FILE_NAME, narrowed_yaml
from nnbabysit.core.search.store import lineage
from nnbabysit.core.search.store.study import TrialStudy
from nnbabysit.core.search.trial import Trial
from nnbabysit.core.training.setup.setup import objective_of, pick_device
from nnbabysit.core.workflow.gates.search.repeats import look_again
from nnbabysit.core.workflow.gates.search.search_outcome import Outcome, result_of
from nnbabysit.core.workflow.gates.search.stage import Stage, StageName, stage_of
from nnbabysit.core.workflow.gates.search.trial_events import Telling
from nnbabysit.core.workflow.provenance import note_provenance
from nnbabysit.core.workflow.result import StepResult

_PLACEMENT = "placement"
"""Field of ``meta.json``."""


def run_search(
    config: Config,
    run: Run,
    *,
    stage: StageName,
    source: Path | None = None,
    grid: bool = False,
    resume: bool = False,
    dataset: Dataset | None = None,
    executor: Executor | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> StepResult:
    """Search hyperparameters over ``search.coarse.space``, or over the ranges that a coarse search left.

    Args:
        config: Experiment.
        run: Where study, plots and the narrowed config go.
        stage: ``coarse`` or ``fine``.
        source: Run directory of the coarse search that fine narrows; default: the newest one of this config
            beside ``run``. Not read where ``search.fine.space`` is given.
        grid: Evenly spaced points, whatever ``search.sampler`` says.
        resume: Go on with the study that the run left: trials that it holds are neither lost nor repeated.
            What a trial draws and comes to is a function of seed, stage, index and, for ``tpe``, of the
            rounds before, so the set of trials is that of a search that nobody interrupted.
        dataset: Already loaded data of the config, or None to load it.
        executor: What runs the trials; default: one after another.
        clock: Seconds.

    Returns:
        ``pass``, or ``fail`` when no trial completed. Metrics: stage, trials: [{index, params, value, loss,
        by_loss, state, reason, seconds, good}], best: {index, params, value, loss, by_loss} or None, space,
        seconds, importances, source, narrowed, repeats: [{index, params, value, seeds, values, mean,
        standard_error, mean_loss, by_loss, difference, margin, told_apart}], best first; then ``best`` is
        the first of them. ``by_loss`` says that the loss ranks it and not its accuracy.

    Raises:
        UserError: There is nothing to search, a grid does not fit, or the database cannot be used.
        RunError: There is no coarse search to narrow, or none of its trials completed.
        ModelError: Every trial failed, the first one because of the config or the model.
        UserCodeError: Every trial failed, the first one because code raised.
    """
    what = stage_of(config, run, stage, source)
    decay.refuse_in_space(config, what.space, where=f"search.{stage}.space")
    chosen: SamplerName = "grid" if grid else config.search.sampler
    if chosen == "grid":
        check_grid(what.space, what.settings.trials, stage)
    data = load_dataset(config) if dataset is None else dataset
    judged = objective_of(config, data).has_accuracy(data.num_outputs, pick_device(config.device))
    metric = "val_acc" if judged else "val_loss"
    name = (lineage.noted_study(run.path) if resume else None) or run.path.name
    with TrialStudy.create(config.search.storage or run.path, name=name, space=what.space) as study:
        start = clock()  # the database's driver has been imported
        known = study.trials() if resume else []
        runner = executor or _executor(config, run, what, data, clock, ended=len(known))
        rounds = lineage.noted_round_size(run.path) if resume else None
        rounds = rounds or round_size(chosen, runner.width)
        sampler = sampler_of(
            chosen, what.space, what.settings.trials, seed=config.seed, stage=stage, in_rounds_of=rounds
        )
        noted: dict[str, Any] = {"stage": stage, "study": name, "source": what.source}
        noted |= {"grid": chosen == "grid", "round_size": rounds}
        _begin(config, run, what, data, noted)
        telling = Telling(run, sampler.trials, metric=metric, good=what.settings.good, clock=clock)
        finished = _run_trials(study, runner, sampler, known, telling)
        _refuse_if_all_failed(finished, runner.first_error)
        repeated = look_again(config, run, study, runner, finished, first=sampler.trials, metric=metric)
        seconds = clock() - start
    shares = importances(what.space, finished)
    outcome = Outcome(trials=finished, importances=shares, metric=metric, seconds=seconds, repeated=repeated)
    winner = outcome.best.index if repeated and outcome.best else None
    run.update_meta(**{lineage.KEY: lineage.note(config, **noted, finished=True, winner=winner)})
    result = replace(result_of(config, run, what, outcome), notes=data.notes)
    write_run_plots(run.path, result.metrics, result.verdict)
    return result


def resume_search(
    config: Config, path: Path, reopen: Callable[[Path], Run], *, dataset: Dataset | None = None
) -> StepResult:
    """Go on with an interrupted search, as ``run_search`` with ``resume``.

    Args:
        config: Config of the run.
        path: Its directory.
        reopen: Opens the run, to be written to.
        dataset: Already loaded data of the config, or None to load it.

    Raises:
        RunError: It is no search, it had not begun, it has ended, or the coarse run that it narrows is gone.
    """
    noted = lineage.read_unfinished(path)
    source = Path(noted["source"]) if noted["source"] else None
    stage: StageName = "fine" if noted["stage"] == "fine" else "coarse"
    return run_search(
        config,
        reopen(path),
        stage=stage,
        source=source,
        grid=bool(noted["grid"]),
        resume=True,
        dataset=dataset,
    )


def _executor(
    config: Config, run: Run, what: Stage, data: Dataset, clock: Callable[[], float], *, ended: int
) -> StackedExecutor:
    """Stacks, where an interrupted search had them; where they are is noted, so that resuming finds it."""
    noted = read_meta(run.path).get(_PLACEMENT)

    def tell(event: Event) -> None:
        if isinstance(event, PlacementEvent):
            run.update_meta(**{_PLACEMENT: event.placement})
        run.event(event)

    return StackedExecutor(
        TrialSpec(config, data, what.settings.epochs, what.settings.trials, clock),
        ended=ended,
        stage=what.name,
        placement=None if noted is None else Placement(**noted),
        tell=tell,
        log=run.log,
    )


def _begin(config: Config, run: Run, what: Stage, data: Dataset, noted: dict[str, Any]) -> None:
    """Write and tell what is about to happen; nothing of the user's input can be at fault any more."""
    device = pick_device(config.device)
    note_provenance(run, config, data, device)
    run.update_meta(**{lineage.KEY: lineage.note(config, **noted, finished=False)})
    run.event(StartEvent(command=f"search --{what.name}", name=config.name, device=str(device)))
    if what.note:
        run.event(NoteEvent(text=what.note))
    if what.narrowing and what.source:
        text = narrowed_yaml(config, what.narrowing, what.source, run.path)
        write_atomically(run.path / FILE_NAME, text)
        for warning in what.narrowing.warnings:
            run.event(WarningEvent(text=warning))


def _run_trials(
    study: TrialStudy, executor: Executor, sampler: Sampler, known: Sequence[Trial], telling: Telling
) -> list[Trial]:
    """Run the trials that the study does not hold yet; each is stored, logged and told as it ends."""
    stored = {trial.index: trial for trial in known}
    telling.begin(known)
    finished: list[Trial] = []
    while planned := sampler.next(finished):
        round_ = [stored[trial.index] for trial in planned if trial.index in stored]
        for group in executor.run([trial for trial in planned if trial.index not in stored]):
            study.add(group)
            telling.tell(group)
            round_ += group
        finished += sorted(round_, key=lambda trial: trial.index)
    return finished


def _refuse_if_all_failed(trials: Sequence[Trial], first_error: NnbabysitError | None) -> None:
    if any(trial.state != "failed" for trial in trials):
        return
    message = f"all {len(trials)} trials failed, the first one with: {trials[0].reason}"
    if first_error is None or isinstance(first_error, UserError):
        raise ModelError(
            message, remedy="See that nnbabysit sanity passes, then search again"
        ) from first_error
    raise UserCodeError(message) from first_error
