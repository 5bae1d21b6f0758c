"""Ensemble members: which training runs an ensemble is made of, as its own run directory tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nnbabysit.core.errors import RunError
from nnbabysit.core.record.archive import read_meta
from nnbabysit.core.record.directory import EVENTS
from nnbabysit.core.record.event_log import read_events
from nnbabysit.core.record.events import MemberEvent, StartEvent

COMMAND = "train-ensemble"
"""Command of the run that holds an ensemble together, as the run directory is named by it."""


@dataclass(frozen=True, kw_only=True)
class BegunMember:
    """A member whose training has begun.

    Attributes:
        seed: Its seed.
        path: Its run directory.
    """

    seed: int
    path: Path


def is_ensemble(run: Path) -> bool:
    """Whether a run directory holds an ensemble together.

    Raises:
        RunError: It is no run directory.
    """
    return read_meta(run).get("command") == COMMAND


def size_of(run: Path) -> int:
    """How many members an ensemble was started with.

    Raises:
        RunError: It ended before it began.
    """
    for event in read_events(run / EVENTS, StartEvent):
        if event.members is not None:
            return event.members
    raise RunError("the ensemble had not begun", where=str(run), remedy="Start it again")


def begun_members(run: Path) -> list[BegunMember]:
    """Members in the order they were begun; of several attempts with one seed the last."""
    members: dict[int, BegunMember] = {}
    for event in read_events(run / EVENTS, MemberEvent):
        # beside the ensemble: the folder of runs may have been moved
        path = run.resolve().parent / Path(event.run_dir).name
        members[event.seed] = BegunMember(seed=event.seed, path=path)
    return list(members.values())


def with_members(runs: Sequence[Path]) -> Iterator[Path]:
    """The runs, each ensemble among them replaced by its members.

    Raises:
        RunError: One is no run directory, or an ensemble has no member yet.
    """
    for run in runs:
        if not is_ensemble(run):
            yield run
            continue
        members = begun_members(run)
        if not members:
            raise RunError(
                "no member of the ensemble has begun", where=str(run), remedy="Start the ensemble again"
            )
        yield from (member.path for member in members)
