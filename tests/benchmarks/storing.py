"""Storing: how much of a search goes into its study.

``python -m tests.benchmarks.storing CONFIG FOLDER`` runs a coarse search in this process, with a clock around
``TrialStudy.add``, and prints one JSON document.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from nnbabysit.core.config.loading import load_config
from nnbabysit.core.record.run import Run
from nnbabysit.core.search.store.study import TrialStudy
from nnbabysit.core.search.trial import Trial
from nnbabysit.core.workflow.gates.search.search import run_search


def main() -> None:
    """Search, and tell what was spent."""
    path, folder = map(Path, sys.argv[1:])
    add = TrialStudy.add
    spent: list[float] = []

    def timed(study: TrialStudy, trials: Sequence[Trial]) -> None:
        start = time.perf_counter()
        add(study, trials)
        spent.append(time.perf_counter() - start)

    TrialStudy.add = timed  # type: ignore[method-assign, assignment]
    run = Run.create(root=folder, command="search-coarse", config_yaml=path.read_text(), name="storing")
    config = load_config(str(path), cwd=folder).config
    result = run_search(config, run, stage="coarse")
    run.close(0)
    seconds = result.metrics["seconds"]
    document = {
        "trials": len(result.metrics["trials"]),
        "groups": len(spent),
        "seconds": seconds,
        "storing": sum(spent),
        "share": sum(spent) / seconds,
    }
    sys.stdout.write(json.dumps(document) + "\n")


if __name__ == "__main__":
    main()
