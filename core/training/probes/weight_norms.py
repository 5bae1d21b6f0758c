"""Weight norms: how large each weight matrix is."""

from __future__ import annotations

import torch

from nnbabysit.core.models.weights import weight_matrices
from nnbabysit.core.training.probes.probe import Probe


class WeightNorms(Probe):
    """‖W‖ of each weight matrix after the step, the root of the sum of its squares (Frobenius norm).

    The reading maps parameter name → norm, in units of the weights. Beside the update ratios it tells whether
    a ratio falls because steps get smaller or because weights grow.
    """

    name = "weight_norms"

    @torch.no_grad()
    def after_step(self) -> dict[str, float]:
        """Parameter name → norm."""
        matrices = weight_matrices(self._model)
        if not matrices:
            return {}
        norms = torch.stack(torch._foreach_norm(list(matrices.values())))
        return dict(zip(matrices, norms.tolist(), strict=True))
