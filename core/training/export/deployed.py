"""Deployed: a trained network as other programs want it, raw samples in and named answers out.

Shape suffixes: N samples, C classes, K labels or target columns, O outputs of the network (C, K, or 1 for a
binary task).
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from nnbabysit.core.data.preparation.preprocessing import arithmetic

if TYPE_CHECKING:
    from nnbabysit.core.data.preparation.projection import Projection
    from nnbabysit.core.data.preparation.targets import Task
    from nnbabysit.core.training.evaluation.load_trained import Trained

INPUT = "samples"
"""Name of the one input."""


def output_names(task: Task) -> tuple[str, ...]:
    """Names of the outputs, in order."""
    return ("values",) if task == "regression" else ("logits", "probabilities")


def answers(task: Task, outputs: Tensor) -> dict[str, Tensor]:
    """What the outputs of a network mean, by name.

    Args:
        task: What the targets are.
        outputs: (N, O), or (N,) where O is 1.

    Returns:
        For regression ``values`` (N, K). Otherwise ``logits`` (N, O) and ``probabilities``: softmax (N, C)
        over classes; (N, 2) for a binary task, so that every class has its column; sigmoid (N, K)
        for labels, each on its own.
    """
    outputs_NO = outputs.unsqueeze(1) if outputs.ndim == 1 else outputs
    if task == "regression":
        return {"values": outputs_NO}
    if task == "classification":
        probabilities = outputs_NO.softmax(1)
    elif task == "binary":
        # of -z instead of 1 - p: the small one of the two keeps its digits
        probabilities = torch.cat([torch.sigmoid(-outputs_NO), torch.sigmoid(outputs_NO)], dim=1)
    else:
        probabilities = torch.sigmoid(outputs_NO)
    return {"logits": outputs_NO, "probabilities": probabilities}


def input_type(dtype: torch.dtype) -> torch.dtype:
    """Number type of the input for data that is held as ``dtype``: the same, where other programs know it.

    bfloat16 is no type of numpy's; float32 holds all its values.
    """
    return torch.float32 if dtype == torch.bfloat16 else dtype


class Projected(nn.Module):
    """PCA or whitening as a layer; see ``Projection``.

    Args:
        projection: Fitted to the training split.

    Shape:
        (N, ...) with D numbers per sample → (N, K).
    """

    mean: Tensor
    components: Tensor
    scale: Tensor

    def __init__(self, projection: Projection) -> None:
        """Take over the projection's numbers, in the type that it computes in."""
        super().__init__()
        for name in ("mean", "components", "scale"):
            self.register_buffer(name, getattr(projection, name).to("cpu", torch.float32))

    def unknown(self) -> Projected:
        """The same with numbers that are still to be loaded."""
        copy = deepcopy(self)
        for buffer in copy.buffers():
            buffer.fill_(torch.nan)
        return copy

    def forward(self, x: Tensor) -> Tensor:
        """Projected samples (B, K) of samples (B, ...)."""
        return (x.flatten(1) - self.mean) @ self.components.T / self.scale


class Deployed(nn.Module):
    """Preprocessing → network → named answers, in evaluation mode.

    The preprocessing computes as the run's own does, in the same number types, so that nothing is rounded
    differently. What it does not do (no centering, no scaling) is a shift of 0 and a divisor of 1.

    Args:
        model: The trained network, on the CPU; shared, not copied, and put into evaluation mode.
        task: What its outputs are.
        shift: Broadcasts against one sample, in the number type that the preprocessing computes in.
        divisor: Likewise.
        projection: PCA or whitening that follows; None where the run has none.

    Shape:
        Raw samples (N, ...) → see ``answers``.
    """

    shift: Tensor
    divisor: Tensor

    def __init__(
        self,
        model: nn.Module,
        task: Task,
        shift: Tensor,
        divisor: Tensor,
        projection: Projected | None = None,
    ) -> None:
        """Wrap ``model``."""
        super().__init__()
        self.task: Task = task
        self.register_buffer("shift", shift)
        self.register_buffer("divisor", divisor)
        self.projection = projection
        self.model = model
        self.eval()

    @classmethod
    def of(cls, trained: Trained, dtype: torch.dtype) -> Deployed:
        """A run's network for raw samples of ``dtype``."""
        preprocessing = trained.signature.preprocessing
        shift, divisor = (
            t.to("cpu", arithmetic(dtype)) for t in (preprocessing.shift, preprocessing.divisor)
        )
        projection = preprocessing.projection
        projected = None if projection is None else Projected(projection)
        return cls(trained.model, trained.answers.task, shift, divisor, projected)

    def around(self, model: nn.Module) -> Deployed:
        """The same around another network, with a preprocessing that is still to be loaded."""
        unknown = torch.full_like(self.shift, torch.nan), torch.full_like(self.divisor, torch.nan)
        projection = None if self.projection is None else self.projection.unknown()
        return Deployed(model, self.task, *unknown, projection)

    def forward(self, samples: Tensor) -> dict[str, Tensor]:
        """Answers (B, ...) by name, for raw samples (B, ...)."""
        x = ((samples.to(self.shift.dtype) - self.shift) / self.divisor).to(torch.float32)
        return answers(self.task, self.model(x if self.projection is None else self.projection(x)))
