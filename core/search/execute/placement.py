"""Placement: how many trials are stacked, and in how many processes, found out by measuring.

A measurement may cost a small fraction of the search that it speeds up: the first guess is timed, and others
only while there is something to gain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from nnbabysit.core.data.splits.memory import free_bytes
from nnbabysit.core.formatting import plural
from nnbabysit.core.models.calls import Call, Calls, leaves
from nnbabysit.core.models.dry_run import BATCH, dry_run
from nnbabysit.core.training.loop.divergence import FIRST_SAMPLES

CACHE_BYTES = 4 << 20
"""Weights, gradients and velocities of a stack that a core still holds near itself; a guess to start from."""
MOST = 512
"""Most trials in a stack."""
COSTS = 0.03
"""Largest fraction of the search that measuring may take."""
SECONDS = 0.15
"""Length of one measurement."""


@dataclass(frozen=True)
class Placement:
    """Where trials are trained.

    Attributes:
        stack: Most trials in a stack; 1: one at a time.
        processes: Processes side by side.
        threads: Threads of each.
    """

    stack: int
    processes: int
    threads: int

    @property
    def text(self) -> str:
        """In words."""
        trials = f"{self.stack} trials a stack" if self.stack > 1 else "one by one"
        where = f"{self.processes} processes" if self.processes > 1 else "1 process"
        return f"{trials}, {where} of {plural(self.threads, 'thread')}"


@dataclass(frozen=True)
class Timing:
    """What a placement was measured to take.

    Attributes:
        placement: The placement.
        seconds: For one step of one trial.
    """

    placement: Placement
    seconds: float


def guess(network: nn.Module, *, cores: int, most: int, can_fork: bool) -> Placement:
    """Where to start: as many trials as fit into the cache near a core, a process for each core."""
    numbers = sum(parameter.numel() for parameter in network.parameters())
    stack = 8
    while stack * 2 <= most and stack * 2 * numbers * 12 <= CACHE_BYTES and stack < MOST:
        stack *= 2
    processes = cores if can_fork else 1
    return Placement(min(stack, most), processes, max(1, cores // processes))


def largest_stack(
    network: nn.Module, input_shape: tuple[int, ...], batch: int, share: float, processes: int
) -> int:
    """Trials that fit into a fraction of the free memory, at least 1.

    Counted are weights, gradients, two running quantities and two temporaries of the optimizer, and what the
    layers put out for a batch, forwards and backwards, or for the samples that the first cost is asked of.
    """
    weights = 6 * sum(parameter.numel() for parameter in network.parameters())
    layers = _outputs_per_sample(network, input_shape) * max(2 * batch, FIRST_SAMPLES[1])
    return max(1, int(free_bytes() * share / processes / (4 * (weights + layers))))


def _outputs_per_sample(network: nn.Module, input_shape: tuple[int, ...]) -> int:
    """Numbers that the layers put out for a sample."""
    counts: list[int] = []

    def count(_call: Call, _layer: nn.Module, output: Any) -> None:
        if isinstance(output, Tensor):
            counts.append(output.numel() // BATCH)

    with Calls(network, leaves(network), count):
        dry_run(network, input_shape)
    return sum(counts)


def alternatives(first: Placement, *, cores: int, most: int, can_fork: bool) -> Iterator[Placement]:
    """What else to measure, the most promising first."""
    sizes = [first.stack * 2, first.stack // 2, first.stack * 4, first.stack // 4]
    candidates = [Placement(size, first.processes, first.threads) for size in sizes]
    if can_fork and cores > 1:
        candidates += [Placement(first.stack, 1, cores), Placement(1, cores, 1)]
    candidates.append(Placement(1, 1, cores))
    seen = {first}
    for candidate in candidates:
        if 1 <= candidate.stack <= most and candidate not in seen:
            seen.add(candidate)
            yield candidate


def fastest(
    candidates: Iterable[Placement],
    measure: Callable[[Placement], float],
    steps: int,
    clock: Callable[[], float],
) -> list[Timing]:
    """Time candidates while it pays.

    Args:
        candidates: The guess first.
        measure: Seconds for one step of one trial.
        steps: Steps of all trials together.
        clock: Seconds.

    Returns:
        Timings, the fastest first.
    """
    timings: list[Timing] = []
    began = clock()
    for candidate in candidates:
        if timings and clock() - began + SECONDS > COSTS * steps * min(t.seconds for t in timings):
            break
        timings.append(Timing(candidate, measure(candidate)))
    return sorted(timings, key=lambda timing: timing.seconds)


def cores() -> int:
    """Threads that torch was given."""
    return torch.get_num_threads()
