"""Grouping: which trials can be trained as one stack, and why others cannot."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from nnbabysit.core.config.loading import with_values
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.errors import ConfigError
from nnbabysit.core.search.execute.executor import data_key
from nnbabysit.core.search.execute.trial_spec import TrialSpec
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
class Stackable:
    """Trials that share a stack, in the order of their index."""

    trials: tuple[PlannedTrial, ...]


@dataclass(frozen=True)
class Alone:
    """Trials that each run alone, in the order of their index, and why."""

    trials: tuple[PlannedTrial, ...]
    reason: str


Group = Stackable | Alone


class Grouping:
    """Sorts trials into groups; remembers architectures that it has traced."""

    def __init__(self, spec: TrialSpec) -> None:
        """Group trials of a stage."""
        self._config = spec.config
        self._dataset = spec.dataset
        self._structures: dict[str, str | Unstackable] = {}

    def groups(self, trials: Sequence[PlannedTrial]) -> list[Group]:
        """Groups in the order of their first trial.

        A trial whose config is refused, or whose network cannot be built, is alone: it will fail by itself,
        with its reason.
        """
        stacks: dict[tuple[str, str], list[PlannedTrial]] = {}
        for trial in trials:
            try:
                key = self._key(trial), ""
            except Unstackable as error:
                key = "", str(error)
            stacks.setdefault(key, []).append(trial)
        return [
            Alone(tuple(members), reason) if reason else Stackable(tuple(members))
            for (_, reason), members in stacks.items()
        ]

    def _key(self, trial: PlannedTrial) -> str:
        """What must be equal in a stack.

        Raises:
            Unstackable: There can be none.
        """
        try:
            config = with_values(self._config, trial.params)
        except ConfigError as error:
            raise Unstackable("the settings are refused") from error
        if data_key(config) != data_key(self._config):
            raise Unstackable(f"{_of_data(trial.params)} changes the data")
        apart = {path: value for path, value in trial.params.items() if not _per_trial(path)}
        of_model = _of_model(config, trial.params)
        name = json.dumps([apart, of_model, trial.confirm], sort_keys=True, default=str)
        if name not in self._structures:
            self._structures[name] = self._structure(config)
        structure = self._structures[name]
        if isinstance(structure, Unstackable):
            raise structure
        return json.dumps([apart, structure, trial.confirm], sort_keys=True, default=str)

    def _structure(self, config: Config) -> str | Unstackable:
        """The architecture of a trial, or why it is alone."""
        try:
            _refuse_unstackable(config)
            return self._proven(network_of(config, self._dataset))
        except Unstackable as error:
            return error
        except Exception:  # it fails by itself, and says why
            return Unstackable("the network cannot be built")

    def _proven(self, network: nn.Module) -> str:
        """The architecture of a network whose stacked twin comes to the same numbers."""
        program = program_of(network)
        if program.structure not in self._structures.values():
            prove(program, network, self._dataset.input_shape)
        return program.structure


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


def _refuse_unstackable(config: Config) -> None:
    """Raise ``Unstackable`` for what no stack can do."""
    if not can_stack(config.optimizer):
        raise Unstackable(f"optimizer.name {config.optimizer.name} has no stacked twin")
    if config.transfer is not None:
        raise Unstackable("transfer takes weights over")
    if config.training.average is not None:
        raise Unstackable("training.average keeps a second copy of the weights")
