"""The file and the command line are read and merged, or refused with what was typed."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from nnbabysit.core.config.fields import all_keys
from nnbabysit.core.config.loading import load_config
from nnbabysit.core.config.schema.optimizer import Adam
from nnbabysit.core.errors import ConfigError


def write(folder: Path, text: str, name: str = "own.yaml") -> str:
    (folder / name).write_text(textwrap.dedent(text), encoding="utf-8")
    return name


def mistakes(source: str | None, *overrides: str, cwd: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(source, overrides, cwd=cwd)
    return str(caught.value).split("\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "own.yaml  the file is empty; write at least one setting, such as seed: 0"),
        (b"# nothing\n", "own.yaml  the file is empty; write at least one setting, such as seed: 0"),
        (b"- 1\n", "own.yaml  a config is made of settings, key: value"),
        (b"seed: 1\nname: \xff\n", "own.yaml:2  the byte 0xFF is not UTF-8; save the file as UTF-8"),
        (b"seed: [1\n", "own.yaml:2:1  not valid YAML: expected ',' or ']', but got '<stream end>'"),
        (b"#" * 1_000_001, "own.yaml  larger than 1,000,000 bytes, which no config needs"),
    ],
)
def test_a_file_that_is_no_config_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "own.yaml").write_bytes(content)
    assert mistakes("own.yaml", cwd=tmp_path) == [message]


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_bytes(b"\xef\xbb\xbfseed: 3\r\nname: two\r\n")
    loaded = load_config("own.yaml", cwd=tmp_path)
    assert (loaded.config.seed, loaded.config.name, loaded.locate("name")) == (3, "two", "own.yaml:2")


def test_an_override_reaches_into_free_arguments_lists_and_spaces(tmp_path: Path) -> None:
    source = write(
        tmp_path,
        """\
        model: {args: {hidden: [50, 20]}}
        search: {coarse: {space: {optimizer.lr: {log_uniform: [1e-6, 1e-3]}}}}
        """,
    )
    overrides = [
        "model.args.hidden.1=30",
        "model.args.dropout=0.5",
        "training.early_stopping.patience=3",
        "search.coarse.space.optimizer.lr.log_uniform=[1e-5, 1]",
        "search.coarse.space.optimizer.momentum={uniform: [0.5, 0.99]}",
    ]
    loaded = load_config(source, overrides, cwd=tmp_path)
    space = loaded.config.search.coarse.space
    assert loaded.config.model.args == {"hidden": [50, 30], "dropout": 0.5}
    assert loaded.config.training.early_stopping is not None
    assert loaded.config.training.early_stopping.patience == 3
    assert space["optimizer.lr"].log_uniform == (1e-5, 1.0)
    assert space["optimizer.momentum"].uniform == (0.5, 0.99)
    assert loaded.locate("search.coarse.space.optimizer.lr") == "own.yaml:2"
    assert loaded.locate("search.coarse.space.optimizer.momentum") == "--set"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("=3", "write it as key=value, such as optimizer.lr=0.01"),
        ("a..b=3", "write it as key=value, such as optimizer.lr=0.01"),
        ("seed=[1", "seed: not valid YAML: expected ',' or ']', but got '<stream end>'"),
        ("optimizer.lr.x=3", "optimizer.lr.x: unknown key; it is a single value"),
        ("model.args.hidden.7=3", "model.args.hidden.7: there is no item 7 in a list of 1"),
        ("search.coarse.space.lr={uniform: [0, 1]}",
         "search.coarse.space.lr: there is no setting lr, did you mean optimizer.lr?"),
        ("optimizer=3", "optimizer: expected a section (key: value), got 3"),
        ("data.args={1: 2}", 'data.args: the key 1 is not a word; write "1" if it is meant'),
    ],
)  # fmt: skip
def test_a_mistake_in_an_override_is_told_with_what_was_typed(
    tmp_path: Path, override: str, message: str
) -> None:
    source = write(tmp_path, "model: {args: {hidden: [50]}}")
    assert mistakes(source, override, cwd=tmp_path) == [f"--set {override}  {message}"]


def test_another_class_on_the_command_line_leaves_out_what_the_file_set_for_the_old_one(
    tmp_path: Path,
) -> None:
    source = write(
        tmp_path, "optimizer: {name: momentum, lr: 0.5, momentum: 0.9}\nschedule: {name: step, every: 3}\n"
    )
    loaded = load_config(source, ["optimizer.name=adam", "schedule.name=constant"], cwd=tmp_path)
    assert loaded.config.optimizer == Adam(name="adam", lr=0.5)
    assert loaded.config.schedule.name == "constant"


def test_what_was_typed_for_the_old_class_is_a_mistake_and_not_left_out(tmp_path: Path) -> None:
    source = write(tmp_path, "optimizer: {lr: 0.5, momentun: 0.9}")
    assert mistakes(source, "optimizer.momentum=0.5", "optimizer.name=adam", cwd=tmp_path) == [
        "own.yaml:1:22  optimizer.momentun: unknown key, did you mean momentum? "
        "It belongs to momentum, nesterov, not to adam",
        "--set optimizer.momentum=0.5  optimizer.momentum: "
        "is no setting of adam; it belongs to momentum, nesterov",
    ]


def test_a_whole_section_can_be_replaced_on_the_command_line(tmp_path: Path) -> None:
    loaded = load_config("digits", ["optimizer={name: adam, lr: 1}"], cwd=tmp_path)
    assert loaded.config.optimizer == Adam(name="adam", lr=1.0)
    assert loaded.locate("optimizer.lr") == "--set"
    assert loaded.locate("optimizer.momentum") == "default"


@limits(deadline=None)
@given(value=st.floats(min_value=0, exclude_min=True, allow_infinity=False))
def test_a_number_on_the_command_line_is_that_number(value: float) -> None:
    loaded = load_config("digits", [f"optimizer.lr={value!r}"], cwd=Path.cwd())
    assert loaded.config.optimizer.lr == value


KEYS = [*all_keys(), "model.args.hidden.0", "search.coarse.space.seed.int"]
VALUES = st.integers().map(str) | st.floats().map(str) | st.sampled_from(["{}", "[]", "[1]", "{a: 1}"])


@limits(deadline=None)
@given(key=st.sampled_from(KEYS) | st.text(max_size=9), value=VALUES | st.text(max_size=9))
def test_any_override_is_either_applied_or_refused_in_words(key: str, value: str) -> None:
    try:
        load_config("digits", [f"{key}={value}"], cwd=Path.cwd())
    except ConfigError as error:
        found = error.mistakes
    else:
        return
    assert all(mistake.message and mistake.where for mistake in found)
