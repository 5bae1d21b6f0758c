"""Grouping: which trials can be trained as one stack, and why others cannot."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from nnbabysit.core.config.loading import with_values
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.errors import ConfigError
from nnbabysit.core.search.execute.executor import data_key
from nnbabysit.core.search.trial import PlannedTrial
from nnbabysit.core.stacked.kinds import Unstackable
from nnbabysit.core.stacked.proof import prove
from nnbabysit.core.stacked.stack import network_of, program_of
from nnbabysit.core.stacked.stacked_optimizers import can_stack

PER_TRIAL = (
    "schedule",
    "regularization",
    "model.init",
    "model.args",
)
"""Sections that each trial of a stack may have for itself; of ``model.args`` what leaves shapes alone."""


@dataclass(frozen=True)
class Group:
    """Trials that share a stack, or each run alone.

    Attributes:
        trials: In the order of their index.
        alone: Why they are run one by one; empty if they are stacked.
    """

    trials: tuple[PlannedTrial, ...]
    alone: str = ""


class Grouping:
    """Sorts trials of one config into groups; remembers architectures that it has traced."""

    def __init__(self, config: Config, dataset: Dataset) -> None:
        """Group trials of ``config`` on its data."""
        self._config = config
        self._dataset = dataset
        self._structures: dict[str, str] = {}

    def groups(self, trials: Sequence[PlannedTrial]) -> list[Group]:
        """Groups in the order of their first trial.

        A trial whose config is refused, or whose network cannot be built, is alone: it will fail by itself,
        with its reason.
        """
        found: dict[tuple[str, str], list[PlannedTrial]] = {}
        for trial in trials:
            key = self._key(trial)
            found.setdefault(key, []).append(trial)
        return [Group(tuple(members), alone) for (_, alone), members in found.items()]

    def _key(self, trial: PlannedTrial) -> tuple[str, str]:
        """What must be equal in a stack, and why there can be none."""
        try:
            config = with_values(self._config, trial.params)
        except ConfigError:
            return "", "the settings are refused"
        if data_key(config) != data_key(self._config):
            return "", f"{_of_data(trial.params)} changes the data"
        apart = {path: value for path, value in trial.params.items() if not _per_trial(path)}
        of_model = _of_model(config, trial.params)
        name = json.dumps([apart, of_model, trial.confirm], sort_keys=True, default=str)
        if name not in self._structures:
            self._structures[name] = self._structure(trial.params)
        structure = self._structures[name]
        if structure.startswith(_ALONE):
            return "", structure.removeprefix(_ALONE)
        return json.dumps([apart, structure, trial.confirm], sort_keys=True, default=str), ""

    def _structure(self, params: Mapping[str, Any]) -> str:
        """The architecture of a trial, or why it is alone."""
        try:
            config = with_values(self._config, params)
            reason = _unstackable(config)
            return _ALONE + reason if reason else self._proven(network_of(config, self._dataset))
        except Unstackable as error:
            return _ALONE + str(error)
        except Exception:  # it fails by itself, and says why
            return _ALONE + "the network cannot be built"

    def _proven(self, network: nn.Module) -> str:
        """The architecture of a network whose stacked twin comes to the same numbers."""
        program = program_of(network)
        if program.structure not in self._structures.values():
            prove(program, network, self._dataset.input_shape)
        return program.structure


_ALONE = "alone: "


def _of_data(params: Mapping[str, Any]) -> str:
    """The setting that decides the data of a trial."""
    deciding = [path for path in params if path in ("data", "loss", "seed") or path.startswith("data.")]
    return next(iter(deciding), "a setting")


def _of_model(config: Config, params: Mapping[str, Any]) -> dict[str, Any]:
    """What an architecture may depend on; of our own networks it is known what it does not."""
    drawn = {path: value for path, value in params.items() if path.startswith("model.")}
    drawn = {path: value for path, value in drawn.items() if not path.startswith("model.init")}
    dropout = drawn.get("model.args.dropout")
    if ":" not in config.model.name and isinstance(dropout, float | int) and 0 <= dropout < 1:
        drawn["model.args.dropout"] = dropout > 0
    return drawn


def _per_trial(path: str) -> bool:
    if path.startswith("optimizer."):
        return path != "optimizer.name"
    return any(path == name or path.startswith(f"{name}.") for name in PER_TRIAL)


def _unstackable(config: Config) -> str:
    """What in a config no stack can do; empty if nothing."""
    if not can_stack(config.optimizer):
        return f"optimizer.name {config.optimizer.name} has no stacked twin"
    if config.transfer is not None:
        return "transfer takes weights over"
    if config.training.average is not None:
        return "training.average keeps a second copy of the weights"
    return ""
