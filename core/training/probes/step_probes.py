"""Step probes: those that a long run carries."""

from __future__ import annotations

from torch import nn

from nnbabysit.core.training.probes.activations import Activations
from nnbabysit.core.training.probes.gradient_norm import GradientNorm
from nnbabysit.core.training.probes.probe import Probe
from nnbabysit.core.training.probes.update_ratio import UpdateRatio
from nnbabysit.core.training.probes.weight_norms import WeightNorms

STEP_PROBES: tuple[type[Probe], ...] = (UpdateRatio, WeightNorms, GradientNorm, Activations)


def standard_probes(model: nn.Module) -> tuple[Probe, ...]:
    """One of each for a network."""
    return tuple(kind(model) for kind in STEP_PROBES)
