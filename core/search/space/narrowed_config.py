"""The narrowed config: the experiment with its fine space filled in, a file to read, edit and run."""

from __future__ import annotations

from pathlib import Path

from nnbabysit.core.config.loading import to_yaml
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.search.space.narrowing import Narrowing

FILE_NAME = "narrowed.yaml"


def narrowed_yaml(config: Config, narrowing: Narrowing, source: Path, run_dir: Path) -> str:
    """The config as YAML with ``search.fine.space`` filled in, and a comment above each of its ranges.

    Args:
        config: Experiment; its paths are absolute, so the file can lie anywhere.
        narrowing: The new ranges.
        source: Run directory of the coarse search.
        run_dir: Directory that the file will lie in.
    """
    fine = config.search.fine.model_copy(update={"space": narrowing.space})
    filled = config.model_copy(update={"search": config.search.model_copy(update={"fine": fine})})
    head = [
        f"# Narrowed from {source.name}: {narrowing.finished} trials, the best {narrowing.kept} enclosed.",
        f"# Edit search.fine.space and run it with: nnbabysit search --fine {run_dir / FILE_NAME}",
        *(f"# Mind: {warning}" for warning in narrowing.warnings),
    ]
    return "\n".join([*head, *_commented(to_yaml(filled).splitlines(), narrowing.explanations)]) + "\n"


def _commented(lines: list[str], explanations: dict[str, str]) -> list[str]:
    """The lines, with a comment above each axis below ``fine:``."""
    commented: list[str] = []
    in_fine = False
    for line in lines:
        in_fine = line == "  fine:" or (in_fine and line.startswith("    "))
        path = line.strip().removesuffix(":")
        if in_fine and path in explanations:
            indent = line[: len(line) - len(line.lstrip())]
            commented.append(f"{indent}# {explanations[path]}")
        commented.append(line)
    return commented
