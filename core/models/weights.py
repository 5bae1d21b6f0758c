"""The weight matrices of a network: what penalties and update ratios are about."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.batchnorm import _NormBase

_NORMS = (_NormBase, nn.GroupNorm, nn.LayerNorm, nn.RMSNorm)


def weight_matrices(model: nn.Module) -> dict[str, nn.Parameter]:
    """Trainable parameters of two or more dimensions, in the order of the network.

    Biases and the slopes of PReLU have one dimension. The parameters of normalization layers are left out
    whatever their shape, since a LayerNorm over (C, H, W) has a gain of three dimensions.

    Args:
        model: Any network.

    Returns:
        Name, as in ``named_parameters``, → parameter. A parameter shared by several layers appears once.
    """
    in_norms = {id(p) for m in model.modules() if isinstance(m, _NORMS) for p in m.parameters(recurse=False)}
    return {
        name: parameter
        for name, parameter in model.named_parameters()
        if parameter.requires_grad and parameter.dim() >= 2 and id(parameter) not in in_norms
    }


def count_parameters(model: nn.Module) -> int:
    """Numbers in all parameters, frozen ones too."""
    return sum(parameter.numel() for parameter in model.parameters())
