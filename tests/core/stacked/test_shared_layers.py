"""Networks that call a layer more than once: a stack comes to what each comes to alone."""

from __future__ import annotations

import pytest

from nnbabysit.core.stacked.kinds import Unstackable
from nnbabysit.core.stacked.proof import prove
from nnbabysit.core.stacked.tracing import trace
from tests.calls import repeated_calls
from tests.calls.test_gates import ALONE, NETWORKS, STACKED
from tests.core.stacked.conftest import Training


@pytest.mark.parametrize("network", STACKED)
def test_a_stack_comes_to_what_each_trial_comes_to_alone(training: Training, network: str) -> None:
    shared = {"model.name": f"{NETWORKS}:{network}", "model.args": {}, "optimizer.name": "momentum"}
    training.check_equal(shared, {"optimizer.lr": 0.01}, {"optimizer.lr": 3e-3})


@pytest.mark.parametrize("network", ALONE)
def test_what_cannot_be_stacked_is_refused_in_words(network: str) -> None:
    model = getattr(repeated_calls, network)()
    with pytest.raises(Unstackable):
        prove(trace(model), model, (1, 8, 8))
