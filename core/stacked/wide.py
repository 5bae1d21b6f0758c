"""Wide: what all trials compute from one shared mini-batch, as a single matrix product.

Shape suffixes: T trials, N samples, D inputs, H outputs. Stacked weights keep torch's own layout (H, D) in
each trial, so (T·H, D) is one matrix and a trial's weights are one block of memory. Batched products are no
match on a CPU: they walk over the batch once for each trial.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class WideLinear(torch.autograd.Function):
    """x Wᵀ + b for all trials at once; no gradient is passed on to the shared x.

    The sums begin with b where they are not computed in fewer digits, as in ``torch.nn.Linear``: added last
    it changes the last digit of long sums. The bias' gradient is a product with ones, not a sum: the order in
    which torch sums depends on the width of the stack, that of a product on the batch alone.
    """

    @staticmethod
    def forward(
        ctx: Any, x_ND: Tensor, weight_THD: Tensor, bias_TH: Tensor | None, dtype: torch.dtype
    ) -> Tensor:
        """Sums (N, T, H) in the number type of the weights; the product is computed in ``dtype``."""
        trials, outputs, inputs = weight_THD.shape
        x = x_ND.to(dtype)
        ctx.save_for_backward(x)
        ctx.shape, ctx.result, ctx.has_bias = weight_THD.shape, weight_THD.dtype, bias_TH is not None
        wide = weight_THD.reshape(trials * outputs, inputs).to(dtype).t()
        if bias_TH is not None and dtype is weight_THD.dtype:
            return torch.addmm(bias_TH.reshape(-1), x, wide).view(len(x), trials, outputs)
        sums = torch.mm(x, wide).to(weight_THD.dtype).view(len(x), trials, outputs)
        return sums if bias_TH is None else sums.add_(bias_TH)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, Tensor, Tensor | None, None]:
        """Gradients of the weights (T, H, D) and of the bias (T, H)."""
        (x,) = ctx.saved_tensors
        trials, outputs, _ = ctx.shape
        sums = gradients[0].reshape(len(x), trials * outputs)
        of_bias = torch.mm(sums.new_ones(1, len(x)), sums).view(trials, outputs) if ctx.has_bias else None
        of_weight = torch.mm(sums.to(x.dtype).t(), x).to(ctx.result).view(ctx.shape)
        return None, of_weight, of_bias, None


class StackedLinear(torch.autograd.Function):
    """x Wᵀ + b of every trial on an input of its own.

    The product is taken as W xᵀ, which is over twice as fast for the few outputs of a last layer, and the
    gradient of x lies in memory as ``WideLinear`` has laid out x itself, so that nothing is copied between.
    """

    @staticmethod
    def forward(ctx: Any, x_TNH: Tensor, weight_TCH: Tensor, bias_TC: Tensor | None) -> Tensor:
        """Sums (T, N, C)."""
        ctx.save_for_backward(x_TNH, weight_TCH)
        ctx.has_bias = bias_TC is not None
        if bias_TC is None:
            return torch.bmm(weight_TCH, x_TNH.mT).mT
        return torch.baddbmm(bias_TC.unsqueeze(2), weight_TCH, x_TNH.mT).mT

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Gradients of x, weights and bias, each of its shape."""
        x, weight = ctx.saved_tensors
        sums = gradients[0]
        of_x = x.new_empty(x.shape[1], x.shape[0], x.shape[2]).transpose(0, 1)
        torch.bmm(sums, weight, out=of_x)
        return of_x, torch.bmm(sums.mT, x), sums.sum(1) if ctx.has_bias else None


def stacked_linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """A linear layer of every trial: (T, N, ..., H), weights (T, C, H) and bias (T, C) → (T, N, ..., C)."""
    flat = x.flatten(1, -2) if x.ndim > 3 else x
    sums: Tensor = StackedLinear.apply(flat, weight, bias)  # type: ignore[no-untyped-call]
    return sums.reshape(*x.shape[:-1], weight.shape[1]) if x.ndim > 3 else sums


def wide_linear(x: Tensor, weight: Tensor, bias: Tensor | None, dtype: torch.dtype) -> Tensor:
    """A linear layer of every trial on a shared input.

    Args:
        x: (N, ..., D), the same for all trials.
        weight: (T, H, D).
        bias: (T, H), or None.
        dtype: Number type of the matrix product.

    Returns:
        (T, N, ..., H), a view of memory in the order (N, ..., T, H).
    """
    flat = x.reshape(-1, x.shape[-1])
    sums: Tensor = WideLinear.apply(flat, weight, bias, dtype)  # type: ignore[no-untyped-call]
    return sums.view(*x.shape[:-1], *sums.shape[1:]).movedim(-2, 0)


def channels_last(x: Tensor) -> Tensor:
    """Image maps (N, C, H, W) with the channels innermost in memory, other values as they are.

    On a CPU a small convolutional network trains in half the time so, max-pooling in a seventh. One wide
    convolution for all trials would leave each trial's channels scattered.
    """
    if x.ndim != 4 or x.device.type != "cpu":
        return x
    return x.to(memory_format=torch.channels_last)
