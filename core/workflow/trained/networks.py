"""Members: trained networks that answer one question, each with the samples that it is tried on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nnbabysit.core.data.new_samples.labeled import SplitName, Unseen, load_own, load_unseen
from nnbabysit.core.errors import RunError
from nnbabysit.core.record.run import read_meta
from nnbabysit.core.training.evaluation.load_trained import Trained, WeightsKind, kept_weights, load_trained
from nnbabysit.core.workflow.gates.train.ensemble_members import with_members


@dataclass(frozen=True, kw_only=True, eq=False)
class Member:
    """A trained network and the samples that it is to be tried on."""

    trained: Trained
    unseen: Unseen


def load_members(
    runs: Sequence[Path],
    *,
    split: SplitName | None = None,
    data: Path | None = None,
    device: str = "auto",
    weights: WeightsKind = "best",
    skip_broken: bool = False,
) -> list[Member]:
    """Load networks and samples, before a run directory exists.

    Args:
        runs: Directories of training runs, or of ensembles, which stand for their members; networks that
            answer the same question.
        split: Default: test, or validation where there is no test split.
        data: Other samples, of the kind that the runs' readers read; None: the runs' own data.
        device: As in a config.
        weights: Which of each run's weights; with ``snapshots`` each is a network of its own.
        skip_broken: Go on without pictures and rows that cannot be read, even if the runs did not.

    Raises:
        RunError: No training run, without such weights, with those of another architecture, or the runs
            answer different questions.
        UserError: Data, model or device are at fault.
        UserCodeError: The user's own code raised.
    """
    known: dict[str, Unseen] = {}
    members: list[Member] = []
    wanted = [(run, kept) for run in with_members(runs) for kept in kept_weights(run, weights)]
    for run, kept in wanted:
        trained = load_trained(run, device, kept)
        if members:
            _check_same_question(members[0].trained, trained)
        key = _data_key(trained)
        if key not in known:
            known[key] = _load(trained, split, data, skip_broken)
        members.append(Member(trained=trained, unseen=known[key]))
    return members


def _data_key(trained: Trained) -> str:
    """What decides which samples a run is tried on, and how they are prepared."""
    config = trained.config
    parts = (
        repr(config.data.model_dump()),
        config.loss,
        config.split_seed,
        str(trained.signature.input_shape),
    )
    return repr((*parts, read_meta(trained.run_dir).get("dataset_fingerprint")))


def _load(trained: Trained, split: SplitName | None, data: Path | None, skip_broken: bool) -> Unseen:
    config = trained.config
    if skip_broken:
        config = config.model_copy(update={"data": config.data.model_copy(update={"skip_broken": True})})
    if data is not None:
        return load_unseen(data, config, trained.signature, split)
    fingerprint = read_meta(trained.run_dir).get("dataset_fingerprint")
    return load_own(config, trained.signature, split, fingerprint=fingerprint)


def _check_same_question(one: Trained, other: Trained) -> None:
    questions = [
        (s.task, s.class_names, s.num_outputs, s.input_shape) for s in (one.signature, other.signature)
    ]
    if questions[0] != questions[1]:
        raise RunError(
            f"this run answers another question than {one.run_dir.name}: its samples, task or classes differ",
            where=str(other.run_dir),
            remedy="Evaluate the two one at a time",
        )
