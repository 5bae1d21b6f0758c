"""Weight decay beside an L2 penalty: the same pull towards 0 twice, which nobody means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from nnbabysit.core.config import tree
from nnbabysit.core.config.fields import Path
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.errors import ConfigError, Mistake

DECAY: Path = ("optimizer", "weight_decay")
PENALTIES: tuple[Path, ...] = (("regularization", "l2"), ("regularization", "elastic"))


def check(settings: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Path and message of a weight decay that stands beside an L2 penalty, whose gradient it doubles.

    AdamW's is apart from the gradient (Loshchilov & Hutter 2019), so it may.

    Args:
        settings: The settings as they were written, which may have other mistakes.
    """
    if tree.get(settings, ("optimizer", "name")) == "adamw" or not _positive(tree.get(settings, DECAY)):
        return
    for path in PENALTIES:
        if _positive(tree.get(settings, path)):
            key = ".".join(map(str, path))
            yield DECAY, f"stands beside {key}, which pulls towards 0 as well: set {key}=0, or leave this out"


def refuse_in_space(config: Config, axes: Iterable[str], *, where: str) -> None:
    """See early that no trial of a search would have both.

    Args:
        config: Experiment.
        axes: Dotted keys of the settings that are searched.
        where: Place of the space, for the message.

    Raises:
        ConfigError: One is searched beside the other.
    """
    searched = set(axes)
    names = config.optimizer.name, "optimizer.name" in searched
    decays = getattr(config.optimizer, "weight_decay", 0.0) > 0 or "optimizer.weight_decay" in searched
    if not decays or names == ("adamw", False):
        return
    for path in PENALTIES:
        key = ".".join(map(str, path))
        if key in searched or getattr(config.regularization, str(path[-1])) > 0:
            message = (
                f"stands beside {key}, which pulls towards 0 as well: search one, and set the other to 0"
            )
            raise ConfigError([Mistake(where=where, key="optimizer.weight_decay", message=message)])


def _positive(value: Any) -> bool:
    return isinstance(value, int | float) and value > 0
