"""``init``: as a command line, in a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from nnbabysit.cli.app import run_command
from nnbabysit.core.config.files.bundle import bundled
from nnbabysit.core.config.loading import load_config
from nnbabysit.core.training.loop.steps import train_steps
from nnbabysit.core.training.setup.setup import prepare
from tests.cli.conftest import Shell

NET = """
from torch import nn
def net(in_features, num_classes, width):
    return nn.Sequential(nn.Linear(in_features, width), nn.ReLU(), nn.Linear(width, num_classes))
"""


def test_the_templates_are_listed_with_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["init", "--list"]) == 0
    templates, _, techniques = capsys.readouterr().out.partition("\n\nWhat a config can name\n")
    assert [line.split()[0] for line in templates.splitlines()] == [*bundled()]
    assert "Adaptive moments" in next(line for line in techniques.splitlines() if "name=adam " in line)
    assert run_command(["init", "--list", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in document["templates"]] == [*bundled()]
    assert {"setting": "regularization.l1", "value": "", "summary": "λ of λ·Σ|W|, added to the loss."} in (
        document["techniques"]
    )


@pytest.mark.parametrize("name", [*bundled()])
def test_every_template_is_written_and_checked(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(["init", name, "--output", "my folder/"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0] == "wrote  my folder/nnbabysit.yaml"
    assert out.splitlines()[-1] == "next   nnbabysit babysit 'my folder/nnbabysit.yaml'"
    assert run_command(["config", "check", "my folder/nnbabysit.yaml"]) == 0
    with_code = {"model.py", "data.py"} if name == "bring-your-own" else set()
    written = {path.name for path in (tmp_path / "my folder").iterdir()}
    assert written == {"nnbabysit.yaml", "nnbabysit.schema.json", *with_code}
    assert json.loads((tmp_path / "my folder" / "nnbabysit.schema.json").read_text())["title"]


@pytest.mark.parametrize("name", ["digits", "bring-your-own"])
def test_a_template_trains_two_steps(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others need data that is not here; that they say the same as the bundled ones is tested apart."""
    monkeypatch.chdir(tmp_path)
    assert run_command(["init", name, "-o", f"{name}.yaml"]) == 0
    for module in tmp_path.glob("*.py"):  # imported by name, once in a process
        module.rename(module.with_name(f"of_the_template_{module.name}"))
    text = (tmp_path / f"{name}.yaml").read_text(encoding="utf-8").replace("./", "./of_the_template_")
    (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    config = load_config(f"{name}.yaml", ["device=cpu"], cwd=tmp_path).config
    prepared = prepare(config)
    steps = train_steps(prepared.assembly, prepared.dataset.train, epoch=1, seed=0, batch_size=32)
    assert all(torch.isfinite(torch.as_tensor(next(steps).loss)) for _ in range(2))


def test_left_out_the_digits_are_meant_and_nothing_is_replaced(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(["init", "-q"]) == 0
    assert capsys.readouterr().out == "wrote  nnbabysit.yaml\nwrote  nnbabysit.schema.json\n"
    (tmp_path / "nnbabysit.yaml").write_text("seed: 5\n", encoding="utf-8")
    assert run_command(["init", "cifar10"]) == 2
    assert "nnbabysit.yaml is there already, and nothing was written" in capsys.readouterr().err
    assert (tmp_path / "nnbabysit.yaml").read_text(encoding="utf-8") == "seed: 5\n"
    assert run_command(["init", "cifar10", "--force", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["files"] == [f"{tmp_path}/nnbabysit.yaml", f"{tmp_path}/nnbabysit.schema.json"]
    assert document["next"] == "nnbabysit babysit nnbabysit.yaml"
    assert load_config(None, cwd=tmp_path).config.name == "cifar10"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--from", "model.py:Net"], "--from needs --data"),
        (["--data", "a.npz"], "--data needs --from"),
        (["digits", "--from", "model.py:Net", "--data", "a.npz"], "cannot be combined"),
        (["--target", "y"], "--target goes with --from"),
        (["--list", "digits"], "takes nothing else"),
        (["digits", "-S", "seed=1"], "go with --run or --from"),
        (["digit"], "Did you mean digits?"),
        (["--from", "none.py:Net", "--data", "a.npz"], "there is no file"),
        (["--from", "Net", "--data", "a.npz"], "is no import path"),
    ],
)
def test_bad_input_is_told_and_nothing_is_written(
    words: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(["init", *words]) == 2
    assert message in capsys.readouterr().err
    assert [*tmp_path.iterdir()] == []


def test_a_network_and_data_never_seen_before_go_to_a_trained_model(
    shell: Shell, write: Callable[[str, str], Path], points: Callable[..., Path], tmp_path: Path
) -> None:
    write("net.py", NET)
    points(0, 1, 2)
    asked = shell("init", "--from", "net.py:net", "--data", "points.npz")
    assert asked.returncode == 0
    assert "set    model.args.width: the network needs it" in asked.stdout
    refused = shell("sanity")
    assert refused.returncode == 2
    assert "model.args.width: missing, net.py:net needs it" in refused.stderr
    short = ("search.coarse.trials=2", "search.fine.trials=2", "training.epochs=2", "overfit_tiny.max_loss=9")
    sets = [word for setting in ("model.args.width=16", *short) for word in ("-S", setting)]
    arguments = ["init", "--from", "net.py:net", "--data", "points.npz", "--force", *sets]
    done = shell(*arguments, "--run", "--json")
    document = json.loads(done.stdout)
    assert document["command"] == "babysit"
    steps = [step["command"] for step in document["metrics"]["steps"]]
    assert steps[:3] == ["data", "sanity", "overfit-tiny"]
    assert "Traceback" not in done.stderr
    assert (tmp_path / "runs" / "latest").exists()


def test_a_template_is_written_without_importing_torch(shell: Shell, tmp_path: Path) -> None:
    write_then_look = (
        "import sys; from nnbabysit.cli.app import run_command; "
        "code = run_command(['init', 'digits', '-q']); "
        "sys.exit(code or 'torch' in sys.modules)"
    )
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-c", write_then_look], cwd=tmp_path, check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr
