"""data: can this data be trained on?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from nnbabysit.core.data.checks.measurement import SplitMeasurement, measure
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.preparation.statistics import Statistics
from nnbabysit.core.diagnosis.engine import Finding, diagnose
from nnbabysit.core.diagnosis.evidence.data_evidence import DataEvidence
from nnbabysit.core.diagnosis.rules.registry import DATA_RULES
from nnbabysit.core.formatting import number_text, plural
from nnbabysit.core.record.events import CheckEvent
from nnbabysit.core.workflow.provenance import note_provenance
from nnbabysit.core.workflow.result import StepResult, Table

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import Config
    from nnbabysit.core.data.splits.dataset import Dataset
    from nnbabysit.core.record.run import Run

Measured = dict[str, SplitMeasurement]


def run_data_check(config: Config, run: Run, dataset: Dataset | None = None) -> StepResult:
    """Look at every split as it enters the network.

    Args:
        config: Experiment.
        run: Where the events go.
        dataset: Already loaded data, or None to load it.

    Returns:
        ``fail`` if a finding is an error. Metrics: samples_train, samples_validation, samples_test, features,
        classes, non_finite, constant_features, imbalance, input_mean, input_std, input_largest,
        duplicates_within_train, duplicates_train_validation, duplicates_train_test; None where there is no
        such split or class. Duplicates are counted as ``core/data/checks/duplicates.py`` says.

    Raises:
        DataError: The data cannot be read or its targets cannot be trained on.
        UserCodeError: The user's data function raised.
    """
    data = load_dataset(config) if dataset is None else dataset
    note_provenance(run, config, data)
    measured = measure(data)
    seen = DataEvidence.of(config, data, measured)
    metrics = _metrics(data, measured, seen)
    findings = diagnose(DATA_RULES, seen)
    for check in _checks(data, measured, metrics, seen, findings):
        run.event(check)
    failed = any(finding.severity == "error" for finding in findings)
    return StepResult(
        command="data",
        verdict="fail" if failed else "pass",
        summary=_summary(metrics, findings),
        run_dir=run.path,
        notes=data.notes,
        metrics=metrics,
        findings=tuple(findings),
        tables=tuple(_tables(data, measured)),
        next_command="nnbabysit sanity",
    )


def _metrics(data: Dataset, measured: Measured, seen: DataEvidence) -> dict[str, Any]:
    train, counts = measured["train"], seen.class_counts
    return {
        "samples_train": len(data.train),
        "samples_validation": len(data.validation),
        "samples_test": None if data.test is None else len(data.test),
        "features": seen.features,
        "classes": len(counts) or None,
        "non_finite": seen.non_finite_values,
        "constant_features": seen.constant_features,
        "imbalance": max(counts) / min(counts) if counts and all(counts) else None,
        "input_mean": seen.inputs.mean,
        "input_std": seen.inputs.std,
        "input_largest": seen.inputs.largest,
        "duplicates_within_train": seen.repeated_train,
        **{
            f"duplicates_train_{name}": train.prints.recurring_in(measured[name].prints)
            if name in measured
            else None
            for name in ("validation", "test")
        },
    }


def _checks(
    data: Dataset,
    measured: Measured,
    metrics: dict[str, Any],
    seen: DataEvidence,
    findings: list[Finding],
) -> Iterator[CheckEvent]:
    """One line per check; passed is False for an error, None for a warning."""
    severities = {finding.id: finding.severity for finding in findings}

    def line(name: str, rules: str, text: str) -> CheckEvent:
        worst = {severities.get(f"DAT{number}", "info") for number in rules.split()}
        passed = False if "error" in worst else None if "warning" in worst else True
        return CheckEvent(name=name, passed=passed, text=text)

    shape = " × ".join(map(str, data.input_shape))
    sizes = ", ".join(f"{name} {m.statistics.samples}" for name, m in measured.items())
    yield line("shapes", "", f"samples of {shape}: {sizes}")
    yield line("finite", "001", f"{metrics['non_finite']} values are NaN or infinite")
    yield line("targets", "015 016", _target_words(data))
    if metrics["imbalance"] is not None:
        words = (
            f"the largest class has {number_text(metrics['imbalance'], 3)} times the samples of the smallest"
        )
        yield line("balance", "008", words)
    constant = f"{metrics['constant_features']} of {metrics['features']} features never vary"
    yield line("constant features", "002 003 004", constant)
    mean = round(metrics["input_mean"], 6) + 0.0
    spread = (
        f"deviation {number_text(metrics['input_std'], 3)}, up to {number_text(metrics['input_largest'])}"
    )
    yield line("scale", "005 006 007", f"mean {number_text(mean, 3)}, {spread}")
    yield line("splits alike", "014", "; ".join(_shift_words(seen)))
    yield line("duplicates", "009 010 011 012 013", _duplicate_words(metrics))


def _target_words(data: Dataset) -> str:
    if data.task == "regression":
        return f"regression with {plural(data.num_outputs, 'output')}"
    kind = (
        "labels, any number per sample" if data.task == "multilabel" else "classes, all in the training split"
    )
    return f"{len(data.class_names)} {kind}"


def _shift_words(seen: DataEvidence) -> Iterator[str]:
    for name, (shift, ratio, _) in seen.split_shift.items():
        yield f"{name} lies {shift:+.3f} training standard deviations off, std ratio {ratio:.3f}"


def _duplicate_words(metrics: dict[str, Any]) -> str:
    words = [f"{metrics['duplicates_within_train']} training samples repeat an earlier one exactly"]
    for name in ("validation", "test"):
        count = metrics[f"duplicates_train_{name}"]
        if count is not None:
            words.append(f"{count} recur in {name}")
    return ", ".join(words)


def _summary(metrics: dict[str, Any], findings: list[Finding]) -> str:
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        return f"the data cannot be trained on: {errors[0].symptom}"
    warnings = sum(finding.severity == "warning" for finding in findings)
    said = f", with {plural(warnings, 'warning')}" if warnings else ""
    size = f"{metrics['samples_train']} training samples of {metrics['features']} numbers"
    return f"the {size} can be trained on{said}"


def _tables(data: Dataset, measured: Measured) -> Iterator[Table]:
    yield _ranges(data, measured)
    if measured["train"].class_counts:
        yield _balance(data, measured)


def _ranges(data: Dataset, measured: Measured) -> Table:
    rows = [_row("train, raw", len(data.train), data.input_shape, data.preprocessing.statistics)]
    rows += [_row(name, m.statistics.samples, data.input_shape, m.statistics) for name, m in measured.items()]
    return Table(
        title="Values, raw and as they enter the network",
        columns=("split", "samples", "shape", "mean", "std", "min", "max"),
        rows=tuple(rows),
    )


def _row(name: str, samples: int, shape: tuple[int, ...], statistics: Statistics) -> tuple[str, ...]:
    overall = statistics.overall()
    mean = 0.0 if abs(overall.mean) < 1e-6 * overall.std else overall.mean  # rounding of the centering
    numbers = (mean, overall.std, overall.minimum, overall.maximum)
    return (name, str(samples), "×".join(map(str, shape)), *(number_text(float(n)) for n in numbers))


def _balance(data: Dataset, measured: Measured) -> Table:
    rows = []
    for i, name in enumerate(data.class_names):
        counts = [m.class_counts[i] for m in measured.values()]
        rows.append((name, *map(str, counts), f"{counts[0] / len(data.train):.1%}"))
    title = "Samples per label" if data.task == "multilabel" else "Samples per class"
    return Table(title=title, columns=("class", *measured, "fraction of train"), rows=tuple(rows))
