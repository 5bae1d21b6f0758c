"""A search from its space to its study, tables, plots, findings and the next thing to type."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nnbabysit.core.config.loading import load_config, to_yaml
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.errors import ModelError, NnbabysitError, RunError, UserCodeError, UserError
from nnbabysit.core.record.run import Event, Run, read_meta
from nnbabysit.core.search.store.study import TrialStudy, best_trial, best_values
from nnbabysit.core.search.trial import PlannedTrial, Trial
from nnbabysit.core.training.loop.yardstick import Merit
from nnbabysit.core.workflow.gates.search import search as search_module
from nnbabysit.core.workflow.gates.search.search import run_search
from nnbabysit.core.workflow.gates.search.stage import StageName
from nnbabysit.core.workflow.result import StepResult

Objective = Callable[[dict[str, Any]], float | str]


class FakeExecutor:
    """Calls an objective: a number completes the trial, a text means diverged, an exception failed."""

    def __init__(self, objective: Objective) -> None:
        self.first_error: NnbabysitError | None = None
        self._objective = objective

    width = 1

    def run(self, trials: Iterable[PlannedTrial]) -> Iterator[list[Trial]]:
        for planned in trials:
            yield [self._run(planned)]

    def _run(self, planned: PlannedTrial) -> Trial:
        common: dict[str, Any] = {"index": planned.index, "params": planned.params}
        try:
            outcome = self._objective(planned.params)
        except NnbabysitError as error:
            self.first_error = self.first_error or error
            return Trial(**common, value=None, state="failed", reason=str(error))
        if isinstance(outcome, str):
            return Trial(**common, value=None, state="diverged", reason=outcome)
        return Trial(**common, value=outcome, state="complete", curve=(Merit.of_value(outcome),), seconds=0.1)


def peak_at(lr: float) -> Objective:
    """Accuracy that falls with the distance of lr from the best one; far too high a rate diverges."""

    def objective(params: dict[str, Any]) -> float | str:
        decades = math.log10(params["optimizer.lr"] / lr)
        return "cost is nan" if decades > 2 else max(0.1, 0.9 - 0.2 * abs(decades))

    return objective


def digits(*overrides: str) -> Config:
    few = ("search.coarse.trials=20", "search.fine.trials=20", "device=cpu")
    return load_config("digits", [*few, *overrides], cwd=Path.cwd()).config


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return load_dataset(digits())


class Searches:
    """Runs searches in one folder, and keeps what they told."""

    def __init__(self, root: Path, dataset: Dataset) -> None:
        self.root = root
        self.events: list[Event] = []
        self._dataset = dataset

    def run(self, config: Config, stage: StageName, objective: Objective, **settings: Any) -> StepResult:
        self.events.clear()
        with Run.create(
            root=self.root,
            command=f"search-{stage}",
            config_yaml=to_yaml(config),
            listeners=[self.events.append],
        ) as run:
            executor = FakeExecutor(objective)
            return run_search(
                config,
                run,
                stage=stage,
                dataset=self._dataset,
                executor=executor,
                **settings,
            )

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [event.fields for event in self.events if event.kind == kind]


@pytest.fixture(autouse=True)
def plots(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Drawing takes longer than all the rest; the test of the plots alone draws."""
    if "plots" not in request.node.name:
        monkeypatch.setattr(search_module, "write_run_plots", lambda *_: [])


@pytest.fixture
def searches(tmp_path: Path, dataset: Dataset) -> Searches:
    return Searches(tmp_path, dataset)


def test_a_coarse_search_finds_the_best_and_says_what_to_type_next(searches: Searches) -> None:
    result = searches.run(digits(), "coarse", peak_at(1e-2))
    assert (result.verdict, result.next_command) == ("pass", "nnbabysit search --fine")
    assert result.metrics["stage"] == "coarse"
    assert len(result.metrics["trials"]) == 20
    assert set(result.metrics["trials"][0]) >= {
        "index",
        "params",
        "value",
        "state",
        "reason",
        "seconds",
        "good",
    }
    best = result.metrics["best"]
    assert best["value"] == max(trial["value"] or 0 for trial in result.metrics["trials"])
    assert best["params"]["optimizer.lr"] == pytest.approx(1e-2, rel=0.5)
    assert result.metrics["space"]["optimizer.lr"] == {"log_uniform": (1e-4, 1.0)}
    assert sum(trial["good"] for trial in result.metrics["trials"]) == 2
    assert "best val_acc" in result.summary
    json.dumps(result.to_document(), allow_nan=False)


def test_every_trial_is_told_and_stored(searches: Searches) -> None:
    result = searches.run(digits(), "coarse", peak_at(1e-2))
    told = searches.told("trial")
    assert [fields["index"] for fields in told] == list(range(20))
    wanted = {
        "index",
        "trials",
        "metric",
        "value",
        "loss",
        "by_loss",
        "params",
        "state",
        "reason",
        "good",
        "seconds",
        "best",
        "ended",
        "eta",
    }
    assert set(told[0]) == wanted
    assert not any(fields["good"] for fields in told[:4])
    assert told[-1]["best"] == result.metrics["best"]
    with TrialStudy.open(result.run_dir, name="run") as study:
        assert [trial.index for trial in study.trials()] == list(range(20))
    assert best_values(result.run_dir) == result.metrics["best"]["params"]


def test_plots_and_tables_are_there(searches: Searches) -> None:
    result = searches.run(digits(), "coarse", peak_at(1e-2))
    names = {path.name for path in (result.run_dir / "plots").iterdir()}
    assert names == {"search.png", "search.svg", "importances.png", "importances.svg"}
    trials, values = result.tables
    assert trials.columns == ("trial", "val_acc", "lr", "reg", "mark")
    assert [row[-1] for row in trials.rows] == ["nice"] * 2 + [""] * 8
    assert values.columns[-1] == "importance"
    assert [row[0] for row in values.rows] == ["optimizer.lr", "regularization.l2"]


def test_a_fine_search_narrows_the_newest_coarse_one(searches: Searches) -> None:
    config = digits()
    coarse = searches.run(config, "coarse", peak_at(1e-2))
    fine = searches.run(config, "fine", peak_at(1e-2))
    low, high = fine.metrics["space"]["optimizer.lr"]["log_uniform"]
    assert 1e-4 < low < 1e-2 < high < 1.0
    assert fine.metrics["source"] == str(coarse.run_dir)
    assert fine.metrics["best"]["value"] > coarse.metrics["best"]["value"]
    assert fine.next_command == f"nnbabysit train --best-of {fine.run_dir}"
    assert fine.tables[0].title == "Narrowed ranges"
    again = load_config(fine.metrics["narrowed"], cwd=Path.cwd()).config
    assert again.search.fine.space is not None
    assert again.search.fine.space["optimizer.lr"].log_uniform == (low, high)


def test_a_fine_search_takes_the_run_it_is_given(searches: Searches) -> None:
    config = digits()
    first = searches.run(config, "coarse", peak_at(1e-3))
    searches.run(config, "coarse", peak_at(1e-1))
    fine = searches.run(config, "fine", peak_at(1e-3), source=first.run_dir)
    assert fine.metrics["source"] == str(first.run_dir)
    assert fine.metrics["space"]["optimizer.lr"]["log_uniform"][1] < 1e-2


def test_a_fine_space_of_the_config_needs_no_coarse_search(searches: Searches) -> None:
    config = digits("search.fine.space={optimizer.lr: {log_uniform: [1e-3, 1e-1]}}")
    fine = searches.run(config, "fine", peak_at(1e-2))
    assert fine.metrics["space"] == {"optimizer.lr": {"log_uniform": (1e-3, 1e-1)}}
    assert (fine.metrics["source"], fine.metrics["narrowed"]) == (None, None)
    assert "as the config gives it" in searches.told("note")[0]["text"]


def test_a_fine_search_without_a_coarse_one_says_the_way_out(searches: Searches) -> None:
    with pytest.raises(RunError, match="no coarse search of digits"):
        searches.run(digits(), "fine", peak_at(1e-2))


def test_a_best_trial_at_the_border_is_a_warning_with_the_wider_range(searches: Searches) -> None:
    config = digits("search.coarse.space={optimizer.lr: {log_uniform: [1e-4, 1e-3]}}")
    result = searches.run(config, "coarse", peak_at(1e-2))
    assert result.verdict == "pass"
    (finding,) = result.findings
    assert (finding.id, finding.severity) == ("SEA001", "warning")
    assert finding.evidence["search_wider"] == pytest.approx((1e-4, 1e-2))
    searches.run(config, "fine", peak_at(1e-2))
    assert "high end" in searches.told("warning")[0]["text"]


def test_many_diverged_trials_are_a_warning(searches: Searches) -> None:
    config = digits("search.coarse.space={optimizer.lr: {log_uniform: [1e-4, 1e+3]}}")
    result = searches.run(config, "coarse", peak_at(1e-4))
    assert "SEA002" in [finding.id for finding in result.findings]
    assert "diverged" in result.summary
    assert {trial["state"] for trial in result.metrics["trials"]} == {"complete", "diverged"}


def test_the_verdict_is_fail_when_no_trial_completed(searches: Searches) -> None:
    result = searches.run(digits(), "coarse", lambda params: "cost is nan at epoch 1")
    assert (result.verdict, result.metrics["best"]) == ("fail", None)
    assert "none of 20 trials completed: 20 diverged; the first: cost is nan at epoch 1" in result.summary
    with pytest.raises(RunError, match="no best one"):
        best_values(result.run_dir)


def test_one_failed_trial_does_not_end_the_search(searches: Searches) -> None:
    def objective(params: dict[str, Any]) -> float:
        if params["optimizer.lr"] < 1e-2:
            raise ModelError("no such width")
        return 0.5

    result = searches.run(digits(), "coarse", objective)
    failed = [trial for trial in result.metrics["trials"] if trial["state"] == "failed"]
    assert result.verdict == "pass"
    assert 0 < len(failed) < 20
    assert failed[0]["reason"] == "no such width"


@pytest.mark.parametrize("error", [ModelError, UserCodeError])
def test_the_command_fails_with_the_first_reason_when_all_trials_fail(
    searches: Searches, error: type[NnbabysitError]
) -> None:
    reasons = iter(range(100))

    def objective(params: dict[str, Any]) -> float:
        raise error(f"reason {next(reasons)}")

    with pytest.raises(error, match="all 20 trials failed, the first one with: reason 0"):
        searches.run(digits(), "coarse", objective)
    (run_dir,) = searches.root.glob("20*")
    assert read_meta(run_dir)["search"]["finished"] is False
    with pytest.raises(RunError, match="has not finished"):
        best_values(run_dir)


def test_an_empty_space_is_refused_with_its_place(searches: Searches) -> None:
    config = digits()
    coarse = config.search.coarse.model_copy(update={"space": {}})
    config = config.model_copy(update={"search": config.search.model_copy(update={"coarse": coarse})})
    with pytest.raises(UserError, match="nothing to search") as raised:
        searches.run(config, "coarse", peak_at(1e-2))
    assert raised.value.where == "search.coarse.space"


def test_an_interrupt_leaves_the_finished_trials_in_the_study(searches: Searches) -> None:
    trials = iter(range(100))

    def objective(params: dict[str, Any]) -> float:
        if next(trials) == 7:
            raise KeyboardInterrupt
        return 0.5

    with pytest.raises(KeyboardInterrupt):
        searches.run(digits(), "coarse", objective)
    (run_dir,) = searches.root.glob("20*")
    with TrialStudy.open(run_dir, name="run") as study:
        assert [trial.index for trial in study.trials()] == list(range(7))


def test_a_grid_searches_evenly_spaced_points(searches: Searches) -> None:
    result = searches.run(digits(), "coarse", peak_at(1e-2), grid=True)
    rates = {trial["params"]["optimizer.lr"] for trial in result.metrics["trials"]}
    assert (len(result.metrics["trials"]), len(rates)) == (16, 4)


def test_the_study_goes_where_search_storage_says(searches: Searches, tmp_path: Path) -> None:
    config = digits(f"search.storage=sqlite:///{tmp_path / 'shared.db'}")
    result = searches.run(config, "coarse", peak_at(1e-2))
    assert not (result.run_dir / "study.db").exists()
    assert best_values(result.run_dir) == result.metrics["best"]["params"]
    assert searches.run(config, "fine", peak_at(1e-2)).metrics["source"] == str(result.run_dir)


def test_where_fine_is_worse_than_coarse_it_is_said_and_the_better_one_is_taken(searches: Searches) -> None:
    coarse = searches.run(digits(), "coarse", peak_at(1e-2))
    fine = searches.run(digits(), "fine", lambda params: 0.001)
    best = coarse.metrics["best"]
    assert f"worse than trial {best['index'] + 1} of the coarse search, {best['value']:.4f}" in fine.summary
    assert fine.metrics["better_coarse"]["params"] == best["params"] == best_values(fine.run_dir)
    assert best_trial(fine.run_dir)[1] == coarse.run_dir


def test_where_fine_is_better_nothing_is_said_of_coarse(searches: Searches) -> None:
    searches.run(digits(), "coarse", lambda params: 0.001)
    fine = searches.run(digits(), "fine", peak_at(1e-2))
    assert "coarse" not in fine.summary
    assert fine.metrics["better_coarse"] is None
    assert best_values(fine.run_dir) == fine.metrics["best"]["params"]


def test_digits_are_searched_from_end_to_end(tmp_path: Path, dataset: Dataset) -> None:
    config = digits(
        "search.coarse.trials=6", "search.coarse.epochs=1", "search.fine.trials=3", "search.fine.epochs=2"
    )
    stages: tuple[StageName, ...] = ("coarse", "fine")
    for stage in stages:
        with Run.create(root=tmp_path, command=f"search-{stage}", config_yaml=to_yaml(config)) as run:
            result = run_search(config, run, stage=stage, dataset=dataset)
    assert result.verdict == "pass"
    assert result.metrics["best"]["value"] > 0.7
    assert set(best_values(result.run_dir)) == {"optimizer.lr", "regularization.l2"}


def test_nothing_is_begun_when_the_storage_cannot_be_reached(searches: Searches) -> None:
    config = digits("search.storage=sqlite:////no/such/folder/study.db")
    with pytest.raises(UserError, match="unable to open database file"):
        searches.run(config, "coarse", peak_at(1e-2))
    (run_dir,) = searches.root.glob("20*")
    assert searches.events == []
    assert "search" not in read_meta(run_dir)
