"""babysit: all gates in order; the first that fails ends it, with its reason and remedy."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from nnbabysit.core.config.loading import with_values
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.diagnosis.engine import SEVERITIES
from nnbabysit.core.formatting import duration
from nnbabysit.core.record.events import GateEvent
from nnbabysit.core.record.run import Run
from nnbabysit.core.search.store.study import best_values
from nnbabysit.core.workflow.execute import conclude
from nnbabysit.core.workflow.gates.data import run_data_check
from nnbabysit.core.workflow.gates.overfit_tiny import run_overfit_tiny
from nnbabysit.core.workflow.gates.sanity import run_sanity
from nnbabysit.core.workflow.gates.search.search import run_search
from nnbabysit.core.workflow.gates.train.train import run_train
from nnbabysit.core.workflow.provenance import tell_notes
from nnbabysit.core.workflow.result import StepResult, Table

Step = Callable[[Run], StepResult]
NewRun = Callable[[str, Config], Run]
"""Creates the run directory of one step: (command, config of the step) → run."""


def run_babysit(
    config: Config,
    run: Run,
    *,
    new_run: NewRun,
    dataset: Dataset | None = None,
    took: Callable[[Path], None] = lambda search: None,
) -> StepResult:
    """Run data, sanity, overfit-tiny, search --coarse, search --fine and train.

    Args:
        config: Experiment.
        run: Holds the summary of all steps.
        new_run: Creates the run directory of each step.
        dataset: Already loaded data, or None to load it.
        took: Called with the run directory of the search whose best values are trained with, before that.

    Returns:
        The verdict of the first step that does not pass, else of the training. Metrics: those of the last
        step, and ``steps``: [{command, verdict, run_dir, seconds}].
    """
    data = dataset if dataset is not None else load_dataset(config)
    tell_notes(run, data.notes)
    done: list[tuple[StepResult, float]] = []
    for command, step_config, step in _steps(config, data, done, took):
        run.event(GateEvent(command=command))
        start = time.perf_counter()
        with new_run(command, step_config) as step_run:
            result = step(step_run)
            conclude(step_run, result)
        done.append((result, time.perf_counter() - start))
        if result.verdict != "pass":
            break
    return _result(run, done)


def _steps(
    config: Config, data: Dataset, done: list[tuple[StepResult, float]], took: Callable[[Path], None]
) -> Iterator[tuple[str, Config, Step]]:
    """Each step is made when its turn comes: fine reads what coarse wrote, train what fine found."""
    yield "data", config, lambda run: run_data_check(config, run, dataset=data)
    yield "sanity", config, lambda run: run_sanity(config, run, dataset=data)
    yield "overfit-tiny", config, lambda run: run_overfit_tiny(config, run, dataset=data)
    if config.search.coarse.space:
        yield "search-coarse", config, lambda run: run_search(config, run, stage="coarse", dataset=data)
        coarse = done[-1][0].run_dir
        yield (
            "search-fine",
            config,
            lambda run: run_search(config, run, stage="fine", source=coarse, dataset=data),
        )
        fine = done[-1][0].run_dir
        best = with_values(config, best_values(fine))
        took(fine)
        yield "train", best, lambda run: run_train(best, run, dataset=data)
    else:
        yield "train", config, lambda run: run_train(config, run, dataset=data)


def _result(run: Run, done: list[tuple[StepResult, float]]) -> StepResult:
    last = done[-1][0]
    passed = last.verdict == "pass"
    steps = [
        {"command": r.command, "verdict": r.verdict, "run_dir": str(r.run_dir), "seconds": round(seconds, 3)}
        for r, seconds in done
    ]
    findings = [finding for result, _ in done for finding in result.findings]
    table = Table(
        title="Gates",
        columns=("step", "verdict", "time", "what it says", "run"),
        rows=tuple(
            (_words(r), r.verdict, duration(seconds), r.summary, r.run_dir.name) for r, seconds in done
        ),
    )
    return StepResult(
        command="babysit",
        verdict=last.verdict,
        summary=last.summary if passed else f"stopped at {_words(last)}: {last.summary}",
        run_dir=run.path,
        notes=last.notes,
        metrics={**last.metrics, "steps": steps, "seconds": sum(seconds for _, seconds in done)},
        findings=tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))),
        tables=(table,),
        next_command=last.next_command if passed else f"nnbabysit {_words(last)}",
    )


def _words(result: StepResult) -> str:
    """The step as it is typed: ``search --coarse``."""
    stage = result.metrics.get("stage")
    return f"{result.command} --{stage}" if stage else result.command
