"""Counts what makes a house easy or hard to find one's way in.

``python .tools/house.py`` prints the table, ``--names`` also what was counted, ``touched COMMIT`` the source
files of a commit: what adding one reader, rule or command took.
"""

from __future__ import annotations

import argparse
import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("cli", "core")
LONGEST_BODY = 15


@dataclass(frozen=True)
class Module:
    """One file of Python: where it is, what it says, as a tree."""

    path: Path

    @cached_property
    def text(self) -> str:
        """The source."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.text)

    @property
    def place(self) -> str:
        """Path from the root, such as ``core/data/readers/tables/table.py``."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def name(self) -> str:
        """Dotted name, such as ``nnbabysit.core.data.readers.tables.table``."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(("nnbabysit", *(parts[:-1] if parts[-1] == "__init__" else parts)))

    @property
    def package(self) -> str:
        """``cli``, or the package of the core, such as ``core/data``."""
        parts = self.path.relative_to(ROOT).parts
        return parts[0] if parts[0] == "cli" or len(parts) < 3 else "/".join(parts[:2])


def modules() -> list[Module]:
    """Every file of Python of ``cli`` and ``core``, in the order of their paths."""
    return [Module(path) for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


# --- circles and names


def imports(module: Module, known: set[str]) -> set[str]:
    """The modules that this one imports, also within functions and for type checkers."""
    found = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {name for alias in node.names if (name := f"{node.module}.{alias.name}") in known}
            found |= {node.module} & known
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & known
    return found - {module.name}


def circles(all_modules: list[Module]) -> list[list[str]]:
    """Groups of files each of which imports, by way of others, all of its group (Tarjan's algorithm)."""
    known = {module.name for module in all_modules}
    graph = {module.name: sorted(imports(module, known)) for module in all_modules}
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    groups = []

    def visit(name: str) -> None:
        order[name] = lowest[name] = len(order)
        stack.append(name)
        for other in graph[name]:
            if other not in order:
                visit(other)
                lowest[name] = min(lowest[name], lowest[other])
            elif other in stack:
                lowest[name] = min(lowest[name], order[other])
        if lowest[name] == order[name]:
            group = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(group) > 1:
                groups.append(sorted(group))

    sys.setrecursionlimit(10_000)
    for name in graph:
        if name not in order:
            visit(name)
    return sorted(groups)


def repeated_files(all_modules: list[Module]) -> dict[str, list[str]]:
    """``package/name`` → its paths, for a file name that is there twice within one package."""
    places = defaultdict(list)
    for module in all_modules:
        if module.path.stem != "__init__":
            places[f"{module.package}/{module.path.name}"].append(module.place)
    return {name: found for name, found in places.items() if len(found) > 1}


def public_definitions(module: Module) -> Iterator[str]:
    """Names that a file defines for others: classes, functions, constants, types at its top level."""
    for node in module.tree.body:
        names: list[str] = []
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        yield from (name for name in dict.fromkeys(names) if not name.startswith("_"))


def repeated_names(all_modules: list[Module]) -> dict[str, list[str]]:
    """Public name → the files that define it, for one that two files define."""
    places = defaultdict(list)
    for module in all_modules:
        for name in dict.fromkeys(public_definitions(module)):
            places[name].append(module.place)
    return {name: found for name, found in sorted(places.items()) if len(found) > 1}


# --- bodies and docstrings

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.Module) -> Iterator[tuple[Function, bool]]:
    """Each function and method of a file, and whether others may call it; nested ones are left out."""

    def within(nodes: list[ast.stmt], public: bool) -> Iterator[tuple[Function, bool]]:
        for node in nodes:
            if isinstance(node, Function):
                yield node, public and not node.name.startswith("_")
            elif isinstance(node, ast.ClassDef):
                yield from within(node.body, public and not node.name.startswith("_"))

    yield from within(tree.body, True)


def body_lines(node: Function) -> int:
    """Lines of a function's body as it is written, without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def long_commands(all_modules: list[Module]) -> tuple[list[str], int]:
    """The commands whose body is longer than 15 lines, and how many commands there are."""
    found, count = [], 0
    for module in all_modules:
        if not module.place.startswith("cli/commands/"):
            continue
        for node, _ in functions(module.tree):
            decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
            if any(re.search(r"\.(command\(|register$)", decorator) for decorator in decorators):
                count += 1
                if (lines := body_lines(node)) > LONGEST_BODY:
                    found.append(f"{module.place}:{node.name} ({lines})")
    return found, count


TENSOR = re.compile(r"\b(Tensor|ndarray|NDArray)\b")
SHAPE = re.compile(
    r"\(\s*(?:\*|[A-Z]\w*|\d+|…|\.\.\.)\s*(?:,[^)]*)?\)"  # (N,), (B, C, H, W), (*)
    r"|[a-z]_[A-Z]+\b|\bscalars?\b|\bshape[sd]?\b|\b0-d\b|\bzero-dimensional\b"
)


def without_shape(all_modules: list[Module]) -> tuple[list[str], int]:
    """Public functions that take or return tensors or arrays and say no shape, and how many there are."""
    found, count = [], 0
    for module in all_modules:
        for node, public in functions(module.tree):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            typed = [a.annotation for a in arguments if a.annotation] + (
                [node.returns] if node.returns else []
            )
            if public and any(TENSOR.search(ast.unparse(annotation)) for annotation in typed):
                count += 1
                said = (ast.get_docstring(node) or "") + " ".join(a.arg for a in arguments)
                if not SHAPE.search(said):
                    found.append(f"{module.place}:{node.name}")
    return found, count


SOURCELESS = re.compile(r"^exact\b|catalog|prototype", re.IGNORECASE)


def rules_without_source(all_modules: list[Module]) -> tuple[list[str], int]:
    """Rules whose source is "exact" or a catalog of the project's own, and how many rules there are."""
    found, count = [], 0
    for module in all_modules:
        constants = {
            target.id: ast.literal_eval(node.value)
            for node in module.tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(module.tree):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Rule"):
                continue
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            if "source" not in given or "id" not in given:
                continue
            count += 1
            source = given["source"]
            if isinstance(source, ast.Name):
                text = str(constants.get(source.id, source.id))
            else:
                text = (
                    str(ast.literal_eval(source)) if isinstance(source, ast.Constant) else ast.unparse(source)
                )
            if re.match(r"exact\b", text, re.IGNORECASE) or re.search(
                r"catalog|prototype|measured here", text
            ):
                found.append(f"{ast.unparse(given['id'])}: {text}")
    return found, count


def words_any(all_modules: list[Module]) -> int:
    """How often the word ``Any`` stands outside of import lines."""
    lines = (line for module in all_modules for line in module.text.splitlines())
    return sum(
        len(re.findall(r"\bAny\b", line)) for line in lines if not re.match(r"\s*(from|import)\s", line)
    )


def touched(commit: str) -> list[str]:
    """Files of a commit that count for what adding one thing takes: no tests, CHANGELOG and pages."""
    shown = ["git", "-C", str(ROOT), "show", "--name-only", "--format=", commit]
    names = subprocess.run(shown, check=True, capture_output=True, text=True).stdout.split()
    free = re.compile(
        r"^tests/|^CHANGELOG\.md$|README\.md$|^cli/REFERENCE\.md$|RULES\.md$|^core/\w+/.*\.md$|^\.docs/"
    )
    return [name for name in names if not free.search(name)]


def table(all_modules: list[Module]) -> dict[str, tuple[str, list[str]]]:
    """What was counted → the figure, and what it counts."""
    long, commands = long_commands(all_modules)
    shapeless, with_tensors = without_shape(all_modules)
    sourceless, rules = rules_without_source(all_modules)
    files, names = repeated_files(all_modules), repeated_names(all_modules)
    rings = circles(all_modules)
    twice = [f"{name}: {', '.join(places)}" for name, places in files.items()]
    return {
        "circles of files": (str(len(rings)), [" → ".join(ring) for ring in rings]),
        "file names twice within a package": (str(len(files)), twice),
        "public names defined twice": (str(len(names)), [f"{k}: {', '.join(v)}" for k, v in names.items()]),
        "command bodies over 15 lines": (f"{len(long)} of {commands}", long),
        "tensor functions that say no shape": (f"{len(shapeless)} of {with_tensors}", shapeless),
        "rules without a source": (f"{len(sourceless)} of {rules}", sourceless),
        "the word Any": (str(words_any(all_modules)), []),
        "lines of Python": (str(sum(len(module.text.splitlines()) for module in all_modules)), []),
    }


def main() -> None:
    """Print the table, or the files of a commit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", action="store_true", help="also print what was counted")
    parser.add_argument("what", nargs="*", help="nothing, or: touched COMMIT")
    arguments = parser.parse_args()
    if arguments.what[:1] == ["touched"]:
        sys.stdout.write("".join(f"{name}\n" for name in touched(arguments.what[1])))
        return
    for counted, (figure, found) in table(modules()).items():
        sys.stdout.write(f"{counted:40} {figure}\n")
        if arguments.names:
            sys.stdout.write("".join(f"    {line}\n" for line in found))


if __name__ == "__main__":
    main()
