"""Every setting, with its bounds, default and meaning. This is the one place where a setting is declared."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.config.schema.optimizer import Momentum, Optimizer
from nnbabysit.core.config.schema.schedule import Constant, Schedule
from nnbabysit.core.config.schema.section import Section
from nnbabysit.core.config.schema.space import Space
from nnbabysit.core.config.schema.transfer import Pretrain, Transfer
from nnbabysit.core.config.schema.types import Share, one_of

Name = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        description="at most 64 letters, digits, dots, dashes and underscores, no mark first",
    ),
]
Device = Annotated[
    str,
    Field(pattern=r"^(auto|cpu|gpu|mps|cuda(:\d+)?)$", description="auto, cpu, gpu, cuda, cuda:1 or mps"),
]
MODELS = ("mlp", "cnn", "resnet", "autoencoder")
LOSSES = ("cross_entropy", "hinge", "bce", "mse")


InitScheme = Literal[
    "zeros",
    "normal",
    "xavier_normal",
    "xavier_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
    "orthogonal",
    "auto",
]
INIT_SCHEMES: dict[InitScheme, str] = {
    "zeros": "all 0: the units of a layer stay equal for ever, a fault that can be shown",
    "normal": "normal with standard deviation std",
    "xavier_normal": "normal with variance 2/(fan_in + fan_out); for tanh and sigmoid",
    "xavier_uniform": "uniform within ±√(6/(fan_in + fan_out)); for tanh and sigmoid",
    "he_normal": "normal with variance 2/fan_in; for relu and its relatives",
    "he_uniform": "uniform within ±√(6/fan_in); for relu and its relatives",
    "lecun_normal": "normal with variance 1/fan_in; for selu",
    "lecun_uniform": "uniform within ±√(3/fan_in); for selu",
    "orthogonal": "rows or columns of length 1 at right angles",
    "auto": "by the non-linearity that follows the layer: xavier, he with its slope, or lecun, each normal",
}


class Init(Section):
    """How the weight matrices of linear and convolutional layers start; biases start at 0."""

    scheme: Annotated[
        InitScheme, Field(json_schema_extra={"enumDescriptions": list(INIT_SCHEMES.values())})
    ] = "he_normal"
    """Name of the initializer; all but ``zeros`` and ``normal`` draw the output layer ten times smaller."""
    std: PositiveFloat = 0.01
    """Standard deviation; used by ``normal`` alone."""
    gain: PositiveFloat = 1.0
    """Factor on what the scheme draws."""


class Model(Section):
    """The network."""

    name: Annotated[str, one_of(*MODELS)] = "mlp"
    """``mlp``, ``cnn``, ``resnet``, ``autoencoder``, or your own ``package.module:Class`` or
    ``./model.py:Class``."""
    args: dict[str, Any] = Field(default_factory=dict)
    """Keyword arguments of the network."""
    init: Init | None = None
    """Initialization; default: as the network's own constructor does it (``auto`` in the built-in ones)."""


class Regularization(Section):
    """Penalties and limits on weights and gradients; penalties leave out biases and normalization layers."""

    l2: NonNegativeFloat = 0.0
    """λ of λ·ΣW² over the weight matrices, added to the loss; its gradient is 2λW. `optimizer.weight_decay`
    w is PyTorch's: it adds w·θ to the gradient of every parameter; on the matrices w = 2λ does the same."""
    l1: NonNegativeFloat = 0.0
    """λ of λ·Σ|W|, added to the loss."""
    elastic: NonNegativeFloat = 0.0
    """λ of the elastic net λ·Σ(β·W² + |W|), added to the loss."""
    elastic_beta: NonNegativeFloat = 1.0
    """β of the elastic net."""
    max_norm: PositiveFloat | None = None
    """Largest length of the incoming weights of a unit, restored after every step; default: none."""
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Fraction of the target that is spread evenly over all classes in training; for cross_entropy."""
    clip_norm: PositiveFloat | None = None
    """Longer gradients are shortened to this length before a step; default: they are not."""
    clip_value: PositiveFloat | None = None
    """Each number of the gradient is kept within ± this before a step; default: it is not."""


class EarlyStopping(Section):
    """Stop when validation no longer improves."""

    patience: PositiveInt = 10
    """Epochs without improvement that are waited for."""
    min_delta: NonNegativeFloat = 0.0
    """Smallest change that counts as improvement: of accuracy or, where it says no more than the largest
    class's share and for regression, of the loss."""


class Average(Section):
    """A second copy of the weights, averaged over the way of the training, which it leaves as it was."""

    kind: Literal["ema", "swa"] = "ema"
    """``ema``: exponential moving average over steps; ``swa``: mean over epochs (Izmailov et al. 2018)."""
    decay: Annotated[float, Field(ge=0, lt=1)] = 0.999
    """Fraction of the old average that a step keeps, (1 + n)/(10 + n) in its first steps; for ``ema``."""
    start: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Fraction of the epochs that pass before it begins; default: 0 for ``ema``, 0.75 for ``swa``."""


class Training(Section):
    """The long run."""

    epochs: PositiveInt = 20
    """Passes over the training split."""
    batch_size: PositiveInt | Literal["full"] = 100
    """Samples per step; ``full`` takes the whole split."""
    early_stopping: EarlyStopping | None = None
    """Default: train all epochs."""
    average: Average | None = None
    """Averaged weights, judged beside the best ones; default: none."""
    snapshots: bool = False
    """Keep the weights at the end of each cycle of ``warm_restarts`` and average what they predict."""


class Sanity(Section):
    """Checks before training."""

    tolerance: PositiveFloat = 0.15
    """Largest relative distance of the initial loss from the chance-level loss."""
    seeds: PositiveInt = 3
    """Initializations that are tried."""
    regularization: PositiveFloat = 1.0
    """The cranked-up λ of l2 that must raise the total loss."""


class OverfitTiny(Section):
    """Proof that the network can learn at all."""

    samples: PositiveInt = 20
    """Size of the tiny training set, stratified by class."""
    epochs: PositiveInt = 200
    """Full-batch steps at the most; beyond 200, no more than it takes to learn the set."""
    stop_when_passed: bool = True
    """End as soon as the set is learned; ``false``: run the first 200 epochs in any case."""
    max_loss: PositiveFloat = 0.05
    """Final loss that counts as learned, for regression relative to the variance of the targets."""
    optimizer: Optimizer | None = None
    """Default: the optimizer and learning rate of the long run."""


class Coarse(Section):
    """Many short trials over wide ranges."""

    trials: PositiveInt = 100
    """Number of trials."""
    epochs: PositiveInt = 5
    """Epochs per trial."""
    space: Space = Field(default_factory=dict)
    """Config path → distribution."""
    good: Share = 0.1
    """Fraction of the finished trials that is marked as good in the table."""


class Fine(Section):
    """Trials over ranges narrowed around the best coarse ones."""

    trials: PositiveInt = 100
    """Number of trials."""
    epochs: PositiveInt = 5
    """Epochs per trial."""
    keep: Share = 0.1
    """Best fraction of the coarse trials that the new ranges enclose."""
    space: Space | None = None
    """Default: narrowed from the coarse run."""
    good: Share = 0.1
    """Fraction of the finished trials that is marked as good in the table."""


class Halving(Section):
    """Successive halving: trials that are the worst by then stop early (Jamieson & Talwalkar 2016)."""

    factor: Annotated[int, Field(ge=2)] = 3
    """One trial in so many goes on behind each rung; rungs end epochs 1, factor, factor², …"""
    stages: Annotated[tuple[Literal["coarse", "fine"], ...], Field(strict=False, min_length=1)] = (
        "coarse",
        "fine",
    )
    """Stages that it is used in."""


class Search(Section):
    """Coarse-to-fine search of hyperparameters."""

    coarse: Coarse = Coarse()
    """First stage."""
    fine: Fine = Fine()
    """Second stage."""
    sampler: Literal["random", "grid", "qmc", "tpe"] = "random"
    """At random, on a grid, quasi-random (``qmc``, Sobol), or by what earlier trials came to (``tpe``)."""
    halving: Halving | None = None
    """Default: every trial is trained to its end, unless it diverges; so are those that have no stack."""
    repeat: NonNegativeInt = 0
    """Seeds that the best trials are trained with again; ranked by their mean. 0: none."""
    top: PositiveInt = 10
    """Best trials that are trained again by ``repeat``, or in fp32 behind ``precision: bf16``."""
    precision: Literal["fp32", "bf16"] = "fp32"
    """Numbers in the matrix products of stacks; behind ``bf16`` the best trials are run again in fp32."""
    stack: PositiveInt | None = None
    """Most trials that are trained as one model; 1: one by one; default: what is measured to be fastest."""
    processes: PositiveInt | None = None
    """Processes that train trials; default: what is measured to be fastest."""
    memory: Share = 0.5
    """Fraction of the free memory that stacks may fill; ``halving`` keeps the weights of a cohort besides."""
    storage: str | None = None
    """SQLAlchemy URL of the Optuna study; default: ``study.db`` in the run directory."""


class Config(Section):
    """One config drives every command."""

    name: Name = "experiment"
    """Name of the experiment."""
    seed: NonNegativeInt = 0
    """All randomness is derived from it."""
    device: Device = "auto"
    """Where to compute; ``auto`` takes a GPU if torch sees one, ``gpu`` insists on one: CUDA, else MPS."""
    data: Data = Data()
    """Samples, splits, preprocessing."""
    model: Model = Model()
    """Network."""
    transfer: Transfer | None = None
    """Weights to start from; default: its own initialization."""
    loss: Annotated[str, one_of(*LOSSES)] = "cross_entropy"
    """``cross_entropy``, ``hinge``, ``bce``, ``mse``, or your own import path.

    A function of (outputs, y) that returns the mean of a batch, of ``training.batch_size`` samples
    at the most. There is an accuracy if it is lowest where the right class has the highest output.
    """
    optimizer: Optimizer = Momentum(name="momentum")
    """Optimizer and learning rate."""
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
    pretrain: Pretrain = Pretrain()
    """Learning from unlabeled inputs, by ``nnbabysit pretrain``."""
    search: Search = Search()
    """Coarse and fine search."""

    @property
    def split_seed(self) -> int:
        """What the splits are drawn by."""
        return self.seed if self.data.seed is None else self.data.seed
