"""A second look: the best trials again, with other seeds or in fp32; its winner is the search's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from nnbabysit.core.config.loading import load_config, to_yaml
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.record.files import read_lines
from nnbabysit.core.record.run import Run, read_meta
from nnbabysit.core.search.store.study import TrialStudy, best_values
from nnbabysit.core.search.trial import PlannedTrial, State, Trial
from nnbabysit.core.workflow.gates.search import search as search_module
from nnbabysit.core.workflow.gates.search.search import run_search
from nnbabysit.core.workflow.result import StepResult

TRIALS, TOP, SEEDS = 24, 3, 4
SPACE = (
    "search.coarse.space={optimizer.lr: {log_uniform: [1e-3, 1e-1]}, model.args.hidden: {choice: [[5], [6]]}}"
)


class Interrupted(BaseException):
    """What a kill is to a search, without the process."""


Objective = Callable[[PlannedTrial], float | None]


class Executor:
    """Runs an objective, in groups of ``width``; the process ends before training number ``end``."""

    first_error = None

    def __init__(self, objective: Objective, *, end: int = 10**6, width: int = 1) -> None:
        self.ran: list[PlannedTrial] = []
        self.width = width
        self._objective = objective
        self._end = end

    def run(self, trials: Sequence[PlannedTrial]) -> Iterator[list[Trial]]:
        for start in range(0, len(trials), self.width):
            yield [self._run(planned) for planned in trials[start : start + self.width]]

    def _run(self, planned: PlannedTrial) -> Trial:
        if len(self.ran) == self._end:
            raise Interrupted
        self.ran.append(planned)
        value = self._objective(planned)
        state: State = "diverged" if value is None else "complete"
        reason = "" if value is not None else "cost is nan"
        return Trial(
            index=planned.index, params=planned.params, value=value, state=state, reason=reason, seconds=0.1
        )


def by_luck(planned: PlannedTrial) -> float:
    """The search likes high rates, other seeds like low ones, each by a little luck of its own."""
    seed, rate = planned.params.get("seed"), float(planned.params["optimizer.lr"])
    return 0.5 + rate if seed is None else 0.9 - 3 * rate + 0.001 * (seed % 3)


def config_of(*overrides: str) -> Config:
    few = (f"search.coarse.trials={TRIALS}", f"search.top={TOP}", "device=cpu", SPACE)
    return load_config("digits", [*few, *overrides], cwd=Path.cwd()).config


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return load_dataset(config_of())


@pytest.fixture(autouse=True)
def plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes longer than all the rest."""
    monkeypatch.setattr(search_module, "write_run_plots", lambda *_: [])


class Search:
    """A search of one run directory."""

    def __init__(self, folder: Path, config: Config, dataset: Dataset) -> None:
        self._config, self._dataset = config, dataset
        with Run.create(root=folder, command="search-coarse", config_yaml=to_yaml(config)) as run:
            self.path = run.path

    def run(self, executor: Executor, *, resume: bool = False) -> StepResult:
        with Run.open(self.path) as run:
            return run_search(
                self._config, run, stage="coarse", resume=resume, dataset=self._dataset, executor=executor
            )

    def told(self) -> list[dict[str, Any]]:
        events, _ = read_lines(self.path / "events.jsonl")
        return [event for event in events if event["kind"] == "repeat"]


@pytest.fixture
def search(tmp_path: Path, dataset: Dataset) -> Search:
    return Search(tmp_path, config_of(f"search.repeat={SEEDS}"), dataset)


def best_of_search(result: StepResult) -> list[int]:
    trials = sorted(result.metrics["trials"], key=lambda trial: -trial["value"])
    return [trial["index"] for trial in trials[:TOP]]


def test_the_best_are_trained_with_other_seeds_on_the_same_split(search: Search) -> None:
    executor = Executor(by_luck)
    result = search.run(executor)
    again = executor.ran[TRIALS:]
    assert [planned.index for planned in again] == list(range(TRIALS, TRIALS + TOP * SEEDS))
    assert [planned.repeat_of for planned in again] == best_of_search(result) * SEEDS
    assert [planned.params["seed"] for planned in again[::TOP]] == [1, 2, 3, 4]
    assert {planned.params["data.seed"] for planned in again} == {0}
    assert all(planned.confirm for planned in again)


def test_they_are_ranked_by_their_mean_and_the_first_is_the_winner(search: Search) -> None:
    result = search.run(Executor(by_luck))
    repeats = result.metrics["repeats"]
    assert [one["index"] for one in repeats] == best_of_search(result)[::-1]
    assert [one["mean"] for one in repeats] == sorted((one["mean"] for one in repeats), reverse=True)
    assert repeats[0]["seeds"] == [1, 2, 3, 4]
    assert repeats[0]["mean"] == pytest.approx(sum(repeats[0]["values"]) / SEEDS)
    best = result.metrics["best"]
    assert (best["index"], best["mean"]) == (repeats[0]["index"], repeats[0]["mean"])
    assert best["value"] == result.metrics["trials"][best["index"]]["value"]
    assert read_meta(search.path)["search"]["winner"] == best["index"]
    assert best_values(search.path) == best["params"]
    json.dumps(result.to_document(), allow_nan=False)


def test_the_search_itself_is_what_it_is_without_a_second_look(
    search: Search, tmp_path: Path, dataset: Dataset
) -> None:
    result = search.run(Executor(by_luck))
    alone = Search(tmp_path / "alone", config_of(), dataset).run(Executor(by_luck))
    for key in ("trials", "importances", "space"):
        assert result.metrics[key] == alone.metrics[key]
    assert (alone.metrics["repeats"], len(result.metrics["trials"])) == ([], TRIALS)
    with TrialStudy.open(search.path, name="run") as study:
        assert [trial.index for trial in study.trials()] == list(range(TRIALS))
        repeats = study.repeats()
    assert len(repeats) == TOP * SEEDS
    assert all(set(trial.params) == {"optimizer.lr", "model.args.hidden"} for trial in repeats)
    assert {trial.seed for trial in repeats} == {1, 2, 3, 4}


def test_a_clear_winner_is_not_said_to_be_like_others(search: Search) -> None:
    result = search.run(Executor(by_luck))
    assert "told apart" not in result.summary
    assert [one["told_apart"] for one in result.metrics["repeats"]] == [None, True, True]
    assert "with 4 seeds (" in result.summary
    (table,) = [table for table in result.tables if table.title == "Best trials again, with 4 seeds"]
    assert table.columns[:4] == ("trial", "val_acc", "in the search", "behind the best")
    assert table.rows[0][0] == str(result.metrics["best"]["index"] + 1)
    assert "±" in table.rows[0][1]


def test_what_the_seeds_cannot_tell_apart_is_called_so(search: Search) -> None:
    """The second is as good on average; the third is clearly worse with every seed."""
    order: list[int] = []

    def objective(planned: PlannedTrial) -> float:
        if planned.repeat_of is None:
            return by_luck(planned)
        if planned.repeat_of not in order:
            order.append(planned.repeat_of)
        seed, place = planned.params["seed"], order.index(planned.repeat_of)
        return (0.9, 0.9 + (-0.010, 0.004, -0.004, 0.006)[seed - 1], 0.7 + 0.001 * seed)[place]

    result = search.run(Executor(objective))
    _, second, third = result.metrics["repeats"]
    assert (second["told_apart"], third["told_apart"]) == (False, True)
    assert second["difference"] == pytest.approx(0.001)
    # differences 10, −4, 4, −6 thousandths: s = 7.394, s / √4 = 3.697, times t(3) = 3.182
    assert second["margin"] == pytest.approx(0.011766, abs=1e-5)
    words = f"trial {second['index'] + 1} cannot be told apart from the best with 4 seeds"
    assert f"{words} (difference 0.0010 ± 0.0118)" in result.summary
    rows = next(table.rows for table in result.tables if "again" in table.title)
    assert [row[3].endswith("not told apart") for row in rows] == [False, True, False]


def test_several_that_cannot_be_told_apart_are_listed(search: Search) -> None:
    def objective(planned: PlannedTrial) -> float:
        return by_luck(planned) if planned.repeat_of is None else 0.9

    result = search.run(Executor(objective))
    others = [one["index"] + 1 for one in result.metrics["repeats"][1:]]
    assert f"trials {others[0]} and {others[1]} cannot be told apart" in result.summary


def test_a_setting_that_diverges_with_another_seed_comes_last(search: Search) -> None:
    lost: set[int] = set()

    def objective(planned: PlannedTrial) -> float | None:
        if planned.repeat_of is not None:
            lost.add(planned.repeat_of)
            if planned.repeat_of == min(lost) and planned.params["seed"] == 2 and len(lost) == TOP:
                return None
        return by_luck(planned)

    result = search.run(Executor(objective))
    last = result.metrics["repeats"][-1]
    assert (last["index"], last["values"][1]) == (min(lost), None)
    rows = next(table.rows for table in result.tables if "again" in table.title)
    assert "1 of 4 lost" in rows[-1][1]


def test_where_no_training_completed_the_search_names_the_winner(search: Search) -> None:
    result = search.run(Executor(lambda one: by_luck(one) if one.repeat_of is None else None))
    assert result.metrics["best"]["index"] == best_of_search(result)[0]
    assert best_values(search.path) == result.metrics["best"]["params"]
    json.dumps(result.to_document(), allow_nan=False)


def test_behind_bf16_the_best_are_confirmed_with_the_seed_of_the_search(
    tmp_path: Path, dataset: Dataset
) -> None:
    search = Search(tmp_path, config_of("search.precision=bf16"), dataset)
    executor = Executor(by_luck)
    result = search.run(executor)
    again = executor.ran[TRIALS:]
    assert [(planned.params["seed"], planned.confirm) for planned in again] == [(0, True)] * TOP
    assert not any(planned.confirm for planned in executor.ran[:TRIALS])
    assert result.metrics["best"]["index"] == best_of_search(result)[-1]
    assert result.metrics["repeats"][0]["standard_error"] is None
    assert " in fp32 (" in result.summary
    assert "told apart" not in result.summary
    notes, _ = read_lines(search.path / "events.jsonl")
    assert "training the 3 best trials again in fp32" in [note.get("text") for note in notes]


def same(one: StepResult, other: StepResult) -> bool:
    keys = ("trials", "best", "importances", "repeats")
    return all(one.metrics[key] == other.metrics[key] for key in keys) and one.tables == other.tables


@pytest.mark.parametrize("end", [TRIALS - 1, TRIALS, TRIALS + 1, TRIALS + 5, TRIALS + TOP * SEEDS - 1])
@pytest.mark.parametrize("sampler", ["random", "tpe"])
@pytest.mark.parametrize("width", [1, 5])
def test_an_interrupted_search_goes_on_where_it_was(
    tmp_path: Path, dataset: Dataset, end: int, sampler: str, width: int
) -> None:
    config = config_of(f"search.repeat={SEEDS}", f"search.sampler={sampler}")
    whole = Search(tmp_path / "whole", config, dataset).run(Executor(by_luck, width=width))
    cut = Search(tmp_path / "cut", config, dataset)
    with pytest.raises(Interrupted):
        cut.run(Executor(by_luck, end=end, width=width))
    with TrialStudy.open(cut.path, name="run") as study:
        stored = [trial.index for trial in [*study.trials(), *study.repeats()]]
    executor = Executor(by_luck, width=width)
    assert same(whole, cut.run(executor, resume=True))
    ran = [planned.index for planned in executor.ran]
    assert sorted(stored + ran) == list(range(TRIALS + TOP * SEEDS)), "none lost, none repeated"
    assert sorted(event["index"] for event in cut.told()) == list(range(TRIALS, TRIALS + TOP * SEEDS))


def test_a_resumed_tpe_keeps_the_rounds_that_it_had_on_another_machine(
    tmp_path: Path, dataset: Dataset
) -> None:
    config = config_of("search.sampler=tpe")
    whole = Search(tmp_path / "whole", config, dataset).run(Executor(by_luck, width=12))
    cut = Search(tmp_path / "cut", config, dataset)
    with pytest.raises(Interrupted):
        cut.run(Executor(by_luck, end=18, width=12))
    assert read_meta(cut.path)["search"]["round_size"] == 12
    assert same(whole, cut.run(Executor(by_luck, width=1), resume=True))


def test_a_search_of_an_older_version_can_be_gone_on_with(search: Search) -> None:
    with pytest.raises(Interrupted):
        search.run(Executor(by_luck, end=TRIALS + 2))
    with Run.open(search.path) as run:
        noted = read_meta(search.path)["search"]
        older = {key: noted[key] for key in noted if key not in ("round_size", "winner")}
        run.update_meta(search=older)
    result = search.run(Executor(by_luck), resume=True)
    assert len(result.metrics["repeats"]) == TOP


@pytest.mark.parametrize("sampler", ["qmc", "grid", "tpe"])
def test_the_sampler_of_the_config_draws_the_trials(tmp_path: Path, dataset: Dataset, sampler: str) -> None:
    result = Search(tmp_path, config_of(f"search.sampler={sampler}"), dataset).run(Executor(by_luck))
    rates = {trial["params"]["optimizer.lr"] for trial in result.metrics["trials"]}
    assert len(rates) == (12 if sampler == "grid" else TRIALS)
    assert read_meta(result.run_dir)["search"]["grid"] is (sampler == "grid")
