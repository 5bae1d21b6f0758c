"""Checks behind the rules on the data: each reads the evidence and says whether its fault is there."""

from __future__ import annotations

from nnbabysit.core.diagnosis.engine import Evidence, Match, Patch

DATA_EVIDENCE: dict[str, str] = {
    "input_kind": "images (channels, height, width) or features",
    "features": "numbers in one sample",
    "non_finite_values": "values of all splits that are NaN or infinite",
    "non_finite_samples": "samples that hold such a value",
    "first_non_finite": "the first such sample, such as train[17]; empty if there is none",
    "constant_features": "features with one value in all training samples",
    "ids": "optional: which features the network looks up, as tokens before an embedding: all, some, none, "
    "or unknown where the network could not be asked",
    "input_mean": "mean of all values of the training split",
    "input_std": "standard deviation of all values of the training split",
    "input_largest": "largest absolute value of the training split",
    "input_beyond_10": "share of the training values beyond ±10",
    "raw_low": "smallest raw value of the training split",
    "raw_high": "largest raw value of the training split",
    "data_center": "data.preprocess.center",
    "data_scale": "data.preprocess.scale",
    "class_counts": "training samples per class; per label for multi-label",
    "class_names": "names of the classes or labels, in the same order",
    "train_samples": "samples of the training split",
    "repeated_train": "training samples that repeat an earlier training sample",
    "contradicting_train": "those of them whose class no earlier equal sample had; absent for regression",
    "leaked": "split → (its samples that occur in training, all its samples)",
    "split_shift": "split → (mean − training mean, in training deviations; std / training std; samples)",
    "target_low": "smallest target of the training split; absent unless regression",
    "target_high": "largest target of the training split; absent unless regression",
}
"""Names of the evidence that the rules below read, with their meanings."""

MOSTLY = 0.5
"""Share of constant features above which they are worth a warning: pictures that come as rows have up to a
half, an empty border (8×8 digits 3 of 64, MNIST 67 of 784)."""
LARGEST_STD = 5.0
SMALLEST_STD = 0.05
LARGEST_MEAN = 5.0
MANY_BEYOND_10 = 0.01
"""A share instead of the usual max|x| > 10: standardized digits reach 38 at a pixel set in one image."""
OUTLIER = 20.0
IMBALANCE = 10.0
LEAK = 0.01
SHIFT = 0.5
SPREAD = 3.0

_CLASSES_ONLY = ("classification", "binary")


def not_finite(evidence: Evidence) -> Match | None:
    """Any value of any split is NaN or infinite."""
    if evidence["non_finite_values"] == 0:
        return None
    names = ("non_finite_values", "non_finite_samples", "first_non_finite")
    return Match(observed={name: evidence[name] for name in names})


def inputs_constant(evidence: Evidence) -> Match | None:
    """No feature varies."""
    if evidence["constant_features"] < evidence["features"]:
        return None
    return Match(observed={"features": evidence["features"]})


def _constant(kind: str, evidence: Evidence) -> Match | None:
    if evidence["input_kind"] != kind or evidence["constant_features"] == 0 or _ids(evidence) == "all":
        return None
    few = evidence["constant_features"] <= MOSTLY * evidence["features"]
    observed = {name: evidence[name] for name in ("constant_features", "features")}
    return Match(observed=observed, severity="info" if few else None)


def _ids(evidence: Evidence) -> str:
    return str(evidence.get("ids", "none"))


_AMONG_IDS = {
    "some": "some of these are ids, which the network looks up: leave data.preprocess as it is, and scale "
    "the others in the data themselves",
    "unknown": "whether these are ids or quantities cannot be told, for the network could not be tried: ids "
    "stay as they are, quantities are scaled by data.preprocess",
}
"""What to do about the scale where nothing may be centered or scaled as a whole."""


def _scaled(evidence: Evidence, remedy: str, patch: Patch, cause: str = "") -> Match:
    """What is said of the scale; of ids nothing may be changed, for the network would look up others."""
    among = _AMONG_IDS.get(_ids(evidence))
    words = {"remedy": among or remedy, "cause": cause}
    if among:
        return Match(observed=_range(evidence), words=words, severity="info")
    return Match(observed=_range(evidence), words=words, patch=patch)


def constant_features(evidence: Evidence) -> Match | None:
    """Some columns never vary."""
    return _constant("features", evidence)


def constant_pixels(evidence: Evidence) -> Match | None:
    """Some pixels never vary."""
    return _constant("images", evidence)


def never_normalized(evidence: Evidence) -> Match | None:
    """Values enter the network far from mean 0 and deviation 1."""
    std, mean, beyond = evidence["input_std"], evidence["input_mean"], evidence["input_beyond_10"]
    if std <= LARGEST_STD and abs(mean) <= LARGEST_MEAN and beyond <= MANY_BEYOND_10:
        return None
    if _ids(evidence) == "all":
        return None
    patch: Patch = {}
    if evidence["data_scale"] in ("none", "unit255"):
        bytes_raw = evidence["raw_low"] >= 0 and 1 < evidence["raw_high"] <= 255
        patch["data.preprocess.scale"] = (
            "unit255" if bytes_raw and evidence["data_scale"] == "none" else "standard"
        )
    if evidence["data_center"] == "none":
        patch["data.preprocess.center"] = "feature"
    remedy = "set data.preprocess; if the scale is meant, keep learning rate and initial weights small"
    return _scaled(evidence, remedy, patch)


def normalized_twice(evidence: Evidence) -> Match | None:
    """Values enter the network tiny."""
    if evidence["input_std"] >= SMALLEST_STD or evidence["input_largest"] >= 10 * SMALLEST_STD:
        return None
    if _ids(evidence) == "all":
        return None
    divided = evidence["data_scale"] == "unit255"
    cause = (
        f"data.preprocess.scale: unit255 divides by 255, but raw values only reach {evidence['raw_high']:.4g}"
        if divided
        else "the values were scaled down before, perhaps twice"
    )
    patch: Patch = {"data.preprocess.scale": "none" if divided and evidence["raw_high"] <= 1 else "standard"}
    remedy = "scale once, to a deviation near 1: set data.preprocess.scale"
    return _scaled(evidence, remedy, patch, cause)


def outliers(evidence: Evidence) -> Match | None:
    """A few values are far beyond the deviation."""
    largest = evidence["input_largest"]
    if largest <= OUTLIER or evidence["input_std"] > LARGEST_STD or _ids(evidence) != "none":
        return None
    return Match(observed={"input_largest": largest, "input_std": evidence["input_std"], "limit": OUTLIER})


def imbalance(evidence: Evidence) -> Match | None:
    """Classes differ much in size."""
    counts, names = evidence["class_counts"], evidence["class_names"]
    if evidence["task"] not in _CLASSES_ONLY or min(counts) == 0 or max(counts) <= IMBALANCE * min(counts):
        return None
    most, least = counts.index(max(counts)), counts.index(min(counts))
    observed = {"largest": max(counts), "smallest": min(counts), "ratio": max(counts) / min(counts)}
    return Match(observed=observed, words={"most": names[most], "least": names[least]})


def label_without_both(evidence: Evidence) -> Match | None:
    """A label of a multi-label task is on all samples or on none."""
    if evidence["task"] != "multilabel":
        return None
    total = evidence["train_samples"]
    names = [
        n for n, c in zip(evidence["class_names"], evidence["class_counts"], strict=True) if c in (0, total)
    ]
    return Match(observed={"labels": tuple(names)}, words={"names": ", ".join(names)}) if names else None


def repeated_in_training(evidence: Evidence) -> Match | None:
    """Training samples occur more than once."""
    repeated, total = evidence["repeated_train"], evidence["train_samples"]
    if repeated == 0:
        return None
    return Match(observed={"repeated_train": repeated, "train_samples": total, "share": repeated / total})


def contradicting(evidence: Evidence) -> Match | None:
    """Equal training samples have different classes."""
    count, total = evidence["contradicting_train"], evidence["train_samples"]
    if count <= LEAK * total:
        return None
    return Match(observed={"contradicting_train": count, "train_samples": total, "share": count / total})


def _leak(split: str, evidence: Evidence) -> Match | None:
    count, total = evidence["leaked"].get(split, (0, 1))
    if count <= LEAK * total:
        return None
    return Match(observed={"leaked": count, "samples": total, "share": count / total})


def leak_into_validation(evidence: Evidence) -> Match | None:
    """Many validation samples are also in training."""
    return _leak("validation", evidence)


def leak_into_test(evidence: Evidence) -> Match | None:
    """Many test samples are also in training."""
    return _leak("test", evidence)


def few_across(evidence: Evidence) -> Match | None:
    """Few samples of a held-out split are also in training."""
    few = {name: n for name, (n, total) in evidence["leaked"].items() if 0 < n <= LEAK * total}
    if not few:
        return None
    listed = " and ".join(f"{n} in {name}" for name, n in few.items())
    return Match(observed=few, words={"listed": listed})


def splits_differ(evidence: Evidence) -> Match | None:
    """A held-out split has other values than training."""
    for name, (shift, ratio, samples) in evidence["split_shift"].items():
        noise = 4 / samples**0.5  # four standard errors, for a single feature
        if abs(shift) > max(SHIFT, noise) or not 1 / SPREAD <= ratio <= SPREAD:
            return Match(observed={"split": name, "shift": shift, "ratio": ratio})
    return None


def targets_constant(evidence: Evidence) -> Match | None:
    """All targets of a regression are equal."""
    low = evidence["target_low"]
    return Match(observed={"target": low}) if low == evidence["target_high"] else None


def _range(evidence: Evidence) -> dict[str, float]:
    names = ("input_mean", "input_std", "input_largest", "raw_low", "raw_high")
    return {name: evidence[name] for name in names}
