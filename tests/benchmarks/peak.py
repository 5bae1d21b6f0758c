"""Peak: the rate of this machine's own matrix products, best of several sizes, all threads.

``python -m tests.benchmarks.peak`` prints one JSON document: kind of number → operations per second.
"""

from __future__ import annotations

import json
import sys
import time

import torch

SIZES = (512, 1024, 2048, 3072)
SECONDS = 0.7
"""Spent on each size."""


def rate(size: int, kind: torch.dtype, seconds: float = SECONDS) -> float:
    """Operations per second of the fastest of many products of two square matrices."""
    a, b = (torch.randn(size, size).to(kind) for _ in range(2))
    out = torch.empty(size, size, dtype=kind)
    best, until = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < until or best == float("inf"):
        start = time.perf_counter()
        torch.mm(a, b, out=out)
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best


def main() -> None:
    """Measure both kinds."""
    kinds = {"fp32": torch.float32, "bf16": torch.bfloat16}
    peaks = {name: max(rate(size, kind) for size in SIZES) for name, kind in kinds.items()}
    sys.stdout.write(json.dumps({**peaks, "threads": torch.get_num_threads()}) + "\n")


if __name__ == "__main__":
    main()
