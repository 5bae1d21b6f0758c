"""Rules on the splits (DAT): samples that repeat or contradict each other, splits that differ.

Evidence: ``evidence/data_evidence.py``.
"""

from __future__ import annotations

from collections.abc import Mapping

from nnbabysit.core.diagnosis.engine import Match, Rule
from nnbabysit.core.diagnosis.evidence.data_evidence import Leak, SplitShift

LEAK = 0.01
SHIFT = 0.5
STD_RATIO = 3.0

LEAK_CAUSE = (
    "the data was split after samples had been copied or augmented, or its features are so few and coarse "
    "that different samples look the same"
)
LEAK_SOURCE = (
    "Barz & Denzler 2020, Do We Train on Test Data? (3 % of CIFAR-10's test images are in training, 10 % of "
    "CIFAR-100's); deepchecks warns from 5 %"
)


def _repeated_in_training(repeated_train: int, train_samples: int) -> Match | None:
    if repeated_train == 0:
        return None
    fraction = repeated_train / train_samples
    return Match(
        observed={"repeated_train": repeated_train, "train_samples": train_samples, "fraction": fraction}
    )


DAT009 = Rule(
    id="DAT009",
    name="duplicates-within-training",
    severity="info",
    check=_repeated_in_training,
    fires_when="any training sample repeats an earlier one",
    symptom="{repeated_train} of {train_samples} training samples repeat an earlier one ({fraction:.2%})",
    cause="copies in the source; few and coarse features",
    remedy="harmless in small numbers; drop them if a copied sample weighs too much",
    source="closed form: a sample that is there k times weighs k/N in the mean loss",
)


def _leak(split: str, leaked: Mapping[str, Leak]) -> Match | None:
    count, samples = leaked.get(split, Leak(0, 1))
    if count <= LEAK * samples:
        return None
    return Match(observed={"leaked": count, "samples": samples, "fraction": count / samples})


def _leak_into_validation(leaked: Mapping[str, Leak]) -> Match | None:
    return _leak("validation", leaked)


DAT010 = Rule(
    id="DAT010",
    name="validation-in-training",
    severity="warning",
    check=_leak_into_validation,
    fires_when="more than 1 % of the validation samples are also in training",
    symptom="{leaked} of {samples} validation samples are also in training ({fraction:.1%})",
    cause=LEAK_CAUSE,
    remedy="drop the copies before splitting: the validation accuracy is flattered",
    source=LEAK_SOURCE,
)


def _leak_into_test(leaked: Mapping[str, Leak]) -> Match | None:
    return _leak("test", leaked)


DAT011 = Rule(
    id="DAT011",
    name="test-in-training",
    severity="warning",
    check=_leak_into_test,
    fires_when="more than 1 % of the test samples are also in training",
    symptom="{leaked} of {samples} test samples are also in training ({fraction:.1%})",
    cause=LEAK_CAUSE,
    remedy="drop the copies before splitting: the test accuracy is flattered",
    source=LEAK_SOURCE,
)


def _few_across(leaked: Mapping[str, Leak]) -> Match | None:
    few = {name: leak.repeated for name, leak in leaked.items() if 0 < leak.repeated <= LEAK * leak.samples}
    if not few:
        return None
    listed = " and ".join(f"{count} in {name}" for name, count in few.items())
    return Match(observed=few, words={"listed": listed})


DAT012 = Rule(
    id="DAT012",
    name="few-duplicates-across-splits",
    severity="info",
    check=_few_across,
    fires_when="some samples of a held-out split, but no more than 1 %, are also in training",
    symptom="samples that are also in training: {listed}",
    cause="copies in the source",
    remedy="too few to matter for the accuracy",
    source="closed form: a fraction p of copies changes the accuracy by at most p, here 0.01",
)


def _contradicting(contradicting_train: int, train_samples: int) -> Match | None:
    if contradicting_train <= LEAK * train_samples:
        return None
    fraction = contradicting_train / train_samples
    return Match(
        observed={
            "contradicting_train": contradicting_train,
            "train_samples": train_samples,
            "fraction": fraction,
        }
    )


DAT013 = Rule(
    id="DAT013",
    name="contradicting-labels",
    severity="warning",
    check=_contradicting,
    fires_when="more than 1 % of the training samples equal an earlier one of another class",
    symptom="{contradicting_train} of {train_samples} training samples equal an earlier one of another "
    "class ({fraction:.1%})",
    cause="labels are mixed up, or the features cannot tell these samples apart",
    remedy="check how x and y are paired; no network can learn both",
    source="closed form: of equal samples only those of one class can be right, so the training accuracy "
    "has a ceiling; Northcutt et al. 2021, Pervasive Label Errors in Test Sets (3 % on average)",
)


def _splits_differ(split_shift: Mapping[str, SplitShift]) -> Match | None:
    for name, (shift, ratio, samples) in split_shift.items():
        noise = 4 / samples**0.5  # four standard errors, for a single feature
        if abs(shift) > max(SHIFT, noise) or not 1 / STD_RATIO <= ratio <= STD_RATIO:
            return Match(observed={"split": name, "shift": shift, "ratio": ratio})
    return None


DAT014 = Rule(
    id="DAT014",
    name="splits-prepared-differently",
    severity="warning",
    check=_splits_differ,
    fires_when="the mean of a split differs from that of training by more than 0.5 standard deviations (and "
    "4 standard errors), or its standard deviation by more than a factor of 3",
    symptom="the mean of the {split} split is {shift:+.2f} standard deviations from that of training, its "
    "std ratio {ratio:.2g}",
    cause="its file was scaled differently, or comes from elsewhere",
    remedy="keep all splits raw and let data.preprocess scale them by the statistics of training",
    source="standardized mean difference d = (m − m_train) / s_train: from 0.5 on a medium effect (Cohen "
    "1988, Statistical Power Analysis, 2.2); training-serving skew: Breck et al. 2019, Data Validation for "
    "ML",
)
