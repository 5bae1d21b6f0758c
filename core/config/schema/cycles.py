"""Cycles of ``warm_restarts``: the epochs that end them, and whether there are any for wanted snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nnbabysit.core.config import tree
from nnbabysit.core.config.fields import Path
from nnbabysit.core.config.schema.root import Config, Training
from nnbabysit.core.config.schema.schedule import WarmRestarts


def cycle_ends(config: Config) -> tuple[int, ...]:
    """Epochs of a run after which a snapshot is taken, ascending; none unless ``training.snapshots``.

    Cycle k of T₀·mᵏ⁻¹ epochs ends with the restart of the learning rate (Loshchilov & Hutter 2017,
    arXiv:1608.03983); there the network is in a minimum of its own (Huang et al. 2017, arXiv:1704.00109). A
    warm-up comes before the first cycle; a cycle that the run cuts off gives no snapshot.
    """
    schedule = config.schedule
    if not config.training.snapshots or not isinstance(schedule, WarmRestarts):
        return ()
    return _ends(schedule.warmup, schedule.period, schedule.multiply, config.training.epochs)


def _ends(warmup: int, period: int, multiply: int, epochs: int) -> tuple[int, ...]:
    ends = []
    end = warmup + period
    while end <= epochs:
        ends.append(end)
        period *= multiply
        end += period
    return tuple(ends)


def check(settings: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Path and message of what keeps wanted snapshots from being taken.

    Args:
        settings: The settings as they were written, which may have other mistakes.
    """
    if tree.get(settings, ("training", "snapshots")) is not True:
        return
    name = tree.get(settings, ("schedule", "name")) or "constant"
    if name != "warm_restarts":
        message = f"{name} has no cycles, at whose ends training.snapshots are taken"
        place = ("schedule", "name") if "schedule" in settings else ("training", "snapshots")
        yield place, f"{message}: set schedule.name to warm_restarts, or training.snapshots to false"
        return
    default = WarmRestarts(name="warm_restarts")
    numbers = [
        tree.get(settings, path) or fallback
        for path, fallback in (
            (("schedule", "warmup"), default.warmup),
            (("schedule", "period"), default.period),
            (("training", "epochs"), Training().epochs),
        )
    ]
    if not all(isinstance(number, int) for number in numbers):
        return  # told elsewhere
    warmup, period, epochs = numbers
    if not _ends(warmup, period, 1, epochs):
        message = (
            f"the first cycle of warm_restarts ends after epoch {warmup + period}, the run after {epochs}"
        )
        yield ("schedule", "period"), f"{message}: for a snapshot shorten the period, or train longer"
