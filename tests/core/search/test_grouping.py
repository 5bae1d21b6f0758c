"""Grouping: which trials share a stack, and what is said of the others."""

from __future__ import annotations

from typing import Any

import pytest

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.search.execute.grouping import Alone, Grouping, Stackable
from nnbabysit.core.search.execute.trial_spec import TrialSpec
from nnbabysit.core.stacked.stack import network_of
from tests.core.search.stacked_runs import DROPOUT, MIXED, digits, planned


def test_who_shares_a_stack(dataset: Dataset) -> None:
    groups = Grouping(TrialSpec(digits(), dataset, 1)).groups(planned(*MIXED))
    stacked = [[trial.index for trial in group.trials] for group in groups if isinstance(group, Stackable)]
    assert stacked == [[0, 2, 11], [1, 3], [4], [5], [6], [10]]
    alone = {
        trial.index: group.reason for group in groups if isinstance(group, Alone) for trial in group.trials
    }
    assert alone.keys() == {7, 8, 9, 12}
    assert alone[7] == "the settings are refused"
    assert alone[12] == "the network cannot be built"


def test_a_setting_that_changes_the_data_is_no_matter_of_a_stack(dataset: Dataset) -> None:
    grouping = Grouping(TrialSpec(digits(), dataset, 1))
    for params in ({"data.seed": 5}, {"data": {"source": "digits", "validation": 0.5}}, {"seed": 3}):
        (group,) = grouping.groups(planned(params, params))
        assert isinstance(group, Alone), params
        assert "changes the data" in group.reason, params
    (group,) = grouping.groups(planned({"data.augment.noise": 0.1}, {"data.augment.noise": 0.1}))
    assert isinstance(group, Stackable)
    apart = Grouping(TrialSpec(digits("data.seed=0"), dataset, 1)).groups(planned({"seed": 3}, {"seed": 4}))
    assert [type(group) for group in apart] == [Stackable, Stackable]


def test_a_drawn_dropout_is_traced_once(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[float] = []
    build = network_of

    def counting(config: Config, data: Dataset) -> Any:
        built.append(config.model.args["dropout"])
        return build(config, data)

    monkeypatch.setattr(f"{Grouping.__module__}.network_of", counting)
    rates = [0.0, 0.1, 0.2, 0.3, 1.5]
    groups = Grouping(TrialSpec(digits(), dataset, 1)).groups(planned(*({DROPOUT: p} for p in rates)))
    assert [len(group.trials) for group in groups] == [1, 3, 1]
    assert isinstance(groups[2], Alone)
    assert built == [0.0, 0.1, 1.5]
