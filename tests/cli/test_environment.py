"""Without a home, in a folder that is gone, with a config that is no plain file: told in words."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import ENVIRONMENT
from tests.cli.test_bad_input import check_refusal

Shell = Callable[..., subprocess.CompletedProcess[str]]
Write = Callable[[str, str], Path]
Points = Callable[..., Path]
NOBODY = """
import os, sys
os.getuid = lambda: 4242  # has no account here
from nnbabysit.cli.app import main
sys.argv[0] = "nnbabysit"
main()
"""


def run_as_nobody(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line as a user who has neither an account nor HOME, as containers with ``--user`` have."""
    environment = {key: value for key, value in ENVIRONMENT.items() if key not in ("HOME", "USER", "LOGNAME")}
    return subprocess.run(
        [sys.executable, "-c", NOBODY, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def run_in_removed_folder(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line in a folder that was removed; ``python -m`` alone fails there in Python itself."""
    (folder / "gone").mkdir()
    code = "import sys; from nnbabysit.cli.app import main; sys.argv[0] = 'nnbabysit'; main()"
    return subprocess.run(
        [
            "bash",
            "-c",
            'cd gone && rmdir ../gone && exec "$@"',
            "-",
            sys.executable,
            "-P",
            "-c",
            code,
            *arguments,
        ],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["~draft.yaml", "./~draft.yaml", "~/draft.yaml"])
def test_a_tilde_is_the_home_folder_before_a_slash_alone(
    shell: Shell, tmp_path: Path, write: Write, name: str
) -> None:
    (tmp_path / "home").mkdir()
    write("home/draft.yaml" if name.startswith("~/") else "~draft.yaml", "seed: 3\n")
    done = shell("config", "check", name, HOME=str(tmp_path / "home"))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("key", ["data.path", "data.validation", "data.test", "transfer.from", "model.name"])
def test_paths_in_a_config_follow_the_same_rule(shell: Shell, tmp_path: Path, key: str) -> None:
    end = ":Net" if key == "model.name" else ""
    for written, meant in (("~/x.py", "/home/me/x.py"), ("~x.py", str(tmp_path / "~x.py"))):
        done = shell(
            "config",
            "show",
            "digits",
            "-S",
            f"{key}={'./' if key == 'transfer.from' and written[1] != '/' else ''}{written}{end}",
            HOME="/home/me",
        )
        assert f"{meant}{end}" in done.stdout, done.stderr


def test_the_flags_that_name_a_path_follow_it_too(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "home" / "runs").mkdir(parents=True)
    done = shell("runs", "ls", "--runs-dir=~/runs", HOME=str(tmp_path / "home"))
    assert "there are no runs in home/runs" in done.stderr
    assert not (tmp_path / "~").exists()


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (["config", "check", "~/x.yaml"], "~/x.yaml"),
        (["config", "check", "digits", "-S", "data.path=~/x.csv"], "data.path"),
        (["runs", "ls", "--runs-dir=~/runs"], "~/runs"),
        (["init", "-o", "~/x.yaml"], "~/x.yaml"),
    ],
)
def test_a_user_without_a_home_is_told(tmp_path: Path, arguments: list[str], place: str) -> None:
    done = run_as_nobody(tmp_path, *arguments)
    check_refusal(done, tmp_path, place, "no home folder is known that ~ could stand for")
    assert "Write the path in full, or set HOME" in done.stderr


def test_a_user_without_an_account_trains(tmp_path: Path, write: Write, points: Points, small: str) -> None:
    points(0, 1)
    write("small.yaml", small)
    for arguments in (["train", "small.yaml"], ["predict", "latest", "points.npz"], ["report", "latest"]):
        done = run_as_nobody(tmp_path, *arguments)
        assert done.returncode in (0, 3), done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["data", "digits"],
        ["data", "digits", "--runs-dir", "/nonexistent/runs"],
        ["config", "check", "digits"],
        ["config", "check", "absent.yaml"],
        ["runs", "ls"],
        ["resume", "latest"],
        ["predict", "latest", "x.csv"],
        ["init", "-o", "x.yaml"],
        ["train", "digits", "--json"],
    ],
    ids=" ".join,
)
def test_a_current_folder_that_is_gone_is_told(tmp_path: Path, arguments: list[str]) -> None:
    done = run_in_removed_folder(tmp_path, *arguments)
    assert done.returncode == 2
    assert (
        done.stderr == "error: the current folder is gone. Change to a folder that is there, such as by cd.\n"
    )


def test_help_needs_no_current_folder(tmp_path: Path) -> None:
    assert run_in_removed_folder(tmp_path, "train", "--help").returncode == 0


def test_a_config_comes_from_standard_input_relative_to_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "c.yaml").write_text("data: {source: csv, path: x.csv}\n", encoding="utf-8")
    command = f"{sys.executable} -m nnbabysit config show"
    for line in (
        f"{command} - < elsewhere/c.yaml",
        f"cat elsewhere/c.yaml | {command} /dev/stdin",
        f"{command} /dev/stdin < elsewhere/c.yaml",
        f"{command} <(cat elsewhere/c.yaml)",
        f"mkfifo pipe; cat elsewhere/c.yaml > pipe & {command} pipe",
    ):
        done = subprocess.run(
            ["bash", "-c", line], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), line
        assert f"  path: {tmp_path}/x.csv " in done.stdout, line


def test_what_follows_a_config_from_standard_input_can_be_typed(
    tmp_path: Path, points: Points, small: str
) -> None:
    points(0, 1)
    done = subprocess.run(
        [sys.executable, "-m", "nnbabysit", "data", "-"],
        cwd=tmp_path, env=ENVIRONMENT, input=small, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("nnbabysit data: standard input, ")
    (following,) = (line for line in done.stdout.splitlines() if line.startswith("next"))
    config = following.split()[3]
    assert config.endswith("_data/config.yaml")
    again = subprocess.run(
        [sys.executable, "-m", "nnbabysit", "config", "check", config],
        cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert again.returncode == 0, again.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        ("seed: 1\n".encode("utf-16"), "the byte 0xFF is not UTF-8; save the file as UTF-8"),
        ("seed: 1\n".encode("utf-16-be"), "the character U+0000 is not allowed"),
        (b"name: caf\xe9\n", "odd.yaml:1  the byte 0xE9 is not UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0", "the byte 0x89 is not UTF-8"),
        (b"training:\n\tepochs: 1\n", "odd.yaml:2:1  a tab where YAML wants spaces"),
        (b"a" * 1_000_001, "larger than 1,000,000 bytes"),
    ],
    ids=["empty", "UTF-16", "UTF-16 without mark", "Latin-1", "picture", "tab", "huge"],
)
def test_a_config_of_odd_bytes_is_refused_in_words(
    shell: Shell, tmp_path: Path, content: bytes, words: str
) -> None:
    (tmp_path / "odd.yaml").write_bytes(content)
    check_refusal(shell("config", "check", "odd.yaml"), tmp_path, words)


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbfseed: 1\r\ntraining:\r\n  epochs: 1\r\n", b"seed: 1\rname: old\r"]
)
def test_a_config_from_another_system_is_read(shell: Shell, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd.yaml").write_bytes(content)
    assert shell("config", "check", "odd.yaml").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["config", "check", "/dev/zero"], "larger than 1,000,000 bytes"),
        (["config", "check", "/dev/null"], "the file is empty"),
        (["config", "check", "x" * 300 + ".yaml"], "File name too long"),
        (["config", "check", "digits", "-S", f"transfer.from={'x' * 300}"], ""),
        (["data", "digits", "--runs-dir", "/dev/null"], "not a folder"),
        (["data", "digits", "--runs-dir", "x" * 300], "File name too long"),
        (["data", "digits", "--runs-dir", "/proc/runs"], "cannot be written"),
    ],
    ids=["endless", "nothing", "long config", "long run", "device as runs", "long runs", "runs in proc"],
)
def test_an_odd_path_is_refused_in_words(
    shell: Shell, tmp_path: Path, arguments: list[str], words: str
) -> None:
    done = shell(*arguments)
    if words:
        check_refusal(done, tmp_path, words)
    else:
        assert done.returncode == 0, done.stderr
