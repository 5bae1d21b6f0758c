"""Limits on gradients before a step and on weights after it."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

from nnbabysit.core.config.schema.root import Regularization
from nnbabysit.core.models.weights import weight_matrices

# Their first axis counts the inputs; everywhere else in torch it counts the units.
_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


class Limits:
    """Gradient clipping by value and by norm, and max-norm on the incoming weights of each unit.

    Clipping is of the whole gradient, penalties included (Pascanu, Mikolov & Bengio 2013, section 3.2). Where
    both clips are set, single numbers are cut first. Max-norm scales the incoming weights w of a unit back to
    ‖w‖ = c when they are longer (Srivastava et al. 2014, section 5.1); for a convolution a unit is a filter.
    """

    def __init__(self, settings: Regularization, model: nn.Module) -> None:
        """Limit the trainable parameters of ``model`` as ``config.regularization`` says."""
        self._clip_norm = settings.clip_norm
        self._clip_value = settings.clip_value
        self._max_norm = settings.max_norm
        self._parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self._units = [] if settings.max_norm is None else list(_incoming(model))

    def before_step(self) -> None:
        """Clip the gradients."""
        if self._clip_value is not None:
            clip_grad_value_(self._parameters, self._clip_value)
        if self._clip_norm is not None:
            clip_grad_norm_(self._parameters, self._clip_norm)

    @torch.no_grad()
    def after_step(self) -> None:
        """Bring weights that have grown too long back to the limit."""
        if self._max_norm is None:
            return
        for weight, axis in self._units:
            if weight.requires_grad:  # a frozen one stays as it is
                weight.copy_(torch.renorm(weight, p=2, dim=axis, maxnorm=self._max_norm))


def unit_axes(model: nn.Module) -> dict[str, int]:
    """Name of each weight matrix that max-norm limits → the axis that counts its units."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return {names[id(weight)]: axis for weight, axis in _incoming(model)}


def _incoming(model: nn.Module) -> Iterable[tuple[Tensor, int]]:
    """Each trainable weight matrix with the axis that counts its units; an embedding has no units."""
    left = {id(weight) for weight in weight_matrices(model).values()}
    for module in model.modules():
        if isinstance(module, nn.Embedding | nn.EmbeddingBag):
            left.discard(id(module.weight))
    for module in model.modules():
        axis = 1 if isinstance(module, _TRANSPOSED) else 0
        for parameter in module.parameters(recurse=False):
            if id(parameter) in left:
                left.remove(id(parameter))
                yield parameter, axis
