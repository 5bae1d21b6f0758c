"""Findings of a long run: what its records, its data and its answers tell the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from nnbabysit.core.diagnosis.engine import Finding, diagnose
from nnbabysit.core.diagnosis.evidence import curve_evidence
from nnbabysit.core.diagnosis.rules.registry import RUN_RULES
from nnbabysit.core.training.loop.yardstick import Yardstick

if TYPE_CHECKING:
    from torch import Tensor

    from nnbabysit.core.config.schema.root import Config
    from nnbabysit.core.training.evaluation.unpredicted import Unpredicted
    from nnbabysit.core.training.loop.run_state import Progress
    from nnbabysit.core.training.setup.setup import Prepared


def findings_of(
    config: Config, prepared: Prepared, progress: Progress, unpredicted: Unpredicted
) -> list[Finding]:
    """What is wrong with a run.

    Args:
        config: Experiment.
        prepared: What was trained, on what.
        progress: All epochs.
        unpredicted: Classes that the best weights never answer with.
    """
    data, objective = prepared.dataset, prepared.assembly.objective
    evidence = curve_evidence(
        progress.history,
        task=data.task,
        num_outputs=data.num_outputs,
        chance=objective.chance(data.num_outputs, data.train.y),
        prior=objective.prior(data.train.y, data.num_outputs),
        l2=None if getattr(config.optimizer, "weight_decay", 0.0) else config.regularization.l2,
        dead_units_initial=progress.dead_units_initial,
        train_bar=Yardstick.of(data.train.y, data.task, config.loss).bar,
        val_bar=progress.yardstick.bar,
    )
    if evidence["first_nonfinite"]:
        evidence["inputs_finite"] = all(bool(torch.isfinite(x).all()) for x, _ in data.train.batches(1000))
    if config.loss == "mse":
        evidence |= _about_targets(data.train.y)
    evidence |= {"loss_name": config.loss, "init_scheme": _init_scheme(config)}
    evidence["unpredicted"] = unpredicted.words if unpredicted.is_fault else ""
    return diagnose(RUN_RULES, evidence)


def _init_scheme(config: Config) -> Any:
    return None if config.model.init is None else config.model.init.scheme


def _about_targets(y: Tensor) -> dict[str, float]:
    """Where numbers to be predicted lie, and what answering 0 costs; of several columns the farthest off."""
    y_NK = y.double().reshape(len(y), -1)
    std_K, mean_K = torch.std_mean(y_NK, dim=0, correction=0)
    worst = int((mean_K.abs() / std_K.clamp_min(1e-12)).argmax())
    return {
        "zero_output_loss": float((y_NK**2).mean()),
        "target_mean": float(mean_K[worst]),
        "target_std": float(std_K[worst]),
    }
