"""Settings of a start from what was learned before: by another network, or from unlabeled inputs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, create_model, model_validator

from nnbabysit.core.config.schema.optimizer import Adam, Optimizer
from nnbabysit.core.config.schema.section import Section

Names = Annotated[list[str], Field(min_length=1)]

# ``from`` is a word of Python's, so a class body cannot declare it.
_FROM: Any = {
    "from": (
        Annotated[str, Field(min_length=1)],
        Field(
            description="Run of `train` or `pretrain`, by path or by name in the folder of runs, or a file "
            "`weights.safetensors`; paths are relative to this config file."
        ),
    )
}
_From: Any = create_model("_From", __base__=Section, __module__=__name__, **_FROM)


class Transfer(_From):  # type: ignore[misc] # made above
    """Start from the weights of another network: reuse its layers, freeze them, unfreeze them later.

    Reused layers learn at ``optimizer.lr`` × ``lr_factor`` whenever they are not frozen; new ones at
    ``optimizer.lr`` (Yosinski et al. 2014, "How transferable are features in deep neural networks?").
    """

    freeze: Literal["all", "none"] | PositiveInt | Names = "all"
    """Reused layers that are frozen: ``all`` but the output layer, ``none``, so many from the bottom, or
    a list of names, each a layer or a part of the network that holds layers."""
    unfreeze_after: PositiveInt | None = None
    """Epochs after which frozen layers are trained as well; default: never."""
    unfreeze: Literal["all"] | PositiveInt = "all"
    """Frozen layers that are unfrozen then: ``all``, or so many from the top."""
    lr_factor: PositiveFloat = 0.1
    """Learning rate of reused layers as a multiple of that of new ones."""

    @property
    def source(self) -> str:
        """What ``from`` names: after loading, an absolute path."""
        return str(getattr(self, "from"))


class Pretrain(Section):
    """Learning from unlabeled inputs: an autoencoder whose encoder a network can then start from."""

    kind: Literal["autoencoder", "denoising", "stacked"] = "denoising"
    """``autoencoder`` gives back its input, ``denoising`` gives it back from a damaged copy, ``stacked`` does
    the same layer by layer, each on top of what the ones below have learned."""
    corruption: Literal["masking", "gaussian"] = "masking"
    """How ``denoising`` and ``stacked`` damage a copy: numbers set to 0, or Gaussian noise added."""
    noise: NonNegativeFloat = 0.3
    """Fraction of numbers set to 0; for ``gaussian`` the standard deviation of the noise as a multiple of the
    inputs'; 0: none."""
    epochs: PositiveInt = 10
    """Passes over the inputs of the training split; for ``stacked`` per layer."""
    batch_size: PositiveInt = 100
    """Samples per step."""
    optimizer: Optimizer | None = None
    """Default: adam with its defaults."""

    @model_validator(mode="after")
    def _is_possible(self) -> Pretrain:
        if self.corruption == "masking" and self.noise >= 1:
            raise ValueError(f"noise must be below 1 with masking, got {self.noise:g}")
        if self.learner.full_batch_only:
            name = self.learner.name
            raise ValueError(f"{name} needs all samples in every step: choose another optimizer")
        return self

    @property
    def learner(self) -> Optimizer:
        """The optimizer that is chosen."""
        return Adam(name="adam") if self.optimizer is None else self.optimizer
