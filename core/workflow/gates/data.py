"""data: can this data be trained on?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from nnbabysit.core.data.checks.measurement import SplitMeasurement, measure
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.preparation.statistics import Statistics
from nnbabysit.core.data.seeds import derive_seed
from nnbabysit.core.diagnosis.engine import Finding, diagnose
from nnbabysit.core.diagnosis.rules.data import DATA_RULES
from nnbabysit.core.models import ids
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
    metrics = _metrics(data, measured)
    findings = diagnose(DATA_RULES, _evidence(config, data, measured))
    for check in _checks(data, measured, metrics, findings):
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


def _metrics(data: Dataset, measured: Measured) -> dict[str, Any]:
    train = measured["train"]
    inputs = train.statistics.overall()
    counts = train.class_counts
    return {
        "samples_train": len(data.train),
        "samples_validation": len(data.validation),
        "samples_test": None if data.test is None else len(data.test),
        "features": train.statistics.features,
        "classes": len(counts) or None,
        "non_finite": sum(m.statistics.non_finite for m in measured.values()),
        "constant_features": train.statistics.constant,
        "imbalance": max(counts) / min(counts) if counts and all(counts) else None,
        "input_mean": float(inputs.mean),
        "input_std": float(inputs.std),
        "input_largest": _largest(train),
        "duplicates_within_train": train.prints.repeated(),
        **{
            f"duplicates_train_{name}": train.prints.recurring_in(measured[name].prints)
            if name in measured
            else None
            for name in ("validation", "test")
        },
    }


def _evidence(config: Config, data: Dataset, measured: Measured) -> dict[str, Any]:
    train = measured["train"]
    inputs = train.statistics.overall()
    raw = data.preprocessing.statistics
    bad = [(name, m) for name, m in measured.items() if m.bad_samples]
    others = {name: m for name, m in measured.items() if name != "train"}
    evidence: dict[str, Any] = {
        "task": data.task,
        "input_kind": "images" if len(data.input_shape) == 3 else "features",
        "features": train.statistics.features,
        "non_finite_values": sum(m.statistics.non_finite for m in measured.values()),
        "non_finite_samples": sum(m.bad_samples for m in measured.values()),
        "first_non_finite": f"{bad[0][0]}[{bad[0][1].first_bad}]" if bad else "",
        "constant_features": train.statistics.constant,
        "ids": _ids(config, data),
        "input_mean": float(inputs.mean),
        "input_std": float(inputs.std),
        "input_largest": _largest(train),
        "input_beyond_10": train.large,
        "raw_low": float(raw.minimum.min()),
        "raw_high": float(raw.maximum.max()),
        "data_center": config.data.preprocess.center,
        "data_scale": config.data.preprocess.scale,
        "class_counts": train.class_counts,
        "class_names": data.class_names,
        "train_samples": len(data.train),
        "repeated_train": train.prints.repeated(),
        "leaked": {n: (m.prints.recurring_in(train.prints), m.statistics.samples) for n, m in others.items()},
        "split_shift": {name: _shift(train, m) for name, m in others.items()},
    }
    if data.task == "regression":
        evidence |= {"target_low": float(data.train.y.min()), "target_high": float(data.train.y.max())}
    else:
        evidence["contradicting_train"] = train.prints.contradicting()
    return evidence


def _ids(config: Config, data: Dataset) -> str:
    """Which features the network looks up: all, some, none, or unknown where it cannot be asked.

    Only whole numbers that enter as they came can be ids; yes and no, as 0 and 1, are quantities too.
    """
    how = config.data.preprocess
    x, _ = next(iter(data.train.batches(ids.SAMPLES)))
    changed = how.center != "none" or how.scale != "none" or data.preprocessing.projection is not None
    if changed or ":" not in config.model.name or not ids.are_whole(x) or float(x.max()) <= 1:
        return "none"
    return ids.kind_of_inputs(
        config.model, x, num_outputs=data.num_outputs, seed=derive_seed(config.seed, "model")
    )


def _shift(train: SplitMeasurement, other: SplitMeasurement) -> tuple[float, float, int]:
    ours, theirs = train.statistics.overall(), other.statistics.overall()
    spread = float(ours.std)
    if spread == 0:
        return 0.0, 1.0, theirs.samples
    return float(theirs.mean - ours.mean) / spread, float(theirs.std) / spread, theirs.samples


def _largest(part: SplitMeasurement) -> float:
    return max(abs(float(part.statistics.minimum.min())), abs(float(part.statistics.maximum.max())))


def _checks(
    data: Dataset, measured: Measured, metrics: dict[str, Any], findings: list[Finding]
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
        words = f"the largest class has {metrics['imbalance']:.2f} times the samples of the smallest"
        yield line("balance", "008", words)
    constant = f"{metrics['constant_features']} of {metrics['features']} features never vary"
    yield line("constant features", "002 003 004", constant)
    mean = round(metrics["input_mean"], 6) + 0.0
    spread = f"deviation {metrics['input_std']:.3g}, up to {metrics['input_largest']:.4g}"
    yield line("scale", "005 006 007", f"mean {mean:.3g}, {spread}")
    yield line("splits alike", "014", "; ".join(_shift_words(measured)))
    yield line("duplicates", "009 010 011 012 013", _duplicate_words(metrics))


def _target_words(data: Dataset) -> str:
    if data.task == "regression":
        return f"regression with {data.num_outputs} output{'s' if data.num_outputs > 1 else ''}"
    kind = (
        "labels, any number per sample" if data.task == "multilabel" else "classes, all in the training split"
    )
    return f"{len(data.class_names)} {kind}"


def _shift_words(measured: Measured) -> Iterator[str]:
    for name, m in measured.items():
        if name != "train":
            shift, ratio, _ = _shift(measured["train"], m)
            yield f"{name} lies {shift:+.3f} training deviations off, with {ratio:.3f} times the spread"


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
    said = f", with {warnings} warning{'s' if warnings > 1 else ''}" if warnings else ""
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
    return (name, str(samples), "×".join(map(str, shape)), *(f"{float(n):.4g}" for n in numbers))


def _balance(data: Dataset, measured: Measured) -> Table:
    rows = []
    for i, name in enumerate(data.class_names):
        counts = [m.class_counts[i] for m in measured.values()]
        rows.append((name, *map(str, counts), f"{counts[0] / len(data.train):.1%}"))
    title = "Samples per label" if data.task == "multilabel" else "Samples per class"
    return Table(title=title, columns=("class", *measured, "share of train"), rows=tuple(rows))
