"""Schedules of every trial: each trial has one of its own, the very one that it has when trained alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.training.setup.schedules import Schedule


class _Rate(torch.optim.Optimizer):
    """A learning rate as schedulers want it: an optimizer of nothing.

    The constructor of torch's class is left out on purpose: it imports torch's compiler, nearly a second,
    and knows what to do with parameters alone, of which there are none.
    """

    def __init__(self, lr: float) -> None:
        self.param_groups = [{"lr": lr, "params": []}]
        self.defaults = {"lr": lr}

    def step(self, closure: Any = None) -> None:  # type: ignore[override]  # torch's is overloaded
        """Tell the scheduler that steps have begun."""


class StackedSchedule:
    """Learning rates over steps and epochs.

    Attributes:
        by_step: Whether a rate changes within an epoch.
    """

    def __init__(self, configs: Sequence[Config], steps: int) -> None:
        """Schedule the trials of ``configs``, with so many steps per epoch."""
        self._optimizers: list[torch.optim.Optimizer] = []
        self._schedules: list[Schedule] = []
        for config in configs:
            optimizer = _Rate(config.optimizer.lr)
            self._optimizers.append(optimizer)
            self._schedules.append(Schedule(config.schedule, optimizer, config.training.epochs, steps))
            optimizer.step()
        self.by_step = any(c.schedule.warmup > 0 or c.schedule.name == "one_cycle" for c in configs)

    def keep(self, places: Sequence[int]) -> None:
        """Take all trials out but those at ``places``."""
        self._optimizers = [self._optimizers[i] for i in places]
        self._schedules = [self._schedules[i] for i in places]

    def rates(self) -> list[float]:
        """The learning rate of each trial in its next step."""
        return [float(optimizer.param_groups[0]["lr"]) for optimizer in self._optimizers]

    def after_step(self) -> None:
        """To be called after every step if ``by_step``."""
        for schedule in self._schedules:
            schedule.after_step()

    def after_epoch(self, losses: Sequence[float]) -> None:
        """To be called after every epoch with the validation loss of each trial."""
        for schedule, loss in zip(self._schedules, losses, strict=True):
            schedule.after_epoch(loss)

    def state(self, place: int) -> dict[str, Any]:
        """What one trial needs to go on."""
        return {"schedule": self._schedules[place].state_dict(), "lr": self.rates()[place]}

    def load(self, place: int, state: dict[str, Any]) -> None:
        """Go on with one trial from ``state``."""
        self._schedules[place].load_state_dict(state["schedule"])
        self._optimizers[place].param_groups[0]["lr"] = state["lr"]
