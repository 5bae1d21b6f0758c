"""nnbabysit babysits the training of a neural network.

It proves in minutes that a net can learn, finds its hyperparameters coarse-to-fine, trains it, watches it,
and says in plain words what is wrong, on which evidence, and which line of the config to change::

    import nnbabysit

    nnbabysit.sanity(Net, (x, y))
    result = nnbabysit.train(Net, (x, y), set={"optimizer.lr": 1e-2, "training.epochs": 5})
    model = nnbabysit.load(result).model

``nnbabysit.core.api.steps`` explains the arguments that all steps share. Importing the package imports
neither torch nor numpy: what is named here is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnbabysit.core.api.steps import load, overfit_tiny, sanity, search, train
    from nnbabysit.core.errors import NnbabysitError
    from nnbabysit.core.workflow.result import StepResult

__version__ = "0.1.0"
__all__ = [
    "NnbabysitError",
    "StepResult",
    "__version__",
    "load",
    "overfit_tiny",
    "sanity",
    "search",
    "train",
]

_PLACES = {
    "NnbabysitError": "nnbabysit.core.errors",
    "StepResult": "nnbabysit.core.workflow.result",
    **dict.fromkeys(("load", "overfit_tiny", "sanity", "search", "train"), "nnbabysit.core.api.steps"),
}


def __getattr__(name: str) -> object:
    """Load a name of the API when it is first used."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    globals()[name] = value = getattr(import_module(_PLACES[name]), name)
    return value


def __dir__() -> list[str]:
    """Names of the API too, for completion."""
    return sorted({*globals(), *__all__})
