"""Settings of a search space: one distribution per config path."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from nnbabysit.core.config.schema.section import Section

Pair = Annotated[tuple[float, float], Field(strict=False)]
IntPair = Annotated[tuple[int, int], Field(strict=False)]  # named here: inside Axis, `int` is the field


class Axis(Section):
    """How one setting is drawn: exactly one of the four keys."""

    log_uniform: Pair | None = None
    """Low and high end, both above 0; drawn evenly in log space."""
    uniform: Pair | None = None
    """Low and high end; drawn evenly."""
    int: IntPair | None = None
    """Smallest and largest integer, both included."""
    choice: Annotated[list[Any], Field(min_length=1)] | None = None
    """Values to choose from."""

    @model_validator(mode="after")
    def _exactly_one_distribution(self) -> Axis:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of log_uniform, uniform, int, choice")
        kind = given[0]
        if kind != "choice":
            low, high = getattr(self, kind)
            if not low < high:
                raise ValueError(f"{kind} needs a low end below the high end, got [{low:g}, {high:g}]")
            if kind == "log_uniform" and low <= 0:
                raise ValueError(f"log_uniform needs both ends above 0, got [{low:g}, {high:g}]")
        return self

    @property
    def kind(self) -> str:
        """Name of the distribution that was given."""
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)


Space = dict[str, Axis]
