"""Provenance: what a run was made of, noted in its ``meta.json`` before anything is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nnbabysit.core.data.load import LABELS

if TYPE_CHECKING:
    from nnbabysit.core.config.schema import Config
    from nnbabysit.core.data.dataset import Dataset
    from nnbabysit.core.record.run import Run
    from nnbabysit.core.training.assembly import Prepared


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


def note_start(run: Run, prepared: Prepared) -> None:
    """Tell what the network starts from: weights that it took over, and labels that it may use."""
    for text in prepared.dataset.notes:
        if text.startswith(LABELS):
            run.event("note", text=text)
    if prepared.assembly.transferred is not None:
        for text in prepared.assembly.transferred.words():
            run.event("note", text=text)
