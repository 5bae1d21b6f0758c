"""Completion: what a real bash gets from the script it is told to source."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nnbabysit.core.record.label import write_label

MakeRun = Callable[..., Path]
NNBABYSIT = Path(sys.executable).with_name("nnbabysit")
RUNS = ["2026-11-20_1403_calm-otter_train", "2026-11-20_1404_bold-newt_search-coarse"]
ENVIRONMENT = {**os.environ, "PATH": f"{NNBABYSIT.parent}:{os.environ['PATH']}"}
needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")


@pytest.fixture
def folder(tmp_path: Path, make_run: MakeRun) -> Path:
    """Two runs, a foreign folder among them, and a config."""
    make_run(tmp_path / "runs", 0, metrics={"best_val_accuracy": 0.9, "stage": "fine"})
    write_label(
        make_run(tmp_path / "runs", 1, words="bold-newt", command="search-coarse", verdict="fail"), "a [b]: c"
    )
    (tmp_path / "runs" / "foreign").mkdir()
    (tmp_path / "runs" / "latest").symlink_to(RUNS[1])
    (tmp_path / "mine.yaml").touch()
    (tmp_path / "notes.txt").touch()
    return tmp_path


def asked(folder: Path, line: str) -> list[str]:
    """What bash would offer after this line, by the script that Typer writes."""
    script = f"""
        source <(_NNBABYSIT_COMPLETE=source_bash nnbabysit)
        COMP_WORDS=({line}{" ''" if line.endswith(" ") else ""})
        COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
        _nnbabysit_completion nnbabysit
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout.split()


@needs_bash
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("nnbabysit overf", ["overfit-tiny"]),
        ("nnbabysit runs l", ["ls", "label"]),
        ("nnbabysit train m", ["mine.yaml"]),
        ("nnbabysit train dig", ["digits"]),
        ("nnbabysit runs show ", ["latest", *reversed(RUNS)]),
        ("nnbabysit resume 2026-11-20_1403", [RUNS[0]]),
        ("nnbabysit train --best-of runs/2026-11-20_1404", [f"runs/{RUNS[1]}"]),
        ("nnbabysit search --from lat", ["latest"]),
        ("nnbabysit runs compare latest 2026-11-20_1403", [RUNS[0]]),
        ("nnbabysit runs rm --verdict d", ["diverged"]),
        ("nnbabysit runs ls --status r", ["running"]),
        ("nnbabysit runs ls --metric best", ["best_val_accuracy"]),
        ("nnbabysit runs ls --sort s", ["start", "seconds"]),
        ("nnbabysit runs ls --command ", ["search-coarse", "train"]),
        ("nnbabysit runs show --runs-dir nowhere 2026", []),
        ("nnbabysit runs ls --runs-dir nowhere --metric ", []),
        ("nnbabysit train --device c", ["cpu", "cuda"]),
        ("nnbabysit runs ls --lim", ["--limit"]),
        ("nnbabysit init fashion-mnist-", ["fashion-mnist-cnn"]),
        ("nnbabysit train --log ", ["tensorboard"]),
        ("nnbabysit config diff m", ["mine.yaml"]),
        ("nnbabysit config diff mine.yaml 2026-11-20_1403", [RUNS[0]]),
        ("nnbabysit train -S optimizer.l", ["optimizer.lr=", "optimizer.line_search="]),
        ("nnbabysit train digits optimizer = ada", ["adagrad", "adadelta", "adam", "adamw"]),
        ("nnbabysit train -S loss = ", ["cross_entropy", "hinge", "bce", "mse"]),
        ("nnbabysit train --device = c", ["cpu", "cuda"]),
        ("nnbabysit train loss = mse training.ep", ["training.epochs="]),
        ("nnbabysit train -S batch", ["batch_size="]),
        ("nnbabysit train digits training.ep", ["training.epochs="]),
        ("nnbabysit train early", []),
        ("nnbabysit train regularization.clip_n", ["regularization.clip_norm="]),
        ("nnbabysit export latest --format o", ["onnx"]),
    ],
)
def test_bash_offers(folder: Path, line: str, expected: list[str]) -> None:
    assert sorted(asked(folder, line)) == sorted(expected)


def answer(folder: Path, shell: str, line: str) -> subprocess.CompletedProcess[str]:
    words = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" ")), "_TYPER_COMPLETE_ARGS": line}
    return subprocess.run(
        [NNBABYSIT],
        cwd=folder,
        env={
            **ENVIRONMENT,
            **words,
            "_NNBABYSIT_COMPLETE": f"complete_{shell}",
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("optimizer=ad", {"adagrad", "adadelta", "adam", "adamw"}),
        ("optimizer.name=ad", {"adagrad", "adadelta", "adam", "adamw"}),
        ("loss=", {"cross_entropy", "hinge", "bce", "mse"}),
        ("model=res", {"resnet"}),
        ("training.snapshots=", {"true", "false"}),
        ("training.epochs=", set()),
        ("no.such=", set()),
    ],
)
def test_behind_the_equals_sign_come_the_names_that_a_setting_can_be(
    folder: Path, word: str, expected: set[str]
) -> None:
    offered = answer(folder, "fish", f"nnbabysit train digits {word}").stdout.splitlines()
    names = {line.partition("\t")[0].partition("=")[2] for line in offered if "=" in line}
    assert names == expected


def test_zsh_gets_what_became_of_each_run_the_newest_first(folder: Path) -> None:
    text = answer(folder, "zsh", "nnbabysit runs show ").stdout
    assert '"latest":"the newest"' in text
    assert text.index(RUNS[1]) < text.index(RUNS[0])
    assert f'"{RUNS[0]}":"pass"' in text


def test_a_shell_never_gets_a_message(folder: Path) -> None:
    (folder / "runs" / RUNS[0] / "meta.json").write_text("{", encoding="utf-8")
    done = answer(folder, "bash", "nnbabysit runs show 2026")
    assert (done.stdout, done.stderr) == (f"{RUNS[1]}\n", "")
    shutil.rmtree(folder / "runs")
    (folder / "runs").touch()
    done = answer(folder, "bash", "nnbabysit runs show 2026")
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_completion_imports_neither_torch_nor_pydantic(folder: Path) -> None:
    script = (
        "import sys\n"
        "from nnbabysit.cli import app\n"
        "try:\n"
        "    app.main()\n"
        "except SystemExit:\n"
        "    pass\n"
        "heavy = {'torch', 'numpy', 'pydantic', 'yaml', 'rich', 'filelock'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    for line in ("nnbabysit runs show ", "nnbabysit train ", "nnbabysit runs ls --sort "):
        words = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=folder,
            env={**ENVIRONMENT, **words, "_NNBABYSIT_COMPLETE": "complete_bash"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()


@pytest.mark.slow
def test_the_shell_waits_less_than_a_fifth_of_a_second(folder: Path) -> None:
    """Nightly, on a machine that does nothing else."""
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        answer(folder, "bash", "nnbabysit runs show ")
        seconds.append(time.perf_counter() - start)
    assert statistics.median(seconds) < 0.2


def test_the_sinks_offered_are_those_there_are() -> None:
    from nnbabysit.cli.completion import SINKS
    from nnbabysit.core.report.sinks import choose as sinks

    assert set(SINKS) == set(sinks.SINKS)


def test_bash_leaves_no_space_where_the_value_of_a_setting_goes() -> None:
    done = subprocess.run(
        [NNBABYSIT],
        env={**ENVIRONMENT, "_NNBABYSIT_COMPLETE": "source_bash"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert '[[ "${COMPREPLY[0]}" == *= ]] && compopt -o nospace' in done.stdout


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish")
def test_a_real_fish_offers_settings_and_their_names(folder: Path) -> None:
    script = (
        "_NNBABYSIT_COMPLETE=source_fish nnbabysit | source; "
        "complete -C 'nnbabysit train digits optimizer=adag'; complete -C 'nnbabysit train -S training.ep'"
    )
    done = subprocess.run(
        ["fish", "-c", script], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == [
        "optimizer=adagrad",
        "training.epochs=",
    ]
