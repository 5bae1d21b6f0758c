"""Each step of a workflow calls a script that runs here, too; the hooks of a commit are there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from importlib.metadata import files
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SCRIPTS = sorted(path for path in (ROOT / ".ci").iterdir() if not path.suffix)
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]


def jobs() -> list[tuple[str, dict[str, Any]]]:
    """All jobs of all workflows, under ``workflow: job``."""
    found = []
    for path in WORKFLOWS:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        found += [(f"{path.stem}: {name}", job) for name, job in document["jobs"].items()]
    return found


def rows(matrix: dict[str, Any]) -> list[dict[str, str]]:
    """What a matrix stands for, one dict for each run of its job."""
    lists = {key: values for key, values in matrix.items() if key not in ("include", "exclude")}
    every = [dict(zip(lists, values, strict=True)) for values in product(*lists.values())] if lists else []
    return every + matrix.get("include", []) or [{}]


def commands() -> list[str]:
    """Every ``run:`` of every job, with each value of its matrix."""
    found = []
    for _, job in jobs():
        for step in job["steps"]:
            for row in rows(job.get("strategy", {}).get("matrix", {})):
                text = step.get("run", "")
                for key, value in row.items():
                    text = text.replace(f"${{{{ matrix.{key} }}}}", value)
                found.append(text)
    return sorted({text for text in found if text})


def ended(*command: str, **changed: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **changed}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("name", "job"), jobs(), ids=[name for name, _ in jobs()])
def test_a_job_is_whole(name: str, job: dict[str, Any]) -> None:
    assert job["runs-on"] == "ubuntu-latest", "the only platform that is tested"
    for step in job["steps"]:
        assert len({"run", "uses"} & set(step)) == 1
        assert re.fullmatch(r"[\w-]+/[\w-]+@[\w./]+", step.get("uses", "a/b@v1"))


@pytest.mark.parametrize("command", commands())
def test_a_step_calls_a_script_or_a_target_of_make_and_nothing_else(command: str) -> None:
    assert "${{" not in command, "a value that the matrix lacks"
    program, *arguments = command.split()
    if program == "make":
        assert ended("make", "--dry-run", *arguments).returncode == 0
        return
    assert ROOT / program in SCRIPTS
    if program == ".ci/nightly":  # it refuses a part that is not there before it does anything
        parts = re.search(r'^parts="(.*)"', (ROOT / program).read_text(encoding="utf-8"), re.MULTILINE)
        assert parts
        assert set(arguments) <= set(parts[1].split())
        assert ended(program, *arguments, "nothing").returncode == 2


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_can_be_run_and_is_bash(script: Path) -> None:
    assert os.access(script, os.X_OK)
    assert script.read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n")
    done = ended("bash", "-n", str(script))
    assert done.returncode == 0, done.stderr


def test_continuous_integration_tests_every_python_that_the_package_claims() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    claimed = {found[1] for line in project["classifiers"] if (found := re.search(r":: (3\.\d+)$", line))}
    set_up = {
        row.get("python", "3.11")
        for _, job in jobs()
        for row in rows(job.get("strategy", {}).get("matrix", {}))
    }
    assert claimed == set_up
    assert f">={min(claimed)}" == project["requires-python"]


def test_what_continuous_integration_runs_is_what_people_run() -> None:
    """The tools of ``make check`` are those of ``.ci/run``, which tries the wheel, too."""
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for target in ("lint", "types", "layers"):
        called = (
            ended("make", "--dry-run", target).stdout.replace(".venv/bin/", '"$work/dev/bin/').splitlines()
        )
        assert called
        for line in called:
            program, _, arguments = line.partition(" ")
            assert f'{program}" {arguments}'.rstrip() in run
    assert '.ci/wheel "$work/dev/bin/python"' in run


@pytest.mark.parametrize(
    ("tag", "words"), [("v9.9.9", "the version in pyproject.toml is"), ("0.1.0", "the tag is 0.1.0")]
)
def test_a_release_under_a_wrong_tag_is_refused(tag: str, words: str) -> None:
    done = ended(".ci/release", tag)
    assert done.returncode == 2
    assert words in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("dated", [True, False])
def test_a_release_is_built_from_a_dated_section_alone(dated: bool, tmp_path: Path) -> None:
    copy = tmp_path / "clone"
    kept = shutil.ignore_patterns(".git", ".venv", "runs", "build", "dist", ".mypy_cache", "*.egg-info")
    shutil.copytree(ROOT, copy, ignore=kept, symlinks=True)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = project["version"]
    text = (copy / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = f"## [{version}]" + (" - 2027-01-31" if dated else "")
    text = re.sub(rf"^## \[{re.escape(version)}\].*$", heading, text, flags=re.MULTILINE)
    (copy / "CHANGELOG.md").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [".ci/release", f"v{version}"], cwd=copy, capture_output=True, text=True, check=False
    )
    assert done.returncode == (0 if dated else 2), done.stderr
    built = sorted(path.suffix for path in (copy / "dist").iterdir()) if dated else []
    assert built == ([".gz", ".whl"] if dated else [])


@pytest.mark.parametrize(
    "hook", [hook for source in HOOKS for hook in source["hooks"]], ids=lambda hook: hook["id"]
)
def test_a_hook_is_local_and_its_command_exists(hook: dict[str, Any]) -> None:
    assert {source["repo"] for source in HOOKS} == {"local"}
    assert hook["language"] == "system"
    program = hook["entry"].split()[0]
    if program.startswith(".ci/"):
        assert ROOT / program in SCRIPTS
        return
    installed = [file for file in files(program) or [] if file.name == program]
    assert any(Path(str(file.locate())).is_file() for file in installed), (
        f"{program} is not in the extra [dev]"
    )


def test_hooks_stop_broken_links_and_large_files(tmp_path: Path) -> None:
    broken, outside, large = (tmp_path / name for name in ("broken", "outside", "large"))
    broken.symlink_to("nowhere")
    outside.symlink_to(tmp_path)
    large.write_bytes(b"0" * 500_001)
    tracked = sorted(str(path.relative_to(ROOT)) for path in (ROOT / ".package").rglob("*"))
    assert ended(".ci/hooks", "symlinks", *tracked).returncode == 0
    assert ended(".ci/hooks", "large", *tracked, "README.md").returncode == 0
    for path in (broken, outside):
        done = ended(".ci/hooks", "symlinks", str(path))
        assert (done.returncode, done.stdout.startswith(str(path))) == (1, True)
    done = ended(".ci/hooks", "large", str(large))
    assert (done.returncode, done.stdout) == (1, f"{large}: larger than 500 kB\n")
    assert ended(".ci/hooks", "small", "README.md").returncode == 2


def test_no_change_is_told_twice() -> None:
    """By its first words, or by most of its words."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    entries = [" ".join(entry.split()) for entry in re.split(r"^- |^#.*$", text, flags=re.MULTILINE)[1:]]
    words = [set(re.findall(r"\w{3,}", entry)) for entry in entries]
    twice = [
        (entries[i], entries[j])
        for i in range(len(entries))
        for j in range(i)
        if len(words[i] & words[j]) > 0.6 * max(1, min(len(words[i]), len(words[j])))
        or entries[i][:30] == entries[j][:30] != ""
    ]
    assert twice == []
