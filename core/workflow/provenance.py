"""Provenance: what a run was made of, noted in its ``meta.json`` before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import torch

from nnbabysit.core.record.events import DATA, NoteEvent, WarningEvent

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import Config
    from nnbabysit.core.data.splits.dataset import Dataset
    from nnbabysit.core.record.run import Run
    from nnbabysit.core.training.setup.setup import Prepared


NO_ACCURACY = (
    "the loss is your own and is not lowest where the right class has the highest output: "
    "there is no accuracy, the loss alone counts"
)


def note_provenance(run: Run, config: Config, dataset: Dataset, device: torch.device | str = "cpu") -> None:
    """Note device, seed, threads and the fingerprint of the data, and tell how the data was read.

    Threads are noted because sums are taken in another order with another number of them: the same seed
    gives the same bits for the same number of threads only.
    """
    run.update_meta(
        device=str(device),
        seed=config.seed,
        threads=torch.get_num_threads(),
        dataset_fingerprint=dataset.fingerprint,
    )
    tell_notes(run, dataset.notes)


def tell_notes(run: Run, notes: Iterable[str], kind: type[NoteEvent | WarningEvent] = NoteEvent) -> None:
    """Tell how data was read; ``about`` marks such an event, for it is shown with ``--quiet`` too."""
    for text in notes:
        run.event(kind(text=text, about=DATA))


def note_start(run: Run, prepared: Prepared) -> None:
    """Tell what the network starts from, and whether there is no accuracy."""
    objective, data = prepared.assembly.objective, prepared.dataset
    if data.task != "regression" and not objective.has_accuracy(data.num_outputs, prepared.assembly.device):
        run.event(NoteEvent(text=NO_ACCURACY))
    if prepared.assembly.transferred is not None:
        for text in prepared.assembly.transferred.words():
            run.event(NoteEvent(text=text))
