"""Names: config paths as short as people write them, and a trial on one line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nnbabysit.core.search.trial import Trial

SHORT_NAMES = {"optimizer.lr": "lr", "regularization.l2": "reg"}
"""As the notes print them."""


def short_names(paths: Iterable[str]) -> dict[str, str]:
    """Config path → ``lr``, ``reg``, else the shortest ending that tells it from the others."""
    everything = list(dict.fromkeys(paths))
    names = {path: SHORT_NAMES.get(path) or _shortest_ending(path, everything) for path in everything}
    taken = list(names.values())
    return {path: name if taken.count(name) == 1 else path for path, name in names.items()}


def trial_line(trial: Trial, trials: int, *, metric: str = "val_acc", good: bool = False) -> str:
    """A trial as the notes print it: ``val_acc: 0.412000, lr: 1.405206e-04, reg: 4.793564e-01, (1 / 100)``.

    One that is ranked by its loss although it has an accuracy tells both.

    Args:
        trial: The finished trial.
        trials: Number of trials of the search.
        metric: ``val_acc``, or ``val_loss``, whose sign is turned back.
        good: Whether to add the mark.
    """
    names = short_names(trial.params)
    sign = -1 if metric == "val_loss" else 1
    value = str(trial.state) if trial.value is None else f"{sign * trial.value:f}"
    shown = "".join(f"{names[path]}: {shown_value(param)}, " for path, param in trial.params.items())
    loss = f"val_loss: {trial.loss:f}, " if trial.by_loss and trial.loss is not None else ""
    mark = "  nice" if good else ""
    reason = f"  {trial.reason}" if trial.reason else ""
    return f"{metric}: {value}, {loss}{shown}({trial.index + 1} / {trials}){mark}{reason}"


def repeat_line(fields: Mapping[str, Any]) -> str:
    """A training of the second look: ``again trial 12, seed 3, val_acc: 0.412000, (4 / 50)``.

    Args:
        fields: Of its event ``repeat``.
    """
    metric, value = str(fields.get("metric", "val_acc")), fields.get("value")
    sign = -1 if metric == "val_loss" else 1
    shown = str(fields.get("state")) if value is None else f"{sign * value:f}"
    if fields.get("by_loss") and fields.get("loss") is not None:
        shown = f"{shown}, val_loss: {fields['loss']:f}"
    reason = f"  {fields['reason']}" if fields.get("reason") else ""
    which = f"again trial {fields['repeat_of'] + 1}, seed {fields['seed']}"
    return f"{which}, {metric}: {shown}, ({fields['number']} / {fields['repeats']}){reason}"


def shown_value(value: Any, digits: int = 7) -> str:
    """A drawn value: fractions in scientific notation with that many digits, everything else as it is."""
    return f"{value:.{digits - 1}e}" if isinstance(value, float) else str(value)


def _shortest_ending(path: str, paths: list[str]) -> str:
    parts = path.split(".")
    for count in range(1, len(parts)):
        ending = parts[-count:]
        if sum(other.split(".")[-count:] == ending for other in paths) == 1:
            return ".".join(ending)
    return path
