"""Proposed settings: what the numbers of some data suggest for each part of a config, with the reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from nnbabysit.core.config.files.commented import Entry
from nnbabysit.core.data.checks.survey import Survey
from nnbabysit.core.data.preparation.statistics import Statistics
from nnbabysit.core.workflow.init.loss_choice import Choice

HELD_OUT = 0.2
SMALLEST_BATCH, LARGEST_BATCH = 16, 128
STEPS_PER_EPOCH = 40
"""Steps that an epoch should at least have; fewer of them make the batches smaller."""
UPDATES = 3000
"""Steps of the optimizer that the proposed number of epochs comes to."""
FEWEST_EPOCHS, MOST_EPOCHS = 5, 50


def proposed(data: Mapping[str, Any], seen: Survey, choice: Choice) -> list[Entry]:
    """Every setting below ``data.path`` and ``model``, in the order of the schema.

    Args:
        data: What is set in section ``data`` already; what the user gave is kept.
        seen: What the data look like.
        choice: The loss.
    """
    parts = _splits(data, seen)
    train = _left_to_train(
        len(seen.y), {**{str(entry.path[1]): entry.value for entry in parts}, **data}, seen
    )
    batch = batch_size(train)
    steps = math.ceil(train / batch) if isinstance(batch, int) else 1
    epochs = min(MOST_EPOCHS, max(FEWEST_EPOCHS, round(UPDATES / steps)))
    short = max(1, min(5, epochs // 4))
    return [
        *parts,
        _preprocess(seen),
        Entry(("loss",), choice.loss, choice.reason),
        Entry(
            ("optimizer",),
            {"name": "adam", "lr": 1e-3},
            "a start that most networks train at; the search looks for a better one",
        ),
        Entry(
            ("training", "epochs"),
            epochs,
            f"about {epochs * steps} steps; more if validation still improves at the end",
        ),
        Entry(("training", "batch_size"), batch, _batch_reason(batch, train, steps)),
        *_tiny(train),
        *_search(short),
    ]


def batch_size(train: int) -> int | str:
    """A power of two between 16 and 128 that leaves an epoch 40 steps, as long as the data last.

    Args:
        train: Samples that are trained on.
    """
    if train < SMALLEST_BATCH:
        return "full"
    size = SMALLEST_BATCH
    while size < LARGEST_BATCH and train >= 2 * size * STEPS_PER_EPOCH:
        size *= 2
    return size


def _batch_reason(batch: int | str, train: int, steps: int) -> str:
    if batch == "full":
        return f"{train} training samples are too few to divide"
    return f"{train} training samples make {steps} steps per epoch"


def _splits(data: Mapping[str, Any], seen: Survey) -> list[Entry]:
    entries = []
    if "test" not in seen.own_splits and "test" not in data:
        entries.append(Entry(("data", "test"), HELD_OUT, "of all samples, for one look at the end"))
    if "validation" not in seen.own_splits and "validation" not in data:
        test = "; the source has its own test split" if "test" in seen.own_splits else ""
        rest = "of the training samples" if test else "of the rest"
        entries.append(
            Entry(("data", "validation"), HELD_OUT, f"{rest}, to choose settings and epochs by{test}")
        )
    return entries


def _left_to_train(samples: int, data: Mapping[str, Any], seen: Survey) -> int:
    """Samples that are trained on, once test and validation are held out; as the loader counts."""
    for name in ("test", "validation"):
        wish = data.get(name)
        if name in seen.own_splits or wish is None or isinstance(wish, str):
            continue
        samples -= wish if isinstance(wish, int) else max(1, round(wish * samples))
    return max(1, samples)


def _preprocess(seen: Survey) -> Entry:
    center, scale, reason = _preparation(seen.statistics, whole=seen.whole_numbers)
    return Entry(("data", "preprocess"), {"center": center, "scale": scale}, reason)


def as_ids(entry: Entry) -> Entry:
    """The setting for inputs that the network looks up: nothing is centered or scaled."""
    if entry.path != ("data", "preprocess"):
        return entry
    reason = "integers that the network looks up, as an embedding does: they stay as they are"
    return Entry(entry.path, {"center": "none", "scale": "none"}, reason)


def as_small(entry: Entry) -> Entry:
    """The setting for a network of few parameters: each has a long way to go before 20 samples are sure."""
    if entry.path != ("overfit_tiny", "optimizer"):
        return entry
    return Entry(entry.path, {"name": "adam", "lr": 1e-2}, "a high rate, for a network of few parameters")


def target_hint(seen: Survey, choice: Choice) -> str:
    """What to look at in the targets: classes that came as floats, quantities far from 0; empty if nothing.

    Every network starts near 0.
    """
    if choice.loss == "cross_entropy" and seen.y.dtype.kind == "f":
        return choice.reason
    if choice.loss != "mse":
        return ""
    y = seen.y[np.isfinite(seen.y)] if seen.y.dtype.kind == "f" else seen.y
    mean, deviation = (float(y.mean()), float(y.std())) if y.size else (0.0, 1.0)
    if abs(mean) <= 3 * max(deviation, 1.0) and 0.01 <= deviation <= 10:
        return ""
    return (
        f"the targets have mean {mean:.4g} and deviation {deviation:.4g}, and a network starts near 0: "
        "standardize them, (y - mean) / deviation, in the file or in a function ./data.py:function"
    )


def _preparation(statistics: Statistics, *, whole: bool) -> tuple[str, str, str]:
    overall, axes = statistics.overall(), statistics.count.dim()
    low, high = float(overall.minimum.min()), float(overall.maximum.max())
    mean, deviation = float(overall.mean.mean()), float(overall.std.mean())
    constant = f", {statistics.constant} of them constant" if statistics.constant else ""
    if abs(mean) < 0.1 and 0.8 < deviation < 1.25 and _even(statistics):
        return "none", "none", f"mean {mean:.2g} and deviation {deviation:.2g}: standardized already"
    if axes >= 3:
        channels = statistics.count.shape[0]
        each = f"for each of {channels} channels" if channels > 1 else "for all pixels"
        return "channel", "standard", f"{low:g} to {high:g}; one mean and one deviation {each}"
    if whole and low >= 0 and 1 < high <= 255 and statistics.features >= 64:
        center = "pixel" if axes == 2 else "feature"
        return (
            center,
            "unit255",
            f"{low:g} to {high:g} look like pixels: off with the mean image, divide by 255",
        )
    ends = f"{statistics.features} features from {low:.4g} to {high:.4g}{constant}"
    return "feature", "standard", f"{ends}: each gets mean 0 and deviation 1"


def _even(statistics: Statistics) -> bool:
    """Whether every feature has about the spread that all have together; constant ones aside."""
    varying = statistics.std[statistics.minimum != statistics.maximum]
    return bool(len(varying)) and bool((varying > 0.5).all()) and bool((varying < 2).all())


def _tiny(train: int) -> list[Entry]:
    entries = [
        Entry(
            ("overfit_tiny", "optimizer"),
            {"name": "adam", "lr": 3e-3},
            "a higher rate than the long run's, for there are few steps",
        ),
        Entry(
            ("overfit_tiny", "epochs"), 1000, "at most: small networks take longer to be sure of 20 samples"
        ),
    ]
    if train < 20:
        return [Entry(("overfit_tiny", "samples"), train, "all there are"), *entries]
    return entries


def _search(epochs: int) -> list[Entry]:
    coarse, fine = ("search", "coarse"), ("search", "fine")
    return [
        Entry((*coarse, "trials"), 20, "more find more; each is short"),
        Entry((*coarse, "epochs"), epochs, "enough to see which settings are hopeless"),
        Entry((*coarse, "space", "optimizer.lr"), {"log_uniform": [1e-5, 0.1]}, "two decades either way"),
        Entry(
            (*coarse, "space", "regularization.l2"), {"log_uniform": [1e-7, 1e-2]}, "from nothing to a lot"
        ),
        Entry((*fine, "trials"), 10),
        Entry((*fine, "epochs"), 2 * epochs, "no space here: it is narrowed around the best coarse trials"),
        Entry((*fine, "keep"), 0.2, "fraction of the coarse trials that counts as the best"),
    ]
