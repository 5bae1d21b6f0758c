"""Rules on the inputs (DAT): what a look at them says before anything is trained.

What cannot be trained on at all, such as labels out of range or an empty class, is refused when it is loaded
and never gets here. Evidence: ``evidence/data_evidence.py``.
"""

from __future__ import annotations

from dataclasses import replace

from nnbabysit.core.diagnosis.engine import Case, Match, Patch, Rule
from nnbabysit.core.diagnosis.evidence.data_evidence import InputScale

MOSTLY = 0.5
"""Fraction of constant features above which they are worth a warning: pictures that come as rows have up to a
half, an empty border (8×8 digits 3 of 64, MNIST 67 of 784)."""
LARGEST_STD = 5.0
SMALLEST_STD = 0.05
LARGEST_MEAN = 5.0
MANY_BEYOND_10 = 0.01
"""A fraction instead of the usual max|x| > 10: standardized digits reach 38 at a pixel set in one image."""
OUTLIER = 20.0


def _not_finite(non_finite_values: int, non_finite_samples: int, first_non_finite: str) -> Match | None:
    if non_finite_values == 0:
        return None
    return Match(
        observed={
            "non_finite_values": non_finite_values,
            "non_finite_samples": non_finite_samples,
            "first_non_finite": first_non_finite,
        }
    )


DAT001 = Rule(
    id="DAT001",
    name="input-not-finite",
    severity="error",
    check=_not_finite,
    fires_when="any value that enters the network is NaN or infinite, in any split",
    symptom="{non_finite_values} values in {non_finite_samples} samples are NaN or infinite, first in "
    "{first_non_finite}",
    cause="missing entries, a division by 0, or numbers beyond float32",
    remedy="fill in or drop these samples before training: one of them turns the loss into NaN",
    source="IEEE 754: NaN + x = NaN, so one value makes a mean loss NaN; tensor checks of SageMaker "
    "Debugger and TrainCheck",
)


def _inputs_constant(constant_features: int, features: int) -> Match | None:
    return None if constant_features < features else Match(observed={"features": features})


DAT002 = Rule(
    id="DAT002",
    name="inputs-constant",
    severity="error",
    check=_inputs_constant,
    fires_when="no feature varies over the training split",
    symptom="none of the {features} features varies over the training split",
    cause="the reader returns the same sample over and over, or x was overwritten",
    remedy="look at what data.source returns",
    source="closed form: equal inputs have equal outputs, so the loss is at least the entropy (regression: "
    "the variance) of the targets",
    explains=frozenset({"DAT003", "DAT004", "DAT005", "DAT006", "DAT009", "DAT010", "DAT011", "DAT013"}),
)


def _constant(constant_features: int, features: int) -> Match:
    observed = {"constant_features": constant_features, "features": features}
    return Match(observed=observed, severity="info" if constant_features <= MOSTLY * features else None)


def _constant_features(
    constant_features: int, features: int, input_kind: str, ids: str = "none"
) -> Match | None:
    silent = input_kind != "features" or constant_features == 0 or ids == "all"
    return None if silent else _constant(constant_features, features)


DAT003 = Rule(
    id="DAT003",
    name="constant-features",
    severity="warning",
    check=_constant_features,
    fires_when="columns have one value in all training samples; info up to half of the columns, silent "
    "where all are ids",
    symptom="{constant_features} of {features} features have the same value in all training samples",
    cause="empty columns, a choice that never occurs in this data, or the border of pictures that come as "
    "rows",
    remedy="drop them if they are columns of a table: they add weights and no information; the empty border "
    "of pictures is harmless",
    source="closed form: a feature of variance 0 acts as a second bias; half, because pictures also come as "
    "rows (MNIST: 67 of 784 pixels)",
)


def _constant_pixels(
    constant_features: int, features: int, input_kind: str, ids: str = "none"
) -> Match | None:
    silent = input_kind != "images" or constant_features == 0 or ids == "all"
    return None if silent else _constant(constant_features, features)


DAT004 = Rule(
    id="DAT004",
    name="constant-pixels",
    severity="info",
    check=_constant_pixels,
    fires_when="some pixels have one value in all training images",
    symptom="{constant_features} of {features} pixels have one and the same value in all training images",
    cause="usually an empty border, which is common and harmless",
    remedy="nothing to do; scaling divides them by 1",
    source="closed form: a pixel of variance 0 acts as a second bias",
)


LEAVE_IDS = (
    "some of these are ids, which the network looks up: leave data.preprocess as it is, and scale the "
    "others in the data themselves"
)
UNKNOWN_IDS = (
    "whether these are ids or quantities cannot be told, for the network could not be tried: ids stay as "
    "they are, quantities are scaled by data.preprocess"
)


def _scaled(inputs: InputScale, ids: str, case: Case, patch: Patch) -> Match:
    """What is said of the scale; of ids nothing may be changed, for the network would look up others."""
    observed = {
        "input_mean": inputs.mean,
        "input_std": inputs.std,
        "input_largest": inputs.largest,
        "raw_low": inputs.raw_low,
        "raw_high": inputs.raw_high,
    }
    if ids == "none":
        return Match(observed=observed, case=case, patch=patch)
    case = replace(case, remedy=LEAVE_IDS if ids == "some" else UNKNOWN_IDS)
    return Match(observed=observed, case=case, severity="info")


RAW = Case(
    "raw values ({raw_low:.4g} … {raw_high:.4g}) are not brought to a common, small scale",
    "set data.preprocess; if the scale is meant, keep learning rate and initial weights small",
)


def _never_normalized(inputs: InputScale, ids: str = "none") -> Match | None:
    small = inputs.std <= LARGEST_STD and abs(inputs.mean) <= LARGEST_MEAN
    if (small and inputs.beyond_10 <= MANY_BEYOND_10) or ids == "all":
        return None
    patch: Patch = {}
    if inputs.scale in ("none", "unit255"):
        bytes_raw = inputs.raw_low >= 0 and 1 < inputs.raw_high <= 255
        patch["data.preprocess.scale"] = "unit255" if bytes_raw and inputs.scale == "none" else "standard"
    if inputs.center == "none":
        patch["data.preprocess.center"] = "feature"
    return _scaled(inputs, ids, RAW, patch)


DAT005 = Rule(
    id="DAT005",
    name="inputs-never-normalized",
    severity="warning",
    check=_never_normalized,
    fires_when="the standard deviation of the inputs is above 5, their |mean| is above 5, or more than 1 % "
    "of the values are beyond ±10; info and no patch beside ids, silent where all are ids",
    symptom="values enter the network with mean {input_mean:.3g}, standard deviation {input_std:.3g}, up to "
    "{input_largest:.4g}",
    cases=(RAW, Case(RAW.cause, LEAVE_IDS), Case(RAW.cause, UNKNOWN_IDS)),
    source="LeCun et al. 1998, Efficient BackProp, 4.3 normalizing the inputs; torch-audit warns at |x| > 50",
)


SCALE_ONCE = "scale once, to a standard deviation near 1: set data.preprocess.scale"
DIVIDED = Case(
    "data.preprocess.scale: unit255 divides by 255, but raw values only reach {raw_high:.4g}", SCALE_ONCE
)
SCALED_BEFORE = Case("the values were scaled down before, perhaps twice", SCALE_ONCE)


def _normalized_twice(inputs: InputScale, ids: str = "none") -> Match | None:
    if inputs.std >= SMALLEST_STD or inputs.largest >= 10 * SMALLEST_STD or ids == "all":
        return None
    divided = inputs.scale == "unit255"
    patch: Patch = {"data.preprocess.scale": "none" if divided and inputs.raw_high <= 1 else "standard"}
    return _scaled(inputs, ids, DIVIDED if divided else SCALED_BEFORE, patch)


DAT006 = Rule(
    id="DAT006",
    name="inputs-normalized-twice",
    severity="warning",
    check=_normalized_twice,
    fires_when="the standard deviation of the inputs is below 0.05 and no value is beyond ±0.5; info and no "
    "patch beside ids, silent where all are ids",
    symptom="values enter the network with standard deviation {input_std:.2g} and reach only "
    "{input_largest:.2g}",
    cases=(DIVIDED, SCALED_BEFORE),
    source="closed form: pixels of 0 … 255 that are divided twice by 255 reach 1/255 = 0.004",
)


def _outliers(inputs: InputScale, ids: str = "none") -> Match | None:
    if inputs.largest <= OUTLIER or inputs.std > LARGEST_STD or ids != "none":
        return None
    return Match(observed={"input_largest": inputs.largest, "input_std": inputs.std, "limit": OUTLIER})


DAT007 = Rule(
    id="DAT007",
    name="input-outliers",
    severity="info",
    check=_outliers,
    fires_when="the largest value is above 20 while the standard deviation of the inputs is at most 5",
    symptom="the largest value that enters the network is {input_largest:.3g}, at an overall standard "
    "deviation of {input_std:.2g}",
    cause="features that are almost always the same (rare pixels, rare choices) are divided by a tiny "
    "standard deviation; or outliers",
    remedy="if training is unstable, scale by channel (data.preprocess.center: channel) or clip outliers",
    source="digits, standardized by pixel, reach 38: worth knowing, no fault",
)
