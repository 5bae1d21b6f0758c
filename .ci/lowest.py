"""Prints the lowest version of each dependency that pyproject.toml allows, as constraints for pip.

With ``--names`` only their names. What has no lower bound is left out.
"""

from __future__ import annotations

import re
import sys
import tomllib
from itertools import chain
from pathlib import Path

BOUND = re.compile(r"([\w.-]+)(?:\[.*\])?\s*>=\s*([\w.]+)")


def lowest(pyproject: str) -> dict[str, str]:
    """Name → lowest version, for the dependencies and those of all extras."""
    project = tomllib.loads(pyproject)["project"]
    wanted = chain(project["dependencies"], *project["optional-dependencies"].values())
    return {found[1]: found[2] for found in map(BOUND.match, wanted) if found}


if __name__ == "__main__":
    bounds = lowest((Path(__file__).resolve().parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    lines = bounds if "--names" in sys.argv else (f"{name}=={version}" for name, version in bounds.items())
    sys.stdout.write("".join(f"{line}\n" for line in lines))
