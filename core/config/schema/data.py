"""Settings of the data: source, splits, preprocessing, augmentation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from nnbabysit.core.config.schema.section import Section
from nnbabysit.core.config.schema.types import Probability, Share, one_of

Part = Share | PositiveInt | str
SOURCES = {
    "digits": "digits:DigitsReader",
    "npz": "npz:NpzReader",
    "npy": "npy:NpyReader",
    "idx": "idx:IdxReader",
    "cifar": "cifar:CifarReader",
    "images": "images:ImagesReader",
    "csv": "tabular:CsvReader",
    "parquet": "tabular:ParquetReader",
}
"""Source → its file in ``core/data/readers`` and the class in it; a path is shown to them in this order."""


class Preprocess(Section):
    """Statistics come from the training split and are applied unchanged to the others."""

    center: Literal["none", "feature", "channel", "pixel"] = "feature"
    """What is subtracted: the mean of each feature, of each channel (3 numbers) or the mean image."""
    scale: Literal["none", "standard", "minmax", "unit255"] = "standard"
    """Divide by the standard deviation, map to 0…1 by minimum and maximum, or divide by 255."""
    pca: Share | PositiveInt | None = None
    """Then keep so many principal components, or as many as hold this fraction of the variance."""
    whiten: bool = False
    """Then divide by the standard deviation along each principal component, all that vary without ``pca``."""


class Augment(Section):
    """Random changes of each training sample, another one in every epoch; 0 leaves a change out.

    They are made behind the preprocessing, in this order, and are a function of seed, epoch and sample.
    """

    flip: Probability = 0.0
    """Probability of a mirror image, left to right; not for letters, whose label it would change."""
    crop: NonNegativeInt = 0
    """Largest shift in pixels in each direction; what comes in from outside is 0."""
    rotate: Annotated[float, Field(ge=0, le=180)] = 0.0
    """Largest turn in degrees, either way."""
    brightness: NonNegativeFloat = 0.0
    """Largest number added to all pixels or taken away, in units of the preprocessed data."""
    contrast: Probability = 0.0
    """Largest fraction by which the distance of the pixels from their mean grows or shrinks."""
    cutout: NonNegativeInt = 0
    """Side in pixels of the square that is set to 0."""
    noise: NonNegativeFloat = 0.0
    """Standard deviation of the Gaussian noise that is added; for samples of any shape."""
    mixup: NonNegativeFloat = 0.0
    """α of the Beta(α, α) that mixes samples and targets in pairs; for samples of any shape."""


class Data(Section):
    """Where the samples come from and how they are split and prepared."""

    source: Annotated[str, one_of(*SOURCES)] = "digits"
    """``digits``, ``npz``, ``npy``, ``idx``, ``cifar``, ``images``, ``csv``, ``parquet``, ``hf:name`` or your
    own ``package.module:function`` or ``./data.py:function``."""
    path: str | None = None
    """File or folder, relative to this config file."""
    args: dict[str, Any] = Field(default_factory=dict)
    """Keyword arguments for your own function."""
    validation: Part = 0.2
    """Validation split: a fraction of the training data, a count, or a second path."""
    test: Part | None = None
    """Test split, likewise; default: the source's own test split, if it has one."""
    labels: Share | PositiveInt | None = None
    """Training samples that keep their labels, a fraction or a count, drawn by class; default: all.
    ``pretrain`` learns from the inputs of all."""
    seed: NonNegativeInt | None = None
    """Seed of the splits, which the members of an ensemble share; default: ``seed`` of the run."""
    preprocess: Preprocess = Preprocess()
    """Centering and scaling."""
    augment: Augment = Augment()
    """Random changes of the training samples."""
    workers: NonNegativeInt = 0
    """Processes that load samples of a map-style Dataset; data in memory needs none."""
    target: str | None = None
    """Column to predict, in a table."""
    drop: list[str] = Field(default_factory=list)
    """Columns of a table, or arrays of npz and npy files, that are left out."""
    categorical: list[str] = Field(default_factory=list)
    """Columns whose cells are names, such as postal codes: NA is a name there too. Text always is one."""
    missing: Literal["refuse", "mean", "median", "most_frequent"] = "refuse"
    """What stands for a missing value in a table, from the training split; for a category the commonest."""
    size: Annotated[list[PositiveInt], Field(min_length=2, max_length=2)] | None = None
    """[height, width] that pictures are stretched to; default: all must be of one size."""
    channels: Literal["first", "last"] | None = None
    """Where pictures in arrays keep their channels: ``last`` brings them to the front, (H, W, C) → (C, H, W);
    ``first`` leaves samples as they are; default: by their shape, and said."""
    skip_broken: bool = False
    """Go on without pictures and rows that cannot be read; ``--skip-broken``."""
