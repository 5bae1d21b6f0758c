"""Lines: one event of a run as one line of text, the same in a terminal, in a pipe and in ``log.txt``."""

from __future__ import annotations

from functools import singledispatch

from nnbabysit.core.formatting import (
    clean_line,
    duration,
    loss_text,
    number_text,
    optional_text,
    rate_text,
    score_text,
)
from nnbabysit.core.record.events import (
    DATA,
    CheckEvent,
    CheckpointEvent,
    Event,
    GateEvent,
    NoteEvent,
    RepairedEvent,
    StartEvent,
    VerdictEvent,
    WarningEvent,
)
from nnbabysit.core.record.search_events import PlacementEvent, RepeatEvent, TrialEvent
from nnbabysit.core.record.training_events import EpochEvent, TinyEvent
from nnbabysit.core.search.names import drawn_value, short_names

ONE_BY_ONE = "one by one"
"""How a placement without stacks is called, at its beginning."""
NOTE = "note:"
"""Mark of a note of how the data was read."""
MARKS = {True: "ok", False: "no", None: "--"}


def line_of(event: Event) -> str | None:
    """The line of an event, without control characters; None for events that a person does not watch."""
    line = _line(event)
    return None if line is None else clean_line(line)


@singledispatch
def _line(_event: Event) -> str | None:
    """The line of an event, in one function for each class that has one."""
    return None


@_line.register
def _note_line(event: NoteEvent) -> str:
    """A note of how the data was read is marked: it may change what all that follows means."""
    return f"{NOTE} {event.text}" if event.about == DATA else event.text


@_line.register
def _warning_line(event: WarningEvent) -> str:
    return f"warning: {event.text}"


@_line.register
def _repaired_line(event: RepairedEvent) -> str:
    return f"repaired: {event.text}"


@_line.register
def _check_line(event: CheckEvent) -> str:
    """``ok``, ``no`` or ``--`` (not applicable), the check's name and what it saw."""
    return f"{MARKS[event.passed]}  {event.name}: {event.text}".rstrip(": ")


@_line.register
def _checkpoint_line(event: CheckpointEvent) -> str:
    best = ", the best so far" if event.best else ""
    return f"checkpoint {event.path} after epoch {event.epoch}{best}"


@_line.register
def _gate_line(event: GateEvent) -> str:
    return f"== {event.command}"


@_line.register
def _verdict_line(event: VerdictEvent) -> str:
    return f"{event.verdict}: {event.summary}"


@_line.register
def start_line(event: StartEvent) -> str:
    """Command, experiment, device and size of the model, as far as they are known."""
    parts = [f"{event.command}: {event.name}".rstrip(": ")]
    parts += [f"on {event.device}"] if event.device else []
    parts += [f"{event.parameters:,} parameters"] if event.parameters is not None else []
    return clean_line(", ".join(parts))


@_line.register
def epoch_line(event: EpochEvent) -> str:
    """Losses, accuracies, learning rate, update ratio, speed and time left of one epoch."""
    texts = {
        "loss": loss_text(event.train_loss),
        "val_loss": loss_text(event.val_loss),
        "acc": optional_text(event.train_accuracy, score_text),
        "val_acc": optional_text(event.val_accuracy, score_text),
        "lr": rate_text(event.lr),
        "update": optional_text(event.update_ratio, rate_text),
        "grad": optional_text(event.gradient_norm, number_text),
    }
    numbers = " ".join(f"{name} {text}" for name, text in texts.items() if text)
    place = f"epoch {event.epoch}/{event.epochs} step {event.step}"
    return f"{place} {numbers} {number_text(event.samples_per_second, 3)}/s eta {duration(event.eta)}"


@_line.register
def tiny_line(event: TinyEvent) -> str:
    """The notes' line: epoch, loss, training accuracy (none for regression), learning rate."""
    middle = "" if event.accuracy is None else f"train: {event.accuracy:.6f}, "
    return f"epoch {event.epoch} / {event.epochs}: loss {event.cost:.6f}, {middle}lr {event.lr:e}"


@_line.register
def trial_line(event: TrialEvent) -> str:
    """A trial as the notes print it: ``val_acc: 0.412000, lr: 1.405206e-04, reg: 4.793564e-01, (1 / 100)``.

    One that is ranked by its loss although it has an accuracy tells both; a good one is marked.
    """
    names = short_names(event.params)
    drawn = "".join(f"{names[path]}: {drawn_value(value)}, " for path, value in event.params.items())
    mark = "  nice" if event.good else ""
    return f"{_value(event)}, {drawn}({event.index + 1} / {event.trials}){mark}{_reason(event)}"


@_line.register
def repeat_line(event: RepeatEvent) -> str:
    """A trial that was trained again: ``again trial 12, seed 3, val_acc: 0.412000, (4 / 50)``."""
    which = f"again trial {(event.repeat_of or 0) + 1}, seed {event.seed}"
    return f"{which}, {_value(event)}, ({event.number} / {event.repeats}){_reason(event)}"


def _value(event: TrialEvent | RepeatEvent) -> str:
    """``val_acc: 0.412000``; the sign of a loss is turned back; of a trial without a value its state."""
    if event.value is None:
        return f"{event.metric}: {event.state}"
    loss = f", val_loss: {event.loss:f}" if event.by_loss and event.loss is not None else ""
    return f"{event.metric}: {-event.value if event.metric == 'val_loss' else event.value:f}{loss}"


def _reason(event: TrialEvent | RepeatEvent) -> str:
    return f"  {event.reason}" if event.reason else ""


@_line.register
def placement_line(event: PlacementEvent) -> str:
    """How a search lays its trials on the machine, and how long a step takes so and otherwise.

    Of the other ways one is named: one trial after another, or else the fastest.
    """
    chosen = event.text
    timed = {way.text: way.milliseconds for way in event.alternatives}
    parts = [f"{number_text(timed.pop(chosen), 3)} ms per trial and step"] if chosen in timed else []
    single = {text: taken for text, taken in timed.items() if text.startswith(ONE_BY_ONE)}
    if timed:
        other = min(single or timed, key=timed.__getitem__)
        name = ONE_BY_ONE if single and ONE_BY_ONE not in chosen else other
        parts.append(f"{name} {number_text(timed[other], 3)} ms")
    return clean_line(f"placement  {chosen}" + (f" ({'; '.join(parts)})" if parts else ""))
