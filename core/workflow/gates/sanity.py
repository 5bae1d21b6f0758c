"""sanity: before anyone pays for a long run, is the network wired as it should be?

Source of the checks: CS231n notes, "Neural Networks 3: before learning, sanity checks" (initial loss,
regularization raises the loss), and Karpathy, "A Recipe for Training Neural Networks" (one sample's output
depends on it alone).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from nnbabysit.core.data.seeds import derive_seed
from nnbabysit.core.diagnosis.engine import Finding, diagnose
from nnbabysit.core.diagnosis.evidence.sanity_evidence import SanityEvidence
from nnbabysit.core.diagnosis.evidence.starting_loss import is_decided
from nnbabysit.core.diagnosis.rules.registry import SANITY_RULES
from nnbabysit.core.formatting import loss_text, number_text, plural, rate_text
from nnbabysit.core.models.seeding import seeded
from nnbabysit.core.models.weights import count_parameters
from nnbabysit.core.record.events import CheckEvent
from nnbabysit.core.report.charts.layers import layer_charts
from nnbabysit.core.report.plots.write import write_panels
from nnbabysit.core.training.probes.initial_loss import InitialLosses, first_samples, initial_losses
from nnbabysit.core.training.probes.layer_statistics import LayerStatistics, layer_statistics
from nnbabysit.core.training.probes.wiring import batch_dependence, first_steps
from nnbabysit.core.training.setup.setup import assemble, prepare
from nnbabysit.core.workflow.provenance import note_provenance, note_start
from nnbabysit.core.workflow.result import StepResult, Table

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import Config
    from nnbabysit.core.data.splits.dataset import Dataset
    from nnbabysit.core.record.run import Run

NEIGHBORS = 16
"""Samples in the batch whose neighbors are replaced."""


def run_sanity(config: Config, run: Run, *, dataset: Dataset | None = None) -> StepResult:
    """Check the network at initialization.

    Args:
        config: Experiment; ``sanity.*`` holds tolerance, number of seeds and the cranked-up λ.
        run: Where the events and the plot go.
        dataset: Already loaded data, or None to load it.

    Returns:
        ``fail`` if a check fails. Metrics: initial_loss, expected_loss, prior_loss, regularized_loss,
        parameters, batch_dependence.
    """
    prepared = prepare(config, dataset)
    assembly, data = prepared.assembly, prepared.dataset
    note_provenance(run, config, data, assembly.device)
    note_start(run, prepared)
    x, y = first_samples(data, config.seed)
    x, y = x.to(assembly.device), y.to(assembly.device)
    reused = assembly.transferred is not None and assembly.transferred.reuses_output
    with seeded(derive_seed(config.seed, "sanity")):  # dropout and the like
        layers = layer_statistics(assembly.model, assembly.objective, x, y)
        losses = initial_losses(
            config,
            data,
            x,
            y,
            assembly.device,
            enough=lambda drawn: reused or is_decided(drawn, config.sanity.tolerance),
        )
        dependence = batch_dependence(assembly.model, x[:NEIGHBORS])
        motions = first_steps(assemble(config, data, device=assembly.device), x, y)
    if reused:
        losses = replace(losses, chance=math.nan)  # it is trained already: there is nothing to guess
    seen = SanityEvidence.of(config, data.num_outputs, losses, motions, dependence)
    findings = diagnose(SANITY_RULES, seen)
    for check in _checks(seen, {finding.id for finding in findings}):
        run.event(check)
    write_panels(layer_charts(layers), run.plots / "activations")
    failed = any(finding.severity == "error" for finding in findings)
    return StepResult(
        command="sanity",
        verdict="fail" if failed else "pass",
        summary=_summary(losses, findings),
        run_dir=run.path,
        notes=data.notes,
        metrics={
            "initial_loss": losses.mean,
            "expected_loss": losses.expected,
            "prior_loss": losses.prior,
            "regularized_loss": losses.regularized,
            "parameters": count_parameters(assembly.model),
            "batch_dependence": dependence,
        },
        findings=tuple(findings),
        tables=(_loss_table(config, losses), _layer_table(layers)),
        next_command="nnbabysit overfit-tiny",
    )


def _first_loss(seen: SanityEvidence, fired: set[str]) -> tuple[bool | None, str]:
    """Whether the initial loss is right, None where that cannot be told, and what it is compared with."""
    start, mean = seen.start, loss_text(seen.initial_total_loss)
    if start is None:
        return (
            None,
            f"{mean}; not compared with chance level: the output layer is reused, or the loss is your own",
        )
    tolerance, spread = start.sanity_tolerance, start.initial_losses
    words = f"{mean}, chance-level loss {loss_text(start.expected_loss)}, tolerance {tolerance:.0%}"
    if start.zero_output_loss is not None and start.zero_output_loss > start.expected_loss * (1 + tolerance):
        zero = loss_text(start.zero_output_loss)
        words = f"{words}; answering 0 has a loss of {zero}, for the targets lie far from 0"
    if fired & {"INI001", "INI002"}:
        return False, words
    if start.standing == "within":
        return True, words
    if start.standing != "undecided":
        return None, f"{words}; no weight matrix is trained, so no initialization is to blame"
    if len({*spread}) == 1:
        return None, f"{words}; the network is the same for every seed, so this may be chance"
    ends = f"{loss_text(min(spread))} to {loss_text(max(spread))}"
    return None, f"{words}; seeds give {ends}, so this may be chance"


def _checks(seen: SanityEvidence, fired: set[str]) -> Iterator[CheckEvent]:
    """One line per check: name, passed, text."""

    def check(name: str, passed: bool | None, text: str) -> CheckEvent:
        return CheckEvent(name=name, passed=passed, text=text)

    yield check("initial loss", *_first_loss(seen, fired))
    total = len(seen.gradient_norms)
    if seen.weight_matrices:
        totals = f"{loss_text(seen.initial_total_loss)} to {loss_text(seen.regularized_total_loss)}"
        text = f"l2 = {rate_text(seen.regularization_strength)} takes the total loss from {totals}"
        yield check("regularization", "INI003" not in fired, text)
    else:
        yield check("regularization", None, "no weight matrix is trained, so there is nothing to penalize")
    reached = sum(
        norm is not None and math.isfinite(norm) and norm > 0 for norm in seen.gradient_norms.values()
    )
    text = f"{reached} of {total} trainable parameters get a finite, non-zero gradient"
    yield check("gradients", "INI004" not in fired, text)
    moved = sum(change > 0 for change in seen.parameter_changes.values())
    text = f"{moved} of {total} trainable parameters change in the first steps"
    yield check("updates", "INI005" not in fired, text)
    text = "probabilities already" if seen.outputs_are_probabilities else "logits, not probabilities"
    yield check("outputs", "INI007" not in fired, text)
    change = f"changes by {number_text(seen.batch_dependence, 2)}"
    text = f"a sample's output {change} when the other samples of the batch change"
    yield check("independence", "INI006" not in fired, text)


def _summary(losses: InitialLosses, findings: list[Finding]) -> str:
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        names = ", ".join(finding.name for finding in errors)
        return f"{plural(len(errors), 'check')} failed: {names}"
    against = "" if losses.expected is None else f", chance level {loss_text(losses.expected)}"
    return f"initial loss {loss_text(losses.mean)}{against}; all sanity checks passed"


def _loss_table(config: Config, losses: InitialLosses) -> Table:
    shown, further = losses.per_seed[: config.sanity.seeds], losses.per_seed[config.sanity.seeds :]
    rows = [(f"network of seed {config.seed + i}", loss_text(loss)) for i, loss in enumerate(shown)]
    if further:
        rows.append(
            (f"{len(further)} further seeds", f"{loss_text(min(further))} to {loss_text(max(further))}")
        )
    rows.append(("mean", loss_text(losses.mean)))
    if losses.expected is not None:
        rows.append(("chance level", loss_text(losses.expected)))
    if losses.prior is not None:
        rows.append(("chance level, by class frequency", loss_text(losses.prior)))
    rows.append((f"mean with l2 = {rate_text(config.sanity.regularization)}", loss_text(losses.regularized)))
    return Table(title="Loss at initialization", columns=("of what", "loss"), rows=tuple(rows))


def _layer_table(layers: list[LayerStatistics]) -> Table:
    rows = tuple(
        (s.name, s.kind, f"{s.mean:+.4f}", f"{s.std:.4f}", f"{s.zeros:.1%}", number_text(s.gradient, 3))
        for s in layers
    )
    columns = ("layer", "kind", "mean", "std", "zeros", "gradient norm")
    return Table(title="Activations at initialization", columns=columns, rows=rows)
