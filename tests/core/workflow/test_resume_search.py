"""A search that was interrupted goes on to the set of trials that nobody interrupted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nnbabysit.core.config.loading import load_config, to_yaml
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.errors import NnbabysitError, RunError
from nnbabysit.core.record.files import read_lines, write_atomically
from nnbabysit.core.record.run import Run
from nnbabysit.core.record.strict_json import encode
from nnbabysit.core.search.store.study import best_values
from nnbabysit.core.search.trial import PlannedTrial, Trial
from nnbabysit.core.training.loop.yardstick import Merit
from nnbabysit.core.workflow.gates.search import search as search_module
from nnbabysit.core.workflow.gates.search.search import resume_search, run_search
from nnbabysit.core.workflow.gates.search.stage import StageName
from nnbabysit.core.workflow.result import StepResult

TRIALS = 12


class Interrupted(BaseException):
    """What a kill is to a search, without the process."""


class Executor:
    """Trials that are a function of their params; the process ends before trial number ``end``."""

    first_error: NnbabysitError | None = None

    def __init__(self, end: int = TRIALS) -> None:
        self.end = end
        self.ran: list[int] = []

    width = 1

    def run(self, trials: Iterable[PlannedTrial]) -> Iterator[list[Trial]]:
        for planned in trials:
            if len(self.ran) == self.end:
                raise Interrupted
            self.ran.append(planned.index)
            decades = math.log10(planned.params["optimizer.lr"] / 0.03)
            common: dict[str, Any] = {"index": planned.index, "params": planned.params, "seconds": 0.1}
            if decades > 1:
                yield [Trial(**common, value=None, state="diverged", reason="cost is nan")]
            else:
                value = 0.9 - 0.2 * abs(decades)
                yield [Trial(**common, value=value, state="complete", curve=(Merit.of_value(value),))]


@pytest.fixture(scope="module")
def config() -> Config:
    few = (f"search.coarse.trials={TRIALS}", f"search.fine.trials={TRIALS}", "device=cpu")
    return load_config("digits", few, cwd=Path.cwd()).config


@pytest.fixture(scope="module")
def dataset(config: Config) -> Dataset:
    return load_dataset(config)


@pytest.fixture(autouse=True)
def plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes longer than all the rest."""
    monkeypatch.setattr(search_module, "write_run_plots", lambda *_: [])


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> Executor:
    """What runs the trials of a resumed search."""
    executor = Executor()
    monkeypatch.setattr(
        "nnbabysit.core.workflow.gates.search.search.StackedExecutor", lambda *_args, **_more: executor
    )
    return executor


def searched(
    folder: Path, config: Config, dataset: Dataset, stage: StageName, *, end: int = TRIALS, **more: Any
) -> tuple[Path, StepResult | None]:
    with Run.create(root=folder, command=f"search-{stage}", config_yaml=to_yaml(config)) as run:
        try:
            return run.path, run_search(
                config, run, stage=stage, dataset=dataset, executor=Executor(end), **more
            )
        except Interrupted:
            return run.path, None


def resumed(path: Path, config: Config, dataset: Dataset) -> StepResult:
    opened: list[Run] = []

    def reopen(path: Path) -> Run:
        opened.append(Run.open(path))
        return opened[-1]

    try:
        return resume_search(config, path, reopen, dataset=dataset)
    finally:
        for run in opened:
            run.close(0)


def told(path: Path) -> list[int]:
    events, _ = read_lines(path / "events.jsonl")
    return [event["index"] for event in events if event["kind"] == "trial"]


def same(one: StepResult, other: StepResult) -> bool:
    keys = ("stage", "trials", "best", "space", "importances")
    return all(one.metrics[key] == other.metrics[key] for key in keys) and one.tables == other.tables


@pytest.mark.parametrize("end", [0, 1, 5, 8])
@pytest.mark.parametrize("grid", [False, True])
def test_trials_are_neither_lost_nor_repeated(
    tmp_path: Path, config: Config, dataset: Dataset, executor: Executor, end: int, grid: bool
) -> None:
    _, whole = searched(tmp_path / "whole", config, dataset, "coarse", grid=grid)
    path, nothing = searched(tmp_path / "cut", config, dataset, "coarse", end=end, grid=grid)
    assert nothing is None
    again = resumed(path, config, dataset)
    assert whole is not None
    assert same(whole, again)
    planned = [trial["index"] for trial in whole.metrics["trials"]]
    assert executor.ran == planned[end:], "what had ended is not run again"
    assert sorted(told(path)) == planned
    assert best_values(path)["optimizer.lr"] == again.metrics["best"]["params"]["optimizer.lr"]


def test_a_fine_search_keeps_the_ranges_that_it_was_narrowed_to(
    tmp_path: Path, config: Config, dataset: Dataset, executor: Executor
) -> None:
    source, _ = searched(tmp_path, config, dataset, "coarse")
    _, whole = searched(tmp_path, config, dataset, "fine", source=source)
    path, _ = searched(tmp_path, config, dataset, "fine", source=source, end=3)
    searched(tmp_path, config, dataset, "coarse")  # a newer coarse search is not taken instead
    again = resumed(path, config, dataset)
    assert whole is not None
    assert same(whole, again)
    assert again.metrics["source"] == str(source)
    assert len(executor.ran) == TRIALS - 3


def test_a_trial_that_was_stored_but_not_told_is_told_once(
    tmp_path: Path, config: Config, dataset: Dataset, executor: Executor
) -> None:
    path, _ = searched(tmp_path, config, dataset, "coarse", end=4)
    events, _ = read_lines(path / "events.jsonl")
    assert events[-1]["kind"] == "trial"
    write_atomically(path / "events.jsonl", "".join(f"{encode(event)}\n" for event in events[:-1]))
    resumed(path, config, dataset)
    assert told(path) == list(range(TRIALS))
    assert executor.ran == list(range(4, TRIALS))


def test_twice_interrupted_is_no_different(
    tmp_path: Path, config: Config, dataset: Dataset, executor: Executor
) -> None:
    path, _ = searched(tmp_path, config, dataset, "coarse", end=2)
    executor.end = 3
    with pytest.raises(Interrupted):
        resumed(path, config, dataset)
    executor.end = TRIALS
    assert [trial["index"] for trial in resumed(path, config, dataset).metrics["trials"]] == list(
        range(TRIALS)
    )
    assert executor.ran == list(range(2, TRIALS))


@pytest.mark.usefixtures("executor")
def test_what_has_ended_or_not_begun_is_refused(tmp_path: Path, config: Config, dataset: Dataset) -> None:
    path, _ = searched(tmp_path, config, dataset, "coarse")
    with pytest.raises(RunError, match="all trials of this search have ended"):
        resumed(path, config, dataset)
    with Run.create(root=tmp_path, command="search-coarse", config_yaml=to_yaml(config)) as run:
        pass
    with pytest.raises(RunError, match="nothing of this search was stored"):
        resumed(run.path, config, dataset)


def test_a_run_that_was_renamed_goes_on_with_its_study(
    tmp_path: Path, config: Config, dataset: Dataset, executor: Executor
) -> None:
    path, _ = searched(tmp_path, config, dataset, "coarse", end=5)
    renamed = path.rename(path.with_name("of-another-name"))
    resumed(renamed, config, dataset)
    assert executor.ran == list(range(5, TRIALS))
    assert sorted(told(renamed)) == list(range(TRIALS))
