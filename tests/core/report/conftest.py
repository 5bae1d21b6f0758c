"""Real runs, made once, and one whose every text is hostile."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnbabysit.core.config.loading import load_config, to_yaml
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.record.run import Run
from nnbabysit.core.workflow.execute import conclude
from nnbabysit.core.workflow.gates.babysit import run_babysit
from nnbabysit.core.workflow.gates.overfit_tiny import run_overfit_tiny
from nnbabysit.core.workflow.gates.sanity import run_sanity
from nnbabysit.core.workflow.gates.search.search import run_search
from nnbabysit.core.workflow.gates.train.train import run_train
from nnbabysit.core.workflow.result import StepResult

SMALL = ("device=cpu", "training.epochs=4", "overfit_tiny.epochs=60", "search.coarse.trials=12",
         "search.coarse.epochs=2", "search.fine.trials=6", "search.fine.epochs=2")  # fmt: skip
LONG = "W" * 400
HOSTILE = f"<script>document.title='owned'</script><img src=x onerror=alert(1)>[/red]\u202eRTL {LONG}"
MIXED = '=HYPERLINK("http://evil.example/") \'a\' "b" & {{ 7*7 }} שלום עולם \x07\x1b[31m \ud800'

Make = Callable[..., Path]


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Run a step of the workflow on the digits and return its run directory."""
    root = tmp_path_factory.mktemp("work") / "runs"

    def make_run(command: str, step: Callable[..., StepResult], *overrides: str, **more: Any) -> Path:
        config = load_config("digits", [*SMALL, *overrides], cwd=root.parent).config
        run = _new_run(root, command, config)
        conclude(run, step(config, run, **more))
        return run.path

    return make_run


def _new_run(root: Path, command: str, config: Config) -> Run:
    return Run.create(root=root, command=command, config_yaml=to_yaml(config))


@pytest.fixture(scope="session")
def train(make: Make) -> Path:
    return make("train", run_train)


@pytest.fixture(scope="session")
def slow(make: Make) -> Path:
    """A training whose learning rate is far too low."""
    return make("train", run_train, "optimizer.lr=1e-5", "training.batch_size=100")


@pytest.fixture(scope="session")
def diverged(make: Make) -> Path:
    return make("train", run_train, "optimizer.lr=60")


@pytest.fixture(scope="session")
def sanity(make: Make) -> Path:
    return make("sanity", run_sanity)


@pytest.fixture(scope="session")
def tiny(make: Make) -> Path:
    return make("overfit-tiny", run_overfit_tiny)


@pytest.fixture(scope="session")
def search(make: Make) -> Path:
    return make("search-coarse", run_search, stage="coarse")


@pytest.fixture(scope="session")
def babysit(make: Make) -> Path:
    def step(config: Config, run: Run) -> StepResult:
        return run_babysit(config, run, new_run=lambda word, own: _new_run(run.path.parent, word, own))

    return make("babysit", step)


@pytest.fixture(scope="session")
def hostile(diverged: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The diverged training with markup, control characters and endless words wherever a text stands."""
    run = tmp_path_factory.mktemp("hostile") / "<b>run & 'co'<script>"
    shutil.copytree(diverged, run)
    poison(run / "result.json")
    poison(run / "meta.json", keep=("schema_version", "exit_code", "start", "end"))
    for name in ("metrics.jsonl", "events.jsonl"):
        lines = [json.loads(line) for line in (run / name).read_text().splitlines()]
        for line in lines:
            line["update_ratios"] = {HOSTILE: 1e-3, MIXED.replace("\ud800", ""): 0.0}
        (run / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    config = (run / "config.yaml").read_text()
    (run / "config.yaml").write_text(config.replace("hidden: [100]", f"hidden: {json.dumps([HOSTILE])}"))
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90"><script>alert(1)</script>'
    image = '<image href="http://evil.example/x.png" width="9" height="9"/></svg>'
    (run / "plots" / "<i>evil.svg").write_text(svg + image)
    (run / "plots" / "linked.svg").symlink_to("/etc/hostname")
    return run


def poison(file: Path, keep: tuple[str, ...] = ("schema_version", "verdict", "severity", "command")) -> None:
    """Replace each text of a JSON file."""
    file.write_text(json.dumps(_poisoned(json.loads(file.read_text()), keep)))


def _poisoned(value: Any, keep: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return {
            **{key: item if key in keep else _poisoned(item, keep) for key, item in value.items()},
            **({HOSTILE: MIXED} if "verdict" not in value and "columns" not in value else {}),
        }
    if isinstance(value, list):
        return [_poisoned(item, keep) for item in value]
    return HOSTILE + MIXED if isinstance(value, str) else value
