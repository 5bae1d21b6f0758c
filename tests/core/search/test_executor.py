"""Trials are trained one after another on one dataset; what goes wrong in one does not touch the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nnbabysit.core.config.loading import load_config
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.errors import ConfigError, DiskError, UserError
from nnbabysit.core.search.execute import executor as executor_module
from nnbabysit.core.search.execute.executor import SequentialExecutor
from nnbabysit.core.search.execute.trial_spec import TrialSpec
from nnbabysit.core.search.trial import PlannedTrial, Trial

SMALL = ("model.args.hidden=[8]", "data.validation=0.2", "device=cpu")


def digits(*overrides: str) -> Config:
    return load_config("digits", [*SMALL, *overrides], cwd=Path.cwd()).config


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return load_dataset(digits())


def planned(*params: dict[str, Any]) -> list[PlannedTrial]:
    return [PlannedTrial(index=index, params=values) for index, values in enumerate(params)]


def ended(executor: SequentialExecutor, trials: list[PlannedTrial]) -> list[Trial]:
    return [trial for group in executor.run(trials) for trial in group]


def without_time(trial: Trial) -> dict[str, Any]:
    return {**trial.to_document(), "seconds": None, "curve": trial.curve}


def test_a_trial_is_trained_with_its_params_and_keeps_its_best_epoch(dataset: Dataset) -> None:
    executor = SequentialExecutor(TrialSpec(digits(), dataset, 2))
    slow, fast = ended(executor, planned({"optimizer.lr": 1e-5}, {"optimizer.lr": 0.05}))
    assert (slow.state, len(slow.curve)) == ("complete", 2)
    assert slow.value == max(slow.curve).accuracy
    assert fast.value is not None
    assert slow.value is not None
    assert fast.value > 0.6 > slow.value
    assert executor.first_error is None


def test_a_trial_with_an_average_is_also_judged_by_it(dataset: Dataset) -> None:
    """With decay 0 the average is the last weights."""
    config = digits("optimizer.lr=0.05", "training.batch_size=20", "schedule={name: constant}")
    trials = planned({}, {"training.average.decay": 0.0}, {"training.average.decay": 0.9})
    plain, last, mean = ended(SequentialExecutor(TrialSpec(config, dataset, 2)), trials)
    assert plain.curve == last.curve == mean.curve
    assert plain.value == last.value
    assert mean.value is not None
    assert plain.value is not None
    assert mean.value > plain.value


def test_a_trial_does_not_depend_on_those_before_it(dataset: Dataset) -> None:
    trials = planned(*({"optimizer.lr": lr, "model.args.dropout": 0.3} for lr in (1.0, 0.03, 0.01)))
    together = list(ended(SequentialExecutor(TrialSpec(digits(), dataset, 1)), trials))
    (alone,) = ended(SequentialExecutor(TrialSpec(digits(), dataset, 1)), trials[2:])
    assert without_time(alone) == without_time(together[2])


def test_a_trial_whose_cost_runs_away_stops_and_says_so(dataset: Dataset) -> None:
    (trial,) = ended(SequentialExecutor(TrialSpec(digits(), dataset, 3)), planned({"optimizer.lr": 1e4}))
    assert trial.state == "diverged"
    assert trial.value is None
    assert "total loss" in trial.reason
    assert len(trial.curve) < 3


def test_a_trial_that_fails_says_why_and_the_next_one_runs(dataset: Dataset) -> None:
    executor = SequentialExecutor(TrialSpec(digits(), dataset, 1))
    values = ({"model.args.hidden": [-1]}, {"optimizer.momentum": 2.0}, {"optimizer.lr": 0.05})
    unbuilt, unset, fine = ended(executor, planned(*values))
    assert [unbuilt.state, unset.state, fine.state] == ["failed", "failed", "complete"]
    assert "hidden" in unbuilt.reason
    assert "optimizer.momentum" in unset.reason
    assert isinstance(executor.first_error, UserError)


def test_the_users_code_that_raises_is_named_with_its_place(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "picky_model_of_a_search.py").write_text(
        "from torch import nn\n"
        "class Net(nn.Module):\n"
        "    def __init__(self, width, num_classes):\n"
        "        super().__init__()\n"
        "        if width > 10:\n"
        "            raise ValueError('too wide for me')\n"
        "        self.net = nn.Sequential(nn.Linear(64, width), nn.Linear(width, num_classes))\n"
        "    def forward(self, x):\n"
        "        return self.net(x.flatten(1))\n"
    )
    target = f"{tmp_path / 'picky_model_of_a_search.py'}:Net"
    config = digits().model_copy(
        update={"model": digits().model.model_copy(update={"name": target, "args": {}})}
    )
    executor = SequentialExecutor(TrialSpec(config, dataset, 1))
    wide, narrow = ended(executor, planned({"model.args.width": 20}, {"model.args.width": 5}))
    assert (wide.state, narrow.state) == ("failed", "complete")
    assert "too wide for me" in wide.reason
    assert "picky_model_of_a_search.py:6" in wide.reason
    assert executor.first_error is not None


def test_the_space_may_draw_the_number_of_epochs(dataset: Dataset) -> None:
    (trial,) = ended(SequentialExecutor(TrialSpec(digits(), dataset, 1)), planned({"training.epochs": 3}))
    assert len(trial.curve) == 3


def test_data_is_loaded_again_only_for_values_that_change_it(dataset: Dataset) -> None:
    loaded: list[str] = []

    def load(config: Config) -> Dataset:
        loaded.append(config.data.preprocess.scale)
        return load_dataset(config)

    executor = SequentialExecutor(TrialSpec(digits(), dataset, 1), load=load)
    scales = ("standard", "none", "minmax", "none", "standard")
    trials = list(ended(executor, planned(*({"data.preprocess.scale": scale} for scale in scales))))
    assert loaded == ["none", "minmax"]
    assert without_time(trials[1])["value"] == without_time(trials[3])["value"]


def test_few_datasets_stay_in_memory(dataset: Dataset) -> None:
    loaded: list[int] = []

    def load(config: Config) -> Dataset:
        loaded.append(config.seed)
        return dataset

    executor = SequentialExecutor(TrialSpec(digits(), dataset, 1), load=load)
    list(ended(executor, planned(*({"seed": seed} for seed in (1, 2, 3, 4, 5, 1, 0)))))
    assert loaded == [1, 2, 3, 4, 5, 1]  # 0 is the config's own and always kept


@pytest.mark.parametrize("error", [KeyboardInterrupt(), DiskError("the disk is full")])
def test_an_interrupt_and_a_full_disk_end_the_search(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def interrupted(*arguments: object, **settings: object) -> None:
        raise error

    monkeypatch.setattr(executor_module, "assemble", interrupted)
    with pytest.raises(type(error)):
        list(ended(SequentialExecutor(TrialSpec(digits(), dataset, 1)), planned({})))


def test_a_device_that_is_not_there_is_refused_before_any_trial(dataset: Dataset) -> None:
    with pytest.raises(UserError, match="cuda:99"):
        SequentialExecutor(TrialSpec(digits().model_copy(update={"device": "cuda:99"}), dataset, 1))


def test_every_mistake_of_a_trials_config_is_in_its_reason(dataset: Dataset) -> None:
    executor = SequentialExecutor(TrialSpec(digits(), dataset, 1))
    (trial,) = ended(executor, planned({"optimizer.momentum": 2.0, "training.batch_size": 0}))
    assert "optimizer.momentum" in trial.reason
    assert "training.batch_size" in trial.reason
    assert isinstance(executor.first_error, ConfigError)


def test_a_bug_of_our_own_is_no_failed_trial(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor_module, "yardstick_of", len)  # a TypeError without any code of a user's
    with pytest.raises(TypeError):
        list(ended(SequentialExecutor(TrialSpec(digits(), dataset, 1)), planned({})))
