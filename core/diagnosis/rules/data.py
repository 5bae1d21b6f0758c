"""Rules on the data (DAT): what a look at the splits says before anything is trained.

What cannot be trained on at all, such as labels out of range or an empty class, is refused when it is loaded
and never gets here. Names of the evidence: ``DATA_EVIDENCE`` in ``data_checks.py``.
"""

from __future__ import annotations

from nnbabysit.core.diagnosis import data_checks
from nnbabysit.core.diagnosis.engine import Rule

_SCALE_NEEDS = frozenset(
    {
        "input_mean",
        "input_std",
        "input_largest",
        "input_beyond_10",
        "raw_low",
        "raw_high",
        "data_scale",
        "data_center",
    }
)
_LEAK_CAUSE = (
    "the data was split after samples had been copied or augmented, or its features are so few and coarse "
    "that different samples look the same"
)

DATA_RULES: tuple[Rule, ...] = (
    Rule(
        id="DAT001",
        name="input-not-finite",
        severity="error",
        needs=frozenset({"non_finite_values", "non_finite_samples", "first_non_finite"}),
        check=data_checks.not_finite,
        symptom="{non_finite_values} values in {non_finite_samples} samples are NaN or infinite, "
        "first in {first_non_finite}",
        cause="missing entries, a division by 0, or numbers beyond float32",
        remedy="fill in or drop these samples before training: one of them turns the loss into NaN",
        source="tensor checks of SageMaker Debugger and TrainCheck; exact",
    ),
    Rule(
        id="DAT002",
        name="inputs-constant",
        severity="error",
        needs=frozenset({"constant_features", "features"}),
        check=data_checks.inputs_constant,
        symptom="none of the {features} features varies over the training split",
        cause="the reader returns the same sample over and over, or x was overwritten",
        remedy="look at what data.source returns",
        source="exact",
        explains=frozenset({"DAT003", "DAT004", "DAT005", "DAT006", "DAT009", "DAT010", "DAT011", "DAT013"}),
    ),
    Rule(
        id="DAT003",
        name="constant-features",
        severity="warning",
        needs=frozenset({"constant_features", "features", "input_kind"}),
        check=data_checks.constant_features,
        symptom="{constant_features} of {features} features have the same value in all training samples",
        cause="empty columns, a choice that never occurs in this data, or the border of pictures that come "
        "as rows",
        remedy="drop them if they are columns of a table: they cost weights and tell nothing; the empty "
        "border of pictures is harmless",
        source="exact; a warning only if they are most of the features, since pictures also come as rows",
    ),
    Rule(
        id="DAT004",
        name="constant-pixels",
        severity="info",
        needs=frozenset({"constant_features", "features", "input_kind"}),
        check=data_checks.constant_pixels,
        symptom="{constant_features} of {features} pixels have one and the same value in all training images",
        cause="usually an empty border, which is common and harmless",
        remedy="nothing to do; scaling divides them by 1",
        source="exact",
    ),
    Rule(
        id="DAT005",
        name="inputs-never-normalized",
        severity="warning",
        needs=_SCALE_NEEDS,
        check=data_checks.never_normalized,
        symptom="values enter the network with mean {input_mean:.3g}, deviation {input_std:.3g}, "
        "up to {input_largest:.4g}",
        cause="raw values ({raw_low:.4g} … {raw_high:.4g}) are not brought to a common, small scale",
        remedy="{remedy}",
        source="deviation of the input within 0.05 … 5; torch-audit warns at |x| > 50",
    ),
    Rule(
        id="DAT006",
        name="inputs-normalized-twice",
        severity="warning",
        needs=_SCALE_NEEDS,
        check=data_checks.normalized_twice,
        symptom="values enter the network with deviation {input_std:.2g} and reach only {input_largest:.2g}",
        cause="{cause}",
        remedy="{remedy}",
        source="pixels of 0 … 255 divided twice by 255 reach 0.004; deviation under 0.05 no value over 0.5",
    ),
    Rule(
        id="DAT007",
        name="input-outliers",
        severity="info",
        needs=frozenset({"input_largest", "input_std"}),
        check=data_checks.outliers,
        symptom="the largest value that enters the network is {input_largest:.3g}, "
        "at an overall deviation of {input_std:.2g}",
        cause="features that are almost always the same (rare pixels, rare choices) are divided by a tiny "
        "deviation; or outliers",
        remedy="if training is shaky, scale by channel (data.preprocess.center: channel) or clip outliers",
        source="digits, standardized by pixel, reach 38: worth knowing, no fault",
    ),
    Rule(
        id="DAT008",
        name="class-imbalance",
        severity="warning",
        needs=frozenset({"task", "class_counts", "class_names"}),
        check=data_checks.imbalance,
        symptom="class {most} has {largest} training samples and class {least} has {smallest}: "
        "{ratio:.1f} times as many",
        cause="the classes are not equally common in the source",
        remedy="judge by the recall of each class, not by accuracy; collect or weight the rare ones",
        source="SageMaker Debugger ClassImbalance: largest over smallest > 10",
    ),
    Rule(
        id="DAT009",
        name="duplicates-within-training",
        severity="info",
        needs=frozenset({"repeated_train", "train_samples"}),
        check=data_checks.repeated_in_training,
        symptom="{repeated_train} of {train_samples} training samples repeat an earlier one ({share:.2%})",
        cause="copies in the source; few and coarse features",
        remedy="harmless in small numbers; drop them if a copied sample weighs too much",
        source="exact",
    ),
    Rule(
        id="DAT010",
        name="validation-in-training",
        severity="warning",
        needs=frozenset({"leaked"}),
        check=data_checks.leak_into_validation,
        symptom="{leaked} of {samples} validation samples are also in training ({share:.1%})",
        cause=_LEAK_CAUSE,
        remedy="drop the copies before splitting: the validation accuracy is flattered",
        source="exact duplicates; above 1 % (deepchecks: 5 %)",
    ),
    Rule(
        id="DAT011",
        name="test-in-training",
        severity="warning",
        needs=frozenset({"leaked"}),
        check=data_checks.leak_into_test,
        symptom="{leaked} of {samples} test samples are also in training ({share:.1%})",
        cause=_LEAK_CAUSE,
        remedy="drop the copies before splitting: the test accuracy is flattered",
        source="exact duplicates; above 1 % (deepchecks: 5 %)",
    ),
    Rule(
        id="DAT012",
        name="few-duplicates-across-splits",
        severity="info",
        needs=frozenset({"leaked"}),
        check=data_checks.few_across,
        symptom="samples that are also in training: {listed}",
        cause="copies in the source",
        remedy="too few to matter for the accuracy",
        source="exact duplicates; up to 1 %",
    ),
    Rule(
        id="DAT013",
        name="contradicting-labels",
        severity="warning",
        needs=frozenset({"contradicting_train", "train_samples"}),
        check=data_checks.contradicting,
        symptom="{contradicting_train} of {train_samples} training samples equal an earlier one of another "
        "class ({share:.1%})",
        cause="labels are mixed up, or the features cannot tell these samples apart",
        remedy="check how x and y are paired; no network can learn both",
        source="exact duplicates; above 1 %",
    ),
    Rule(
        id="DAT014",
        name="splits-prepared-differently",
        severity="warning",
        needs=frozenset({"split_shift"}),
        check=data_checks.splits_differ,
        symptom="the {split} split lies {shift:+.2f} deviations off, with {ratio:.2g} times the spread",
        cause="its file was scaled differently, or comes from elsewhere",
        remedy="keep all splits raw and let data.preprocess scale them by the statistics of training",
        source="diagnosis catalog: preprocessing mismatch between training and validation",
    ),
    Rule(
        id="DAT015",
        name="targets-constant",
        severity="error",
        needs=frozenset({"target_low", "target_high"}),
        check=data_checks.targets_constant,
        symptom="all training targets are {target:.4g}",
        cause="y was overwritten, or is the wrong column",
        remedy="look at what data.source returns as y",
        source="exact",
    ),
    Rule(
        id="DAT016",
        name="label-never-varies",
        severity="warning",
        needs=frozenset({"task", "class_counts", "class_names", "train_samples"}),
        check=data_checks.label_without_both,
        symptom="these labels are on all training samples or on none: {names}",
        cause="rare labels in a small split, or a wrong column",
        remedy="drop them or add samples",
        source="exact",
    ),
)
