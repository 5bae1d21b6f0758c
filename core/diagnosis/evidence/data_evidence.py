"""Evidence of the data gate: what a look at every split measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import Config
    from nnbabysit.core.data.checks.measurement import SplitMeasurement
    from nnbabysit.core.data.splits.dataset import Dataset


class Leak(NamedTuple):
    """Samples of a split that occur in training too, of all its samples."""

    repeated: int
    samples: int


class SplitShift(NamedTuple):
    """How a split differs from training: (mean − training mean) / training std, std / training std."""

    mean: float
    std_ratio: float
    samples: int


@dataclass(frozen=True, kw_only=True, slots=True)
class InputScale:
    """Values of the training split, as they enter the network and raw.

    Attributes:
        mean: Mean of all values.
        std: Their standard deviation.
        largest: Largest absolute value.
        beyond_10: Fraction of the values beyond ±10.
        raw_low: Smallest raw value.
        raw_high: Largest raw value.
        center: ``data.preprocess.center``.
        scale: ``data.preprocess.scale``.
    """

    mean: float
    std: float
    largest: float
    beyond_10: float
    raw_low: float
    raw_high: float
    center: str
    scale: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DataEvidence:
    """What the rules on the data (DAT) read.

    Attributes:
        task: classification, binary, multilabel or regression.
        input_kind: images (channels, height, width) or features.
        features: Numbers in one sample.
        non_finite_values: Values of all splits that are NaN or infinite.
        non_finite_samples: Samples that hold such a value.
        first_non_finite: The first such sample, such as train[17]; empty if there is none.
        constant_features: Features with one value in all training samples.
        inputs: Mean, standard deviation and range of the training values, raw and as they enter the network.
        class_counts: Training samples per class; per label for multi-label.
        class_names: Names of the classes or labels, in the same order.
        train_samples: Samples of the training split.
        repeated_train: Training samples that repeat an earlier training sample.
        leaked: Per split: its samples that occur in training, all its samples.
        split_shift: Per split: how far its mean and standard deviation are from those of training.
        ids: Which features the network looks up, as tokens before an embedding: all, some, none, or unknown
            where the network could not be asked.
        contradicting_train: Repeated training samples whose class no earlier equal sample had; None for
            regression.
        target_low: Smallest training target; None unless regression.
        target_high: Largest training target; None unless regression.
    """

    task: str
    input_kind: str
    features: int
    non_finite_values: int
    non_finite_samples: int
    first_non_finite: str
    constant_features: int
    inputs: InputScale
    class_counts: tuple[int, ...]
    class_names: tuple[str, ...]
    train_samples: int
    repeated_train: int
    leaked: Mapping[str, Leak] = field(default_factory=dict)
    split_shift: Mapping[str, SplitShift] = field(default_factory=dict)
    ids: str = "none"
    contradicting_train: int | None = None
    target_low: float | None = None
    target_high: float | None = None

    @classmethod
    def of(cls, config: Config, data: Dataset, measured: Mapping[str, SplitMeasurement]) -> DataEvidence:
        """What was measured of each split, training among them."""
        train = measured["train"]
        bad = [(name, split) for name, split in measured.items() if split.bad_samples]
        others = {name: split for name, split in measured.items() if name != "train"}
        regression, y = data.task == "regression", data.train.y
        return cls(
            task=data.task,
            input_kind="images" if len(data.input_shape) == 3 else "features",
            features=train.statistics.features,
            non_finite_values=sum(split.statistics.non_finite for split in measured.values()),
            non_finite_samples=sum(split.bad_samples for split in measured.values()),
            first_non_finite=f"{bad[0][0]}[{bad[0][1].first_bad}]" if bad else "",
            constant_features=train.statistics.constant,
            inputs=_scale_of(config, data, train),
            class_counts=train.class_counts,
            class_names=data.class_names,
            train_samples=len(data.train),
            repeated_train=train.prints.repeated(),
            leaked={
                name: Leak(split.prints.recurring_in(train.prints), split.statistics.samples)
                for name, split in others.items()
            },
            split_shift={name: _shift(train, split) for name, split in others.items()},
            ids=_ids(config, data),
            contradicting_train=None if regression else train.prints.contradicting(),
            target_low=float(y.min()) if regression else None,
            target_high=float(y.max()) if regression else None,
        )


def _scale_of(config: Config, data: Dataset, train: SplitMeasurement) -> InputScale:
    inputs, raw, how = train.statistics.overall(), data.preprocessing.statistics, config.data.preprocess
    ends = (train.statistics.minimum.min(), train.statistics.maximum.max())
    return InputScale(
        mean=float(inputs.mean),
        std=float(inputs.std),
        largest=max(abs(float(end)) for end in ends),
        beyond_10=train.large,
        raw_low=float(raw.minimum.min()),
        raw_high=float(raw.maximum.max()),
        center=how.center,
        scale=how.scale,
    )


def _shift(train: SplitMeasurement, other: SplitMeasurement) -> SplitShift:
    ours, theirs = train.statistics.overall(), other.statistics.overall()
    std = float(ours.std)
    if std == 0:
        return SplitShift(0.0, 1.0, theirs.samples)
    return SplitShift(float(theirs.mean - ours.mean) / std, float(theirs.std) / std, theirs.samples)


def _ids(config: Config, data: Dataset) -> str:
    """Which features the network looks up: all, some, none, or unknown where it cannot be asked.

    Only integers that enter as they came can be ids; yes and no, as 0 and 1, are quantities too.
    """
    from nnbabysit.core.data.seeds import derive_seed
    from nnbabysit.core.models import ids

    how = config.data.preprocess
    x, _ = next(iter(data.train.batches(ids.SAMPLES)))
    changed = how.center != "none" or how.scale != "none" or data.preprocessing.projection is not None
    if changed or ":" not in config.model.name or not ids.are_whole(x) or float(x.max()) <= 1:
        return "none"
    return ids.kind_of_inputs(
        config.model, x, num_outputs=data.num_outputs, seed=derive_seed(config.seed, "model")
    )
