"""train: the long run, watched, with checkpoints, early stopping and one look at the test split."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from nnbabysit.core.data.new_samples.signature import SIGNATURE_FILE, Signature
from nnbabysit.core.diagnosis.engine import Finding, diagnose
from nnbabysit.core.diagnosis.evidence.run_evidence import RunEvidence
from nnbabysit.core.diagnosis.rules.registry import RUN_RULES
from nnbabysit.core.errors import RunError
from nnbabysit.core.models.weights import count_parameters
from nnbabysit.core.record.events import CheckpointEvent, NoteEvent, StartEvent, WarningEvent
from nnbabysit.core.record.files import read_lines, write_atomically
from nnbabysit.core.record.run import Run, read_meta
from nnbabysit.core.record.strict_json import encode
from nnbabysit.core.report.plots.write import write_run_plots
from nnbabysit.core.training.batching import steps_per_epoch
from nnbabysit.core.training.checkpoints import BEST, LAST, load_weights, save_weights
from nnbabysit.core.training.evaluation.unpredicted import Unpredicted, unpredicted_in
from nnbabysit.core.training.loop.epochs import train_epochs
from nnbabysit.core.training.loop.records import EpochRecord, Score, StepRecord
from nnbabysit.core.training.loop.run_state import Progress, load_progress, save_progress
from nnbabysit.core.training.loop.steps import evaluate
from nnbabysit.core.training.loop.yardstick import Yardstick
from nnbabysit.core.training.probes.dead_units import dead_units
from nnbabysit.core.training.probes.step_probes import standard_probes
from nnbabysit.core.training.setup.setup import Prepared, prepare
from nnbabysit.core.workflow.gates.train.events import TrainEvents
from nnbabysit.core.workflow.gates.train.train_outcome import Outcome, metrics_of, summary_of, table_of
from nnbabysit.core.workflow.gates.train.weight_variants import Companions, Companionship, Judged
from nnbabysit.core.workflow.gates.train.weight_variants import table_of as table_of_weights
from nnbabysit.core.workflow.provenance import note_provenance, note_start
from nnbabysit.core.workflow.result import StepResult

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import Config
    from nnbabysit.core.data.splits.dataset import Dataset

METRICS = "metrics.jsonl"


def run_train(
    config: Config,
    run: Run,
    *,
    resume: bool = False,
    dataset: Dataset | None = None,
    max_time: float | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> StepResult:
    """Train, watch, and say what is wrong.

    Interrupted at any time, the checkpoint of the last whole epoch stands; resumed from it, a run goes on as
    if nothing had happened, bit for bit on the same machine.

    Args:
        config: Experiment.
        run: Where everything is written.
        resume: Go on from the run's last checkpoint.
        dataset: Already loaded data, or None to load it.
        max_time: Seconds after which the current epoch is the last one; None: no limit.
        clock: Seconds.

    Returns:
        ``diverged`` when the cost ran away, ``fail`` when a finding is an error, else ``pass``. Metrics:
        best_val_accuracy and best_val_loss (those of the best epoch, see ``yardstick.py``), best_epoch,
        final_train_accuracy, final_train_loss, test_accuracy, test_loss, epochs, steps, parameters, seconds,
        samples_per_second; accuracies are None for regression.
        With an average or snapshots those that ``Companionship`` lists.

    Raises:
        UserError: Data, model, device, batch size or, when resuming, the checkpoint are at fault.
        UserCodeError: The user's code raised.
        DiskError: The disk is full or broken; the last checkpoint is intact.
    """
    began = clock()
    prepared = prepare(config, dataset)
    companions = Companions(config, prepared.assembly.model)
    data = prepared.dataset
    yardstick = Yardstick.of(data.validation.y, data.task, config.loss)
    progress = (
        _resumed(config, run, prepared, companions, yardstick) if resume else Progress(yardstick=yardstick)
    )
    _start(config, run, prepared, progress)
    ended = _train(config, run, prepared, progress, companions, max_time, clock)
    others = companions.judged(run, prepared, progress)
    test = _test(run, prepared, progress)
    unpredicted = _unpredicted(run, prepared, progress)
    outcome = Outcome(
        progress=progress, ended=ended, test=test, seconds=clock() - began, unpredicted=unpredicted.words
    )
    findings = diagnose(RUN_RULES, RunEvidence.of(config, prepared, progress, unpredicted))
    result = _result(run, prepared, outcome, findings, others)
    write_run_plots(run.path, result.metrics, result.verdict)
    return result


def _resumed(
    config: Config, run: Run, prepared: Prepared, companions: Companions, yardstick: Yardstick
) -> Progress:
    """The run's progress; metrics of an epoch that was cut off are removed, since it is trained again."""
    _check_same_data(config, run, prepared.dataset)
    path, averaging = run.checkpoints / LAST, companions.averaging
    progress = load_progress(path, prepared.assembly, config, averaging, yardstick)
    lines, _ = read_lines(run.path / METRICS)
    kept = [line for line in lines if line["step"] <= progress.step]
    if len(kept) < len(lines):
        write_atomically(run.path / METRICS, "".join(f"{encode(line)}\n" for line in kept))
    run.event(NoteEvent(text=f"resuming from epoch {progress.epoch} of {config.training.epochs}"))
    return progress


def _check_same_data(config: Config, run: Run, data: Dataset) -> None:
    """Refuse data in which the outputs mean something else; of other samples with the same meaning tell."""
    try:
        then = Signature.load(run.checkpoints / SIGNATURE_FILE, config.data.preprocess)
    except RunError:
        then = Signature.of(data)  # a file that is missing or damaged is written anew
    for words, before, after in (
        ("another task", then.task, data.task),
        ("other shapes", then.input_shape, data.input_shape),
        ("other classes", then.class_names, data.class_names),
    ):
        if before != after:
            raise RunError(
                f"the data has changed since the run began, it has {words}",
                where="data",
                remedy="Put it back as it was, or train anew",
            )
    if read_meta(run.path).get("dataset_fingerprint") not in (None, data.fingerprint):
        run.event(
            WarningEvent(text="the data has changed since the run began: its fingerprint is another one")
        )


def _start(config: Config, run: Run, prepared: Prepared, progress: Progress) -> None:
    assembly, data = prepared.assembly, prepared.dataset
    note_provenance(run, config, data, assembly.device)
    Signature.of(data).save(
        run.checkpoints / SIGNATURE_FILE
    )  # now: a run killed in any epoch can be evaluated
    parameters = count_parameters(assembly.model)
    run.event(
        StartEvent(command="train", name=config.name, device=str(assembly.device), parameters=parameters)
    )
    note_start(run, prepared)
    if not progress.history:
        progress.dead_units_initial = dead_units(assembly.model, data.train.on(assembly.device))


def _train(
    config: Config,
    run: Run,
    prepared: Prepared,
    progress: Progress,
    companions: Companions,
    max_time: float | None,
    clock: Callable[[], float],
) -> str:
    """Train what is left; returns why it ended early, or an empty text."""
    began = clock()
    stopping = config.training.early_stopping
    min_delta = 0.0 if stopping is None else stopping.min_delta
    for record in _records(config, run, prepared, progress, companions, clock):
        best = progress.add(record, min_delta)
        if record.stopped:
            return record.stopped
        companions.after_epoch(record, run)
        _checkpoint(run, prepared, progress, config, companions, best=best)
        if progress.exhausted(stopping):
            break
        if max_time is not None and clock() - began >= max_time and record.epoch < config.training.epochs:
            return f"stopped after epoch {record.epoch}: time limit of {max_time:g} s reached"
    if progress.exhausted(stopping) and progress.epoch < config.training.epochs:
        return f"stopped early after epoch {progress.epoch}: no improvement in {progress.waited} epochs"
    return ""


def _records(
    config: Config,
    run: Run,
    prepared: Prepared,
    progress: Progress,
    companions: Companions,
    clock: Callable[[], float],
) -> Iterator[EpochRecord]:
    """Epochs that are left, told to the run's listeners and completed by what only a whole epoch tells."""
    assembly, data = prepared.assembly, prepared.dataset
    start_epoch = progress.epoch + 1
    if progress.exhausted(config.training.early_stopping):
        return
    train = data.train.on(assembly.device)
    events = TrainEvents(
        run,
        config,
        steps_per_epoch=steps_per_epoch(assembly.model, len(train), config.training.batch_size),
        start_epoch=start_epoch,
        clock=clock,
    )

    def on_step(record: StepRecord) -> None:
        companions.after_step(record)
        events.step(record)

    for record in train_epochs(
        assembly,
        data,
        config,
        start_epoch=start_epoch,
        probes=standard_probes(assembly.model),
        on_step=on_step,
        first_cost=progress.first_cost,
        clock=clock,
    ):
        completed = events.completed(record, dead_units(assembly.model, train))
        events.epoch(completed)
        if assembly.transferred is not None and (text := assembly.transferred.let_go(record.epoch)):
            run.event(NoteEvent(text=text))
        yield completed


def _checkpoint(
    run: Run, prepared: Prepared, progress: Progress, config: Config, companions: Companions, *, best: bool
) -> None:
    """Best weights first: a crash between the two files then costs nothing, the epoch is trained again."""
    folder = run.checkpoints
    if best:
        save_weights(folder / BEST, prepared.assembly.model)
    save_progress(folder / LAST, progress, prepared.assembly, config, companions.averaging)
    run.event(CheckpointEvent(path=str(folder / LAST), epoch=progress.epoch, best=best))


def _test(run: Run, prepared: Prepared, progress: Progress) -> Score | None:
    """The best weights on the test split, looked at this once."""
    test, assembly = prepared.dataset.test, prepared.assembly
    if test is None or progress.history[-1].stopped:
        return None
    load_weights(run.checkpoints / BEST, assembly.model)
    return evaluate(assembly.model, test.on(assembly.device), assembly.objective)


def _unpredicted(run: Run, prepared: Prepared, progress: Progress) -> Unpredicted:
    """Classes of the validation split that the best weights never answer with."""
    data, assembly = prepared.dataset, prepared.assembly
    if progress.history[-1].stopped or data.task == "regression" or progress.yardstick.own_loss:
        return Unpredicted()
    load_weights(run.checkpoints / BEST, assembly.model)
    return unpredicted_in(assembly.model, data.validation.on(assembly.device), data.task, data.class_names)


def _result(
    run: Run, prepared: Prepared, outcome: Outcome, findings: list[Finding], others: Companionship
) -> StepResult:
    best = outcome.progress.best
    weights = (
        ()
        if best is None
        else table_of_weights(
            Judged(name=f"best (epoch {best.epoch})", validation=best.validation, test=outcome.test), others
        )
    )
    diverged = bool(outcome.last.stopped)
    failed = any(finding.severity == "error" for finding in findings)
    return StepResult(
        command="train",
        verdict="diverged" if diverged else "fail" if failed else "pass",
        summary="; ".join(part for part in (summary_of(outcome), others.summary) if part),
        run_dir=run.path,
        notes=prepared.dataset.notes,
        metrics={
            **metrics_of(outcome, parameters=count_parameters(prepared.assembly.model)),
            **others.metrics,
        },
        findings=tuple(findings),
        tables=(table_of(outcome.progress), *weights),
        next_command="",
    )
