"""Import paths lead to the object, or to one sentence that says why not."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from nnbabysit.core import import_path
from nnbabysit.core.errors import UserCodeError, UserError
from nnbabysit.core.import_path import forget, is_in_memory, keep_at, keep_in_memory, load


@pytest.fixture(autouse=True)
def fresh_imports() -> Iterator[None]:
    """What a test imports is forgotten afterwards."""
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def write(file: Path, code: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(textwrap.dedent(code), encoding="utf-8")
    return file


def test_a_name_in_an_installed_module_is_found() -> None:
    assert load("pathlib:Path.cwd") == Path.cwd


def test_a_file_becomes_a_real_module_that_workers_can_import_by_name(tmp_path: Path) -> None:
    file = write(tmp_path / "own_net.py", "class Net:\n    pass\n")
    net = load(f"{file}:Net")
    assert isinstance(net, type)
    assert net.__module__ == "own_net"
    assert sys.modules["own_net"].Net is net
    assert str(tmp_path) in sys.path
    assert load(f"{file}:Net") is net


def test_a_file_beside_it_can_be_imported_by_the_file(tmp_path: Path) -> None:
    write(tmp_path / "own_layers.py", "width = 7\n")
    file = write(tmp_path / "own_net.py", "from own_layers import width\n")
    assert load(f"{file}:width") == 7


def test_a_file_in_a_package_may_import_relatively(tmp_path: Path) -> None:
    write(tmp_path / "own_package" / "__init__.py", "size = 3\n")
    write(tmp_path / "own_package" / "parts.py", "depth = 4\n")
    file = write(tmp_path / "own_package" / "net.py", "from .parts import depth\n")
    assert load(f"{file}:depth") == 4
    assert load(f"{tmp_path / 'own_package' / '__init__.py'}:size") == 3
    assert "own_package.net" in sys.modules


@pytest.mark.parametrize("target", ["net", "net:", ":Net", ""])
def test_a_target_without_both_parts_is_no_import_path(target: str) -> None:
    with pytest.raises(
        UserError, match=r"is no import path\. Write package\.module:Name or \./file\.py:Name"
    ):
        load(target)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no file .*own_net\.py"):
        load(f"{tmp_path / 'own_net.py'}:Net")


@pytest.mark.parametrize(
    ("target", "name"),
    [("no_such_package.net:Net", "no_such_package"), ("pathlib.no_such:Net", "pathlib.no_such")],
)
def test_a_missing_module_is_said(target: str, name: str) -> None:
    with pytest.raises(UserError, match=f"there is no module '{name}'"):
        load(target)


def test_a_missing_name_comes_with_the_nearest_one(tmp_path: Path) -> None:
    file = write(tmp_path / "own_net.py", "class ResidualNet:\n    pass\n")
    with pytest.raises(UserError, match=r"own_net has no 'ResidulNet'\. Did you mean ResidualNet\?"):
        load(f"{file}:ResidulNet")


def test_a_module_that_raises_is_shown_with_its_line(tmp_path: Path) -> None:
    file = write(tmp_path / "own_net.py", "def build():\n    return 1 / 0\n\nbuild()\n")
    with pytest.raises(
        UserCodeError, match="importing own_net raised ZeroDivisionError: division by zero"
    ) as caught:
        load(f"{file}:Net")
    assert caught.value.where == f"{file}:2"
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_syntax_error_is_shown_with_its_line(tmp_path: Path) -> None:
    file = write(tmp_path / "own_net.py", "x = 1\ndef build(:\n    pass\n")
    with pytest.raises(UserCodeError, match="importing own_net raised SyntaxError") as caught:
        load(f"{file}:Net")
    assert caught.value.where == f"{file}:2"


def test_a_missing_import_inside_the_file_is_not_taken_for_a_missing_file(tmp_path: Path) -> None:
    file = write(tmp_path / "own_net.py", "import no_such_package.layers\n")
    with pytest.raises(UserCodeError, match="Install no_such_package, or remove the import") as caught:
        load(f"{file}:Net")
    assert caught.value.where == f"{file}:1"


def test_a_script_that_exits_on_import_does_not_end_the_program(tmp_path: Path) -> None:
    file = write(tmp_path / "own_net.py", "import sys\nsys.exit(3)\n")
    with pytest.raises(UserCodeError, match="if __name__ =="):
        load(f"{file}:Net")


def test_a_second_module_of_the_same_name_is_refused(tmp_path: Path) -> None:
    first = write(tmp_path / "a" / "own_net.py", "number = 1\n")
    second = write(tmp_path / "b" / "own_net.py", "number = 2\n")
    assert load(f"{first}:number") == 1
    with pytest.raises(UserError, match=r"another module of that name is loaded from .*Rename the file"):
        load(f"{second}:number")


def test_a_file_that_hides_a_module_of_python_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "json.py", "number = 1\n")
    with pytest.raises(UserError, match="another module of that name is loaded"):
        load(f"{file}:number")


def test_a_file_whose_name_is_no_module_name_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "own-net.py", "number = 1\n")
    with pytest.raises(UserError, match="cannot be imported by name"):
        load(f"{file}:number")


@pytest.fixture
def empty_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept: networks of other tests stay to the end of the process."""
    monkeypatch.setattr(import_path, "_in_memory", {})


@pytest.mark.usefixtures("empty_memory")
def test_an_object_in_memory_is_found_by_its_target_until_it_is_forgotten() -> None:
    first, second = object(), object()
    target = keep_in_memory(first, "Net")
    other = keep_in_memory(second, "Net")
    try:
        assert (target, other) == ("in-memory:Net", "in-memory:Net-2")
        assert load(target) is first
        assert load(other) is second
        assert keep_in_memory(first, "Net") == target
        assert is_in_memory(target)
        assert not is_in_memory("package.in-memory:Net")
    finally:
        forget(target)
        forget(other)
    forget(target)
    with pytest.raises(UserError, match="lives in the memory of that program alone"):
        load(target)


@pytest.mark.usefixtures("empty_memory")
def test_a_target_leads_to_what_was_made_of_an_object_last() -> None:
    network = object()
    targets = [keep_in_memory(made, "Net", named_after=network) for made in ("first", "second")]
    try:
        assert targets == ["in-memory:Net", "in-memory:Net"]
        assert load(targets[0]) == "second"
    finally:
        forget(targets[0])


@pytest.mark.usefixtures("empty_memory")
def test_names_in_memory_hold_plain_letters_only() -> None:
    for name, plain in (("<lambda>", "lambda"), ("a:b/../c", "abc"), ("é\x1b", "object")):
        target = keep_in_memory(object(), name)
        forget(target)
        assert target == f"in-memory:{plain}"


def test_an_object_can_be_kept_at_the_target_of_another_process() -> None:
    keep_at("in-memory:Net-7", 7)
    assert load("in-memory:Net-7") == 7
    forget("in-memory:Net-7")
