"""Schedule: the learning rate over steps and epochs, by torch's schedulers."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.optim import lr_scheduler

from nnbabysit.core.config.schema import schedule as settings_of

Scheduler = lr_scheduler.LRScheduler


class Schedule:
    """A scheduler of torch's, stepped when it is due, behind an optional linear warm-up.

    The warm-up grows the learning rate from 1/(n + 1) of its start in the first of n steps; the scheduler
    counts its own epochs from the end of the warm-up.
    """

    def __init__(
        self, settings: settings_of.Schedule, optimizer: torch.optim.Optimizer, epochs: int, steps: int
    ) -> None:
        """Schedule the learning rates of ``optimizer``.

        Args:
            settings: ``config.schedule``.
            optimizer: Each of its parameter groups keeps its own learning rate.
            epochs: Length of the run; cosine and one_cycle reach their end in its last epoch.
            steps: Optimizer steps per epoch.
        """
        self._optimizer = optimizer
        self._by_step = isinstance(settings, settings_of.OneCycle)
        self._warm_steps = settings.warmup * steps
        self._warm_epochs = settings.warmup
        self._main_steps = max(1, epochs - settings.warmup) * steps
        self._scheduler = _scheduler(settings, optimizer, max(1, epochs - settings.warmup), self._main_steps)
        self._steps_taken = 0
        self._epochs_taken = 0
        self._warmup: Scheduler | None = None
        if self._warm_steps:
            self._warmup = lr_scheduler.LinearLR(
                optimizer, start_factor=1 / (self._warm_steps + 1), total_iters=self._warm_steps
            )

    def after_step(self) -> None:
        """To be called after every optimizer step."""
        self._steps_taken += 1
        if self._warmup is not None and self._steps_taken <= self._warm_steps:
            self._warmup.step()
            if self._steps_taken == self._warm_steps:
                self._end_warmup()
        elif self._by_step and self._steps_taken - self._warm_steps < self._main_steps:
            self._scheduler.step()

    def after_epoch(self, validation_loss: float) -> None:
        """To be called after every epoch; the loss is what ``plateau`` looks at."""
        self._epochs_taken += 1
        if self._by_step or self._epochs_taken <= self._warm_epochs:
            return
        if isinstance(self._scheduler, lr_scheduler.ReduceLROnPlateau):
            self._scheduler.step(validation_loss)
        else:
            self._scheduler.step()

    def state_dict(self) -> dict[str, Any]:
        """Builtins alone, for a checkpoint."""
        return {
            "scheduler": self._scheduler.state_dict(),
            "warmup": None if self._warmup is None else self._warmup.state_dict(),
            "steps": self._steps_taken,
            "epochs": self._epochs_taken,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from ``state_dict``; the optimizer's own state holds the learning rate itself."""
        self._scheduler.load_state_dict(state["scheduler"])
        if self._warmup is not None:
            self._warmup.load_state_dict(state["warmup"])
        self._steps_taken = state["steps"]
        self._epochs_taken = state["epochs"]

    def _end_warmup(self) -> None:
        """The scheduler's own first learning rate, without the rounding of the way up."""
        for group, lr in zip(self._optimizer.param_groups, self._scheduler.get_last_lr(), strict=True):
            group["lr"] = float(lr)


def _scheduler(
    settings: settings_of.Schedule, optimizer: torch.optim.Optimizer, epochs: int, steps: int
) -> Scheduler:
    """The scheduler that a config names; its arguments are those of ``_scheduler_of_torch``.

    torch's cosines fall to one and the same learning rate in all groups. Where groups have learning rates of
    their own, as after a transfer, each falls to its own share.
    """
    if len({group["lr"] for group in optimizer.param_groups}) > 1:
        match settings:
            case settings_of.Cosine():
                return lr_scheduler.LambdaLR(optimizer, _HalfCosine(max(1, epochs - 1), 0, settings.final))
            case settings_of.WarmRestarts():
                cosine = _HalfCosine(settings.period, settings.multiply, settings.final)
                return lr_scheduler.LambdaLR(optimizer, cosine)
    return _scheduler_of_torch(settings, optimizer, epochs, steps)


def _scheduler_of_torch(
    settings: settings_of.Schedule, optimizer: torch.optim.Optimizer, epochs: int, steps: int
) -> Scheduler:
    """The scheduler that a config names.

    Args:
        settings: ``config.schedule``.
        optimizer: Optimizer whose learning rates it sets.
        epochs: Epochs behind the warm-up.
        steps: Steps behind the warm-up.
    """
    base = float(optimizer.param_groups[0]["lr"])
    match settings:
        case settings_of.Constant():
            return lr_scheduler.LambdaLR(optimizer, _unchanged)
        case settings_of.Step():
            return lr_scheduler.StepLR(optimizer, step_size=settings.every, gamma=settings.factor)
        case settings_of.MultiStep():
            return lr_scheduler.MultiStepLR(optimizer, settings.milestones, gamma=settings.factor)
        case settings_of.Plateau():
            return lr_scheduler.ReduceLROnPlateau(
                optimizer, factor=settings.factor, patience=settings.patience, threshold=settings.threshold
            )
        case settings_of.Exponential():
            return lr_scheduler.ExponentialLR(optimizer, gamma=settings.factor)
        case settings_of.InverseTime():
            return lr_scheduler.LambdaLR(optimizer, _InverseTime(settings.k))
        case settings_of.Cosine():
            lowest = settings.final * base
            return lr_scheduler.CosineAnnealingLR(optimizer, T_max=max(1, epochs - 1), eta_min=lowest)
        case settings_of.WarmRestarts():
            return lr_scheduler.CosineAnnealingWarmRestarts(
                optimizer, T_0=settings.period, T_mult=settings.multiply, eta_min=settings.final * base
            )
        case settings_of.OneCycle():
            return _one_cycle(settings, optimizer, steps)


def _one_cycle(settings: settings_of.OneCycle, optimizer: torch.optim.Optimizer, steps: int) -> Scheduler:
    """torch's, where it has one: a single step has no room, and is taken at the peak instead of the end."""
    if steps == 1:
        return lr_scheduler.LambdaLR(optimizer, _unchanged)
    first = settings.rise * steps == 1  # the peak; torch would divide by the 0 steps before it
    return lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=[float(group["lr"]) for group in optimizer.param_groups],
        total_steps=steps,
        pct_start=settings.rise * (1 - 1e-12) if first else settings.rise,
        div_factor=1 / settings.start,
        final_div_factor=settings.start / settings.final,
        cycle_momentum=False,
    )


class _InverseTime:
    """1 / (1 + k t)."""

    def __init__(self, k: float) -> None:
        self.k = k

    def __call__(self, epoch: int) -> float:
        return 1 / (1 + self.k * epoch)


class _HalfCosine:
    """final + (1 − final) · (1 + cos(π t / T)) / 2, as a multiple of each group's own learning rate.

    With ``multiply`` 0 the cycle is not repeated, else each is so many times as long as the one before.
    """

    def __init__(self, period: int, multiply: int, final: float) -> None:
        self.period = period
        self.multiply = multiply
        self.final = final

    def __call__(self, epoch: int) -> float:
        period = self.period
        while self.multiply and epoch >= period:
            epoch, period = epoch - period, period * self.multiply
        return self.final + (1 - self.final) * (1 + math.cos(math.pi * epoch / period)) / 2


def _unchanged(_epoch: int) -> float:
    return 1.0
