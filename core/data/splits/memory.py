"""Memory: how much of it is free, and whether samples fit into it."""

from __future__ import annotations

import os
from pathlib import Path

SHARE = 0.25
"""Of the free memory that samples may take: the model, its gradients and other programs need theirs."""
UNKNOWN = 2 * 1024**3
_CGROUP = Path("/sys/fs/cgroup")


def fits(values: int) -> bool:
    """Whether so many values of one byte may be held, together with their float32 form: 5 bytes for each."""
    return 5 * values <= SHARE * free_bytes()


def free_bytes() -> int:
    """Memory that can be had without swapping, within the limit of a container; 2 GiB if nobody says."""
    found = [amount for amount in (_available(), _container()) if amount is not None]
    return max(0, min(found, default=UNKNOWN))


def _available(file: Path = Path("/proc/meminfo")) -> int | None:
    try:
        lines = file.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, IndexError, StopIteration):
        return _physical()


def _physical() -> int | None:
    """Half of what is built in, where the system does not say what is free."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, OSError, ValueError):
        return None


def _container(folder: Path = _CGROUP) -> int | None:
    """What a control group, version 2 or 1, still grants."""
    pairs = (
        (folder / "memory.max", folder / "memory.current"),
        (folder / "memory" / "memory.limit_in_bytes", folder / "memory" / "memory.usage_in_bytes"),
    )
    for limit, used in pairs:
        try:
            return int(limit.read_text(encoding="ascii")) - int(used.read_text(encoding="ascii"))
        except (OSError, ValueError):
            continue  # "max": there is no limit
    return None
