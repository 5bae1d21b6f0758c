"""Normalization layers by name: they stand between a weighted sum and its non-linearity.

===========  ====================================================  =======================================
name         mean and variance of                                  source
===========  ====================================================  =======================================
``batch``    each unit (channel), over the samples of the batch    Ioffe & Szegedy 2015; running averages in
             (and the pixels)                                      evaluation
``layer``    each sample, over all units (channels and pixels)     Ba et al. 2016
``group``    each sample, over each group of units (channels of a  Wu & He 2018
             group and their pixels)
===========  ====================================================  =======================================

All go on to γ·x̂ + β with a learned γ and β per unit (channel). Batch normalization takes away the mean of a
unit, so a bias before it does nothing and is left out (Ioffe & Szegedy 2015, section 3.2). The other two take
away a mean over several units, where each unit's own bias still counts.
"""

from __future__ import annotations

from torch import nn

from nnbabysit.core.models.settings import LayerSettings, Norm

GROUP_SIZE = 16
"""Fewest units per group unless the config says otherwise (Wu & He 2018, table 3: the best group size)."""


def needs_bias(norm: Norm) -> bool:
    """Whether a layer before this normalization has a use for its bias."""
    return norm != "batch"


def build_norm(settings: LayerSettings, width: int, *, image: bool) -> nn.Module | None:
    """The normalization after one layer, or None.

    Args:
        settings: ``norm`` and ``groups``.
        width: Units or channels.
        image: Whether the layer gives (N, C, H, W) instead of (N, C).
    """
    match settings.norm:
        case "none":
            return None
        case "batch":
            return nn.BatchNorm2d(width) if image else nn.BatchNorm1d(width)
        case "layer":  # over channels and pixels that is one group (Wu & He 2018, section 3.1)
            return nn.GroupNorm(1, width) if image else nn.LayerNorm(width)
        case "group":
            return nn.GroupNorm(settings.groups or default_groups(width), width)


def default_groups(width: int) -> int:
    """Most groups of equal size that leave ``GROUP_SIZE`` units or more in each; 1 if there are too few."""
    return max(g for g in range(1, width + 1) if width % g == 0 and (g == 1 or width // g >= GROUP_SIZE))
