"""Lines: one event of a run as one line of text, the same in a terminal, in a pipe and in ``log.txt``."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from nnbabysit.core.record.event import DATA
from nnbabysit.core.report.cleaning import clean_line

Fields = Mapping[str, Any]

ONE_BY_ONE = "one by one"
"""How a placement without stacks is called, at its beginning."""
NOTE = "note:"
"""Mark of a note of how the data was read."""
MARKS = {True: "ok", False: "no", None: "--"}


def number(value: Any, digits: int = 4) -> str:
    """A number with significant digits, whole numbers in full; other values as text on one line."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return clean_line(str(value))
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    return f"{value:,.0f}" if 10_000 <= abs(value) < 1e15 else f"{value:.{digits}g}"


def duration(seconds: Any) -> str:
    """``7s``, ``4m05s``, ``2h03m``; a question mark when it is not known."""
    if not isinstance(seconds, int | float) or not math.isfinite(seconds):
        return "?"
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


def line_of(kind: str, fields: Fields) -> str | None:
    """The line of an event; None for events that a person does not watch."""
    teller = TELLERS.get(kind)
    return None if teller is None else teller(fields)


def start_line(fields: Fields) -> str:
    """Command, experiment, device and size of the model, as far as they are known."""
    parts = [f"{fields.get('command', 'run')}: {fields.get('name', '')}".rstrip(": ")]
    if fields.get("device"):
        parts.append(f"on {fields['device']}")
    if isinstance(fields.get("parameters"), int):
        parts.append(f"{fields['parameters']:,} parameters")
    return clean_line(", ".join(parts))


def epoch_line(fields: Fields) -> str:
    """Losses, accuracies, learning rate, update ratio, speed and time left of one epoch."""
    parts = [
        f"epoch {fields.get('epoch', '?')}/{fields.get('epochs', '?')}",
        f"step {fields.get('step', '?')}",
    ]
    named = (
        ("loss", "train_loss"),
        ("val_loss", "val_loss"),
        ("acc", "train_accuracy"),
        ("val_acc", "val_accuracy"),
        ("lr", "lr"),
        ("update", "update_ratio"),
        ("grad", "grad_norm"),
    )
    parts += [f"{label} {number(fields[key])}" for label, key in named if fields.get(key) is not None]
    speed = fields.get("samples_per_second")
    if speed is not None:
        parts.append(f"{number(float(speed), 3) if speed < 1000 else f'{speed:,.0f}'}/s")
    if fields.get("eta") is not None:
        parts.append(f"eta {duration(fields['eta'])}")
    return " ".join(parts)


def tiny_line(fields: Fields) -> str:
    """The notes' line: epoch, cost, training accuracy (none for regression), learning rate."""
    accuracy = fields.get("accuracy")
    middle = "" if accuracy is None else f"train: {float(accuracy):.6f}, "
    cost, lr = float(fields["cost"]), float(fields["lr"])
    return f"epoch {fields['epoch']} / {fields['epochs']}: cost {cost:.6f}, {middle}lr {lr:e}"


def trial_line(fields: Fields) -> str:
    """The notes' line: ``val_acc: 0.412000, lr: 1.4e-04, reg: 4.7e-01, (1 / 100)``, marked if good."""
    from nnbabysit.core.search import names
    from nnbabysit.core.search.trial import told_trial

    trial = told_trial(fields)
    metric, good = str(fields.get("metric", "val_acc")), bool(fields.get("good"))
    return clean_line(names.trial_line(trial, fields["trials"], metric=metric, good=good))


def _repeat_line(fields: Fields) -> str:
    from nnbabysit.core.search import names

    return clean_line(names.repeat_line(fields))


def placement_line(fields: Fields) -> str:
    """How a search lays its trials on the machine, and how long a step takes so and otherwise.

    Of the other ways one is named: one trial after another, or else the fastest.
    """
    chosen = str(fields.get("text", ""))
    timed = {
        str(way.get("text", "")): float(way["milliseconds"])
        for way in fields.get("alternatives") or ()
        if isinstance(way, Mapping) and isinstance(way.get("milliseconds"), int | float)
    }
    parts = [f"{timed.pop(chosen):.3g} ms per trial and step"] if chosen in timed else []
    single = {text: taken for text, taken in timed.items() if text.startswith(ONE_BY_ONE)}
    if timed:
        other = min(single or timed, key=timed.__getitem__)
        parts.append(f"{ONE_BY_ONE if single and ONE_BY_ONE not in chosen else other} {timed[other]:.3g} ms")
    return clean_line(f"placement  {chosen}" + (f" ({'; '.join(parts)})" if parts else ""))


def check_line(fields: Fields) -> str:
    """``ok``, ``no`` or ``--`` (not applicable), the check's name and what it saw."""
    text = clean_line(str(fields.get("text", "")))
    return f"{MARKS[fields.get('passed')]}  {clean_line(str(fields.get('name', '')))}: {text}".rstrip(": ")


def _checkpoint_line(fields: Fields) -> str | None:
    best = ", the best so far" if fields.get("best") else ""
    return clean_line(f"checkpoint {fields.get('path', '')} after epoch {fields.get('epoch', '?')}{best}")


def step_line(fields: Fields) -> str:
    """Heading of a step of ``babysit``."""
    return f"== {clean_line(str(fields.get('command', '')))}"


def verdict_line(fields: Fields) -> str:
    """Verdict and its sentence."""
    return clean_line(f"{fields.get('verdict', '')}: {fields.get('summary', '')}")


def _warning_line(fields: Fields) -> str:
    return f"warning: {clean_line(str(fields.get('text', '')))}"


def _note_line(fields: Fields) -> str:
    """A note of how the data was read is marked: it may change what all that follows means."""
    text = clean_line(str(fields.get("text", "")))
    return f"{NOTE} {text}" if fields.get("about") == DATA else text


TELLERS: dict[str, Callable[[Fields], str | None]] = {
    "start": start_line,
    "note": _note_line,
    "warning": _warning_line,
    "repaired": lambda fields: clean_line(
        f"repaired: {fields.get('text') or fields.get('path') or 'a torn last line'}"
    ),
    "epoch": epoch_line,
    "tiny": tiny_line,
    "trial": trial_line,
    "placement": placement_line,
    "repeat": _repeat_line,
    "check": check_line,
    "checkpoint": _checkpoint_line,
    "step": step_line,
    "verdict": verdict_line,
}
