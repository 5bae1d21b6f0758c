"""Run page: everything that the page of one run shows, gathered from its files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from nnbabysit.core.errors import NnbabysitError
from nnbabysit.core.formatting import drawn_text, duration, measured_text, value_text
from nnbabysit.core.record.run_reader import RecordedRun, read_run
from nnbabysit.core.record.strict_json import Json
from nnbabysit.core.report.charts.chart import Chart
from nnbabysit.core.report.charts.registry import RUN_CHARTS
from nnbabysit.core.report.charts.run_rows import RunRows
from nnbabysit.core.report.charts.scale import drawable
from nnbabysit.core.report.charts.trial_plane import TrialPlane
from nnbabysit.core.report.page.layer_table import LayerTable, layer_table
from nnbabysit.core.report.page.pictures import Picture, pictures_of
from nnbabysit.core.report.page.trial_table import TrialTable, trial_table

REPORT = "report.html"


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
        charts: Heading → charts below it.
        layers: The last numbers per layer.
        trials: Of a search.
        pictures: Plots that are not drawn anew.
        steps: Of ``babysit``, or the members of an ensemble.
        environment: Name and text.
    """

    run: RecordedRun
    metrics: tuple[tuple[str, str], ...]
    charts: Mapping[str, list[Chart | TrialPlane]]
    layers: LayerTable
    trials: TrialTable | None
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
    rows = run_rows(run)
    drawn = {chart.name: (chart.section, chart.of(rows)) for chart in RUN_CHARTS}
    charts: dict[str, list[Chart | TrialPlane]] = {}
    for section, panels in drawn.values():
        charts.setdefault(section, []).extend(panels)
    anew = {name for name, (_, panels) in drawn.items() if panels}
    return RunPage(
        run=run,
        metrics=tuple(metric_words(run.result.metrics)),
        charts=charts,
        layers=layer_table(rows),
        trials=trial_table(rows),
        pictures=tuple(pictures_of(run.path / "plots", anew)),
        steps=steps,
        environment=tuple(
            (environment_words(key), environment_text(value)) for key, value in run.environment.items()
        ),
    )


def run_rows(run: RecordedRun) -> RunRows:
    """What the charts of a run are computed from."""
    return RunRows(metrics=run.metrics, events=run.events, numbers=run.result.metrics, verdict=run.verdict)


def metric_words(metrics: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Name and text of each single number of a result; how long it took is told in seconds."""
    best = metrics.get("best")
    if isinstance(best, Mapping) and isinstance(best.get("value"), int | float):
        yield "best value", measured_text("", best["value"])
        if isinstance(best.get("mean"), int | float):
            error = best.get("standard_error")
            yield (
                "trained again",
                measured_text("", best["mean"]) + (f" ± {measured_text('', error)}" if error else ""),
            )
        params = best.get("params")
        for path, value in params.items() if isinstance(params, Mapping) else ():
            yield f"best {path}", drawn_text(value)
    for key, value in metrics.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            if key == "seconds":
                yield "duration", duration(value)
            else:
                yield key.replace("_", " "), measured_text(key, value)


def environment_words(key: str) -> str:
    """A part of the environment as a page names it: ``torch``, ``git commit``, ``dataset fingerprint``."""
    return key.removeprefix("versions.").replace(".", " ").replace("_", " ")


def environment_text(value: object) -> str:
    """Its value; integers such as a seed without separators."""
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
