"""Provenance: what a run was made of, noted in its ``meta.json`` before anything is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from nnbabysit.core.config.schema import Config
    from nnbabysit.core.data.dataset import Dataset
    from nnbabysit.core.record.run import Run


def note_provenance(run: Run, config: Config, dataset: Dataset, device: torch.device | str = "cpu") -> None:
    """Note device, seed, threads and the fingerprint of the data.

    Threads are noted because sums are taken in another order with another number of them: the same seed
    gives the same bits for the same number of threads only.
    """
    run.update_meta(
        device=str(device),
        seed=config.seed,
        threads=torch.get_num_threads(),
        dataset_fingerprint=dataset.fingerprint,
    )
