"""Every setting, with its bounds, default and meaning. This is the one place where a setting is declared."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from nnbabysit.core.config.optimization import Constant, Momentum, Optimizer, Schedule
from nnbabysit.core.config.section import Section
from nnbabysit.core.config.space import Space

Name = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        description="at most 64 letters, digits, dots, dashes and underscores, no mark first",
    ),
]
Device = Annotated[
    str,
    Field(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$", description="auto, cpu, cuda, cuda:1 or mps"),
]
Share = Annotated[float, Field(gt=0, lt=1)]
Part = Share | PositiveInt | str


SOURCES = ("digits", "npz", "idx", "cifar", "images", "csv", "parquet")
MODELS = ("mlp", "cnn")
LOSSES = ("cross_entropy", "hinge", "bce", "mse")


def _one_of(*known: str) -> AfterValidator:
    """Accepts a built-in name or an import path; where the path leads is seen when it is loaded."""

    def check(name: str) -> str:
        if name in known or ":" in name:
            return name
        near = get_close_matches(name, known, n=1)
        if near:
            raise ValueError(f"there is no {name!r}, did you mean {near[0]}?")
        names = ", ".join(known)
        raise ValueError(
            f"there is no {name!r}; choose one of {names}, or an import path package.module:name"
        )

    return AfterValidator(check)


class Preprocess(Section):
    """Statistics come from the training split and are applied unchanged to the others."""

    center: Literal["none", "feature", "channel", "pixel"] = "feature"
    """What is subtracted: the mean of each feature, of each channel (3 numbers) or the mean image."""
    scale: Literal["none", "standard", "minmax", "unit255"] = "standard"
    """Divide by the standard deviation, map to 0…1 by minimum and maximum, or divide by 255."""


class Data(Section):
    """Where the samples come from and how they are split and prepared."""

    source: Annotated[str, _one_of(*SOURCES)] = "digits"
    """``digits``, ``npz``, ``idx``, ``cifar``, ``images``, ``csv``, ``parquet``, ``hf:name`` or your own
    ``package.module:function`` or ``./data.py:function``."""
    path: str | None = None
    """File or folder, relative to this config file."""
    args: dict[str, Any] = Field(default_factory=dict)
    """Keyword arguments for your own function."""
    validation: Part = 0.2
    """Validation split: a share of the training data, a count, or a second path."""
    test: Part | None = None
    """Test split, likewise; left out: the source's own test split, if it has one."""
    preprocess: Preprocess = Preprocess()
    """Centring and scaling."""
    workers: NonNegativeInt = 0
    """Processes that load samples of a map-style Dataset; data in memory needs none."""
    target: str | None = None
    """Column to predict, in a table."""
    drop: list[str] = Field(default_factory=list)
    """Columns of a table that are left out."""
    categorical: list[str] = Field(default_factory=list)
    """Columns of numbers that are names of categories, such as a postal code; text always is."""
    missing: Literal["refuse", "mean", "median", "most_frequent"] = "refuse"
    """What stands for a missing value in a table, from the training split; for a category the commonest."""
    size: Annotated[list[PositiveInt], Field(min_length=2, max_length=2)] | None = None
    """[height, width] that pictures are stretched to; left out: all must be of one size."""
    skip_broken: bool = False
    """Go on without pictures and rows that cannot be read; ``--skip-broken``."""


class Init(Section):
    """How the weight matrices of linear and convolutional layers start; biases start at 0."""

    scheme: Literal[
        "zeros",
        "normal",
        "xavier_normal",
        "xavier_uniform",
        "he_normal",
        "he_uniform",
        "lecun_normal",
        "lecun_uniform",
    ] = "he_normal"
    """Name of the initialiser."""
    std: PositiveFloat = 0.01
    """Standard deviation; used by ``normal`` alone."""


class Model(Section):
    """The network."""

    name: Annotated[str, _one_of(*MODELS)] = "mlp"
    """``mlp``, ``cnn``, or your own ``package.module:Class`` or ``./model.py:Class``."""
    args: dict[str, Any] = Field(default_factory=dict)
    """Keyword arguments of the network."""
    init: Init | None = None
    """Initialisation; left out: as the network's own constructor does it."""


class Regularization(Section):
    """Penalties on the weights, biases and normalisation layers excepted."""

    l2: NonNegativeFloat = 0.0
    """λ of λ·ΣW², added to the cost."""
    l1: NonNegativeFloat = 0.0
    """λ of λ·Σ|W|, added to the cost."""


class EarlyStopping(Section):
    """Stop when validation no longer improves."""

    patience: PositiveInt = 10
    """Epochs without improvement that are waited for."""
    min_delta: NonNegativeFloat = 0.0
    """Smallest change of the watched value (accuracy; for regression the loss) that counts as improvement."""


class Training(Section):
    """The long run."""

    epochs: PositiveInt = 20
    """Passes over the training split."""
    batch_size: PositiveInt | Literal["full"] = 100
    """Samples per step; ``full`` takes the whole split."""
    early_stopping: EarlyStopping | None = None
    """Left out: train all epochs."""


class Sanity(Section):
    """Checks before training."""

    tolerance: PositiveFloat = 0.15
    """Largest relative distance of the initial loss from what guessing costs."""
    seeds: PositiveInt = 3
    """Initialisations that are tried."""
    regularization: PositiveFloat = 1.0
    """The cranked-up λ of l2 that must raise the cost."""


class OverfitTiny(Section):
    """Proof that the network can learn at all."""

    samples: PositiveInt = 20
    """Size of the tiny training set, stratified by class."""
    epochs: PositiveInt = 200
    """Full-batch steps."""
    max_loss: PositiveFloat = 0.05
    """Final loss that counts as learnt, for regression relative to the variance of the targets."""
    optimizer: Optimizer | None = None
    """Left out: the optimiser and learning rate of the long run."""


class Coarse(Section):
    """Many short trials over wide ranges."""

    trials: PositiveInt = 100
    """Number of trials."""
    epochs: PositiveInt = 5
    """Epochs per trial."""
    space: Space = Field(default_factory=dict)
    """Config path → distribution."""
    good: Share = 0.1
    """Share of the finished trials that is marked as good in the table."""


class Fine(Section):
    """Trials over ranges narrowed around the best coarse ones."""

    trials: PositiveInt = 100
    """Number of trials."""
    epochs: PositiveInt = 5
    """Epochs per trial."""
    keep: Share = 0.1
    """Best share of the coarse trials that the new ranges enclose."""
    space: Space | None = None
    """Left out: narrowed from the coarse run."""
    good: Share = 0.1
    """Share of the finished trials that is marked as good in the table."""


class Search(Section):
    """Coarse-to-fine search of hyperparameters."""

    coarse: Coarse = Coarse()
    """First stage."""
    fine: Fine = Fine()
    """Second stage."""
    storage: str | None = None
    """SQLAlchemy URL of the Optuna study; left out: ``study.db`` in the run directory."""


class Config(Section):
    """One config drives every command."""

    name: Name = "experiment"
    """Name of the experiment."""
    seed: NonNegativeInt = 0
    """All randomness is derived from it."""
    device: Device = "auto"
    """Where to compute; ``auto`` takes a GPU if torch sees one."""
    data: Data = Data()
    """Samples, splits, preprocessing."""
    model: Model = Model()
    """Network."""
    loss: Annotated[str, _one_of(*LOSSES)] = "cross_entropy"
    """``cross_entropy``, ``hinge``, ``bce``, ``mse``, or your own import path."""
    optimizer: Optimizer = Momentum(name="momentum")
    """Optimiser and learning rate."""
    schedule: Schedule = Constant()
    """Learning rate over the epochs."""
    regularization: Regularization = Regularization()
    """Weight penalties."""
    training: Training = Training()
    """Length and batch size of the run."""
    sanity: Sanity = Sanity()
    """Checks before training."""
    overfit_tiny: OverfitTiny = OverfitTiny()
    """Overfitting a tiny set."""
    search: Search = Search()
    """Coarse and fine search."""
