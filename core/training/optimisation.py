"""Optimisers and learning-rate schedules: from settings to torch's own classes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import torch
from torch.optim import lr_scheduler

from nnbabysit.core.config import optimization as settings_of

if TYPE_CHECKING:
    from torch.nn import Parameter

FUSED_ON = ("cpu", "cuda")
"""Devices with torch's fused kernels; on the CPU they halved the step of momentum and Adam for 784-100-10."""


def build_optimizer(settings: settings_of.Optimizer, params: Iterable[Parameter]) -> torch.optim.Optimizer:
    """The optimiser that a config names, with torch's fused kernel where there is one.

    Args:
        settings: ``config.optimizer``.
        params: Parameters, already on their device; those that need no gradient are left out.
    """
    trainable = [parameter for parameter in params if parameter.requires_grad]
    fused = bool(trainable) and all(p.device.type in FUSED_ON and p.is_floating_point() for p in trainable)
    match settings:
        case settings_of.SGD():
            return torch.optim.SGD(trainable, lr=settings.lr, fused=fused)
        case settings_of.Momentum():
            return torch.optim.SGD(trainable, lr=settings.lr, momentum=settings.momentum, fused=fused)
        case settings_of.Nesterov():
            return torch.optim.SGD(
                trainable, lr=settings.lr, momentum=settings.momentum, nesterov=True, fused=fused
            )
        case settings_of.RMSProp():
            return torch.optim.RMSprop(trainable, lr=settings.lr, alpha=settings.decay, eps=settings.eps)
        case settings_of.Adam():
            return torch.optim.Adam(
                trainable, lr=settings.lr, betas=settings.betas, eps=settings.eps, fused=fused
            )
        case settings_of.AdamW():
            return torch.optim.AdamW(
                trainable,
                lr=settings.lr,
                betas=settings.betas,
                eps=settings.eps,
                weight_decay=settings.weight_decay,
                fused=fused,
            )


def build_schedule(
    settings: settings_of.Schedule, optimizer: torch.optim.Optimizer, epochs: int
) -> lr_scheduler.LRScheduler:
    """The schedule that a config names; it is stepped once after every epoch.

    Args:
        settings: ``config.schedule``.
        optimizer: Optimiser whose learning rate it sets.
        epochs: Length of the run; the cosine reaches its end in the last epoch.
    """
    match settings:
        case settings_of.Constant():
            return lr_scheduler.LambdaLR(optimizer, _unchanged)
        case settings_of.Step():
            return lr_scheduler.StepLR(optimizer, step_size=settings.every, gamma=settings.factor)
        case settings_of.Exponential():
            return lr_scheduler.ExponentialLR(optimizer, gamma=settings.factor)
        case settings_of.Cosine():
            lowest = settings.final * float(optimizer.param_groups[0]["lr"])
            return lr_scheduler.CosineAnnealingLR(optimizer, T_max=max(1, epochs - 1), eta_min=lowest)


def _unchanged(_epoch: int) -> float:
    return 1.0
