"""ensemble: the same training with several seeds, and what the networks know together."""

from __future__ import annotations

import math
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnbabysit.core.config.loading import with_values
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.splits.dataset import Dataset, Split
from nnbabysit.core.diagnosis.engine import SEVERITIES, Finding
from nnbabysit.core.formatting import measured_text
from nnbabysit.core.record.directory import point_latest_to
from nnbabysit.core.record.events import GateEvent, MemberEvent, StartEvent
from nnbabysit.core.record.run import Run
from nnbabysit.core.training.checkpoints import LAST
from nnbabysit.core.training.evaluation.ensembling import mean_outputs, score_together
from nnbabysit.core.training.evaluation.load_trained import load_trained
from nnbabysit.core.training.evaluation.outputs import outputs_of
from nnbabysit.core.training.loop.records import Score
from nnbabysit.core.training.setup.setup import pick_device
from nnbabysit.core.workflow.execute import conclude
from nnbabysit.core.workflow.gates.train.ensemble_members import begun_members, size_of
from nnbabysit.core.workflow.gates.train.train import run_train
from nnbabysit.core.workflow.provenance import note_provenance
from nnbabysit.core.workflow.result import StepResult, Table, Verdict

NewRun = Callable[[str, Config], Run]
"""Creates the run directory of one member: (command, config of the member) → run."""
_SCORES = {
    "val_accuracy": "best_val_accuracy",
    "val_loss": "best_val_loss",
    "test_accuracy": "test_accuracy",
    "test_loss": "test_loss",
}
"""Number of a member → what its training calls it."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A member that has trained.

    Attributes:
        seed: Its seed.
        result: What its training returned.
        seconds: How long it took in this session.
    """

    seed: int
    result: StepResult
    seconds: float

    @property
    def numbers(self) -> dict[str, Any]:
        """What the ensemble's result says about it."""
        scores = {name: self.result.metrics[key] for name, key in _SCORES.items()}
        return {"run_dir": str(self.result.run_dir), "seed": self.seed, **scores}


def run_ensemble(
    config: Config,
    run: Run,
    *,
    new_run: NewRun,
    reopen: Callable[[Path], Run],
    members: int | None = None,
    dataset: Dataset | None = None,
    max_time: float | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> StepResult:
    """Train the same network with the seeds s, s + 1, … and average what they predict.

    Each member is a training run of its own; the splits are those of seed s for all of them (``data.seed``),
    so that no member is tried on what another has learned. Interrupted, it goes on where it was: members that
    have a checkpoint are resumed, the others begun.

    Args:
        config: Experiment; its seed is the first member's.
        run: Holds the ensemble together.
        new_run: Creates the run directory of each member.
        reopen: Opens one that is there, to go on with it.
        members: How many; None: as many as ``run`` was started with, to go on with it.
        dataset: Already loaded data of ``config``, or None to load it.
        max_time: Seconds after which the current epoch is the last one; None: no limit.
        clock: Seconds.

    Returns:
        ``diverged`` as soon as a member diverges, ``fail`` when a member fails, else ``pass``. Metrics:
        ``members`` ([{run_dir, seed, val_accuracy, val_loss, test_accuracy, test_loss}]), the mean of each
        of these numbers (``mean_test_accuracy``, …), those of the averaged predictions
        (``ensemble_test_accuracy``, …), ``steps`` ([{command, verdict, run_dir, seconds}]) and ``seconds``.

    Raises:
        UserError: Data, model or device are at fault.
        UserCodeError: The user's code raised.
        DiskError: The disk is full or broken; the members' last checkpoints are intact.
    """
    began = clock()
    data = load_dataset(config) if dataset is None else dataset
    count = size_of(run.path) if members is None else members
    config = with_values(config, {"data.seed": config.split_seed})
    device = pick_device(config.device)
    note_provenance(run, config, data, device)
    run.event(StartEvent(command="train", name=config.name, device=str(device), members=count))
    trained: list[Member] = []
    for seed in range(config.seed, config.seed + count):
        left = None if max_time is None else max_time - (clock() - began)
        if trained and left is not None and left <= 0:
            break
        member = _train_member(config, run, seed, data, left, new_run, reopen, clock)
        trained.append(member)
        if member.result.verdict == "diverged":
            break
    seconds = clock() - began
    late = max_time is not None and seconds >= max_time
    return _result(config, run, data, trained, count, seconds, late=late)


def _train_member(
    config: Config,
    run: Run,
    seed: int,
    data: Dataset,
    max_time: float | None,
    new_run: NewRun,
    reopen: Callable[[Path], Run],
    clock: Callable[[], float],
) -> Member:
    """Begin a member, or go on with it where it has a checkpoint."""
    began = clock()
    run.event(GateEvent(command=f"train --seed {seed}"))
    config = with_values(config, {"seed": seed})
    path = next((m.path for m in begun_members(run.path) if m.seed == seed), None)
    resume = path is not None and (path / "checkpoints" / LAST).is_file()
    with reopen(path) if path is not None and resume else new_run("train", config) as member_run:
        if not resume:
            run.event(MemberEvent(seed=seed, run_dir=member_run.path.name))
            point_latest_to(run.path)  # what is asked for next is the whole, or going on with it
        result = run_train(config, member_run, resume=resume, dataset=data, max_time=max_time, clock=clock)
        conclude(member_run, result)
    return Member(seed=seed, result=result, seconds=clock() - began)


def _result(
    config: Config,
    run: Run,
    data: Dataset,
    trained: list[Member],
    count: int,
    seconds: float,
    *,
    late: bool,
) -> StepResult:
    last = trained[-1].result
    diverged = last.verdict == "diverged"
    whole = [member for member in trained if member.result.verdict != "diverged"]
    rows = [member.numbers for member in whole]
    mean = {f"mean_{name}": _mean([row[name] for row in rows]) for name in _SCORES}
    together = _together(config, whole, data)
    steps = [
        {
            "command": f"train --seed {member.seed}",
            "verdict": member.result.verdict,
            "run_dir": str(member.result.run_dir),
            "seconds": round(member.seconds, 3),
        }
        for member in trained
    ]
    unfinished = len(trained) < count or last.metrics["epochs"] < config.training.epochs
    out_of_time = late and unfinished and not diverged
    summary = _summary(rows, mean, together, count)
    if diverged:
        stopped = f"stopped at member {len(trained)} of {count}, seed {trained[-1].seed}: {last.summary}"
        summary = f"{stopped}; {summary}" if rows else stopped
    elif out_of_time:
        summary += "; the time is over"
    return StepResult(
        command="train",
        verdict=_verdict(trained),
        summary=summary,
        run_dir=run.path,
        notes=data.notes,
        metrics={"members": rows, **mean, **together, "steps": steps, "seconds": seconds},
        findings=_findings(trained),
        tables=(_table(rows, mean, together),) if rows else (),
        next_command=shlex.join(["nnbabysit", "resume" if out_of_time else "evaluate", str(run.path)]),
    )


def _together(config: Config, members: Sequence[Member], data: Dataset) -> dict[str, float | None]:
    """Scores of the averaged predictions; none without members, or where there is no test split."""
    found: dict[str, float | None] = {f"ensemble_{name}": None for name in _SCORES}
    if not members:
        return found
    networks = [load_trained(member.result.run_dir, config.device) for member in members]

    def scored(split: Split) -> Score:
        outputs = mean_outputs([outputs_of(network, split) for network in networks], data.task)
        return score_together(outputs, split.y.cpu(), networks[0].objective)

    for name, split in (("val", data.validation), ("test", data.test)):
        if split is not None:
            score = scored(split)
            found[f"ensemble_{name}_accuracy"] = score.accuracy
            found[f"ensemble_{name}_loss"] = score.loss if math.isfinite(score.loss) else None
    return found


def _mean(numbers: Sequence[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return math.fsum(known) / len(known) if known and len(known) == len(numbers) else None


def _verdict(trained: Sequence[Member]) -> Verdict:
    verdicts = {member.result.verdict for member in trained}
    return "diverged" if "diverged" in verdicts else "fail" if "fail" in verdicts else "pass"


def _findings(trained: Sequence[Member]) -> tuple[Finding, ...]:
    """Each finding once, as the first member that has it tells it."""
    found: dict[str, Finding] = {}
    for member in trained:
        for finding in member.result.findings:
            found.setdefault(finding.id, finding)
    return tuple(sorted(found.values(), key=lambda finding: SEVERITIES.index(finding.severity)))


def _summary(
    rows: Sequence[dict[str, Any]], mean: dict[str, Any], together: dict[str, Any], count: int
) -> str:
    split = (
        "test" if together["ensemble_test_loss"] is not None or together["ensemble_test_accuracy"] else "val"
    )
    number = "loss" if together[f"ensemble_{split}_accuracy"] is None else "accuracy"
    words = f"{'validation' if split == 'val' else split} {number}"
    how_many = f"{len(rows)} of {count}" if len(rows) < count else f"{count}"
    alone, all_together = mean[f"mean_{split}_{number}"], together[f"ensemble_{split}_{number}"]
    if alone is None or all_together is None:
        return f"ensemble of {how_many} members"
    alone, all_together = (measured_text(number, x) for x in (alone, all_together))
    return f"ensemble of {how_many} members: {words} {all_together}, the mean of its members {alone}"


def _table(rows: Sequence[dict[str, Any]], mean: dict[str, Any], together: dict[str, Any]) -> Table:
    names = [name for name in _SCORES if any(row[name] is not None for row in rows)]
    lines = [
        *((str(row["seed"]), _short(row["run_dir"]), *_cells(row, names)) for row in rows),
        ("", "mean of them", *_cells(mean, [f"mean_{name}" for name in names])),
        ("", "ensemble", *_cells(together, [f"ensemble_{name}" for name in names])),
    ]
    words = tuple(name.replace("_", " ") for name in names)
    return Table(title="Members", columns=("seed", "run", *words), rows=tuple(lines))


def _short(run_dir: str) -> str:
    """Name of a run without its minute, which is enough to find it by: ``brave-otter-2_train``."""
    return Path(run_dir).name.split("_", 2)[-1]


def _cells(numbers: dict[str, Any], names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield "" if numbers[name] is None else measured_text(name, numbers[name])
