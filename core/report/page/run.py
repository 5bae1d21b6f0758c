"""Run page: everything that the page of one run shows, gathered from its files."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from nnbabysit.core.errors import NnbabysitError
from nnbabysit.core.record.files import os_errors_in_words
from nnbabysit.core.record.run_reader import RecordedRun, read_run
from nnbabysit.core.record.strict_json import Json
from nnbabysit.core.report.page.chart import Chart
from nnbabysit.core.report.page.run_charts import curves, last_layers, signals, updates
from nnbabysit.core.report.page.scale import drawable
from nnbabysit.core.report.page.trials import Trials, trials_of
from nnbabysit.core.report.words import duration, number, value_text

REPORT = "report.html"
_LARGEST_PICTURE = 4_000_000  # bytes of a picture that is taken into the page
_MOST_PICTURES = 24
_DRAWINGS = {
    "confusion": "Confusion matrix",
    "reliability": "Calibration",
    "predicted": "Predicted over true",
    "activations": "Activations and gradients, layer by layer",
    "curves": "Loss and accuracy",
    "importances": "How much each setting mattered",
    "overfit_tiny": "The tiny set",
    "search": "Trials",
    "updates": "Update ratios by layer",
}
"""Plots that are lines on white and may be turned to light on dark; others may be photographs."""
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A picture of the run's ``plots/``.

    Attributes:
        title: Its name in words.
        data: ``data:`` URL; an image shows it without running anything that is in it.
        drawing: Whether it may be shown light on dark.
    """

    title: str
    data: str
    drawing: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PageStep:
    """A step of ``babysit``, or a member of an ensemble.

    Attributes:
        words: The step as it is typed.
        verdict: Its verdict.
        lasted: How long it took.
        link: Relative address of its own page; empty if it has none.
        page: What its run shows; None if the run is no longer there.
    """

    words: str
    verdict: str
    lasted: str
    link: str
    page: RunPage | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RunPage:
    """What is shown of a run.

    Attributes:
        run: Its files.
        metrics: Name in words and number of each single number.
        curves: Loss and accuracy.
        signals: Update ratios, gradient norm and activations.
        layers: Head and rows of the table of the last numbers per layer; no rows without.
        trials: Of a search.
        pictures: Plots that are not drawn anew.
        steps: Of ``babysit``, or the members of an ensemble.
        environment: Name and text.
    """

    run: RecordedRun
    metrics: tuple[tuple[str, str], ...]
    curves: tuple[Chart, ...]
    signals: tuple[Chart, ...]
    layers: tuple[tuple[str, ...], list[tuple[str, ...]]]
    trials: Trials | None
    pictures: tuple[Picture, ...]
    steps: tuple[PageStep, ...]
    environment: tuple[tuple[str, str], ...]


def run_page(run: RecordedRun, folder: Path) -> RunPage:
    """Gather the page of a run.

    Args:
        run: Its files.
        folder: Where the page will lie; links are relative to it.
    """
    return _gathered(run, tuple(_steps(run, folder)))


def _gathered(run: RecordedRun, steps: tuple[PageStep, ...]) -> RunPage:
    drawn, ratios, trials = curves(run), updates(run), trials_of(run)
    anew = {
        "curves": drawn,
        "overfit_tiny": drawn,
        "updates": ratios,
        "search": trials and trials.planes,
        "importances": trials and trials.importances,
    }
    return RunPage(
        run=run,
        metrics=tuple(metric_words(run.result.metrics)),
        curves=tuple(drawn),
        signals=(*ratios, *signals(run)),
        layers=last_layers(run),
        trials=trials,
        pictures=tuple(_pictures(run.path / "plots", {stem for stem, chart in anew.items() if chart})),
        steps=steps,
        environment=tuple(
            (environment_words(key), environment_text(value)) for key, value in run.environment.items()
        ),
    )


def metric_words(metrics: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Name and text of each single number of a result; how long it took is told in seconds."""
    best = metrics.get("best")
    if isinstance(best, Mapping) and isinstance(best.get("value"), int | float):
        yield "best value", number(best["value"])
        if isinstance(best.get("mean"), int | float):
            error = best.get("standard_error")
            yield "trained again", number(best["mean"]) + (f" ± {number(error)}" if error else "")
        params = best.get("params")
        for path, value in params.items() if isinstance(params, Mapping) else ():
            yield f"best {path}", number(value) if isinstance(value, int | float) else value_text(value)
    for key, value in metrics.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            text = duration(value) if key == "seconds" else number(value)
            yield ("duration" if key == "seconds" else key.replace("_", " ")), text or number(value)


def environment_words(key: str) -> str:
    """A part of the environment as a page names it: ``torch``, ``git commit``, ``dataset fingerprint``."""
    return key.removeprefix("versions.").replace(".", " ").replace("_", " ")


def environment_text(value: object) -> str:
    """Its value; whole numbers such as a seed without separators."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value_text(value)


def _steps(run: RecordedRun, folder: Path) -> Iterator[PageStep]:
    steps = run.result.metrics.get("steps")
    for step in steps if isinstance(steps, list) else []:
        if not isinstance(step, Mapping):
            continue
        path = _beside(run.path, str(step.get("run_dir") or ""))
        page = None if path is None else _step_page(path)
        seconds = drawable(step.get("seconds"))
        yield PageStep(
            words=_typed(str(step.get("command") or ""), page),
            verdict=str(step.get("verdict") or ""),
            lasted="" if seconds is None else duration(seconds),
            link="" if path is None or page is None else relative_link(path / REPORT, folder),
            page=page,
        )


def _beside(run: Path, step: str) -> Path | None:
    """The step's directory: beside the run first, for the folder of runs may have been moved."""
    name = Path(step).name
    return next((p for p in (run.parent / name, Path(step)) if name and (p / "meta.json").is_file()), None)


def _step_page(path: Path) -> RunPage | None:
    """A step that can no longer be read does not take the page with it; its line stays."""
    try:
        return _gathered(read_run(path), ())
    except NnbabysitError:
        return None


def _typed(command: str, page: RunPage | None) -> str:
    """The step as it is typed: ``search --coarse``."""
    stage = page.run.numbers.get("stage") if page else None
    return f"{command} --{stage}" if stage and command == "search" else command


def relative_link(target: Path, folder: Path) -> str:
    """Address of a file as seen from a page in ``folder``."""
    try:
        relative = os.path.relpath(target.resolve(), folder.resolve())
    except ValueError:  # another drive
        return target.resolve().as_uri()
    return quote(relative.replace(os.sep, "/"))


def _pictures(folder: Path, drawn_anew: set[str]) -> Iterator[Picture]:
    """The SVG of each plot, or its PNG. A link could lead anywhere and is not followed."""
    if folder.is_symlink() or not folder.is_dir():
        return
    files = [path for path in sorted(folder.iterdir()) if path.suffix in (".svg", ".png")]
    stems = {path.stem: path for path in sorted(files, key=lambda path: path.suffix)}  # svg wins
    for stem in sorted(stems.keys() - drawn_anew)[:_MOST_PICTURES]:
        path = stems[stem]
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST_PICTURE:
            continue
        with os_errors_in_words(path, "read"):
            data = path.read_bytes()
        kind = "image/png" if data.startswith(_PNG) else "image/svg+xml"
        yield Picture(
            title=_title(stem),
            data=f"data:{kind};base64,{base64.b64encode(data).decode()}",
            drawing=_kind(stem) in _DRAWINGS,
        )


def _kind(stem: str) -> str:
    """What a plot shows: several networks have theirs numbered, ``confusion-2``."""
    return stem.rpartition("-")[0] if stem.rpartition("-")[2].isdigit() else stem


def _title(stem: str) -> str:
    kind = _kind(stem)
    return (_DRAWINGS.get(kind) or kind.replace("_", " ").capitalize()) + stem.removeprefix(kind).replace(
        "-", " "
    )
